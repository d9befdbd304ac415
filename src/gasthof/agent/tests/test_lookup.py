"""Look-up databases: what their daemons see at every moment, what is put back, what is mended. Readers are other processes."""

import os
import signal
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from gasthof.agent import diff, lookup_files
from gasthof.agent.apply import Planned, _apart
from gasthof.agent.execute import Executor
from gasthof.agent.journal import Desired
from gasthof.agent.kinds import Machine
from gasthof.agent.loop import Agent
from gasthof.agent.preview import preview
from gasthof.agent.run import Outcome, Run
from gasthof.agent.sdk import lookup
from gasthof.agent.sdk.steps import Ask, LookupDatabase, MakeLookup, Plan, SetRows
from gasthof.agent.sdk.want import Draft
from gasthof.agent.tests.node import UMLAUT, Node
from gasthof.agent.tests.post import KNOWN, Mail, Reader, boxes, ftp, make_folders, modes, owner, post, rows
from gasthof.agent.tests.toy import Daemon
from gasthof.kernel.clock import SystemClock

ANNA, BERT = f"anna@{UMLAUT}", f"bert@{UMLAUT}"


class Office:
    """A node with the mail kind, its agent and its databases."""

    def __init__(self, node: Node) -> None:
        self.node, self.intent, self.prefix = node, node.intent, node.prefix
        make_folders(node.prefix)
        self.daemon = Daemon(node.prefix)
        self.agent = self.start()
        self.post, self.ftp = post(node.prefix), ftp(node.prefix)
        assert self.agent.fix() == []

    def start(self) -> Agent:
        return self.node.agent(KNOWN, Executor(Machine(self.prefix, SystemClock()), KNOWN, {"toy": self.daemon}))

    def put(self, key: str, spec: Mail | None) -> None:
        self.intent.put("toy.mail", key, spec)
        self.turn()

    def turn(self) -> None:
        self.agent.woken = True
        self.agent.reach()
        self.agent.fetch()
        self.agent.work()
        self.agent.deliver()

    def carry_out(self, *plans: Plan) -> list[Outcome]:
        return self.agent.executor.carry_out(plans)

    def set(self, key: str, *names: str, **more: object) -> Plan:
        return Plan(rows=(SetRows(self.post, owner(key), rows(Mail(names))),), **more)  # type: ignore[arg-type]

    def names(self, database: LookupDatabase | None = None) -> list[object]:
        """As this process sees them."""
        wanted = database or self.post
        found = lookup.rows(wanted, map(owner, lookup.owners(wanted, "toy.mail")))
        return sorted(row[0] for held in found.values() for row in held.get("boxes", ()))


@pytest.fixture
def office() -> Iterator[Office]:
    with Node.made() as node:
        yield Office(node)


def test_files_are_roots_and_the_groups_to_read(office: Office) -> None:
    office.put("a", Mail((ANNA,), ftp=True))
    assert modes(office.post) == dict.fromkeys(("post.db", "post.db-shm", "post.db-wal"), ("0o640", 0))
    assert modes(office.ftp) == {"ftp.db": ("0o640", 0)}
    group = office.post.path.stat().st_gid
    assert all(path.stat().st_gid == group for path in office.post.path.parent.iterdir())
    with Reader(office.post) as reader:
        assert reader.boxes() == [ANNA]
        assert "readonly" in reader.ask("DELETE FROM boxes")


def test_rows_come_change_and_go(office: Office) -> None:
    office.put("a", Mail((ANNA,), ftp=True, aliases=("info",)))
    office.put("b", Mail((BERT,)))
    assert boxes(office.post) == [ANNA, BERT] and boxes(office.ftp) == [ANNA]
    office.put("a", Mail((f"neu-{ANNA}", ANNA)))
    assert boxes(office.post) == [ANNA, BERT, f"neu-{ANNA}"] and boxes(office.ftp) == []
    office.put("a", None)
    assert boxes(office.post) == [BERT] and list(lookup.owners(office.post, "toy.mail")) == ["b"]
    assert office.intent.states() == {"a": ["live", "live", "live"], "b": ["live"]}


def test_a_plan_made_again_is_empty(office: Office) -> None:
    spec = Mail((BERT, ANNA), aliases=("info", "büro"))
    office.put("a", spec)
    assert list(preview(office.agent)) == ["nothing to change"]
    assert _draft(office, spec).row_sets == []
    changed = _draft(office, replace(spec, aliases=("info",)))
    assert changed.notes == {f"{office.post.path} {owner('a')}": "rows differ in aliases"}


def _draft(office: Office, spec: Mail) -> Draft:
    draft = Draft({}, lookup.facts([office.post], [owner("a")]))
    draft.rows(SetRows(office.post, owner("a"), rows(spec)))
    return draft


