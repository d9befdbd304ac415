"""How passwords are kept: argon2id (RFC 9106), 19 MiB, 2 passes, 1 lane. No Django."""

from argon2 import PasswordHasher, Type

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)


def hashed(password: str) -> str:
    """A PHC string with a salt of its own."""
    return _HASHER.hash(password)
