"""Mails while the daemons are killed at random: each that was accepted lies in its mailbox once.

`MAILS=5000 PAUSE=4 pytest ...::test_each_accepted_mail_arrives_once` is the long run.
"""

import os
import random
import signal
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from gasthof.slices.mail.node import dovecot
from gasthof.slices.mail.node.daemons import DAEMONS
from gasthof.slices.mail.tests.handing_in import SENDER, Customers, children, command, judge, queued
from gasthof.slices.mail.tests.machine import UMLAUT, Machine, wait_for

pytestmark = [pytest.mark.daemons, pytest.mark.long, pytest.mark.timeout(600)]

MAILS = int(os.environ.get("MAILS", "100"))
SENDERS, BOXES = 6, 5
DEATHS = 5  # at least, however fast the mails are
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
        self.deaths: list[str] = []

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
        started = children(process.pid)
        if way == "child" and started:
            target = self.draw.choice(started)
            words = command(target)
            _end(lambda: os.kill(target, signal.SIGKILL))
            self.deaths.append(words)
        else:
            _end(lambda: (os.killpg if way == "group" else os.kill)(process.pid, signal.SIGKILL))
            process.wait()
            self.deaths.append(f"{name} {way}")


def _end(act: object) -> None:
    try:
        act()  # type: ignore[operator]
    except ProcessLookupError:
        return


def test_each_accepted_mail_arrives_once(machine: Machine) -> None:
    boxes = [machine.mailbox(f"box{number}@{UMLAUT}", quota_mb=500) for number in range(BOXES)]
    supervisor = Supervisor(machine)

    def connect(_draw: random.Random) -> tuple[smtplib.SMTP, str]:
        return machine.smtp(), SENDER

    customers = Customers(connect, boxes, lambda accepted: accepted >= MAILS and len(supervisor.deaths) >= DEATHS)
    supervisor.start()
    for thread in customers.start(SENDERS):
        thread.join()
    supervisor.killing = False
    try:
        wait_for(lambda: not queued(machine.prefix), 120 + MAILS / 20, what="an empty queue")
    finally:
        print(queued(machine.prefix))
        supervisor.over = True
        supervisor.join()
    print(f"{len(customers.accepted)} accepted, deaths {dict(Counter(supervisor.deaths))}")
    assert customers.refused == []
    judge(customers, machine.prefix.root / "mail", [*machine.prefix.logs.iterdir(), *machine.prefix.root.glob("*.out")])


@pytest.mark.parametrize("name", ["dovecot", "mail-delivery", "mail-front", "mail-sieve", "postfix"])
def test_a_killed_main_process_comes_back(machine: Machine, name: str) -> None:
    """While a session of it is open: it still finds its ports and sockets."""
    address = machine.mailbox(f"box@{UMLAUT}")
    smtp, imap = machine.smtp(), machine.imap(address)
    left = children(machine.processes[name].pid)
    machine.kill(name)
    process = machine.start(name)
    machine.wait_until_well()
    with machine.smtp() as client:
        client.sendmail(SENDER, [address], "Subject: x\n\nx")
    machine.wait_for_mails(address, 1)
    smtp.close()
    imap.shutdown()
    wait_for(lambda: not any(map(command, left)), 20, what="what the killed one had started has ended")
    wait_for(lambda: bool(children(process.pid)) == bool(left), what=machine.words())  # it has what it needs, and works
    assert process.poll() is None, machine.words()
    assert set(DAEMONS.probes(machine.prefix)) == set(machine.processes)


def test_dovecot_starts_though_another_process_has_its_number(machine: Machine) -> None:
    machine.kill("dovecot")
    dovecot.pid_file(machine.prefix).write_text(f"{os.getpid()}\n")
    process = machine.start("dovecot")
    machine.wait_until_well()
    assert process.poll() is None
    assert dovecot.pid_file(machine.prefix).read_text().strip() == str(process.pid)


def test_a_second_dovecot_leaves_the_first_one_alone(machine: Machine) -> None:
    first = machine.processes["dovecot"]
    assert machine.start("dovecot").wait(10) != 0
    machine.processes["dovecot"] = first
    machine.wait_until_well()
    assert dovecot.pid_file(machine.prefix).read_text().strip() == str(first.pid)