def test_a_daemon_reads_right_whatever_the_agent_does(office: Office) -> None:
    """Its clean end, its death, its absence, its return; a daemon that was there all the time, and one that has just come."""
    assert boxes(office.post) == []
    office.put("a", Mail((ANNA,)))
    with Reader(office.post) as early:
        assert early.boxes() == boxes(office.post) == [ANNA]
        office.agent.executor.close()
        assert early.boxes() == boxes(office.post) == [ANNA], "after a clean end"
        with Reader(office.post) as alone:
            assert alone.boxes() == [ANNA], "without an agent"
            office.put("b", Mail((BERT,)))
            assert alone.boxes() == early.boxes() == boxes(office.post) == [ANNA, BERT]
            office.agent.executor.close()
            _killed(office, "c", f"c{ANNA}")
            assert alone.boxes() == early.boxes() == boxes(office.post) == [ANNA, BERT, f"c{ANNA}"], "after its death"
            office.put("a", None)
            assert alone.boxes() == early.boxes() == boxes(office.post) == [BERT, f"c{ANNA}"], "and its return"
    assert set(modes(office.post)) == {"post.db", "post.db-shm", "post.db-wal"}


def _killed(office: Office, key: str, name: str) -> None:
    """An agent that sets rows and is killed, with all its files open."""
    pid = os.fork()
    if not pid:
        outcome = office.carry_out(office.set(key, name))
        os.kill(os.getpid(), signal.SIGKILL if outcome[0].live else signal.SIGTERM)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL


def test_files_stay_the_same_ones(office: Office) -> None:
    """A daemon would not notice others."""
    office.put("a", Mail((ANNA,), ftp=True))
    before = {path.name: path.stat().st_ino for path in office.post.path.parent.iterdir()}
    for number in range(3):
        office.put("a", Mail((f"{number}{ANNA}",), ftp=True))
        office.agent.executor.close()
    assert {path.name: path.stat().st_ino for path in office.post.path.parent.iterdir()} == before


def test_a_batch_is_one_transaction_a_database(office: Office) -> None:
    with Reader(office.post) as reader:
        for number in range(100):
            office.intent.put("toy.mail", f"n{number}", Mail((f"{number}{ANNA}",)))
        office.turn()
        assert len(reader.boxes()) == 100
    steps = [office.set(f"m{number}", f"m{number}{ANNA}") for number in range(50)]
    commits: list[int] = []
    office.agent.executor.lookups._place(office.post).connection.set_commit_hook(lambda: bool(commits.append(1)))
    assert all(outcome.live for outcome in office.carry_out(*steps))
    assert len(commits) == 1


def test_a_name_may_move_within_a_batch(office: Office) -> None:
    office.carry_out(office.set("a", ANNA), office.set("b", BERT))
    moved = office.carry_out(office.set("b", ANNA), office.set("a", f"neu-{ANNA}"))
    assert [outcome.live for outcome in moved] == [True, True]
    found = lookup.rows(office.post, [owner("a"), owner("b")])
    assert [found[owner(key)]["boxes"][0][0] for key in "ab"] == [f"neu-{ANNA}", ANNA]


def test_what_cannot_be_set_fails_alone_and_changes_nothing(office: Office) -> None:
    office.carry_out(office.set("a", ANNA), office.set("d", "d"))
    odd = Plan(rows=(SetRows(office.post, owner("c"), {"boxes": (("too", "few"),)}),))
    unknown = Plan(rows=(SetRows(office.post, owner("e"), {"users": (("x",),)}),))
    plans = (office.set("b", BERT, ANNA), odd, office.set("d", "neu"), unknown, office.set("f", "f"))
    outcomes = office.carry_out(*plans)
    assert [outcome.live for outcome in outcomes] == [False, False, True, False, True]
    assert "UNIQUE constraint failed: boxes.name" in outcomes[0].words and "4 columns" in outcomes[1].words
    assert "no such table: users" in outcomes[3].words
    assert boxes(office.post) == [ANNA, "f", "neu"]


def test_rows_are_put_back_when_a_daemon_does_not_agree(office: Office) -> None:
    office.put("a", Mail((ANNA,), ftp=True, file="alt", ask=True, aliases=("info",)))
    before = lookup.facts([office.post, office.ftp], [owner("a")])
    office.daemon.lies = {"a"}
    office.put("a", Mail((BERT,), file="neu", ask=True))
    assert office.intent.states()["a"] == ["live", "failed"]
    assert lookup.facts([office.post, office.ftp], [owner("a")]) == before, "no trace of the change either"
    assert boxes(office.post) == boxes(office.ftp) == [ANNA]
    assert (office.prefix.state / "notes/a").read_text() == "alt"


