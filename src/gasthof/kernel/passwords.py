"""How passwords are kept: argon2id (RFC 9106), 19 MiB, 2 passes, 1 lane; yescrypt where a daemon knows crypt(3) only. No Django."""

import ctypes
from functools import cache
from typing import Any

from argon2 import PasswordHasher, Type

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
_CRYPT_DATA, _SETTING = 32_768, 192  # bytes, crypt(3) and crypt_gensalt(3)


def hashed(password: str) -> str:
    """A PHC string with a salt of its own."""
    return _HASHER.hash(password)


def crypted(password: str) -> str:
    """crypt(5), yescrypt at the cost that libxcrypt holds right ("$y$j9T$"), with a salt of its own. RuntimeError: it cannot."""
    setting, data = ctypes.create_string_buffer(_SETTING), ctypes.create_string_buffer(_CRYPT_DATA)
    library = _libcrypt()
    library.crypt_gensalt_rn(b"$y$", ctypes.c_ulong(0), None, 0, setting, _SETTING)
    found: bytes | None = library.crypt_rn(password.encode(), setting, data, _CRYPT_DATA)
    if not found or not found.startswith(b"$y$"):
        raise RuntimeError("this machine's libcrypt has no yescrypt")
    return found.decode("ascii")


@cache
def _libcrypt() -> Any:
    """Python's own module for it has been removed (PEP 594)."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt_rn.restype = ctypes.c_char_p
    return library
