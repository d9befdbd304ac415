"""What the DNS benchmark measures on: a prefix of its own with N zones, and PowerDNS as Debian gives it with one zone to compare with."""

import contextlib
import grp
import os
import pwd
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gasthof.agent.execute import Executor
from gasthof.agent.kinds import Knowledge, Machine, Wanted
from gasthof.kernel.clock import SystemClock
from gasthof.prefix import Prefix
from gasthof.slices.dns.node import facts, kinds, plan
from gasthof.slices.dns.node.configuration import USER, command
from gasthof.slices.dns.node.daemons import answers
from gasthof.slices.dns.spec import RecordSpec, ZoneSpec

SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")
PATIENCE = 20.0  # seconds that PowerDNS may take to start
BATCH = 500  # zones that the agent is told of at a time
HOST = "server.gasthof.test"
TAUGHT = Knowledge({each.name: each for each in kinds.KINDS}, kinds.FIXTURES, services=kinds.SERVICES)


@dataclass(frozen=True)
class Server:
    """A running PowerDNS."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds that all its threads have had (proc(5), stat)."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self) -> float:
        """MB (proc(5), VmRSS)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


def zone(number: int) -> ZoneSpec:
    """With what a domain has by default."""
    name = f"bench-{number}.test"
    sets = (
        (name, "NS", (f"ns1.{HOST}.", f"ns2.{HOST}.")),
        *((f"{each}{name}", kind, (address,)) for each in ("", "www.", "mail.") for kind, address in (("A", "192.0.2.1"), ("AAAA", "2001:db8::1"))),
        (name, "MX", (f"10 mail.{name}.",)),
        (name, "TXT", ('"v=spf1 a mx -all"',)),
    )  # fmt: skip
    records = tuple(RecordSpec(owner, kind, 3_600, contents) for owner, kind, contents in sets)
    return ZoneSpec(name, f"s{number // 10:06d}", 2026010100, f"ns1.{HOST}", f"hostmaster.{HOST}", records)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="gbd-", dir="/tmp"))
    root.chmod(0o755)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def gasthof(root: Path) -> Iterator[tuple[Server, Executor]]:
    """The real configuration, and an executor to tell it of zones."""
    (root / "config.toml").write_text(f"[ports]\ndns = {_free_port()}\n")
    prefix = Prefix.load(root)
    for path in ("node", "run", "logs"):
        (root / path).mkdir(0o711)
    (root / "run" / "dns").mkdir(0o750)
    os.chown(root / "run" / "dns", pwd.getpwnam(USER).pw_uid, grp.getgrnam(USER).gr_gid)
    executor = Executor(Machine(prefix, SystemClock()), TAUGHT)
    (made,) = executor.carry_out([plan.base(prefix, facts.base(Machine(prefix, SystemClock())))])
    if not made.live:
        raise RuntimeError(made.words)
    with contextlib.closing(executor), _running(command(prefix), prefix) as server:
        yield server, executor


@contextlib.contextmanager
def plain(root: Path) -> Iterator[Server]:
    """PowerDNS' own schema and settings, with the first zone."""
    prefix = Prefix(root, ports={"dns": _free_port()})
    database = root / "pdns.db"
    with SCHEMA.open() as schema:
        subprocess.run(["/usr/bin/sqlite3", str(database)], stdin=schema, check=True)
    settings = {
        "launch": "gsqlite3", "gsqlite3-database": database, "gsqlite3-dnssec": "yes", "socket-dir": root, "setuid": USER, "setgid": USER,
        "local-address": "127.0.0.1,::1", "local-port": prefix.ports["dns"], "security-poll-suffix": "", "disable-syslog": "yes", "loglevel": 3,
    }  # fmt: skip
    (root / "pdns.conf").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    spec = zone(0)
    lines = [f"{spec.name}. 3600 IN SOA {spec.primary}. {spec.contact}. 1 2 3 4 5"]
    lines += [f"{each.name}. {each.ttl} IN {each.type} {text}" for each in spec.records for text in each.contents]
    (root / "zone").write_text("\n".join(lines) + "\n")
    loading = ["/usr/bin/pdnsutil", f"--config-dir={root}", "load-zone", spec.name, str(root / "zone")]
    subprocess.run(loading, check=True, capture_output=True)
    for path in (root, *root.iterdir()):
        os.chown(path, pwd.getpwnam(USER).pw_uid, -1)
    with _running(("/usr/sbin/pdns_server", f"--config-dir={root}", "--daemon=no", "--guardian=no"), prefix) as server:
        yield server


@contextlib.contextmanager
def _running(words: Sequence[str], prefix: Prefix) -> Iterator[Server]:
    process = subprocess.Popen(words, env={}, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + PATIENCE
        while not _answers(prefix):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("PowerDNS does not start")
            time.sleep(0.05)
        yield Server(prefix.ports["dns"], process.pid)
    finally:
        process.kill()
        process.wait()


def _answers(prefix: Prefix) -> bool:
    try:
        return answers(prefix) is None
    except OSError:
        return False


def tell(executor: Executor, zones: Sequence[ZoneSpec]) -> float:
    """As the agent does, in batches; the seconds that it took. RuntimeError with the words of one that failed."""
    machine = Machine(executor.prefix, SystemClock())
    since = time.monotonic()
    for start in range(0, len(zones), BATCH):
        part = {each.name: each for each in zones[start : start + BATCH]}
        found = facts.zones(machine, {name: Wanted(spec) for name, spec in part.items()})
        plans = [plan.zone(executor.prefix, name, spec, found[name]) for name, spec in part.items()]
        for outcome in executor.carry_out(plans):
            if not outcome.live:
                raise RuntimeError(outcome.words)
    return time.monotonic() - since


def questions(zones: int, count: int) -> str:
    """What resolvers ask, evenly over all zones: the worst case for what is kept."""
    drawn = random.Random(1)  # noqa: S311 - no secret
    kinds = (("", "A"), ("www.", "A"), ("www.", "AAAA"), ("", "MX"))
    return "".join(
        f"{prefix}bench-{drawn.randrange(zones)}.test {kind}\n" for prefix, kind in drawn.choices(kinds, k=count)
    )


def rate(server: Server, asked: Path, seconds: int) -> tuple[float, float]:
    """Answers a second, and µs of CPU an answer. RuntimeError for an answer that is not the zone's. No seconds: each question once."""
    command = ["/usr/bin/dnsperf", "-s", "127.0.0.1", "-p", str(server.port), "-d", str(asked), "-c", "4", "-T", "1"]
    command += ["-l", str(seconds)] if seconds else ["-n", "1"]
    before = server.cpu()
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    done, good = _number(said, "Queries completed:"), _number(said, "NOERROR")
    if done != good:
        raise RuntimeError(said)
    return _number(said, "Queries per second:"), (server.cpu() - before) / done * 1e6


def _number(said: str, words: str) -> float:
    found = re.search(rf"{words}\s+([0-9.]+)", said)
    if not found:
        raise RuntimeError(said)
    return float(found[1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
