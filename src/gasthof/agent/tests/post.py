"""A kind for tests that lives in look-up databases: one daemon reads a write-ahead log, the other cannot."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gasthof.agent.kinds import Fixture, Kind, Knowledge, Machine, Wanted
from gasthof.agent.sdk import lookup, place, read
from gasthof.agent.sdk.steps import Ask, LookupDatabase, MakeDirectory, Plan, SetRows, WriteFile
from gasthof.agent.sdk.want import Draft
from gasthof.agent.tests.toy import Daemon
from gasthof.prefix import WEB_USER, Prefix

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS boxes (owner TEXT NOT NULL, name TEXT NOT NULL UNIQUE, password TEXT, quota INTEGER)",
    "CREATE TABLE IF NOT EXISTS aliases (owner TEXT NOT NULL, name TEXT NOT NULL, target TEXT NOT NULL)",
)
READER = 4242  # a uid that is nobody's


def post(prefix: Prefix) -> LookupDatabase:
    return LookupDatabase(prefix.state / "post" / "post.db", SCHEMA, WEB_USER, "wal")


def ftp(prefix: Prefix) -> LookupDatabase:
    return LookupDatabase(prefix.state / "post" / "ftp.db", SCHEMA, WEB_USER, "delete")


@dataclass(frozen=True)
class Mail:
    boxes: tuple[str, ...]
    ftp: bool = False
    file: str = ""  # content of a file beside the rows
    ask: bool = False  # whether the daemon is to answer with that content
    aliases: tuple[str, ...] = ()
    secret: str = "$6$salt$hash"


@dataclass(frozen=True)
class MailFacts:
    found: Mapping[Path, Mapping[str, lookup.Rows]]
    places: Mapping[Path, read.Fact] = field(default_factory=dict)


def owner(key: str) -> str:
    return f"toy.mail {key}"


def rows(spec: Mail | None) -> lookup.Rows:
    if spec is None:
        return {}
    boxes = tuple((name, spec.secret, 1000) for name in spec.boxes)
    return {"boxes": boxes, "aliases": tuple((name, spec.boxes[0]) for name in spec.aliases)}


def path(prefix: Prefix, key: str) -> Path:
    return prefix.state / "notes" / key


def gather(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, MailFacts]:
    prefix = machine.prefix
    found = lookup.facts((post(prefix), ftp(prefix)), map(owner, wanted))
    return {key: MailFacts(found, {path(prefix, key): read.fact(path(prefix, key))}) for key in wanted}


def plan(prefix: Prefix, key: str, spec: Mail | None, facts: MailFacts) -> Plan:
    draft = Draft(facts.places, facts.found)
    draft.rows(SetRows(post(prefix), owner(key), rows(spec)))
    draft.rows(SetRows(ftp(prefix), owner(key), rows(spec if spec and spec.ftp else None)))
    if spec and spec.file:
        draft.file(WriteFile(path(prefix, key), spec.file.encode(), 0o600))
    else:
        draft.gone(path(prefix, key))
    after = (Ask("toy", "tell", key, expect=spec.file),) if spec and spec.ask else ()
    return Plan(change=tuple(draft.change), rows=tuple(draft.row_sets), after=after, notes=draft.notes)


def present(prefix: Prefix) -> Iterator[tuple[str, str]]:
    for database in (post(prefix), ftp(prefix)):
        yield from ((key, "") for key in lookup.owners(database, "toy.mail"))


def plan_databases(prefix: Prefix, wrong: Mapping[LookupDatabase, str]) -> Plan:
    draft = Draft({})
    for database, words in wrong.items():
        draft.lookup(database, words)
    return Plan(prepare=tuple(draft.prepare), notes=draft.notes)


def gather_databases(machine: Machine) -> dict[LookupDatabase, str]:
    return {database: lookup.wrong(database) for database in (post(machine.prefix), ftp(machine.prefix))}


MAIL = Kind("toy.mail", Mail, 1, 10, lambda spec: str(spec.boxes[0]), gather, plan, present)
KNOWN = Knowledge(
    {MAIL.name: MAIL}, (Fixture("toy.databases", gather_databases, plan_databases),), services={"toy": Daemon}
)


def make_folders(prefix: Prefix) -> None:
    """As bootstrap makes a slice's own."""
    place.make_directory(MakeDirectory(prefix.state / "post", 0o750, "root", WEB_USER))
    (prefix.state / "notes").mkdir(exist_ok=True)


READS = """
import json, sqlite3, sys
db = None
for line in sys.stdin:
    try:
        db = db or sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=1, isolation_level=None)
        print(json.dumps(db.execute(line).fetchall()), flush=True)
    except sqlite3.Error as error:
        print(json.dumps(str(error)), flush=True)
"""


class Reader:
    """A daemon: another process, another uid, another SQLite library, which keeps the database open for reading."""

    def __init__(self, database: LookupDatabase) -> None:
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-I", "-c", READS, str(database.path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/", env={},
            user=READER, group=WEB_USER, extra_groups=[],
        )  # fmt: skip

    def ask(self, sql: str) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(sql + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def boxes(self) -> Any:
        """Names, or the words of an error."""
        found = self.ask("SELECT name FROM boxes ORDER BY name")
        return [name for (name,) in found] if isinstance(found, list) else found

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def boxes(database: LookupDatabase) -> Any:
    """What a daemon sees that is started now."""
    with Reader(database) as reader:
        return reader.boxes()


def modes(database: LookupDatabase) -> dict[str, tuple[str, int]]:
    """File -> mode and uid."""
    found = sorted(database.path.parent.glob(f"{database.path.name}*"))
    return {one.name: (oct(one.stat().st_mode & 0o7777), one.stat().st_uid) for one in found}
