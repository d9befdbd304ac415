"""What passes between control plane and node, as types (docs/change-protocol.md). Encoded as JSON by msgspec."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal
from zlib import crc32


@dataclass(frozen=True)
class Position:
    """How far a node has come: durable on the node before it is sent."""

    epoch: str = ""  # which history; "" for a node that knows nothing yet
    token: str = ""  # names the last batch taken
    revision: int = 0


@dataclass(frozen=True)
class Change:
    kind: str
    key: str
    revision: int
    spec_version: int
    spec: str | None  # canonical JSON; None is a tombstone


@dataclass(frozen=True)
class Batch:
    position: Position  # to present next time, once the changes are durable
    changes: tuple[Change, ...] = ()
    more: bool = False  # ask again at once
    full: bool = False  # first batch of a whole listing: what it and its followers do not name is to go
    parked: str | None = None  # why nothing is handed out


@dataclass(frozen=True)
class Report:
    kind: str
    key: str
    revision: int
    state: Literal["live", "failed", "drift"]
    words: str = ""  # the daemon's own, at most 4,000 characters


@dataclass(frozen=True)
class Finding:
    """What the node measured of one live object: at most 64 values (a list counts its texts), each of 4,000 characters."""

    kind: str
    key: str
    revision: int
    values: dict[str, list[str] | int]


@dataclass(frozen=True)
class FixtureDrift:
    """What was found changed by hand of what the node has without intent."""

    fixture: str  # "web.nginx"
    words: str  # a line a path, at most 4,000 characters


@dataclass(frozen=True)
class NodeReport:
    reports: tuple[Report, ...] = ()
    findings: tuple[Finding, ...] = ()
    fixtures: tuple[FixtureDrift, ...] = ()
    facts: dict[str, list[str]] | None = None  # {"php": ["8.2"]}
    digests: dict[str, int] | None = None  # bucket -> digest of the objects at `position`
    position: Position = field(default_factory=Position)
    held: str | None = None  # a plan that waits for a person: what it would delete


@dataclass(frozen=True)
class Answer:
    accepted: int = 0
    differing: dict[str, list[list[str]]] | None = None  # bucket -> [kind, key] of what should be there
    released: bool = False  # a person let the held plan go ahead


@dataclass(frozen=True)
class PreviewPart:
    """What would be changed of one object, or of what the node always has."""

    title: str  # "web.site xn--...", or a fixture's name; at most 400 characters
    text: str  # lines, as `plan` prints them; at most LONGEST_PART characters


@dataclass(frozen=True)
class PreviewTold:
    """A portion of an answer to a wish for a preview."""

    preview: int  # the wish's number
    first: int  # which part of all the first one is
    parts: tuple[PreviewPart, ...]
    ended: bool  # no more follow
    words: str = ""  # why there are no more, if that is not all; at most 4,000 characters


MOST_PARTS, LONGEST_PART = 1000, 20_000
BUCKETS = 64


def bucket_of(kind: str, key: str) -> int:
    """The bucket, 0 to 63, whose digest an object counts in."""
    return crc32(f"{kind}\n{key}".encode()) % BUCKETS


def object_digest(kind: str, key: str, spec_version: int, spec: str) -> int:
    """A signed 64-bit number; a bucket's digest is the XOR of its objects', tombstones left out."""
    content = f"{kind}\n{key}\n{spec_version}\n{spec}".encode()
    return int.from_bytes(sha256(content).digest()[:8], "big", signed=True)
