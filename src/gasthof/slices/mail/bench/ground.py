"""What the mail benchmark measures on: this house's daemons, and the same ones with tables that stand still."""

import contextlib
import os
import random
import re
import smtplib
import subprocess
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import apsw

from gasthof.agent.sdk import lookup
from gasthof.agent.sdk.steps import Rows
from gasthof.slices.mail.bench.machine import PASSWORD, UID, Machine
from gasthof.slices.mail.node import dovecot, lookups, places, postfix
from gasthof.slices.mail.spec import DomainSpec, MailboxSpec

DOMAIN = "xn--gre-aus-kln-w6a02arc.test"
BODY = f"Subject: figure\r\nFrom: <box0@{DOMAIN}>\r\n\r\n" + ("x" * 76 + "\r\n") * 38  # 3 kB
PATIENCE = 300.0  # seconds for all mails of one turn
A_DOMAIN = 20  # mailboxes
# What a recipient meets, the short questions and, where these do not answer, the long ones.
ASKED = ("doubtful", "senders", "direct", "here", "refused", "routes", "transports", "domains", "mailboxes")
QUIET = "\nsmtpd_client_connection_count_limit = 0\n"
LIVE = re.compile(r"(?:proxy:)?sqlite:(\S+?)/(\w+)\.cf")  # a look-up in our database, anywhere in main.cf and master.cf
USERS = """passdb {{
  driver = passwd-file
  args = {0}
}}
userdb {{
  driver = passwd-file
  args = {0}
}}
"""


@dataclass
class Ground:
    """A machine, and whether its tables stand still."""

    machine: Machine
    standing: bool

    def fill(self, boxes: int) -> None:
        """The mailboxes that mail is sent to."""
        addresses = [f"box{number}@{DOMAIN}" for number in range(boxes)]
        self.machine.domain(DOMAIN)
        for address in addresses:
            self.machine.mailbox(address, quota_mb=10_000)
        if self.standing:
            self._stand_still(addresses)

    def _stand_still(self, addresses: list[str]) -> None:
        """The same content as indexed files and as a passwd-file, and daemons that read those."""
        prefix, conf = self.machine.prefix, postfix.folder(self.machine.prefix)
        themselves = {address: address for address in addresses}
        rows = {
            "domains": {DOMAIN: DOMAIN},
            "mailboxes": themselves,
            "direct": themselves,
            "here": dict.fromkeys(addresses, f"lmtp:unix:{places.delivery_socket(prefix)}"),
            "senders": themselves,
            "certificates": {},
        }
        for name in (*postfix.MAPS, "certificates"):
            _indexed(conf, name, rows.get(name, {"nobody.invalid": "x"}))
        for name in ("main.cf", "master.cf"):
            text = LIVE.sub(r"hash:\1/\2", (conf / name).read_text("utf-8"))
            (conf / name).write_text(text, "utf-8")
        users = dovecot.folder(prefix) / "users"
        users.write_text("".join(self._users()))
        settings = dovecot.folder(prefix) / "dovecot.conf"
        text = settings.read_text("utf-8")
        start, end = text.index("passdb {"), text.index("first_valid_uid")
        settings.write_text(text[:start] + USERS.format(users) + text[end:], "utf-8")
        for name in ("dovecot", "postfix"):
            self.machine.processes[name].terminate()
            self.machine.processes[name].wait(20)
            self.machine.start(name)
        self.machine.wait_until_well()

    def _users(self) -> Iterator[str]:
        with contextlib.closing(lookup.opened(self.machine.databases[1])) as base:
            for address, password, home in base.execute("SELECT address, password, home FROM mailboxes"):
                yield f"{address}:{password}:{UID}:{UID}::{home}::userdb_quota_rule=*:storage=10000M\n"


def _indexed(conf: Path, name: str, rows: Mapping[str, str]) -> None:
    """postmap(1); certificates' files hold key and certificate themselves (-F)."""
    (conf / name).write_text("".join(f"{key} {value}\n" for key, value in rows.items()))
    files = ["-F"] if name == "certificates" else []
    subprocess.run(["/usr/sbin/postmap", *files, "-c", str(conf), f"hash:{conf / name}"], check=True)


@contextlib.contextmanager
def gasthof() -> Iterator[Ground]:
    with _own_place() as where, Machine.started(QUIET, where=where) as machine:
        yield Ground(machine, standing=False)


@contextlib.contextmanager
def static() -> Iterator[Ground]:
    with _own_place() as where, Machine.started(QUIET, where=where) as machine:
        yield Ground(machine, standing=True)


