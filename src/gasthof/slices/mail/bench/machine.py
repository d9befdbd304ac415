"""A mail machine without a control plane: the real daemons under a prefix of its own, rows written directly as the agent would.

    with Machine.started() as machine:
        machine.domain("grüße-aus-köln.test")
        machine.mailbox("info@grüße-aus-köln.test")

Every process it starts ends with it.
"""

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import idna

from gasthof.agent.execute import Executor
from gasthof.agent.kinds import Knowledge
from gasthof.agent.kinds import Machine as Node
from gasthof.agent.rows import LookUps
from gasthof.agent.run import Run
from gasthof.agent.sdk.steps import LocalAuthority, LookupDatabase, Plan, Rows, SetRows
from gasthof.kernel.clock import SystemClock
from gasthof.kernel.passwords import hashed
from gasthof.prefix import Prefix
from gasthof.slices.mail.node import facts, lookups, places, plan, postfix, sni
from gasthof.slices.mail.node.daemons import DAEMONS
from gasthof.slices.mail.node.fixtures import FIXTURES
from gasthof.slices.mail.node.services import RELOADS, SERVICES, TOOLS
from gasthof.slices.mail.spec import DomainSpec, MailboxSpec

SOURCE = Path(__file__).parents[4]
PASSWORD = "Ein gutes Passwort 1"  # noqa: S105 - of customers who live as long as the machine
SUBSCRIPTION, UID = "s000007", 1_000_007
NAMES = ("smtp", "submission", "smtps", "imaps", "pop3s", "sieve")
PATIENCE = 60.0  # seconds for the daemons to start


def ensure_users() -> None:
    for name in DAEMONS.users:
        try:
            pwd.getpwnam(name)
        except KeyError:
            options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
            subprocess.run(["/usr/sbin/useradd", *options], check=True)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        found: list[int] = []
        while len(found) < count:
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            other = held.enter_context(socket.socket(socket.AF_INET6))
            with contextlib.suppress(OSError):
                other.bind(("::1", one.getsockname()[1]))
                found.append(one.getsockname()[1])
        return found


