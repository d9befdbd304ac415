"""Mails while the daemons are killed at random: each that was accepted lies in its mailbox once.

`MAILS=5000 PAUSE=4 pytest ...::test_each_accepted_mail_arrives_once` is the long run.
"""

import itertools
import os
import random
import re
import signal
import smtplib
import stat
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from gasthof.slices.mail.node import postfix
from gasthof.slices.mail.node.daemons import DAEMONS
from gasthof.slices.mail.tests.machine import ASCII, UMLAUT, Machine, wait_for

pytestmark = [pytest.mark.daemons, pytest.mark.long]

MAILS = int(os.environ.get("MAILS", "100"))
SENDERS, BOXES = 6, 5
PAUSE = float(os.environ.get("PAUSE", "1"))  # seconds between two deaths, at most
FAST = """
minimal_backoff_time = 2s
maximal_backoff_time = 4s
queue_run_delay = 2s
transport_retry_time = 1s
smtpd_client_connection_count_limit = 0
"""


@pytest.fixture
def machine() -> Iterator[Machine]:
    with Machine.started(FAST, unclear=2) as made:
        made.domain(UMLAUT)
        yield made


class Supervisor(threading.Thread):
    """Starts again what has died, as supervisord does; kills at random until told to stop."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(daemon=True)
        self.machine, self.draw = machine, random.Random(7)
        self.killing, self.over = True, False
        self.deaths: Counter[str] = Counter()

    def run(self) -> None:
        while not self.over:
            if self.killing:
                self.kill()
            time.sleep(self.draw.uniform(0.05, PAUSE))
            for name in list(self.machine.processes):
                if self.machine.processes[name].poll() is not None:
                    self.machine.start(name)

    def kill(self) -> None:
        """A main process, its whole group, or one of what it started."""
        name = self.draw.choice(list(self.machine.processes))
        process = self.machine.processes[name]
        way = self.draw.choice(("one", "group", "child"))
        children = _children(process.pid)
        if way == "child" and children:
            target = self.draw.choice(children)
            words = _command(target)
            _end(lambda: os.kill(target, signal.SIGKILL))
            self.deaths[words] += 1
        else:
            _end(lambda: (os.killpg if way == "group" else os.kill)(process.pid, signal.SIGKILL))
            process.wait()
            self.deaths[f"{name} {way}"] += 1


def _end(act: object) -> None:
    try:
        act()  # type: ignore[operator]
    except ProcessLookupError:
        return


def _children(pid: int) -> list[int]:
    found = subprocess.run(["/usr/bin/pgrep", "-P", str(pid)], check=False, capture_output=True, text=True).stdout
    return [int(each) for each in found.split()]


def _command(pid: int) -> str:
    return subprocess.run(
        ["/usr/bin/ps", "-o", "comm=", "-p", str(pid)], check=False, capture_output=True, text=True
    ).stdout.strip()


class Customers:
    """Hand in mails, each attempt under a number of its own, until enough were accepted."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.numbers = itertools.count()
        self.accepted: set[int] = set()
        self.unclear: set[int] = set()  # nobody answered, or with a temporary refusal: it may have been taken

    def run(self, draw: random.Random) -> None:
        while len(self.accepted) < MAILS:
            number = next(self.numbers)
            try:
                if self.hand_in(number, f"box{draw.randrange(BOXES)}@{ASCII}"):
                    self.accepted.add(number)
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)

    def hand_in(self, number: int, recipient: str) -> bool:
        body = f"Subject: number {number}.\r\nMessage-ID: <{number}@example.com>\r\n\r\n{'x' * 1000}\r\n"
        with self.machine.smtp() as client:
            client.mail("a@example.com")
            if client.rcpt(recipient)[0] != 250:
                return False
            self.unclear.add(number)
            return client.data(body)[0] == 250


def arrived(machine: Machine) -> dict[int, list[str]]:
    """From the files themselves: in which mailboxes a number lies, with its name in Postfix' queue."""
    found: dict[int, list[str]] = defaultdict(list)
    for folder in ("new", "cur"):
        for path in (machine.prefix.root / "mail").glob(f"*/*/*/Maildir/{folder}/*"):
            content = path.read_bytes()
            number = re.search(rb"Subject: number (\d+)\.", content)
            name = re.search(rb"\(Postfix\) with \S+ id (\S+)", content)
            assert number, path
            assert name, path
            found[int(number[1])].append(f"{path.name} {name[1].decode()}")
    return found


def queued(machine: Machine) -> list[str]:
    """What Postfix has accepted and still holds: it sets the mode of a finished file (incoming is left out of unfinished ones)."""
    folder = postfix.folder(machine.prefix).parent / "queue"
    found = (path for name in ("incoming", "active", "deferred") for path in (folder / name).rglob("*"))
    return [path.name for path in found if _finished(path)]


def _finished(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISREG(mode) and bool(mode & stat.S_IXUSR)


def _story(machine: Machine, twice: dict[int, list[str]]) -> str:
    """What the logs say of these."""
    names = {place.split()[1] for places in twice.values() for place in places}
    logs = [*machine.prefix.logs.iterdir(), *machine.prefix.root.glob("*.out")]
    lines = (line for path in logs for line in path.read_text("utf-8", "replace").splitlines())
    return "\n".join(line for line in lines if any(name in line for name in names))


def test_each_accepted_mail_arrives_once(machine: Machine) -> None:
    for number in range(BOXES):
        machine.mailbox(f"box{number}@{UMLAUT}", quota_mb=500)
    supervisor = Supervisor(machine)
    customers = Customers(machine)
    threads = [threading.Thread(target=customers.run, args=(random.Random(part),)) for part in range(SENDERS)]
    supervisor.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    supervisor.killing = False
    try:
        wait_for(lambda: not queued(machine), 120 + MAILS / 20, what="an empty queue")
    finally:
        print(queued(machine))
        supervisor.over = True
        supervisor.join()
    found = arrived(machine)
    print(f"{len(customers.accepted)} accepted, deaths {dict(supervisor.deaths)}")
    assert sum(supervisor.deaths.values()) >= 10
    assert {number for number in customers.accepted if not found[number]} == set()
    twice = {number: places for number, places in found.items() if len(places) > 1}
    assert twice == {}, _story(machine, twice)
    assert set(found) <= customers.unclear


@pytest.mark.parametrize("name", ["dovecot", "mail-delivery", "mail-front", "postfix"])
def test_a_killed_main_process_comes_back(machine: Machine, name: str) -> None:
    """While a session of it is open: it still finds its ports and sockets."""
    address = machine.mailbox(f"box@{UMLAUT}")
    smtp, imap = machine.smtp(), machine.imap(address)
    machine.kill(name)
    machine.start(name)
    machine.wait_until_well()
    with machine.smtp() as client:
        client.sendmail("a@example.com", [address], "Subject: x\n\nx")
    machine.wait_for_mails(address, 1)
    for client in (smtp.sock, imap.sock):
        if client:
            client.close()
    assert set(DAEMONS.probes(machine.prefix)) == set(machine.processes)