@contextlib.contextmanager
def _own_place() -> Iterator[str]:
    """A folder whose folders ext4 lays far apart (chattr(1), T): each machine begins where nobody has just deleted a thousand files.

    Beside the rest of /tmp a new file cost 0.5 ms more, and the first machine lay there each time. Other file systems have no such.
    """
    with tempfile.TemporaryDirectory(prefix="gb-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        subprocess.run(["/usr/bin/chattr", "+T", folder], check=False, stderr=subprocess.DEVNULL)
        yield folder


@dataclass(frozen=True)
class Turn:
    rate: float  # mails a second, from the first MAIL FROM to the last maildir
    cost: float  # milliseconds of the daemons' CPU for a mail


def submit(ground: Ground, mails: int, clients: int, boxes: int) -> Turn:
    """Every client has logged in before the first mail."""
    before = _arrived(ground)
    ready, failed = threading.Barrier(clients + 1), list[Exception]()

    def work(number: int) -> None:
        try:
            _send(ground, number, mails // clients, boxes, ready)
        except Exception as error:
            failed.append(error)
            ready.abort()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait(60)
    started, used = time.monotonic(), _cpu(ground)
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    total = mails // clients * clients
    while _arrived(ground) < before + total:
        if time.monotonic() > started + PATIENCE:
            raise RuntimeError(f"{before + total - _arrived(ground)} mails have not arrived")
        time.sleep(0.005)
    rate = total / (time.monotonic() - started)
    return Turn(rate, (_cpu(ground) - used) / total * 1000)


def _send(ground: Ground, number: int, count: int, boxes: int, ready: threading.Barrier) -> None:
    prefix, sender = ground.machine.prefix, f"box{number % boxes}@{DOMAIN}"
    with smtplib.SMTP("127.0.0.1", prefix.ports["submission"], "client.example", timeout=60) as client:
        client._host = prefix.host  # type: ignore[attr-defined]  # the name for TLS
        client.starttls(context=ground.machine.trust())
        client.ehlo()
        code, words = client.docmd(
            "AUTH", f"PLAIN {b64encode(f'{chr(0)}{sender}{chr(0)}{PASSWORD}'.encode()).decode()}"
        )
        if code != 235:
            raise RuntimeError(f"{sender} could not log in: {words!r}")
        ready.wait(60)
        for each in range(count):
            client.sendmail(sender, [f"box{(number + each) % boxes}@{DOMAIN}"], BODY)


def _cpu(ground: Ground) -> float:
    """Seconds that the machine's daemons have used so far, with their children that have ended (proc(5), stat)."""
    sessions = {str(process.pid) for process in ground.machine.processes.values()}
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[3] in sessions:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _arrived(ground: Ground) -> int:
    folders = (ground.machine.prefix.root / "mail").glob("*/*/*/Maildir/new")
    return sum(len(os.listdir(folder)) for folder in folders)  # noqa: PTH208 - names alone are needed


def customers(ground: Ground, count: int) -> None:
    """That many mailboxes, A_DOMAIN in each domain, beside those that are there."""
    with contextlib.closing(lookup.opened(ground.machine.databases[0])) as base, base:
        for number in range(0, count, A_DOMAIN):
            spec = DomainSpec(_domain(number), "s000001", UID)
            _insert(base, f"bench {number}", lookups.postfix_domain(spec))
        for number in range(count):
            box = MailboxSpec(f"box{number}@{_domain(number)}", "s000001", UID, "x", "", 100)
            _insert(base, f"bench box {number}", lookups.postfix_mailbox(box))


def _domain(number: int) -> str:
    return f"d{number // A_DOMAIN}.example"


def _insert(base: apsw.Connection, owner: str, rows: Rows) -> None:
    for table, held in rows.items():
        base.execute(f"DELETE FROM {table} WHERE owner = ?", (owner,))  # noqa: S608 - a name of our own schema
        for row in held:
            base.execute(f"INSERT INTO {table} VALUES ({','.join('?' * (len(row) + 1))})", (owner, *row))  # noqa: S608


def look_up(ground: Ground, count: int, questions: int) -> float:
    """Microseconds for all questions that one recipient causes, asked as the daemons ask."""
    conf = postfix.folder(ground.machine.prefix)
    draw = random.Random(count)  # noqa: S311 - load, not secrets
    numbers = [draw.randrange(count) for _ in range(questions)]
    keys = {name: [f"box{number}@{_domain(number)}" for number in numbers] for name in ASKED}
    keys["domains"] = [_domain(number) for number in numbers]
    started = time.monotonic()
    for name in ASKED:
        _ask(conf, name, keys[name])
    return (time.monotonic() - started) / questions * 1e6


def _ask(conf: Path, name: str, keys: list[str]) -> None:
    command = ["/usr/sbin/postmap", "-c", str(conf), "-q", "-", f"sqlite:{conf}/{name}.cf"]
    done = subprocess.run(command, check=False, input="\n".join(keys) + "\n", capture_output=True, text=True)
    if name not in ("doubtful", "refused") and len(done.stdout.splitlines()) != len(keys):
        raise RuntimeError(f"{name}: {len(done.stdout.splitlines())} of {len(keys)} were found: {done.stderr[-500:]}")
