"""Customers who hold locks, and servers that hang: nobody else waits for them."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gasthof.agent import asking
from gasthof.agent.kinds import Machine
from gasthof.agent.run import Run
from gasthof.agent.sdk.ask import Away, Reply
from gasthof.agent.sdk.steps import Ask, Plan
from gasthof.agent.wire import Report
from gasthof.kernel.clock import SystemClock
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import facts, patience
from gasthof.slices.databases.node.patience import Busy, Slow, in_turn
from gasthof.slices.databases.rules import SERVERS
from gasthof.slices.databases.spec import DatabaseSpec
from gasthof.slices.databases.tests.servers import Servers

EACH = pytest.mark.parametrize("server", SERVERS)


def _told(report: Report | None, revision: int | None) -> bool:
    return report is not None and report.state == "live" and revision in (None, report.revision)


def turns(servers: Servers, *keys: str, seconds: float = 20) -> float:
    """Until the node has told that all of these are as they are wanted; how long that took."""
    began = time.monotonic()
    while True:
        servers.turn()
        last = {one.key: one for report in servers.node.intent.reports for one in report.reports}
        revisions = {key: one.revision for (_, key), one in servers.node.intent.changes.items()}
        if all(_told(last.get(key), revisions.get(key)) for key in keys):
            return time.monotonic() - began
        assert time.monotonic() - began < seconds, servers.failed()
        time.sleep(0.05)


@pytest.mark.daemons
@pytest.mark.parametrize("change", ["locked", "password", "removed"])
def test_a_stolen_login_that_holds_its_own_role_is_thrown_out(servers: Servers, change: str) -> None:
    name = servers.furnish("postgres", "s000401")
    user, key = f"{name}_full", f"postgres/{name}_full"
    with servers.postgres(user, name) as thief:
        for statement in (
            "SET ROLE NONE",
            "SET idle_in_transaction_session_timeout = 0",
            "BEGIN",
            f"ALTER ROLE {user} PASSWORD 'x'",
        ):
            thief.execute(statement)
        if change == "locked":
            servers.put_user(key, {name: "full"}, locked=True)
        elif change == "password":
            servers.put_user(key, {name: "full"}, "Brötchen 2 Stück")
        else:
            servers.node.drop("databases.user", key)
        assert turns(servers, key) < 3
        with pytest.raises(psycopg.Error):
            thief.execute("COMMIT")
    with pytest.raises(psycopg.Error):
        servers.postgres(user, name)


@pytest.mark.daemons
def test_a_thief_who_comes_back_at_once_is_locked_out_all_the_same(servers: Servers) -> None:
    name = servers.furnish("postgres", "s000402")
    user, key, ending = f"{name}_full", f"postgres/{name}_full", threading.Event()

    def steal() -> None:
        while not ending.is_set():
            try:
                with servers.postgres(user, name) as thief:
                    thief.execute("SET ROLE NONE")
                    thief.execute("BEGIN")
                    thief.execute(f"ALTER ROLE {user} PASSWORD 'x'")
                    thief.execute("SELECT pg_sleep(60)")
            except psycopg.Error:
                continue

    thieves = [threading.Thread(target=steal) for _ in range(3)]
    for one in thieves:
        one.start()
    try:
        time.sleep(0.5)
        servers.put_user(key, {name: "full"}, locked=True)
        turns(servers, key)
    finally:
        ending.set()
        for one in thieves:
            one.join(30)
    with pytest.raises(psycopg.Error):
        servers.postgres(user, name)


@pytest.mark.daemons
def test_a_grant_to_a_neighbour_that_stays_open_keeps_no_neighbour(servers: Servers) -> None:
    """Many attempts to remove it would cost all customers' changes their time."""
    attacker, victim = servers.furnish("postgres", "s000403"), servers.furnish("postgres", "s000404")
    keys = [f"postgres/{victim}_{right}" for right in ("full", "data", "read")]
    with contextlib.suppress(psycopg.Error), servers.postgres(f"{attacker}_full", attacker) as open_one:
        for statement in (
            "CREATE TABLE IF NOT EXISTS t (a int)",
            "BEGIN",
            *(f'GRANT SELECT ON t TO "{key.partition("/")[2]}"' for key in keys),
        ):
            open_one.execute(statement)
        for key in keys:
            servers.node.drop("databases.user", key)
        assert turns(servers, *keys) < 3


@pytest.mark.daemons
@EACH
def test_an_open_transaction_does_not_keep_a_database(servers: Servers, server: str) -> None:
    """Of a user that stays, because it has other databases."""
    going, staying = servers.furnish(server, "s000405"), servers.furnish(server, "s000405", "archiv")
    user = f"{staying}_full"
    servers.put_user(f"{server}/{user}", {going: "data", staying: "full"})
    servers.turn()
    servers.ask(server, f"{going}_full", going, "CREATE TABLE t (a int)")
    keys = [f"{server}/{going}", *(f"{server}/{going}_{right}" for right in ("full", "data", "read"))]
    with contextlib.suppress(psycopg.Error), servers.connect(server, user, going) as open_one:
        cursor = open_one.cursor()
        for statement in ("BEGIN", "INSERT INTO t VALUES (1)"):
            cursor.execute(statement)
        servers.put_user(f"{server}/{user}", {staying: "full"})
        for key in keys:
            servers.node.drop("databases.database" if key == keys[0] else "databases.user", key)
        assert turns(servers, *keys) < 8
    assert servers.ask(server, user, staying, "SELECT 1") == [(1,)]


@contextmanager
def stopped(servers: Servers, server: str) -> Iterator[None]:
    """Hung: it takes connections and says nothing."""
    group = servers.processes[server].pid
    patience.forget()
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)
        patience.forget()
        servers.wait(server)


