"""The closed set of steps that a plan may hold. Data only; agent/execute.py is the one place that carries them out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Row = tuple[str | int | None, ...]  # the columns after `owner`, in their order
Rows = Mapping[str, tuple[Row, ...]]  # table -> rows


@dataclass(frozen=True)
class LookupDatabase:
    """A daemon's SQLite file: the agent alone writes it, in place, and the daemon's group reads it (docs/decisions/0005).

    Each statement of `schema` is one CREATE TABLE or INDEX IF NOT EXISTS. A table's first column is `owner TEXT NOT NULL`, which
    holds "KIND KEY" of the object that a row is of. Another schema is another database: it is emptied, and filled from the specs.
    Unless it is `kept`, which is for what no spec holds: then a new schema may only add to the old one, and a damaged file stays.
    """

    path: Path  # in a folder 0750 root:group
    schema: tuple[str, ...]
    group: str
    journal: Literal["wal", "delete"]  # delete: for a reader that cannot bear a write-ahead log
    mode: int = 0o640
    secrets: tuple[str, ...] = ("password", "hash", "secret")  # columns that a preview masks, also "TABLE.COLUMN"
    kept: bool = False  # never emptied, and written before those that are not


@dataclass(frozen=True)
class MakeDirectory:
    """A folder of root's. `enter` lists uids that may pass through it besides owner and group (a POSIX access list)."""

    path: Path
    mode: int
    owner: str | int = "root"
    group: str | int = "root"
    enter: tuple[int, ...] = ()


@dataclass(frozen=True)
class WriteFile:
    """A managed file: staged beside its place, checked, swapped in by rename, put back when verification fails."""

    path: Path
    content: bytes
    mode: int = 0o640
    owner: str | int = "root"
    group: str | int = "root"


@dataclass(frozen=True)
class RemoveFile:
    """Takes a managed file away in the swap; put back like a WriteFile."""

    path: Path


@dataclass(frozen=True)
class RemoveTree:
    """A folder that root owns and no customer can write, with all below it. Folders of others in it must be empty."""

    path: Path


@dataclass(frozen=True)
class ScratchTree:
    """A folder of root's made anew with these files (relative path -> content), for a checker to look at."""

    path: Path
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class CustomerDirectory:
    """A folder beneath a customer's, made as that customer (RESOLVE_BENEATH); left alone if it is there."""

    root: Path
    path: str
    uid: int
    mode: int = 0o750


@dataclass(frozen=True)
class CustomerFile:
    """A file beneath a customer's folder, written as that customer only while its directory holds nothing else."""

    root: Path
    path: str
    uid: int
    content: bytes
    mode: int = 0o640


@dataclass(frozen=True)
class RemoveCustomerTree:
    """A folder beneath a customer's, removed as that customer, following no link. path "": all that is in root, not root."""

    root: Path
    path: str
    uid: int


@dataclass(frozen=True)
class LocalAuthority:
    """The try-out's own certificate authority, made once."""

    key: Path
    certificate: Path


@dataclass(frozen=True)
class LocalCertificate:
    """A key made here and a certificate by the local authority for these names (key.pem, cert.pem in directory)."""

    directory: Path
    names: tuple[str, ...]
    group: str | int = "root"


@dataclass(frozen=True)
class MakeLookup:
    """A look-up database made, or set right; an empty one where there is none, or a damaged one, or another schema's."""

    database: LookupDatabase


@dataclass(frozen=True)
class SetRows:
    """All rows of this owner in this database become these; tables that are not named hold none. Put back like a WriteFile."""

    database: LookupDatabase
    owner: str  # "KIND KEY"
    rows: Rows


@dataclass(frozen=True)
class Ask:
    """One question to a daemon over its unix socket; equal services and verbs of a batch are asked together."""

    service: str  # a name out of a slice's SERVICES: "nginx", "activator"
    verb: str
    argument: str
    expect: str | None = None  # the answer that is wanted; "" is "nothing there", None takes any


@dataclass(frozen=True)
class RunTool:
    """A tool out of a slice's TOOLS, by name, with an argument vector. Its words come back when it refuses."""

    tool: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Reload:
    """A daemon out of a slice's RELOADS; once a batch, however many plans want it."""

    daemon: str


Prepare = (
    MakeDirectory
    | ScratchTree
    | CustomerDirectory
    | CustomerFile
    | LocalAuthority
    | LocalCertificate
    | MakeLookup
    | Ask
)
Change = WriteFile | RemoveFile
After = Ask | Reload
Clean = RemoveTree | RemoveCustomerTree | Ask


@dataclass(frozen=True)
class Plan:
    """What brings one object to its desired state, in the order it is carried out; an empty one changes nothing.

    prepare: harmless alone. change: staged all, checked, swapped; then rows. after: wakes the daemon. verify: asks it.
    When check, rows, after or verify fails, changes and rows are put back and `after` runs once more. clean: only after success.
    """

    prepare: tuple[Prepare, ...] = ()
    change: tuple[Change, ...] = ()
    check: tuple[Ask | RunTool, ...] = ()
    after: tuple[After, ...] = ()
    verify: tuple[Ask, ...] = ()
    clean: tuple[Clean, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)  # drift found: path -> what was different
    rows: tuple[SetRows, ...] = ()
    wanted: str = ""  # of a fixture: Draft.wanted, by which drift is told from what is newly wanted

    @property
    def empty(self) -> bool:
        """Nothing would be written or removed, and nothing was found different (asking a daemon alone does not count)."""
        written = [step for step in (*self.prepare, *self.clean) if not isinstance(step, Ask)]
        return not written and not self.change and not self.rows and not self.notes
