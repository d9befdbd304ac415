"""The closed set of steps that a plan may hold. Data only; agent/execute.py is the one place that carries them out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


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
class Ask:
    """One question to a daemon over its unix socket; equal services and verbs of a batch are asked together."""

    service: str  # a name out of sdk.ask.services: "nginx", "activator"
    verb: str
    argument: str
    expect: str | None = None  # the answer that is wanted; "" is "nothing there", None takes any


@dataclass(frozen=True)
class RunTool:
    """One of the listed tools, by name, with an argument vector. Its words come back when it refuses."""

    tool: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Reload:
    """Once a batch, however many plans want it."""

    daemon: str


Prepare = MakeDirectory | ScratchTree | CustomerDirectory | CustomerFile | LocalAuthority | LocalCertificate | Ask
Change = WriteFile | RemoveFile
After = Ask | Reload
Clean = RemoveTree | RemoveCustomerTree | Ask


@dataclass(frozen=True)
class Plan:
    """What brings one object to its desired state, in the order it is carried out; an empty one changes nothing.

    prepare: harmless alone. change: staged all, checked, swapped. after: wakes the daemon. verify: asks it.
    When check, after or verify fails, changes are put back and `after` runs once more. clean: only after success.
    """

    prepare: tuple[Prepare, ...] = ()
    change: tuple[Change, ...] = ()
    check: tuple[Ask | RunTool, ...] = ()
    after: tuple[After, ...] = ()
    verify: tuple[Ask, ...] = ()
    clean: tuple[Clean, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)  # drift found: path -> what was different

    @property
    def empty(self) -> bool:
        """Nothing would be written or removed (asking a daemon does not count)."""
        written = [step for step in (*self.prepare, *self.clean) if not isinstance(step, Ask)]
        return not written and not self.change