@pytest.mark.daemons
@EACH
def test_a_website_comes_to_life_while_a_server_hangs(servers: Servers, server: str) -> None:
    name, node = servers.furnish(server, "s000406"), servers.node
    node.start_nginx()
    for number in range(30):
        servers.put_user(f"{server}/{name}_u{number}", {name: "read"})
    with stopped(servers, server):
        node.put_home(number=406 if server == "mariadb" else 407)
        site = node.put_site(f"{server}-grüße.test".encode("idna").decode(), 406 if server == "mariadb" else 407)
        assert turns(servers, site.name) < 2.9
        began = time.monotonic()
        servers.audit()
        assert time.monotonic() - began < 5, "each object waits for the server"
        assert "answer" in servers.failed()[f"{server}/{name}_u7"]
    turns(servers, *(f"{server}/{name}_u{number}" for number in range(30)))


@pytest.mark.daemons
@EACH
def test_a_server_that_hangs_in_the_middle_is_left_alone(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000408")
    ours: Any = servers.node.agents[0].knowledge.services[server](servers.prefix)
    with stopped(servers, server):
        for limit in (3.5, 0.1):
            began = time.monotonic()
            with pytest.raises(RuntimeError, match="answer"):
                ours.ask("create_database", [name])
            assert time.monotonic() - began < limit


@pytest.mark.daemons
def test_the_administration_of_mariadb_comes_in_past_a_crowd(servers: Servers) -> None:
    """Connections that never sign in: more than the server takes."""
    name = servers.furnish("mariadb", "s000409")
    with contextlib.ExitStack() as crowd:
        for _ in range(520):
            crowd.enter_context(socket.create_connection(("127.0.0.1", servers.prefix.ports["mariadb"])))
        late = crowd.enter_context(socket.create_connection(("127.0.0.1", servers.prefix.ports["mariadb"])))
        late.settimeout(5)
        assert b"Too many connections" in late.recv(100)
        servers.put_user(f"mariadb/{name}_full", {name: "full"}, locked=True)
        assert turns(servers, f"mariadb/{name}_full") < 3
    time.sleep(3.5)
    assert servers.ask("mariadb", f"{name}_read", name, "SELECT 1") == [(1,)]


def test_what_is_slow_or_poisonous_is_its_own() -> None:
    """Slow ones end their session, and come last the next time."""
    entered: list[int] = []
    done: list[str] = []

    @contextmanager
    def enter() -> Iterator[int]:
        entered.append(1)
        yield 1

    def act(_session: int, argument: str) -> None:
        done.append(argument)
        if argument == "slow":
            raise Slow
        if argument == "held":
            raise Busy
        if argument == "poison":
            raise KeyError("x")

    late: set[str] = set()
    replies = in_turn(enter, act, ["slow", "held", "poison", "good"], late)
    assert {one for one, reply in replies.items() if reply.working} == {"slow", "held"} == late
    assert replies["poison"].error and not replies["good"].error and len(entered) == 2
    done.clear()
    in_turn(enter, act, ["slow", "held", "poison", "good"], late)
    assert done == ["poison", "good", "slow", "held"]


def test_a_batch_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BATCH", 0.05)

    @contextmanager
    def enter() -> Iterator[None]:
        yield

    replies = in_turn(enter, lambda _session, _one: time.sleep(0.03), [str(number) for number in range(50)], set())
    assert len(replies) == 50 and 1 <= len([one for one in replies.values() if not one.working]) <= 3


class Elsewhere:
    """Refuses everything that is asked together; one by one it is as `alone` has it."""

    def __init__(self, alone: Exception | float) -> None:
        self.alone, self.asked = alone, 0

    def ask(self, _verb: str, arguments: Sequence[str]) -> dict[str, Reply]:
        if len(arguments) > 1:
            raise KeyError("poison")
        self.asked += 1
        if isinstance(self.alone, Exception):
            raise self.alone
        time.sleep(self.alone)
        return {arguments[0]: Reply()}


@pytest.mark.parametrize(("alone", "asked"), [(Away("gone"), 1), (KeyError("x"), 20), (0.03, 2)])
def test_what_is_asked_one_by_one_takes_no_longer(
    alone: Exception | float, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "ALONE", 0.05)
    service = Elsewhere(alone)
    runs = [(Run(Plan()), Ask("x", "set", str(number))) for number in range(20)]
    asking.Asker({"x": service}).ask(runs)
    assert service.asked == asked
    ends = {(run.away, run.working, bool(run.error)) for run, _ in runs}
    assert (
        ends
        == {1: {(True, False, True)}, 20: {(False, False, True)}, 2: {(False, True, False), (False, False, False)}}[
            asked
        ]
    )


def test_sizes_are_counted_past_a_table_that_goes_meanwhile(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"x" * 5000)

    class Going:
        def stat(self, *, follow_symlinks: bool) -> os.stat_result:
            raise FileNotFoundError

    @contextmanager
    def scanned(folder: Path) -> Iterator[list[Any]]:
        with os.scandir(folder) as entries:
            yield [*entries, Going()]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facts, "scandir", scanned)
        specs = {"mariadb/s000012_shop": DatabaseSpec("mariadb", "s000012_shop", "s000012")}
        patch.setattr(facts.places, "mariadb_data", lambda _prefix: tmp_path.parent)
        tmp_path.rename(tmp_path.with_name("s000012_shop"))
        found = facts.findings(Machine(Prefix(tmp_path), SystemClock()), specs)
    assert found["mariadb/s000012_shop"]["bytes"] >= 3 * 5000