def test_new_rows_are_gone_again_when_a_daemon_does_not_agree(office: Office) -> None:
    office.daemon.lies = {"a"}
    office.put("a", Mail((ANNA,), file="neu", ask=True))
    assert boxes(office.post) == [] and list(lookup.owners(office.post, "toy.mail")) == []


def test_an_open_change_remembers_the_oldest_rows(office: Office) -> None:
    """Killed twice between the rows and the daemon's answer; then the daemon refuses."""
    office.put("a", Mail((ANNA,)))
    answer = (Ask("toy", "tell", "a", expect="no"),)
    for name in (BERT, "carl"):
        steps = office.agent.executor.steps([Run(office.set("a", name, after=answer))])
        assert "rows" in iter(steps)  # and no further
    assert boxes(office.post) == ["carl"]
    assert [bool(step) for step in _draft(office, Mail(("carl",))).row_sets] == [True], "the change is seen to be open"
    assert not office.carry_out(office.set("a", "carl", after=answer))[0].live
    assert boxes(office.post) == [ANNA] and lookup.rows(office.post, [owner("a")]) == {owner("a"): _held(ANNA)}


def _held(name: str) -> lookup.Rows:
    return {"boxes": ((name, "$6$salt$hash", 1000),)}


def test_nothing_is_told_that_is_not_durable(office: Office) -> None:
    office.put("a", Mail((ANNA,), ftp=True))
    for database, synchronous in ((office.post, 2), (office.ftp, 3)):  # FULL, EXTRA
        assert office.agent.executor.lookups._place(database).connection.pragma("synchronous") == synchronous
    connection = office.agent.executor.lookups._place(office.post).connection
    pages = connection.pragma("page_count")
    connection.pragma("max_page_count", pages)
    many = [office.set(f"n{number}", "x" * 2000 + f"{number}") for number in range(30)]
    assert {outcome.words for outcome in office.carry_out(*many)} == {"post.db: database or disk is full"}
    assert boxes(office.post) == [ANNA]
    connection.pragma("max_page_count", 100_000)
    assert all(outcome.live for outcome in office.carry_out(*many)) and len(boxes(office.post)) == 31


def test_a_reader_that_does_not_let_go_is_waited_for_and_fails_nobody_else(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "BUSY", 100)
    with Reader(office.ftp) as reader:
        reader.ask("BEGIN")
        assert reader.boxes() == []
        both = Plan(rows=(SetRows(office.ftp, owner("a"), rows(Mail((ANNA,)))),))
        first, second = office.carry_out(both, office.set("b", BERT))
        assert (first.live, first.away, first.words) == (False, True, "ftp.db is locked") and second.live
        reader.ask("COMMIT")
        assert office.carry_out(both)[0].live and reader.boxes() == [ANNA]


def test_a_change_that_was_cut_off_in_a_rollback_journal_is_undone(office: Office) -> None:
    """Killed with the journal on disk and half of the pages written."""
    office.put("a", Mail((ANNA,), ftp=True))
    office.agent.executor.close()
    pid = os.fork()
    if not pid:
        connection = lookup.opened(office.ftp)
        connection.pragma("cache_size", 1)
        connection.pragma("cache_spill", True)
        connection.execute("BEGIN IMMEDIATE")
        for number in range(500):
            connection.execute("INSERT INTO boxes VALUES ('toy.mail x', ?, ?, 1)", (f"n{number}", "x" * 500))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    assert "ftp.db-journal" in modes(office.ftp)
    assert office.names(office.ftp) == [ANNA] == boxes(office.ftp)
    assert lookup.wrong(office.ftp) == "" and set(modes(office.ftp)) == {"ftp.db"}


def garbage(database: LookupDatabase) -> None:
    with database.path.open("r+b") as file:
        file.write(b"not a database " * 4000)


def half(database: LookupDatabase) -> None:
    os.truncate(database.path, 3 * 4096)


def another_schema(database: LookupDatabase) -> None:
    older = replace(database, schema=("CREATE TABLE IF NOT EXISTS boxes (owner TEXT NOT NULL, address TEXT)",))
    lookup_files.make(older)


