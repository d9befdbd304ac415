"""What a server's catalog shows of a database or a user, in words that both servers share. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DatabaseFact:
    exists: bool = False  # the database, or something that was made with it
    odd: tuple[str, ...] = ()  # what is not as it was made


@dataclass(frozen=True)
class UserFact:
    exists: bool = False
    verifier: str = ""
    locked: bool = False
    connections: int = 0
    access: Mapping[str, str] = field(default_factory=dict)  # database -> rights; other words for what no right is
    odd: tuple[str, ...] = ()  # what no user has: further privileges, addresses, ways to sign in
