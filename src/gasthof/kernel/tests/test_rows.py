"""Whose rows are shown holds for what is within, and for nothing after it, on the one connection that requests share."""

import os
from collections.abc import Iterator
from contextvars import copy_context
from signal import SIGKILL
from threading import Thread
from time import sleep

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from tests.house import OPERATOR, House, settle

from gasthof.bootstrap import postgres
from gasthof.kernel import collection, parsing, rows
from gasthof.kernel.actions import perform
from gasthof.kernel.collection import Collection, read
from gasthof.kernel.permissions import ANONYMOUS, SYSTEM
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.accounts.models import Customer
from gasthof.slices.domains import queries
from gasthof.slices.domains.models import Domain
from gasthof.slices.subscriptions import queries as subscriptions

MINE, OTHERS = "bäckerei-müller.test", "gärtnerei-grün.test"


@pytest.fixture
def house(transactional_db: None) -> Iterator[House]:
    """The connection is the application's, as the panel's."""
    house = settle()
    house.run("domains.add", subscription=house.mine, name=MINE)
    house.run("domains.add", subscription=house.other, name=OTHERS)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE gasthof_app")
    yield house
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def told() -> tuple[str, str, str, int]:
    """Past everything of ours: role, settings, the connection."""
    held = connection.connection.execute(
        "SELECT current_user, current_setting('gasthof.customer', true), current_setting('gasthof.reseller', true),"
        " pg_backend_pid()"
    ).fetchone()
    return held[0], held[1] or "", held[2] or "", held[3]


def nothing_was_told(pid: int) -> bool:
    return told() == ("gasthof_app", "", "", pid)


def nothing_is_left(pid: int) -> bool:
    return nothing_was_told(pid) and not Customer.objects.exists() and nothing_was_told(pid)


def names() -> list[str]:
    return list(Domain.objects.order_by("unicode").values_list("unicode", flat=True))


def test_names_of_roles_are_those_that_bootstrap_makes() -> None:
    assert (rows.APP, rows.STAFF) == (postgres.APP, postgres.STAFF)


def test_nothing_is_left(house: House) -> None:
    pid = told()[3]
    assert nothing_is_left(pid)
    for whose, seen in ((rows.of(house.baker), [MINE]), (rows.staff(), [MINE, OTHERS]), (rows.of(ANONYMOUS), [])):
        with whose:
            assert names() == seen
        assert nothing_is_left(pid)
    with pytest.raises(ValueError, match="ours"), rows.of(house.baker):
        raise ValueError("ours")
    assert nothing_is_left(pid)
    with pytest.raises(DatabaseError), rows.staff(), connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")
    assert nothing_is_left(pid)
    with transaction.atomic():
        with rows.staff():
            assert names() == [MINE, OTHERS]
        assert nothing_is_left(pid)
        transaction.set_rollback(True)
    assert nothing_is_left(pid)


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_thread_that_is_ended_leaves_nothing(house: House, end: type[BaseException]) -> None:
    pid = told()[3]
    for whose in (rows.of(house.baker), rows.staff()):
        with pytest.raises(end), whose:
            names()
            raise end
        assert nothing_is_left(pid)
        with pytest.raises(end), rows.by_default(house.baker), transaction.atomic():
            names()
            raise end
        assert nothing_is_left(pid)


def cancel(on: psycopg.Connection, pid: int) -> None:
    """As soon as it sleeps, and nothing else that it does before."""
    asleep = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"
    while on.execute(asleep, [pid]).fetchone() is None:
        sleep(0.01)


def test_a_query_that_is_cancelled_leaves_nothing(house: House) -> None:
    pid = told()[3]
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        for whose in (rows.of(house.baker), rows.staff(), rows.by_default(house.baker)):
            soon = Thread(target=cancel, args=(other, pid), daemon=True)
            soon.start()
            with pytest.raises(OperationalError, match="cancel"), whose, connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(20)")
            soon.join()
            assert nothing_is_left(pid)


def test_a_connection_that_is_cut_leaves_nothing_to_the_next(house: House) -> None:
    for whose in (rows.of(house.baker), rows.staff(), rows.by_default(house.baker)):
        pid = told()[3]
        other = psycopg.connect(**connection.get_connection_params(), autocommit=True)
        with other, pytest.raises(OperationalError), whose:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            names()
        connection.close()
        connection.ensure_connection()
        connection.connection.execute("SET ROLE gasthof_app")
        assert told()[3] != pid
        assert nothing_is_left(told()[3])
        with rows.of(house.gardener):
            assert names() == [OTHERS]