@pytest.mark.parametrize("which", [post, ftp])
@pytest.mark.parametrize("spoil", [garbage, half, another_schema])
def test_a_database_that_is_no_good_is_filled_anew_in_its_place(
    office: Office, spoil: object, which: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = which(office.prefix)  # type: ignore[operator]
    office.put("a", Mail((ANNA,), ftp=True))
    office.put("b", Mail((BERT, *(f"{number}{BERT}" for number in range(200))), ftp=True))
    wanted = boxes(database)
    with Reader(database) as reader:
        assert reader.boxes() == wanted
        office.agent.executor.close()
        inode = database.path.stat().st_ino
        spoil(database)  # type: ignore[operator]
        assert lookup.wrong(database)
        again = office.start()
        assert again.fix() == [] and lookup.wrong(database) == ""
        again.audit_now()
        assert reader.boxes() == boxes(database) == wanted
        assert database.path.stat().st_ino == inode
        assert not again.fixtures.broken and not again.journal.open_ids()


def gone(office: Office) -> None:
    for path in office.post.path.parent.glob("post.db*"):
        path.unlink()


def open_to_all(office: Office) -> None:
    office.post.path.chmod(0o644)


def closed_log(office: Office) -> None:
    Path(f"{office.post.path}-wal").chmod(0o600)


def edited(office: Office) -> None:
    """By another process: two SQLite libraries in this one would be in each other's way."""
    pid = os.fork()
    if not pid:
        connection = apsw.Connection(str(office.post.path))
        connection.execute("UPDATE boxes SET password = 'x'")
        connection.execute("INSERT INTO boxes VALUES ('toy.mail fremd', 'fremd', NULL, NULL)")
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.parametrize("meddle", [gone, open_to_all, closed_log, edited])
def test_what_was_done_by_hand_is_set_right(office: Office, meddle: object) -> None:
    office.put("a", Mail((ANNA,)))
    wanted = lookup.rows(office.post, [owner("a")])
    meddle(office)  # type: ignore[operator]
    office.agent.audit_now()
    office.agent.audit_now()
    assert lookup.rows(office.post, [owner("a"), owner("fremd")]) == wanted
    assert lookup.wrong(office.post) == "" and boxes(office.post) == [ANNA]
    assert modes(office.post) == dict.fromkeys(("post.db", "post.db-shm", "post.db-wal"), ("0o640", 0))


def test_drift_in_rows_is_told(office: Office) -> None:
    office.put("a", Mail((ANNA,)))
    edited(office)
    office.agent.audit_now()
    words = [one.words for report in office.intent.reports for one in report.reports if one.state == "drift"]
    assert words == [f"{office.post.path} toy.mail a: rows differ in boxes"]


def test_an_emptied_database_is_filled_at_once(office: Office) -> None:
    """Not with the next audit pass in its turn."""
    office.put("a", Mail((ANNA,)))
    while office.agent.audit_at == 0.0 or office.agent.auditing:
        office.agent.turn()
    gone(office)
    office.agent.fix()
    assert boxes(office.post) == []
    for _ in range(10):
        office.agent.turn()
    assert boxes(office.post) == [ANNA]


def test_a_thing_in_its_place_is_left_alone_and_told(office: Office) -> None:
    gone(office)
    office.post.path.symlink_to("/etc/passwd")
    before = Path("/etc/passwd").stat()
    assert "post.db is no file" in office.agent.fix()[0]
    after = Path("/etc/passwd").stat()
    assert (stat.S_IMODE(after.st_mode), after.st_gid) == (stat.S_IMODE(before.st_mode), before.st_gid)


def test_a_preview_shows_rows_and_no_secrets(office: Office) -> None:
    office.put("a", Mail((ANNA, BERT), aliases=("{X}$y$alias",)))
    before = modes(office.post)
    office.intent.put("toy.mail", "a", Mail((ANNA,), secret="$6$salt$other"))
    office.agent.fetch()
    lines = list(preview(office.agent))
    assert [line for line in lines if line[0] in "-+"] == [
        "- aliases: (secret), " + ANNA,
        f"- boxes: {ANNA}, (secret), 1000",
        f"- boxes: {BERT}, (secret), 1000",
        f"+ boxes: {ANNA}, (secret), 1000",
    ]
    assert modes(office.post) == before and boxes(office.post) == [ANNA, BERT]
    gone(office)
    made = list(diff.lines(Plan(prepare=(MakeLookup(office.post),))))
    assert made == [f"+ {office.post.path}: an empty look-up database, 0640 root:gasthof-web"]


def test_plans_of_the_same_rows_go_one_after_the_other(office: Office) -> None:
    one = Desired("toy.mail", "a", 1, 1, "{}", "", "pending", ())
    planned = [
        Planned(one, office.set("a", ANNA)),
        Planned(one, office.set("a", BERT)),
        Planned(one, office.set("b", "b")),
    ]
    assert list(_apart(planned)) == [planned[0], planned[2]]


def test_files_and_rows_come_together(office: Office) -> None:
    """The daemon is asked once both are there."""
    seen: list[tuple[bool, object]] = []
    real = office.daemon.text

    def text(key: str) -> str:
        seen.append(((office.prefix.state / "notes" / key).exists(), boxes(office.post)))
        return real(key)

    office.daemon.text = text  # type: ignore[method-assign]
    office.put("a", Mail((ANNA,), file="neu", ask=True))
    assert seen == [(True, [ANNA])]
