"""Which steps bring an FTP user about: the rows, the directory, the end of old sessions."""

import dataclasses
from pathlib import Path

import pytest

from gasthof.agent.sdk.steps import Ask, CustomerDirectory
from gasthof.kernel.passwords import crypted
from gasthof.prefix import Prefix
from gasthof.slices.ftp.node import configuration, plan
from gasthof.slices.ftp.node.facts import UserFacts
from gasthof.slices.ftp.spec import FtpUserSpec

PREFIX = Prefix(Path("/srv/gasthof"))
KEY = "s000012-anna"
SPEC = FtpUserSpec(KEY, "s000012", 1_000_012, "web/bäckerei", crypted("Grüße-aus-Köln-1"))
ROW = (KEY, SPEC.hash, SPEC.uid, SPEC.uid, "/srv/gasthof/customers/s000012/web/bäckerei")


def facts(*rows: tuple[str | int, ...], directory: str = "filled", told: tuple[FtpUserSpec, ...] = ()) -> UserFacts:
    held = {f"ftp.user {KEY}": {"users": rows}} if rows else {}
    return UserFacts({configuration.lookup(PREFIX).path: held}, directory, told)


def test_a_new_user_is_a_row_and_ends_nobodys_session() -> None:
    found = plan.user(PREFIX, KEY, SPEC, facts())
    assert [step.rows for step in found.rows] == [{"users": (ROW,)}]
    assert (found.prepare, found.after, found.change) == ((), (), ())


def test_nothing_is_to_be_done_for_a_user_who_is_there() -> None:
    found = plan.user(PREFIX, KEY, SPEC, facts(ROW, told=(SPEC,)))
    assert found.empty and found.after == () and not found.notes


def test_a_missing_directory_is_made_as_the_customer_and_is_no_drift() -> None:
    found = plan.user(PREFIX, KEY, SPEC, facts(ROW, directory="missing", told=(SPEC,)))
    assert found.prepare == (CustomerDirectory(PREFIX.home("s000012"), "web/bäckerei", SPEC.uid),)
    assert not found.rows and not found.notes


@pytest.mark.parametrize("change", [{"hash": crypted("Neu-und-gut-2")}, {"directory": "web"}, {"suspended": True}])
def test_sessions_that_could_not_begin_now_end(change: dict[str, object]) -> None:
    spec = dataclasses.replace(SPEC, **change)  # type: ignore[arg-type]
    found = plan.user(PREFIX, KEY, spec, facts(ROW, told=(SPEC,)))
    assert found.after == (Ask("ftp", "end", KEY),) and found.rows


def test_they_end_too_when_a_kill_came_after_the_rows() -> None:
    spec = dataclasses.replace(SPEC, suspended=True)
    assert plan.user(PREFIX, KEY, spec, facts(told=(SPEC,))).after == (Ask("ftp", "end", KEY),)


def test_who_is_suspended_has_no_row_and_gets_no_directory() -> None:
    found = plan.user(PREFIX, KEY, dataclasses.replace(SPEC, suspended=True), facts(ROW, directory=""))
    assert [step.rows for step in found.rows] == [{"users": ()}] and found.prepare == ()


def test_a_user_who_goes_leaves_files() -> None:
    found = plan.user(PREFIX, KEY, None, facts(ROW, directory=""))
    assert [step.rows for step in found.rows] == [{"users": ()}]
    assert (found.prepare, found.clean, found.after) == ((), (), (Ask("ftp", "end", KEY),))


def test_a_row_changed_by_hand_is_drift() -> None:
    found = plan.user(PREFIX, KEY, SPEC, facts((*ROW[:4], "/"), told=(SPEC,)))
    assert found.rows and list(found.notes.values()) == ["rows differ in users"]
