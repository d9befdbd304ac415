"""A kind for tests: an object is one file below a folder; some are made to fail."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gasthof.agent.kinds import Kind, Knowledge, Machine, Wanted
from gasthof.agent.sdk import read
from gasthof.agent.sdk.ask import Away, Reply, Working
from gasthof.agent.sdk.steps import Ask, Plan, RemoveCustomerTree, WriteFile
from gasthof.agent.sdk.want import Draft
from gasthof.prefix import Prefix


@dataclass(frozen=True)
class Note:
    text: str
    owner: str = "alle"


def place(prefix: Prefix, key: str) -> Path:
    return prefix.state / "notes" / key


def gather(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, read.Fact]:
    if any(found.spec and found.spec.text == "no facts" for found in wanted.values()):
        raise RuntimeError("cannot be read")
    told = [key for key, found in wanted.items() if not (found.spec and found.spec.text == "left out")]
    return {key: read.fact(place(machine.prefix, key)) for key in told}


def plan(prefix: Prefix, key: str, spec: Note | None, facts: read.Fact) -> Plan:
    path = place(prefix, key)
    draft = Draft({path: facts})
    if spec is None:
        draft.gone(path)
    elif spec.text == "no plan":
        raise ValueError("cannot be planned")
    else:
        draft.file(WriteFile(path, spec.text.encode(), 0o600))
    answer = spec.text if spec else ""
    return Plan(change=tuple(draft.change), after=(Ask("toy", "tell", key, expect=answer),), notes=draft.notes)


def present(prefix: Prefix) -> Iterator[tuple[str, str]]:
    yield from (one for one in _files(prefix) if not one[0].startswith("late-"))


def _files(prefix: Prefix) -> Iterator[tuple[str, str]]:
    yield from ((path.name, "") for path in (prefix.state / "notes").iterdir() if path.suffix not in read.SUFFIXES)


TOY = Kind("toy.note", Note, 1, 10, lambda spec: str(spec.owner), gather, plan, present)


def present_late(prefix: Prefix) -> Iterator[tuple[str, str]]:
    """Strangers are told apart by their names only."""
    yield from (one for one in _files(prefix) if one[0].startswith("late-"))


def plan_tree(prefix: Prefix, key: str, spec: Note | None, _facts: read.Fact) -> Plan:
    gone = RemoveCustomerTree(prefix.home("s000012"), f"web/{key}", prefix.uid_base + 12)
    return Plan() if spec else Plan(clean=(gone,))


LATE = Kind("toy.late", Note, 1, 20, lambda spec: str(spec.owner), gather, plan, present_late)
TREE = Kind("toy.tree", Note, 1, 30, lambda spec: str(spec.owner), gather, plan_tree, lambda prefix: ())
KNOWN = Knowledge({kind.name: kind for kind in (TOY, LATE, TREE)})


@dataclass
class Daemon:
    """Tells what the file holds; counts its questions; may be away, or wrong about some."""

    prefix: Prefix
    away: bool = False
    lies: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)  # answered "not yet"
    hesitant: set[str] = field(default_factory=set)  # the same, as an exception
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def ask(self, _verb: str, arguments: Sequence[str]) -> dict[str, Reply]:
        self.asked.append(tuple(arguments))
        if self.away:
            raise Away("toy: nobody answers")
        if self.hesitant & set(arguments):
            raise Working("half of it is done")
        return {key: self.reply(key) for key in arguments}

    def reply(self, key: str) -> Reply:
        if key in self.busy:
            return Reply(working=True)
        return Reply(value="nonsense" if key in self.lies else self.text(key))

    def text(self, key: str) -> str:
        path = place(self.prefix, key)
        return path.read_text() if path.exists() else ""
