"""From facts and wishes to steps: a step for each difference, and a note that says what was different. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from gasthof.agent.sdk import acl
from gasthof.agent.sdk.lookup import BEFORE, differing
from gasthof.agent.sdk.read import MISSING, Fact
from gasthof.agent.sdk.steps import (
    Change,
    LocalCertificate,
    LookupDatabase,
    MakeDirectory,
    MakeLookup,
    Prepare,
    RemoveFile,
    Rows,
    SetRows,
    WriteFile,
)

if TYPE_CHECKING:
    from gasthof.agent.sdk.certificate import CertificateFact


@dataclass
class Draft:
    """A plan in the making: wishes go in, the steps still needed come out in `prepare`, `change` and `row_sets`."""

    facts: Mapping[Path, Fact]
    found: Mapping[Path, Mapping[str, Rows]] = field(
        default_factory=dict
    )  # lookup.facts: database -> owner -> table -> rows
    prepare: list[Prepare] = field(default_factory=list)
    change: list[Change] = field(default_factory=list)
    row_sets: list[SetRows] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    wishes: list[object] = field(default_factory=list)  # all of them, met or not

    @property
    def wanted(self) -> str:
        """Digest of all that was wished for: for a fixture's `Plan.wanted`."""
        return sha256(repr(self.wishes).encode()).hexdigest()

    def directory(self, step: MakeDirectory) -> None:
        self.wishes.append(step)
        words = _directory_differs(self.facts.get(step.path, MISSING), step)
        if words:
            self.prepare.append(step)
            self.notes[str(step.path)] = words

    def file(self, step: WriteFile) -> None:
        self.wishes.append(step)
        found = self.facts.get(step.path, MISSING)
        words = _file_differs(found, step)
        if words or found.unsettled:
            self.change.append(step)
        if words:
            self.notes[str(step.path)] = words

    def gone(self, path: Path) -> None:
        found = self.facts.get(path, MISSING)
        if found.what != "missing" or found.unsettled:
            self.change.append(RemoveFile(path))
            self.notes[str(path)] = "should not be there"

    def lookup(self, database: LookupDatabase, wrong: str) -> None:
        """`wrong`: what lookup.wrong says of the database."""
        self.wishes.append(database)
        if wrong:
            self.prepare.append(MakeLookup(database))
            self.notes[str(database.path)] = wrong

    def certificate(self, step: LocalCertificate, found: "CertificateFact") -> bool:
        """True if it is to be given out. One that is only due is no drift."""
        self.wishes.append(step)
        named = found.names == step.names
        if found.current and named:
            return False
        self.prepare.append(step)
        if words := found.wrong or ("" if named else f"names {', '.join(found.names) or 'nothing'}"):
            self.notes[str(step.directory / "cert.pem")] = words
        return True

    def rows(self, step: SetRows) -> None:
        self.wishes.append((step.database.path, step.owner, dict(step.rows)))
        found = self.found.get(step.database.path, {}).get(step.owner, {})
        names = differing(found, step.rows)
        if names:
            self.row_sets.append(step)
        if words := _rows_differ(found, step, [name for name in names if name != BEFORE]):
            self.notes[f"{step.database.path} {step.owner}"] = words


def _rows_differ(found: Rows, step: SetRows, names: list[str]) -> str:
    if not names:
        return ""
    if not found:
        return "rows missing"
    return f"rows differ in {', '.join(names)}" if any(step.rows.values()) else "should not be there"


def _directory_differs(found: Fact, step: MakeDirectory) -> str:
    if found.what != "directory":
        return _absent(found)
    mode = (
        found.mode if not found.access else found.mode & ~0o070 | step.mode & 0o070
    )  # the group bits show the list's mask
    words = _ownership_differs(found, step, mode)
    if not words and not acl.fits(found.access, step.mode, step.enter):
        words = "access list differs"
    return words


def _file_differs(found: Fact, step: WriteFile) -> str:
    if found.what != "file":
        return _absent(found)
    if found.digest != sha256(step.content).hexdigest():
        return "content differs"
    return _ownership_differs(found, step, found.mode)


def _absent(found: Fact) -> str:
    return "missing" if found.what == "missing" else f"is a {found.what} thing"


def _ownership_differs(found: Fact, step: MakeDirectory | WriteFile, mode: int) -> str:
    if step.owner not in (found.uid, found.owner) or step.group not in (found.gid, found.group):
        return f"belongs to {found.owner}:{found.group}, not {step.owner}:{step.group}"
    if mode != step.mode:
        return f"mode {mode:04o}, not {step.mode:04o}"
    return ""
