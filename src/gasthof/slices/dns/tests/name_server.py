"""A node's name server for tests: the real PowerDNS under a prefix of its own, and an agent that knows only zones.

    with NameServer.started() as server:
        server.put(zone("a.test", record("a.test", "A", "192.0.2.1")))
        server.ask("a.test", "A")            # contents, in the form of zone files

Every process it starts ends with it.
"""

import contextlib
import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import idna

from gasthof.agent.journal import Journal
from gasthof.agent.kinds import Knowledge, Machine
from gasthof.agent.loop import Agent
from gasthof.agent.sdk import lookup
from gasthof.agent.sdk.steps import LookupDatabase
from gasthof.agent.tests.node import Intent, connecting
from gasthof.kernel.clock import SystemClock
from gasthof.prefix import Prefix
from gasthof.slices.dns.node import kinds
from gasthof.slices.dns.node.configuration import command
from gasthof.slices.dns.node.daemons import answers
from gasthof.slices.dns.node.rows import database
from gasthof.slices.dns.spec import RecordSpec, ZoneSpec
from gasthof.slices.web.tests.nginx_harness import free_port, wait_for

UMLAUT = idna.encode("grüße-aus-köln.test", uts46=True).decode()
SERVERS = ("ns1.server.gasthof.test.", "ns2.server.gasthof.test.")
TAUGHT = Knowledge({kind.name: kind for kind in kinds.KINDS}, kinds.FIXTURES, services=kinds.SERVICES)


def record(name: str, kind: str, *contents: str, ttl: int = 3600) -> RecordSpec:
    return RecordSpec(name, kind, ttl, contents)


def zone(name: str, *records: RecordSpec, serial: int = 2026010100, **fields: bool) -> ZoneSpec:
    """With the name servers of the try-out."""
    whole = (record(name, "NS", *SERVERS), *records)
    return ZoneSpec(name, "s000012", serial, SERVERS[0][:-1], "hostmaster.server.gasthof.test", whole, **fields)


@dataclass
class NameServer:
    prefix: Prefix
    intent: Intent = field(default_factory=Intent)
    process: subprocess.Popen[bytes] | None = None
    agents: list[Agent] = field(default_factory=list)

    @classmethod
    @contextlib.contextmanager
    def made(cls) -> Iterator["NameServer"]:
        """With its folders and configuration; PowerDNS does not run yet."""
        root = Path(tempfile.mkdtemp(prefix="gd-", dir="/tmp"))
        root.chmod(0o755)
        (root / "config.toml").write_text(f"[ports]\ndns = {free_port()}\n")
        server = cls(Prefix.load(root))
        for path, mode, user in (
            ("node", 0o711, "root"),
            ("logs", 0o711, "root"),
            ("run", 0o755, "root"),
            ("run/dns", 0o750, "pdns"),
        ):
            (root / path).mkdir(mode)
            os.chown(root / path, pwd.getpwnam(user).pw_uid, grp.getgrnam(user).gr_gid)
        try:
            assert server.agent().fix() == []
            yield server
        finally:
            server.stop()
            for agent in server.agents:
                agent.journal.close()
                agent.executor.close()
            shutil.rmtree(root, ignore_errors=True)

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator["NameServer"]:
        with cls.made() as server:
            server.start()
            yield server

    def agent(self) -> Agent:
        """One more, over the same journal; the last one made is the one that works."""
        agent = Agent(
            Machine(self.prefix, SystemClock()),
            TAUGHT,
            Journal(self.prefix.state / "agent.db"),
            connecting(self.intent),
        )
        self.agents.append(agent)
        return agent

    def start(self, *options: str) -> None:
        with (self.prefix.logs / "pdns.log").open("ab") as words:
            self.process = subprocess.Popen(
                [*command(self.prefix), *options], env={}, cwd="/", stdout=words, stderr=words
            )
        wait_for(self._answers, self.process)

    def _answers(self) -> bool:
        try:
            return answers(self.prefix) is None
        except OSError:
            return False

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def turn(self) -> None:
        """Fetch and carry out."""
        agent = self.agents[-1]
        agent.backoff.waiting.clear()
        agent.reach()
        agent.fetch()
        agent.work()
        agent.deliver()

    def put(self, *zones: ZoneSpec) -> None:
        for each in zones:
            self.intent.put("dns.zone", each.name, each)
        self.turn()

    def audit(self) -> None:
        """A look at everything, to its end."""
        agent = self.agents[-1]
        agent.backoff.waiting.clear()
        agent.audit_now()
        agent.deliver()

    def write(self, *statements: str, at: LookupDatabase | None = None) -> None:
        """By hand, past the agent, which must not have the database open meanwhile."""
        for agent in self.agents:
            agent.executor.close()
        with closing(lookup.opened(at or database(self.prefix))) as connection:
            for statement in statements:
                connection.execute(statement)

    def drop(self, name: str) -> None:
        self.intent.put("dns.zone", name, None)
        self.turn()

    def message(
        self, name: str, kind: str, *, address: str = "127.0.0.1", tcp: bool = False, dnssec: bool = False
    ) -> dns.message.Message:
        question = dns.message.make_query(f"{name}.", kind, want_dnssec=dnssec)
        how = dns.query.tcp if tcp else dns.query.udp
        return how(question, address, timeout=5, port=self.prefix.ports["dns"])

    def ask(self, name: str, kind: str, **how: object) -> list[str]:
        """The answer's contents, sorted; those of other types (signatures) left out."""
        found = self.message(name, kind, **how)  # type: ignore[arg-type]
        wanted = dns.rdatatype.from_text(kind)
        return sorted(each.to_text() for part in found.answer if part.rdtype == wanted for each in part)

    def rcode(self, name: str, kind: str) -> str:
        return dns.rcode.to_text(self.message(name, kind).rcode())

    def serial(self, name: str) -> int:
        return int(self.ask(name, "SOA")[0].split()[2])
