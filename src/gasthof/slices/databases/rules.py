"""Decisions about databases: names, rights, passwords, what the servers keep of a password. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha1

from gasthof.kernel.refusal import Refused
from gasthof.slices.databases.spec import Rights, Server

SERVERS: tuple[Server, ...] = ("mariadb", "postgres")
RIGHTS: tuple[Rights, ...] = ("full", "data", "read")
OWN_PART = re.compile(r"[a-z][a-z0-9_]{0,31}")
NAME = re.compile(r"s[0-9]{6,12}_[a-z][a-z0-9_]{0,31}")  # of customers' databases and users, on both servers
KEY = re.compile(rf"(mariadb|postgres)/({NAME.pattern})")
MARIADB_VERIFIER = re.compile(r"\*[0-9A-F]{40}")
POSTGRES_VERIFIER = re.compile(r"SCRAM-SHA-256\$[0-9]{1,9}:[A-Za-z0-9+/=]{8,64}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}")
MOST_USERS = 20  # of one database


def own_part(subscription: str, typed: str) -> str:
    """What follows the subscription's prefix, which may be typed or not. Raises Refused."""
    part = typed.removeprefix(f"{subscription}_")
    if not OWN_PART.fullmatch(part):
        raise Refused(
            "A name has lower-case letters a to z, digits and “_”, begins with a letter, and has at most 32 signs."
        )
    return part


def full_name(subscription: str, typed: str) -> str:
    """The name on the server: no customer can have, or find out, a name of another's. Raises Refused."""
    return f"{subscription}_{own_part(subscription, typed)}"


def mariadb_verifier(password: str) -> str:
    """mysql_native_password, the one that PHP's driver speaks: SHA-1 of SHA-1, as PASSWORD() of MariaDB gives it."""
    return "*" + sha1(sha1(password.encode()).digest()).hexdigest().upper()  # noqa: S324 - what the server wants


def check_verifier(server: str, verifier: str) -> None:
    """Raises Refused for what is not a verifier of that server: an imported one, say."""
    pattern = MARIADB_VERIFIER if server == "mariadb" else POSTGRES_VERIFIER
    if not pattern.fullmatch(verifier):
        raise Refused("This is not a password's verifier.")


def check_password(name: str, password: str) -> None:
    """The rules of spec row P17. Raises Refused."""
    if not _kinds(password) >= {"lower", "upper", "digit", "other"}:
        raise Refused("The password needs lower-case and upper-case letters, digits and other signs.")
    if name.partition("_")[2] in password.casefold():
        raise Refused("The password must not contain the user's name.")


def _kinds(password: Iterable[str]) -> set[str]:
    names = {"Ll": "lower", "Lu": "upper", "Nd": "digit"}
    return {names.get(unicodedata.category(sign), "other") for sign in password}