def test_a_process_that_is_killed_leaves_nothing_at_all(house: House) -> None:
    """It had changed something as staff, and told nobody yet."""
    pid = told()[3]
    child = os.fork()
    if child == 0:
        connection.connection = None  # the parent's: neither used nor closed here
        with rows.staff():
            Customer.objects.update(name="Niemand")
            os.kill(os.getpid(), SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -SIGKILL
    assert nothing_is_left(pid)
    with rows.staff():
        assert not Customer.objects.filter(name="Niemand").exists()


def test_savepoints_take_nothing_along_and_leave_nothing(house: House) -> None:
    pid = told()[3]
    with transaction.atomic():
        with pytest.raises(DatabaseError), transaction.atomic(), rows.staff(), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        assert nothing_is_left(pid)
        with pytest.raises(KeyError), transaction.atomic(), rows.of(house.gardener):
            raise KeyError
        assert nothing_is_left(pid)
        with rows.of(house.baker):
            with pytest.raises(KeyError), transaction.atomic(), rows.staff():
                assert names() == [MINE, OTHERS]
                raise KeyError
            assert names() == [MINE]
            with transaction.atomic(), rows.of(house.gardener), rows.of(house.baker):
                assert names() == [MINE]
            assert names() == [MINE]
        assert nothing_is_left(pid)
    assert nothing_is_left(pid)


def test_by_default_the_connection_is_told_whose(house: House) -> None:
    pid = told()[3]
    bakers = ("gasthof_app", str(house.baker.customer), "", pid)
    with rows.by_default(house.baker):
        assert nothing_was_told(pid)  # before the first query
        assert names() == [MINE]
        assert told() == bakers
        with transaction.atomic():
            with pytest.raises(KeyError), transaction.atomic():
                assert names() == [MINE]
                raise KeyError
            assert names() == [MINE]
            with pytest.raises(DatabaseError, match="zero"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
            assert names() == [MINE]
        with pytest.raises(KeyError), transaction.atomic():
            raise KeyError
        with rows.staff():
            assert names() == [MINE, OTHERS]
        assert told() == bakers
        with rows.by_default(house.gardener):
            assert names() == [OTHERS]
        assert told() == bakers
        assert list(Domain.objects.values_list("unicode", flat=True).iterator()) == [MINE]
        house.run("domains.delete", house.baker, domain=MINE)
        assert told() == bakers
        assert names() == []
        with pytest.raises(DatabaseError):
            Customer.objects.update(name="Niemand")
    assert nothing_is_left(pid)
    with rows.by_default(SYSTEM):
        assert names() == [OTHERS]
    assert nothing_is_left(pid)


def test_a_scope_is_told_at_its_first_query_and_taken_back_at_its_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, tell = [], rows._set
    monkeypatch.setattr(rows, "_set", lambda sql, whose: said.append(whose) or tell(sql, whose))
    with rows.by_default(ANONYMOUS):
        pass
    assert said == []
    with rows.by_default(SYSTEM) as go_on_as:
        names()
        go_on_as(house.baker)
        for _ in range(5):
            names()
        read(house.baker, "domains")
        with transaction.atomic():
            names()
    assert said == [rows.EVERYBODYS, rows.rows_of(house.baker), rows.NOBODYS]


def test_who_is_known_takes_the_place_of_the_system_at_once(house: House) -> None:
    pid = told()[3]
    with rows.by_default(SYSTEM) as go_on_as:
        assert names() == [MINE, OTHERS]
        go_on_as(house.baker)
        assert told() == ("gasthof_app", str(house.baker.customer), "", pid)
        with transaction.atomic(), pytest.raises(RuntimeError, match="within a transaction"):
            go_on_as(house.gardener)
        assert names() == [MINE]
        go_on_as(ANONYMOUS)
        assert names() == []
    assert nothing_is_left(pid)


def test_the_innermost_holds_and_leaves_the_transaction_as_it_was(house: House) -> None:
    pid = told()[3]
    with transaction.atomic():
        with rows.staff():
            with rows.by_default(house.baker) as go_on_as:
                assert names() == [MINE]
                with pytest.raises(KeyError), transaction.atomic():
                    assert names() == [MINE]
                    raise KeyError
                assert names() == [MINE]
                go_on_as(house.gardener)
                assert names() == [OTHERS]
            assert names() == [MINE, OTHERS]
        assert nothing_is_left(pid)
    with rows.by_default(SYSTEM), rows.of(house.baker), rows.by_default(house.gardener):
        assert names() == [OTHERS]
    assert nothing_is_left(pid)


def test_what_somebody_left_is_not_trusted(house: House) -> None:
    for actor, seen in ((ANONYMOUS, []), (house.gardener, [OTHERS])):
        connection.connection.execute(
            "SELECT set_config('role', 'gasthof_staff', false), set_config('gasthof.customer', %s, false)",
            [str(house.baker.customer)],
        )
        with rows.by_default(actor):
            assert names() == seen
        assert nothing_is_left(told()[3])


def test_a_connection_that_cannot_be_told_is_closed(house: House) -> None:
    """Cut after the last query; in a transaction that somebody began behind Django's back; in the midst of an answer."""
    for spoil in (cut, begin, stream):
        pid = told()[3]
        with rows.by_default(SYSTEM):
            assert names() == [MINE, OTHERS]
            kept = spoil()
        assert connection.connection is None
        del kept
        connection.ensure_connection()
        assert told()[3] != pid
        connection.connection.execute("SET ROLE gasthof_app")
        assert nothing_is_left(told()[3])


def cut() -> None:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [told()[3]])


def begin() -> None:
    connection.connection.execute("BEGIN")


def stream() -> Iterator[object]:
    rest = connection.connection.cursor().stream("SELECT generate_series(1, 3)")
    next(rest)
    return rest


def test_a_generator_that_nobody_reads_to_its_end_leaves_nothing(house: House) -> None:
    def portions() -> Iterator[str]:
        with rows.by_default(SYSTEM):
            yield from names()

    pid, listed = told()[3], portions()
    assert next(listed) == MINE
    listed.close()
    assert nothing_is_left(pid)


def test_another_thread_has_nothing_of_it(house: House) -> None:
    """Not even one that is handed the context: its connection is another one."""
    found = []

    def look() -> None:
        try:
            connection.ensure_connection()
            connection.connection.execute("SET ROLE gasthof_app")
            found.append(names())
        finally:
            connection.close()

    with rows.by_default(SYSTEM):
        assert names() == [MINE, OTHERS]
        thread = Thread(target=copy_context().run, args=(look,))
        thread.start()
        thread.join()
    assert found == [[]]


def test_verbs_and_lists_leave_nothing_either(house: House) -> None:
    pid = told()[3]
    house.run("domains.delete", house.baker, domain=MINE)
    assert nothing_is_left(pid)
    with pytest.raises(ActionRefused):
        house.run("domains.delete", house.baker, domain=OTHERS)
    assert nothing_is_left(pid)
    assert [row["domain"] for row in read(house.gardener, "domains").rows] == [OTHERS]
    assert nothing_is_left(pid)


def test_a_look_up_that_forgot_to_ask_finds_nothing_of_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (parsing, queries):
        monkeypatch.setattr(module, "reaches", lambda *_: True)
    monkeypatch.setattr(subscriptions, "narrowed", lambda *_: ())
    for fields in (
        {"verb": "domains.delete", "domain": OTHERS},
        {"verb": "subscriptions.usage", "subscription": house.other},
    ):
        with pytest.raises(ActionRefused, match="There is no such object"):
            perform(house.baker, fields.pop("verb"), fields)
    with rows.staff():
        assert names() == [MINE, OTHERS]


def test_a_list_that_forgot_to_filter_shows_nothing_of_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten = Collection(
        "forgotten", "domains.read", ("unicode",), lambda ask: Domain.objects.all(), queries.shown, "All of them.", {}
    )
    monkeypatch.setattr(collection, "collections", lambda: {"forgotten": forgotten})
    assert [row["domain"] for row in read(house.baker, "forgotten").rows] == [MINE]
    assert [row["domain"] for row in read(OPERATOR, "forgotten").rows] == [MINE, OTHERS]


def test_a_verb_meets_others_claims(house: House) -> None:
    with pytest.raises(ActionRefused, match="in use by another customer"):
        house.run("domains.add", house.baker, subscription=house.mine, name=f"laden.{OTHERS}")