def ascii_address(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{idna.encode(domain, uts46=True).decode()}"


@dataclass
class Machine:
    """Use `started()`."""

    prefix: Prefix
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    writer: LookUps = field(default_factory=LookUps)
    extra: str = ""  # lines of main.cf
    boxes: int = 0
    unclear: int = 0  # another patience of the delivery process with what it does not know, seconds

    @classmethod
    @contextlib.contextmanager
    def started(cls, extra: str = "", unclear: int = 0, where: str | None = None, **more: str) -> Iterator[Self]:
        ensure_users()
        root = Path(tempfile.mkdtemp(prefix="gm-", dir=where or "/tmp"))  # noqa: S108 - its name is not to be guessed
        root.chmod(0o755)
        ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
        lines = ["[node]", *(f'{name} = "{value}"' for name, value in more.items())]
        lines += ["[ports]", *(f"{name} = {port}" for name, port in ports.items())]
        (root / "config.toml").write_text("\n".join(lines) + "\n")
        machine = cls(Prefix.load(root), extra=extra, unclear=unclear)
        try:
            machine.lay_out()
            for name in ("dovecot", "mail-delivery", "mail-front", "mail-sieve", "postfix"):
                machine.start(name)
            machine.wait_until_well()
            yield machine
        finally:
            machine.stop()
            shutil.rmtree(root, ignore_errors=True)

    # what bootstrap and the agent do

    def lay_out(self) -> None:
        for folder, mode in (("run", 0o755), ("node", 0o711), ("customers", 0o711), ("logs", 0o711)):
            (self.prefix.root / folder).mkdir()
            (self.prefix.root / folder).chmod(mode)
        for each in DAEMONS.folders:
            path = self.prefix.root / each.path
            path.mkdir(exist_ok=True)
            os.chown(path, pwd.getpwnam(each.owner).pw_uid, grp.getgrnam(each.group).gr_gid)
            path.chmod(each.mode)
        (self.prefix.state / "ca").mkdir(mode=0o700)
        self.carry_out(Plan(prepare=(LocalAuthority(self.prefix.ca_key, self.prefix.ca_certificate),)))
        for fixture in FIXTURES:
            self.carry_out(fixture.plan(self.prefix, fixture.gather(self.node)))
        self.carry_out(plan.base(self.prefix, facts.base(self.node)))
        self.rows("mail.filled", lookups.FILLED)
        self._set(self.extra.splitlines())

    def _set(self, settings: Iterable[str]) -> None:
        """Not at the end of main.cf: of what is set twice Postfix' logger warns itself, and waits for itself after ten warnings."""
        command = ["/usr/sbin/postconf", "-c", str(postfix.folder(self.prefix)), "-e"]
        for setting in filter(None, settings):
            subprocess.run([*command, setting], check=True)

    @property
    def node(self) -> Node:
        return Node(self.prefix, SystemClock())

    def carry_out(self, plan: Plan) -> None:
        """As the agent does."""
        executor = Executor(self.node, Knowledge({}, services=SERVICES, tools=TOOLS, reloads=RELOADS))
        outcome = executor.carry_out([plan])[0]
        executor.close()
        if not outcome.live:
            raise RuntimeError(outcome.words)

    @property
    def databases(self) -> tuple[LookupDatabase, LookupDatabase, LookupDatabase]:
        state = places.state(self.prefix)
        return (
            LookupDatabase(state / "lookup-postfix" / "postfix.db", lookups.POSTFIX_SCHEMA, "postfix", "wal"),
            LookupDatabase(state / "lookup-dovecot" / "dovecot.db", lookups.DOVECOT_SCHEMA, "dovecot", "wal"),
            sni.database(self.prefix),
        )

    def rows(self, owner: str, postfix_rows: Rows, dovecot_rows: Rows | None = None) -> None:
        steps = [SetRows(self.databases[0], owner, postfix_rows)]
        if dovecot_rows is not None:
            steps.append(SetRows(self.databases[1], owner, dovecot_rows))
        run = Run(Plan(rows=tuple(steps)))
        for _ in self.writer.write([run]):
            pass
        for _ in self.writer.settle([run]):
            pass
        if run.error is not None:
            raise RuntimeError(run.error)

    # customers

    def domain(self, name: str, **fields: object) -> str:
        ascii_name = idna.encode(name, uts46=True).decode()
        spec = DomainSpec(ascii_name, SUBSCRIPTION, UID, **fields)  # type: ignore[arg-type]
        self.rows(f"mail.domain {ascii_name}", lookups.postfix_domain(spec), lookups.dovecot_domain(spec))
        return ascii_name

    def mailbox(self, address: str, password: str = PASSWORD, uid: int = UID, **fields: object) -> str:
        address = ascii_address(address)
        local, _, domain = address.rpartition("@")
        self.boxes += 1
        defaults = {"folder": f"{domain}/{local}.{self.boxes}", "quota_mb": 10}
        secret = "{ARGON2ID}" + hashed(password) if password else ""
        spec = MailboxSpec(address, SUBSCRIPTION, uid, password=secret, **(defaults | fields))  # type: ignore[arg-type]
        base = self.prefix.root / "mail" / f"u{uid}"
        if not base.exists():
            base.mkdir(mode=0o700)
            os.chown(base, uid, uid)
        home = str(base / spec.folder)
        self.rows(f"mail.mailbox {address}", lookups.postfix_mailbox(spec), lookups.dovecot_mailbox(spec, home))
        return address

    # daemons

    def environment(self) -> Mapping[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(SOURCE),
            "GASTHOF_PREFIX": str(self.prefix.root),
            "LANG": "C.UTF-8",
        }

    def start(self, name: str) -> subprocess.Popen[bytes]:
        program = {each.name: each for each in DAEMONS.programs(self.prefix, sys.executable)}[name]
        words = (self.prefix.root / f"{name}.out").open("ab")
        more = ("--unclear", str(self.unclear)) if name == "mail-delivery" and self.unclear else ()
        self.processes[name] = subprocess.Popen(
            (*program.command, *more), env=self.environment(), cwd="/", stdout=words, stderr=words, stdin=subprocess.DEVNULL,
            start_new_session=True, user=program.user, group=program.user, extra_groups=[],
        )  # fmt: skip
        return self.processes[name]

    def wait_until_well(self) -> None:
        until, probes = time.monotonic() + PATIENCE, DAEMONS.probes(self.prefix)
        while unwell := [name for name, probe in probes.items() if not _well(probe)]:
            if time.monotonic() > until:
                raise RuntimeError(f"{', '.join(unwell)}: {self.words()}")
            time.sleep(0.03)

    def words(self) -> str:
        found = [path.read_text("utf-8", "replace")[-1500:] for path in self.prefix.root.glob("*.out")]
        return "\n".join([*found, *(path.read_text("utf-8", "replace")[-3000:] for path in self.prefix.logs.iterdir())])

    def stop(self) -> None:
        self.writer.close()
        for process in reversed(self.processes.values()):
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(8)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.prefix.ca_certificate))


def _well(probe: Callable[[], str | None]) -> bool:
    try:
        return probe() is None
    except OSError:
        return False
