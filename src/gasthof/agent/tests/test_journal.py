"""agent.db: what is durable together, what supersedes what, what is forgotten when."""

import json
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.agent.journal import Desired, Journal, Verdict
from gasthof.agent.tests.node import UMLAUT
from gasthof.agent.wire import Batch, Change, Position, bucket_of, object_digest


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = Journal(tmp_path / "agent.db")
    yield found
    found.close()


def scope(_kind: str, spec: str) -> str:
    return str(json.loads(spec).get("owner", ""))


def take(journal: Journal, *changes: Change, more: bool = False, full: bool = False) -> None:
    last = max((change.revision for change in changes), default=0)
    journal.take(Batch(Position("e", f"t{last}", last), changes, more, full), scope)


def change(key: str, revision: int, spec: str | None = "{}") -> Change:
    return Change("web.site", key, revision, 1, spec)


def only(journal: Journal, key: str = UMLAUT) -> Desired:
    return journal.read([("web.site", key)])[0]


def live(journal: Journal, key: str = UMLAUT) -> None:
    journal.mark([Verdict(only(journal, key), "live")])


def test_a_batch_and_its_position_are_one(journal: Journal, tmp_path: Path) -> None:
    take(journal, change(UMLAUT, 3))
    again = Journal(tmp_path / "agent.db")
    assert again.position() == Position("e", "t3", 3) and only(again).revision == 3
    again.close()
    assert stat.S_IMODE((tmp_path / "agent.db").stat().st_mode) == 0o600


def test_a_batch_that_fails_leaves_nothing(journal: Journal) -> None:
    def broken(_kind: str, _spec: str) -> str:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        journal.take(Batch(Position("e", "t", 9), (change(UMLAUT, 9),)), broken)
    assert journal.position() == Position() and not journal.open_ids()


def test_a_full_disk_leaves_nothing_half_done_and_nothing_open(journal: Journal) -> None:
    take(journal, change(UMLAUT, 3))
    pages = journal.db.execute("PRAGMA page_count").fetchone()[0]
    journal.db.execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="full"):
            take(journal, *(change(f"n{number}", 10 + number, '{"a": "%s"}' % ("x" * 500)) for number in range(200)))
    assert journal.position().revision == 3 and len(journal.open_ids()) == 1
    journal.db.execute(f"PRAGMA max_page_count = {pages + 1000}")
    take(journal, change("b", 4))
    assert journal.position().revision == 4


def test_it_is_as_durable_as_sqlite_can(journal: Journal) -> None:
    assert journal.db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal.db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_it_remembers_all_that_the_machine_may_still_show(journal: Journal) -> None:
    take(journal, change(UMLAUT, 1, '{"a": 1}'))
    assert only(journal).before == ()
    live(journal)
    for revision, spec in ((2, '{"a": 2}'), (3, '{"a": 3}'), (4, '{"a": 2}'), (5, None)):
        take(journal, change(UMLAUT, revision, spec))
    assert only(journal).before == ('{"a": 1}', '{"a": 2}', '{"a": 3}')
    live(journal)
    assert only(journal).before == ()


def test_what_is_never_applied_fills_no_journal(journal: Journal) -> None:
    specs = [f'{{"a": {number}}}' for number in range(41)]
    take(journal, change(UMLAUT, 1, specs[0]))
    live(journal)
    for revision, spec in enumerate(specs[1:], 2):
        take(journal, change(UMLAUT, revision, spec))
        journal.mark([Verdict(only(journal), "failed", "no")])
    assert only(journal).before == (specs[0], *specs[-16:-1])
    journal.forsake([("web.site", UMLAUT)])
    assert only(journal).before == (specs[0], *specs[-15:])


def test_a_verdict_on_what_was_overtaken_counts_for_nothing(journal: Journal) -> None:
    take(journal, change(UMLAUT, 1))
    old = only(journal)
    take(journal, change(UMLAUT, 2, '{"a": 2}'))
    journal.mark([Verdict(old, "live")])
    assert only(journal).state == "pending" and not journal.untold(10)


def test_reports_stay_until_told_and_the_newest_stands(journal: Journal) -> None:
    take(journal, change(UMLAUT, 1), change("b", 2))
    journal.mark([Verdict(only(journal), "failed", "nö\x00\x1b[31m")])
    live(journal)
    live(journal, "b")
    reports = journal.untold(10)
    assert [(one.key, one.state) for _, one in reports] == [(UMLAUT, "live"), ("b", "live")]
    journal.told(reports[:1])
    assert [one.key for _, one in journal.untold(10)] == ["b"]


def test_words_are_fit_to_be_stored_and_shown(journal: Journal) -> None:
    take(journal, change(UMLAUT, 1))
    journal.mark([Verdict(only(journal), "failed", "nö\x00\x1b[31m\n" + "x" * 5000)])
    words = journal.untold(1)[0][1].words
    assert words.startswith("nö  [31m\nx") and len(words) == 4000


def test_a_tombstone_stays_until_it_is_applied_and_told(journal: Journal) -> None:
    take(journal, change(UMLAUT, 1))
    live(journal)
    take(journal, change(UMLAUT, 2, None))
    assert journal.open_ids() == [("web.site", UMLAUT, "", True)]
    live(journal)
    assert journal.keys("web.site") == {UMLAUT}
    journal.told(journal.untold(10))
    assert journal.keys("web.site") == set()


def test_a_new_life_outlives_the_report_of_the_old_ones_end(journal: Journal) -> None:
    take(journal, change(UMLAUT, 1, None))
    live(journal)
    reports = journal.untold(10)
    take(journal, change(UMLAUT, 2))
    journal.told(reports)
    assert only(journal).spec == "{}"


def test_a_listing_goes_on_over_batches_and_restarts(journal: Journal, tmp_path: Path) -> None:
    take(journal, change("a", 1), change("b", 2), change("c", 3))
    for key in "abc":
        live(journal, key)
    take(journal, change("a", 11), more=True, full=True)
    again = Journal(tmp_path / "agent.db")
    assert [gone for *_, gone in again.open_ids()] == [False]
    take(again, change("c", 12))
    assert sorted(key for _, key, _, gone in again.open_ids() if gone) == ["b"]
    assert only(again, "b").revision == 0
    live(again, "b")
    assert again.keys("web.site") == {"a", "c"} and "b" not in [one.key for _, one in again.untold(10)][-1:]
    again.close()


def test_neighbours_are_those_of_the_same_scope(journal: Journal) -> None:
    take(
        journal, change("a", 1, '{"owner": "s1"}'), change("b", 2, '{"owner": "s1"}'), change("c", 3, '{"owner": "s2"}')
    )
    take(journal, change("b", 4, None))
    assert [one.key for one in journal.around("web.site", "s1")] == ["a"]
    assert only(journal, "b").scope == "s1"


@given(
    st.dictionaries(
        st.sampled_from([UMLAUT, *"abcdefgh"]), st.one_of(st.none(), st.just("{}"), st.just('{"a":1}')), min_size=1
    )
)
def test_digests_are_the_xor_of_what_is_wanted(
    tmp_path_factory: pytest.TempPathFactory, objects: dict[str, str | None]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("j") / "agent.db")
    take(journal, *(change(key, number, spec) for number, (key, spec) in enumerate(objects.items(), 1)))
    wanted: dict[str, int] = {}
    for key, spec in objects.items():
        if spec is not None:
            bucket = str(bucket_of("web.site", key))
            wanted[bucket] = wanted.get(bucket, 0) ^ object_digest("web.site", key, 1, spec)
    assert journal.digests() == wanted
    journal.close()
