"""The passes with a toy kind: isolation, back-off, order, guard, listings, a lost control plane."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from gasthof.agent import backoff as backoff_module
from gasthof.agent import execute, loop
from gasthof.agent.execute import Executor
from gasthof.agent.kinds import Machine
from gasthof.agent.loop import Agent
from gasthof.agent.preview import preview
from gasthof.agent.sdk import beneath
from gasthof.agent.sdk import place as placing
from gasthof.agent.sdk.steps import WriteFile
from gasthof.agent.tests.node import UMLAUT, Node
from gasthof.agent.tests.toy import KNOWN, Daemon, Note, place
from gasthof.kernel.clock import SystemClock
from gasthof.prefix import Prefix


class Toy:
    """A node with toy objects, its agent and its daemon."""

    def __init__(self, node: Node) -> None:
        self.node, self.intent, self.prefix = node, node.intent, node.prefix
        (node.prefix.state / "notes").mkdir()
        self.daemon = Daemon(node.prefix)
        self.agent = self.start()

    def start(self) -> Agent:
        executor = Executor(Machine(self.prefix, SystemClock()), KNOWN, {"toy": self.daemon})
        return self.node.agent(KNOWN, executor)

    def put(self, key: str, text: str, kind: str = "toy.note", **fields: str) -> None:
        self.intent.put(kind, key, Note(text, **fields))

    def drop(self, key: str) -> None:
        self.intent.put("toy.note", key, None)

    def turn(self) -> None:
        self.agent.woken = True
        self.agent.reach()
        self.agent.fetch()
        self.agent.work()
        self.agent.deliver()

    def files(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted((self.prefix.state / "notes").iterdir())}

    def place(self, key: str) -> Path:
        return place(self.prefix, key)


@pytest.fixture
def toy() -> Iterator[Toy]:
    with Node.made() as node:
        yield Toy(node)


def test_objects_come_change_and_go(toy: Toy) -> None:
    toy.put(UMLAUT, "eins")
    toy.put("b", "zwei")
    toy.turn()
    assert toy.files() == {UMLAUT: "eins", "b": "zwei"}
    toy.put(UMLAUT, "anders")
    toy.drop("b")
    toy.turn()
    assert toy.files() == {UMLAUT: "anders"}
    assert toy.intent.states() == {UMLAUT: ["live", "live"], "b": ["live", "live"]}
    assert toy.agent.journal.keys("toy.note") == {UMLAUT}


def test_a_batch_is_told_once(toy: Toy) -> None:
    for number in range(100):
        toy.put(f"n{number}", "x")
    toy.turn()
    assert len(toy.daemon.asked) == 1 and len(toy.daemon.asked[0]) == 100


def test_nothing_to_do_asks_nobody(toy: Toy) -> None:
    toy.put("a", "x")
    toy.turn()
    toy.daemon.asked.clear()
    reports = len(toy.intent.reports)
    toy.turn()
    assert not toy.daemon.asked and len(toy.intent.reports) == reports


@pytest.mark.parametrize("poison", ["no facts", "left out", "no plan", "a lie"])
def test_a_poisoned_object_delays_nobody(toy: Toy, poison: str) -> None:
    for number in range(20):
        toy.put(f"n{number}", "gut")
    toy.put("poison", poison)
    if poison == "a lie":
        toy.daemon.lies = {"poison"}
    toy.turn()
    files = toy.files()
    assert [files[f"n{number}"] for number in range(20)] == ["gut"] * 20 and "poison" not in files
    states = toy.intent.states()
    assert states.pop("poison") == ["failed"] and all(state == ["live"] for state in states.values())
    started = time.monotonic()
    toy.put("later", "gut")
    toy.turn()
    assert toy.intent.states()["later"] == ["live"] and time.monotonic() - started < 0.5
    assert toy.intent.states()["poison"] == ["failed"], "it is not tried again with each change of others"


def test_what_failed_is_put_back_and_told_in_the_daemons_words(toy: Toy) -> None:
    toy.put("a", "alt")
    toy.turn()
    toy.daemon.lies = {"a"}
    toy.put("a", "neu")
    toy.turn()
    assert toy.files() == {"a": "alt"}
    assert toy.intent.states()["a"] == ["live", "failed"]
    assert "serves nonsense instead of neu" in toy.intent.words("a")


def test_a_failure_is_tried_again_with_doubling_pauses(toy: Toy) -> None:
    now = [0.0]
    toy.agent.backoff.clock = lambda: now[0]
    toy.daemon.lies = {"a"}
    toy.put("a", "neu")
    attempts = []
    for second in range(3 * 60):
        now[0] = float(second)
        before = len(toy.daemon.asked)
        toy.turn()
        if len(toy.daemon.asked) > before:
            attempts.append(second)
    assert attempts == [0, 1, 3, 7, 15, 31, 63, 127]
    toy.daemon.lies = set()
    now[0] = 127 + 128
    toy.turn()
    assert toy.files() == {"a": "neu"} and toy.intent.states()["a"][-1] == "live"
    assert toy.agent.backoff.waiting == {}


def test_pauses_end_at_five_minutes_and_sooner_while_a_daemon_is_away() -> None:
    waiting = backoff_module.Backoff(lambda: 0.0)
    for _ in range(20):
        waiting.failed(("k", "poison"))
        waiting.failed(("k", "away"), away=True)
    assert waiting.waiting["k", "poison"][1] == 300 and waiting.waiting["k", "away"][1] == 15


def test_a_daemon_that_is_away_fails_its_objects_until_it_is_back(toy: Toy) -> None:
    toy.daemon.away = True
    toy.put("a", "x")
    toy.turn()
    assert toy.files() == {} and toy.intent.words("a") == "toy: nobody answers"
    toy.daemon.away = False
    toy.agent.backoff.waiting.clear()
    toy.turn()
    assert toy.files() == {"a": "x"} and toy.intent.states()["a"] == ["failed", "live"]


@pytest.mark.parametrize("how", ["busy", "hesitant"])
def test_what_a_daemon_still_works_on_is_asked_again_soon_and_delays_nobody(toy: Toy, how: str) -> None:
    now = [0.0]
    toy.agent.backoff.clock = lambda: now[0]
    setattr(toy.daemon, how, {"long"})
    for number in range(5):
        toy.put(f"n{number}", "x")
    toy.put("long", "neu")
    asked = []
    for step in range(200):
        now[0] = step / 10
        before = sum("long" in one for one in toy.daemon.asked)
        toy.turn()
        asked += [now[0]] if sum("long" in one for one in toy.daemon.asked) > before else []
        if not step:
            assert toy.intent.states() == {f"n{number}": ["live"] for number in range(5)}
    pauses = [after - before for before, after in pairwise(asked)]
    assert pauses[:7] == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0], abs=0.11)
    assert "long" not in toy.intent.states(), "it is neither live nor failed"
    assert toy.files()["long"] == "neu", "what was changed stays for the daemon to work on"
    toy.daemon.busy = toy.daemon.hesitant = set()
    now[0] = 100.0
    toy.turn()
    assert toy.intent.states()["long"] == ["live"] and toy.files()["long"] == "neu"
    assert "long.old" not in toy.files() and "long.none" not in toy.files()


def test_a_refusal_after_long_work_puts_back_what_was_there_before_it(toy: Toy) -> None:
    now = [0.0]
    toy.agent.backoff.clock = lambda: now[0]
    toy.put("a", "alt")
    toy.turn()
    toy.daemon.busy = {"a"}
    toy.put("a", "neu")
    for step in range(8):
        now[0] = step * 5.0
        toy.turn()
    toy.daemon.busy, toy.daemon.lies = set(), {"a"}
    now[0] = 50.0
    toy.turn()
    assert toy.files() == {"a": "alt"} and toy.intent.states()["a"] == ["live", "failed"]
    assert toy.agent.backoff.waiting["toy.note", "a"] == (1, 51.0), "looks do not count as failures"


def test_live_objects_that_are_being_set_right_are_open(toy: Toy) -> None:
    toy.put("a", "x")
    toy.turn()
    toy.daemon.busy = {"a"}
    toy.place("a.old").write_text("a swap that was never settled")
    toy.agent.audit_now()
    assert [key for _, key, *_ in toy.agent.journal.open_ids()] == ["a"]
    toy.daemon.busy = set()
    toy.agent.backoff.waiting.clear()
    toy.turn()
    assert toy.files() == {"a": "x"} and not toy.agent.journal.open_ids()
    assert toy.intent.states()["a"] == ["live", "live"], "no drift was told"


def test_lower_ranks_come_first_and_wake_what_waited_for_them(toy: Toy) -> None:
    toy.daemon.lies = {"late", "early"}
    toy.put("late", "x", "toy.late", owner="müller")
    toy.put("early", "x", owner="müller")
    toy.turn()
    assert toy.daemon.asked[0] == ("early",)
    toy.daemon.lies = set()
    toy.put("early", "y", owner="müller")
    toy.turn()
    assert toy.files() == {"early": "y", "late": "x"}, "without waiting for its own turn"


def test_a_removal_without_an_end_pauses_and_delays_nobody(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    attempts: list[float] = []
    monkeypatch.setattr(beneath, "remove", lambda *_: attempts.append(now[0]))
    toy.agent.backoff.clock = lambda: now[0]
    toy.intent.put("toy.tree", "endlos", None)
    for step in range(40):
        now[0] = step / 2
        toy.put("a", f"{step}")
        toy.turn()
        assert toy.files() == {"a": f"{step}"}
    assert attempts == [0, 0.5, 1.5, 3.5, 5.5, 7.5, 9.5, 11.5, 13.5, 15.5, 17.5, 19.5]
    assert "endlos" not in toy.intent.states()
    monkeypatch.undo()
    now[0] = 30.0
    toy.turn()
    assert toy.intent.states()["endlos"] == ["live"]


def test_a_full_disk_does_not_end_it(
    toy: Toy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loop, "TROUBLE", 0.01)
    toy.put("a", "x")
    toy.turn()
    db = toy.agent.journal.db
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(200):
        toy.put(f"n{number:03d}", "x" * 500)
    rounds: list[int] = []

    def stopping() -> bool:
        rounds.append(len(toy.files()))
        if len(rounds) == 3:
            db.execute(f"PRAGMA max_page_count = {pages + 1000}")
        return len(rounds) == 6

    toy.agent.woken = True
    toy.agent.run(stopping)
    assert caplog.text.count("database or disk is full") == 2
    assert rounds[:3] == [1, 1, 1] and rounds[-1] == 201
    assert {states[-1] for states in toy.intent.states().values()} == {"live"}


def test_a_kind_that_cannot_be_looked_around_for_spoils_no_audit(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    def present(_: Prefix) -> Iterator[tuple[str, str]]:
        yield "fremd", ""
        raise IsADirectoryError

    broken = replace(KNOWN.kinds["toy.late"], present=present)
    monkeypatch.setitem(toy.agent.applier.knowledge.kinds, "toy.late", broken)  # type: ignore[arg-type]
    toy.put("a", "x")
    toy.turn()
    toy.place("a").unlink()
    toy.place("fremd").write_text("x")
    toy.agent.audit_now()
    assert toy.files() == {"a": "x"}


def test_one_object_that_cannot_be_put_back_keeps_no_other_from_it(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in "abc":
        toy.put(key, "alt")
    toy.turn()
    real = placing.put_back

    def put_back(step: WriteFile) -> None:
        if step.path.name == "a":
            raise OSError(errno.EROFS, "Read-only file system")
        real(step)

    monkeypatch.setattr(placing, "put_back", put_back)
    toy.daemon.lies = {"a", "b"}
    for key in "abc":
        toy.put(key, "neu")
    toy.turn()
    shown = {key: text for key, text in toy.files().items() if len(key) == 1}
    assert shown == {"a": "neu", "b": "alt", "c": "neu"} and toy.files()["a.old"] == "alt"
    assert {key: states[-1] for key, states in toy.intent.states().items()} == {
        "a": "failed",
        "b": "failed",
        "c": "live",
    }


@pytest.mark.parametrize("before", [0, 20])
def test_what_cannot_be_made_durable_is_not_told_as_live(
    toy: Toy, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(placing, "_syncfs", full)
    for number in range(1 + before):
        toy.put(f"n{number}", "x")
    toy.turn()
    assert all(states == ["failed"] for states in toy.intent.states().values())
    assert "Input/output error" in toy.intent.words("n0")
    monkeypatch.undo()
    toy.agent.backoff.waiting.clear()
    toy.turn()
    assert all(states[-1] == "live" for states in toy.intent.states().values())
    assert set(toy.files()) == {f"n{number}" for number in range(1 + before)}


def test_removals_share_one_slice_and_take_turns(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    begun: list[str] = []

    def remove(_root: Path, path: str, _uid: int, seconds: float) -> bool:
        begun.append(path.removeprefix("web/"))
        time.sleep(seconds)
        return False

    monkeypatch.setattr(beneath, "remove", remove)
    monkeypatch.setattr(execute, "SLICE", 0.02)
    toy.agent.backoff.clock = lambda: now[0]
    for name in "abcde":
        toy.intent.put("toy.tree", name, None)
    for step in range(40):
        now[0] = step / 2
        before = len(begun)
        toy.turn()
        assert len(begun) - before <= 1
    assert begun[:10] == list("abcdeabcde")
    assert max(map(begun.count, "abcde")) - min(map(begun.count, "abcde")) <= 1


def test_a_long_change_pass_lets_the_rest_of_a_turn_through(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "WORK", 0.0)
    toy.agent.audit_at = float("inf")
    for number in range(600):
        toy.put(f"n{number:03d}", "x")
    found, rested = [], []
    toy.intent.wait = lambda seconds: bool(rested.append(seconds))  # type: ignore[method-assign,func-returns-value]
    for _ in range(4):
        toy.agent.turn()
        found.append(len(toy.files()))
        toy.agent.rest()
    assert found == [250, 500, 600, 600]
    assert set(rested[:-1]) == {0.0} and rested[-1] > 0, "it rests only once all is done"


def test_unknown_kinds_and_versions_are_failures_and_left_alone(toy: Toy) -> None:
    toy.intent.put("mail.box", "post", Note("x"))
    toy.intent.put("toy.note", "future", Note("x"), version=2)
    toy.intent.put("toy.note", "shapeless", {"wrong": 1})
    toy.put("good", "x")
    toy.turn()
    assert toy.files() == {"good": "x"}
    assert toy.intent.words("post") == "this node does not know objects of kind mail.box"
    assert toy.intent.words("future") == "this node knows version 1 of toy.note, not 2"
    assert "text" in toy.intent.words("shapeless")


def test_without_a_control_plane_it_goes_on(toy: Toy) -> None:
    toy.put("a", "x")
    toy.daemon.lies = {"a"}
    toy.turn()
    toy.intent.lost = True
    toy.daemon.lies = set()
    toy.agent.backoff.waiting.clear()
    toy.turn()
    assert toy.files() == {"a": "x"} and toy.intent.states()["a"] == ["failed"]
    toy.place("a").write_text("by hand")
    for _ in range(20):
        toy.agent.turn()
    assert toy.files() == {"a": "x"}, "drift is seen to without it, too"
    toy.intent.lost = False
    toy.agent.connect_at = 0.0
    toy.turn()
    assert toy.intent.states()["a"] == ["failed", "drift", "live"]


def test_reconnecting_is_tried_less_and_less_often(toy: Toy) -> None:
    toy.intent.lost = True
    pauses = []
    for _ in range(10):
        toy.agent.connect_at = 0.0
        toy.agent.reach()
        pauses.append(round(toy.agent.connect_at - time.monotonic(), 1))
    assert pauses[0] == 0.1 and pauses[1] == 0.2 and pauses[-1] == 15.0


def test_parked_it_tells_nothing_and_deletes_nothing(toy: Toy) -> None:
    toy.put("a", "x")
    toy.turn()
    toy.intent.parked = "unknown-position"
    toy.drop("a")
    before = len(toy.intent.reports)
    toy.turn()
    assert toy.files() == {"a": "x"} and len(toy.intent.reports) == before


def test_a_whole_listing_takes_away_what_it_does_not_name(toy: Toy) -> None:
    for key in "abc":
        toy.put(key, "x")
    toy.turn()
    del toy.intent.changes["toy.note", "b"]
    toy.intent.epoch, toy.intent.at_once = "two", 1
    toy.turn()
    assert toy.files() == {"a": "x", "c": "x"}
    assert toy.agent.journal.keys("toy.note") == {"a", "c"}


def test_buckets_that_differ_take_away_what_they_do_not_name(toy: Toy) -> None:
    toy.put("a", "x")
    toy.put("b", "x")
    toy.turn()
    digests = toy.agent.journal.digests()
    toy.intent.differing = {bucket: [["toy.note", "a"]] for bucket in digests}
    toy.agent.audit_now()
    toy.turn()
    assert toy.files() == {"a": "x"}


def test_strangers_go_and_drift_is_noted_told_and_set_right(toy: Toy) -> None:
    for key in "abc":
        toy.put(key, "x")
    toy.turn()
    toy.place("fremd").write_text("planted")
    toy.place("a").write_text("edited")
    toy.place("b").unlink()
    toy.place("c").chmod(0o644)
    toy.agent.audit_now()
    assert toy.files() == {"a": "x", "b": "x", "c": "x"} and toy.place("c").stat().st_mode & 0o777 == 0o600
    assert all(states == ["live", "drift", "live"] for states in toy.intent.states().values())
    words = {one.key: one.words for report in toy.intent.reports for one in report.reports if one.state == "drift"}
    assert [words[key].rpartition(": ")[2] for key in "abc"] == ["content differs", "missing", "mode 0644, not 0600"]


def loses_its_journal(toy: Toy) -> None:
    """With the control plane out of reach, too."""
    toy.agent.journal.close()
    for path in toy.prefix.state.glob("agent.db*"):
        path.unlink()
    toy.intent.lost = True
    toy.agent = toy.start()


def is_parked(toy: Toy) -> None:
    toy.intent.parked = "unknown-position"
    toy.place("d").write_text("x")


def is_parked_and_started_again_alone(toy: Toy) -> None:
    is_parked(toy)
    toy.turn()
    toy.intent.lost = True
    toy.agent.journal.close()
    toy.agent = toy.start()


def is_cut_off_in_a_whole_listing(toy: Toy) -> None:
    loses_its_journal(toy)
    toy.intent.lost, toy.intent.at_once = False, 1
    toy.agent.reach()
    link = toy.agent.link
    assert link
    batch = link.changes(toy.agent.journal.position())
    assert batch.full and batch.more
    toy.agent.journal.take(batch, KNOWN.scope_of)
    toy.intent.lost = True


@pytest.mark.parametrize(
    "what_it", [loses_its_journal, is_parked, is_parked_and_started_again_alone, is_cut_off_in_a_whole_listing]
)
def test_nothing_is_a_stranger_to_a_node_that_does_not_know_all(toy: Toy, what_it: Callable[[Toy], None]) -> None:
    for key in "abc":
        toy.put(key, "x")
    toy.turn()
    what_it(toy)
    before = toy.files()
    toy.turn()
    assert not [line for line in preview(toy.agent) if line.startswith("-")]
    toy.agent.audit_now()
    toy.turn()
    assert toy.files() == before
    toy.place("fremd").write_text("planted")
    toy.intent.lost, toy.intent.parked, toy.agent.connect_at = False, None, 0.0
    toy.turn()
    toy.agent.audit_now()
    assert toy.files() == {"a": "x", "b": "x", "c": "x"}, "once it knows all, strangers go"


def test_strangers_of_all_kinds_are_judged_together(toy: Toy) -> None:
    toy.put("a", "x")
    toy.turn()
    for number in range(30):
        toy.place(f"n{number:02d}").write_text("x")
        toy.place(f"late-{number:02d}").write_text("x")
    toy.agent.audit_now()
    held = toy.intent.reports[-1].held
    assert held and held.startswith("60 of 61 objects") and len(toy.files()) == 61


def test_much_at_once_waits_for_a_person(toy: Toy) -> None:
    for number in range(100):
        toy.put(f"n{number:03d}", "x")
    toy.turn()
    for number in range(60):
        toy.drop(f"n{number:03d}")
    toy.put("n099", "changed")
    toy.turn()
    assert len(toy.files()) == 100 and toy.files()["n099"] == "changed", "the rest goes on"
    held = toy.intent.reports[-1].held
    assert held and held.startswith("60 of 100 objects would be removed: toy.note n000, toy.note n001")
    toy.agent = toy.start()
    toy.turn()
    assert len(toy.files()) == 100, "nor does a new start let it through"
    toy.intent.released = True
    toy.turn()
    toy.turn()
    assert len(toy.files()) == 40 and toy.intent.reports[-1].held is None


def test_it_rests_while_the_guard_holds_what_failed_before(toy: Toy) -> None:
    now = [0.0]
    toy.agent.backoff.clock = lambda: now[0]
    toy.agent.audit_at = float("inf")
    for number in range(100):
        toy.put(f"n{number:03d}", "x")
    toy.turn()
    toy.daemon.lies = {"n000"}
    toy.drop("n000")
    toy.turn()
    for number in range(1, 60):
        toy.drop(f"n{number:03d}")
    toy.turn()
    assert toy.agent.guard.held and len(toy.files()) == 100
    now[0] = 500.0
    rested: list[float] = []
    toy.intent.wait = lambda seconds: bool(rested.append(seconds))  # type: ignore[method-assign,func-returns-value]
    toy.agent.rest()
    assert rested[-1] > 10.0
    toy.daemon.lies = set()
    toy.intent.released = True
    toy.turn()
    toy.turn()
    assert len(toy.files()) == 40, "released, it goes with the others"


@pytest.mark.parametrize(
    ("total", "gone", "held"), [(100, 49, False), (200, 60, False), (200, 61, True), (60, 50, True)]
)
def test_the_guards_bounds(toy: Toy, total: int, gone: int, held: bool) -> None:
    for number in range(total):
        toy.put(f"n{number:03d}", "x")
    toy.turn()
    for number in range(gone):
        toy.drop(f"n{number:03d}")
    toy.turn()
    assert len(toy.files()) == (total if held else total - gone)


def test_a_new_change_does_not_queue_behind_a_whole_node(toy: Toy) -> None:
    for number in range(1000):
        toy.put(f"n{number:04d}", "x", owner=f"s{number // 10}")
    wait = toy.intent.wait
    told: list[int] = []

    def one_more(seconds: float) -> bool:
        if not told:
            told.append(len(toy.daemon.asked))
            toy.put("urgent", "x", owner="neu")
            return True
        return wait(seconds)

    toy.intent.wait = one_more  # type: ignore[method-assign]
    toy.turn()
    assert toy.daemon.asked[told[0]] == ("urgent",) and len(toy.files()) == 1001


def test_all_that_is_open_is_looked_through_once_for_many_chunks(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1500):
        toy.put(f"n{number:04d}", "x")
    journal, looks = toy.agent.journal, list[int]()
    look = journal.open_ids

    def counted() -> list[tuple[str, str, str, bool]]:
        found = look()
        looks.append(len(found))
        return found

    monkeypatch.setattr(journal, "open_ids", counted)
    toy.turn()
    assert looks == [1500, 0] and len(toy.files()) == 1500


def test_it_says_what_it_would_change_and_changes_nothing(toy: Toy) -> None:
    toy.put("a", "eins\n")
    toy.turn()
    assert list(preview(toy.agent)) == ["nothing to change"]
    toy.place("a").write_text("von Hand\n")
    toy.place("fremd").write_text("x")
    lines = list(preview(toy.agent))
    assert {"# toy.note a", "-von Hand", "+eins", "# toy.note fremd", "-x"} <= set(lines)
    assert toy.files() == {"a": "von Hand\n", "fremd": "x"}
