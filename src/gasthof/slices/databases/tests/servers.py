"""The customers' two database servers on a prefix of their own, for tests: started as the supervisor would, asked as customers do."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pymysql
from tests.platform import free_ports

from gasthof.agent.loop import Agent
from gasthof.agent.sdk.ask import Away
from gasthof.agent.tests.node import SOURCE, Node
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import mariadb, postgres
from gasthof.slices.databases.node.places import MARIADB_USER, POSTGRES_USER
from gasthof.slices.databases.rules import RIGHTS, mariadb_verifier
from gasthof.slices.databases.spec import Access, DatabaseSpec, UserSpec

PASSWORD = "Grüße aus Köln 1"
PROGRAMS = {"mariadb": MARIADB_USER, "postgres": POSTGRES_USER}


@dataclass
class Servers:
    """Use `running()`. Names as people write them: "mariadb/s000012_shop"."""

    node: Node
    agent: Agent
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def prefix(self) -> Prefix:
        return self.node.prefix

    def start(self, server: str) -> None:
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(SOURCE), "GASTHOF_PREFIX": str(self.prefix.root)}
        with (self.prefix.root / f"{server}.log").open("ab") as words:
            self.processes[server] = subprocess.Popen(
                [sys.executable, "-m", f"gasthof.slices.databases.server.{server}"], env=environment, cwd="/",
                stdout=words, stderr=words, user=PROGRAMS[server], group=PROGRAMS[server], extra_groups=[],
                start_new_session=True,
            )  # fmt: skip

    def wait(self, server: str, seconds: float = 90) -> None:
        until = time.monotonic() + seconds
        while not self.answers(server):
            assert self.processes[server].poll() is None, self.log(server)
            assert time.monotonic() < until, self.log(server)
            time.sleep(0.05)

    def answers(self, server: str) -> bool:
        try:
            with (mariadb.connected if server == "mariadb" else postgres.connected)(self.prefix):  # type: ignore[operator]
                return True
        except Away:
            return False

    def log(self, server: str) -> str:
        return (self.prefix.root / f"{server}.log").read_text("utf-8", "replace")[-3000:]

    def kill(self, server: str) -> None:
        """-9, with all that it started."""
        os.killpg(self.processes[server].pid, signal.SIGKILL)
        self.processes[server].wait()

    def stop(self) -> None:
        for server, process in self.processes.items():
            process.send_signal(signal.SIGTERM if server == "mariadb" else signal.SIGINT)
        for server, process in self.processes.items():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill(server)

    def turn(self) -> None:
        """What an agent does from a change to its report, until no server is at it any more."""
        until = time.monotonic() + 60
        self.agent.reach()
        self.agent.fetch()
        while True:
            self.agent.backoff.waiting.clear()
            self.agent.backoff.looking.clear()
            self.agent.work()
            if not self.agent.backoff.looking or time.monotonic() > until:
                break
        self.agent.deliver()

    def audit(self) -> dict[str, str]:
        """Drift that was found, by key; it is set right and looked at once more by then."""
        self.node.intent.reports.clear()
        self.agent.audit_now()
        self.turn()
        reports = [one for report in self.node.intent.reports for one in report.reports]
        return {one.key: one.words for one in reports if one.state == "drift"}

    def failed(self) -> dict[str, str]:
        """Words of what was last reported as failed, by key."""
        last = {one.key: one for report in self.node.intent.reports for one in report.reports}
        return {key: one.words for key, one in last.items() if one.state == "failed"}

    def furnish(self, server: str, subscription: str, name: str = "shop") -> str:
        """A database NAME with the users "NAME_full", "NAME_data" and "NAME_read"; its whole name."""
        database = f"{subscription}_{name}"
        self.put_database(f"{server}/{database}")
        for right in RIGHTS:
            self.put_user(f"{server}/{database}_{right}", {database: right})
        self.turn()
        assert not [words for key, words in self.failed().items() if database in key]
        return database

    def put_database(self, key: str) -> None:
        server, _, name = key.partition("/")
        self.node.intent.put("databases.database", key, DatabaseSpec(server, name, name[:7]))  # type: ignore[arg-type]

    def put_user(self, key: str, rights: dict[str, str], password: str = PASSWORD, **more: Any) -> UserSpec:
        server, _, name = key.partition("/")
        access = tuple(Access(database, right) for database, right in sorted(rights.items()))  # type: ignore[arg-type]
        spec = UserSpec(server, name, name[:7], self.verifier(server, name, password), access, **more)  # type: ignore[arg-type]
        self.node.intent.put("databases.user", key, spec)
        return spec

    def verifier(self, server: str, name: str, password: str) -> str:
        if server == "mariadb":
            return mariadb_verifier(password)
        with postgres.connected(self.prefix) as session:
            return session.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()

    def mariadb(self, user: str, database: str | None = None, password: str = PASSWORD, host: str = "127.0.0.1") -> Any:
        """A connection as the customer's programs make it."""
        return pymysql.connect(
            host=host, port=self.prefix.ports["mariadb"], user=user, password=password.encode(), database=database,
            charset="utf8mb4", autocommit=True, connect_timeout=5,
        )  # fmt: skip

    def postgres(self, user: str, database: str, password: str = PASSWORD, host: str = "127.0.0.1") -> Any:
        return psycopg.connect(
            host=host, port=self.prefix.ports["postgres"], user=user, password=password, dbname=database,
            autocommit=True, connect_timeout=5,
        )  # fmt: skip

    def admin(self, server: str, *statements: str, database: str = "postgres") -> list[Any]:
        """As root by the socket; the rows of the last statement."""
        if server == "mariadb":
            with mariadb.connected(self.prefix) as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())
        with postgres.connected(self.prefix, database) as session:
            for statement in statements:
                done = session.execute(statement)  # type: ignore[call-overload]
            return list(done.fetchall()) if done.description else []

    def connect(self, server: str, user: str, database: str, password: str = PASSWORD) -> Any:
        return (self.mariadb if server == "mariadb" else self.postgres)(user, database, password)

    def ask(self, server: str, user: str, database: str, *statements: str, password: str = PASSWORD) -> list[Any]:
        """The rows of the last statement."""
        with self.connect(server, user, database, password) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []


@contextmanager
def running() -> Iterator[Servers]:
    with Node.made() as node:
        ports = dict(zip(("mariadb", "postgres"), free_ports(2), strict=True))
        node.prefix.ports.update(ports)
        with (node.prefix.root / "config.toml").open("a") as config:
            config.write("".join(f"{name} = {port}\n" for name, port in ports.items()))
        servers = Servers(node, node.agent())
        assert servers.agent.fix() == []
        try:
            for server in PROGRAMS:
                servers.start(server)
            for server in PROGRAMS:
                servers.wait(server)
            yield servers
        finally:
            servers.stop()
