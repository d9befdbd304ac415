"""Pure decisions about FTP users: their names, and what they may be shut into."""

import re

from gasthof.kernel.refusal import Refused
from gasthof.slices.ftp.spec import FtpUserSpec

ROOT = "web"  # customers' own files lie there; beside it is what they do not see
LONGEST_NAME = 30
NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,28}[a-z0-9])?")
LOGIN = re.compile(r"(s[0-9]{6,12})-(" + NAME.pattern + ")")
HASH = re.compile(r"\$y\$[./A-Za-z0-9]{1,10}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}")  # crypt(5), yescrypt
LONGEST_DIRECTORY = 1_000  # bytes of UTF-8


def login(subscription: str, name: str) -> str:
    """What the user signs in with. The subscription's name in it keeps customers' names apart: nobody's taken name tells of another."""
    return f"{subscription}-{name}"


def parts(text: str) -> tuple[str, str] | None:
    """The subscription and the user's own name out of a login; None for what is none."""
    found = LOGIN.fullmatch(text)
    return (found[1], found[2]) if found else None


def check_directory(path: str) -> str:
    """web/ or below it; else Refused."""
    if path != ROOT and not path.startswith(f"{ROOT}/"):
        raise Refused("The directory must be “web” or lie below it.")
    return path


def check_hash(text: str) -> str:
    """A hash as this house makes them; else Refused."""
    if not HASH.fullmatch(text):
        raise Refused("This is not the hash of an FTP password.")
    return text


def check_spec(key: str, spec: FtpUserSpec, uid_base: int) -> None:
    """ValueError for a user that the daemon could misread: % and a leading ~ mean something to it in a path."""
    segments = spec.directory.split("/")
    wrong = (
        spec.name != key
        or parts(key) is None
        or parts(key) != (spec.subscription, key.removeprefix(f"{spec.subscription}-"))
        or spec.uid < uid_base
        or segments[0] != ROOT
        or len(spec.directory.encode()) > LONGEST_DIRECTORY
        or any(part in ("", ".", "..") or part[0] in "~-" or not part.isprintable() for part in segments)
        or any(sign in spec.directory for sign in '%"\\*?[]{}')
        or not HASH.fullmatch(spec.hash)
    )
    if wrong:
        raise ValueError(f"{key}: told of {spec.name} in {spec.directory!r} with uid {spec.uid}")
