"""A whole house under its own supervisor, whose main processes are killed: each comes back, and no accepted mail is lost or doubled.

`MAILS=5000 PAUSE=4 pytest ...::test_each_accepted_mail_arrives_once_while_the_house_is_killed` is the long run.
"""

import contextlib
import itertools
import os
import random
import signal
import smtplib
import socket
import subprocess
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import idna
import psycopg
import pytest

from gasthof.bench.clients import ADDRESS, Clients
from gasthof.bootstrap import health, machine
from gasthof.bootstrap.place import locate
from gasthof.bootstrap.programs import cluster, programs
from gasthof.bootstrap.supervisor import Supervisor
from gasthof.slices.mail.node import postfix
from gasthof.slices.mail.tests.handing_in import SENDER, Customers, children, command, judge, queued
from tests.customers import arrive
from tests.platform import ROOT, Platform
from tests.services import PASSWORD, Services

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(3600)]

SOLID, POSTAL = "unverwüstlich.test", "zustellung-häfen.test"
BUSY = "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$"
MAILS = int(os.environ.get("MAILS", "60"))
PAUSE = float(os.environ.get("PAUSE", "1"))  # seconds between two deaths, at most
KILLED = ("postfix", "dovecot", "mail-delivery", "mail-front", "agent", "postgres")
SENDERS, BOXES, NEW_BOXES = 6, 3, 60
SETTLED = 120 + MAILS / 20  # seconds; mail whose delivery broke off is looked into after 20


def wait_for(true: Callable[[], object], seconds: float, what: object = "") -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, what or true
        time.sleep(0.1)


@contextlib.contextmanager
def visited(services: Services) -> Iterator[None]:
    """Connections to all ports are open meanwhile, somebody reads mail, and a customer's statement never ends."""
    ports, who = services.guest.platform.served, services.database
    with contextlib.ExitStack() as stack:
        for port in [ports[name] for name in ports if name != "dns"]:
            stack.enter_context(socket.create_connection((ADDRESS, port)))
        mail = socket.create_connection((ADDRESS, ports["imaps"]), 20)
        mail = stack.enter_context(services.clients.trust.wrap_socket(mail, server_hostname=f"mail.{services.ascii}"))
        mail.sendall(f"a LOGIN {services.address} {PASSWORD}\r\nb SELECT INBOX\r\nc IDLE\r\n".encode())
        with mail.makefile("rb") as lines:
            assert any(line.startswith(b"b OK") for line in lines)
        how = {"host": ADDRESS, "port": ports["postgres"], "user": who, "dbname": who, "password": PASSWORD}
        busy = stack.enter_context(contextlib.closing(psycopg.connect(**how, autocommit=True)))
        running = threading.Thread(target=_never_ends, args=(busy,), daemon=True)
        running.start()
        yield
        running.join(10)
        assert not running.is_alive(), "a statement outlived its server"


def _never_ends(connection: psycopg.Connection) -> None:
    with contextlib.suppress(psycopg.OperationalError):
        connection.execute(BUSY)


def revived(supervisor: Supervisor, probes: Mapping[str, health.Probe]) -> dict[str, float]:
    """All are killed one after the other; seconds until another main process does the work of each."""
    dead, start = {name: state.pid for name, state in supervisor.states().items()}, time.monotonic()
    took: dict[str, float] = {}
    for pid in dead.values():
        os.kill(pid, signal.SIGKILL)
    while len(took) < len(probes):
        away = {name: probe for name, probe in probes.items() if name not in took}
        states = supervisor.states()
        new = [name for name in away if states[name].up and states[name].pid != dead[name]]
        took |= dict.fromkeys([name for name in new if health.attempt(away[name]) is None], time.monotonic() - start)
        assert time.monotonic() - start < 60, {name: health.attempt(probe) for name, probe in away.items()}
        time.sleep(0.1)
    return took


def test_every_main_process_comes_back_when_all_are_killed(platform: Platform) -> None:
    guest = arrive(platform, "Unverwüstlich")
    platform.run("domains.add", subscription=guest.subscription, name=SOLID)
    services, place = Services(guest, SOLID).furnish(), locate(ROOT, platform.root)
    supervisor, probes = Supervisor(platform.prefix), health.probes(platform.prefix, place)
    every = programs(platform.prefix, place)
    with visited(services):
        took = revived(supervisor, probes)
    print({name: round(seconds, 1) for name, seconds in took.items()})
    pids = {name: state.pid for name, state in supervisor.states().items()}
    time.sleep(4)  # one that cannot listen gives up by then
    assert {name: state.pid for name, state in supervisor.states().items()} == pids
    table = machine.processes()
    for one in every:
        family = {each.pid for each in machine.descendants(pids[one.name], table)}
        holders = {port: machine.holder(platform.ports[port]) for port in one.ports}
        assert all(holder and holder.pid in family for holder in holders.values()), (one.name, holders)
    assert services.failing() == {}


class Reaper(threading.Thread):
    """Kills at random, each of KILLED at least once: a main process, its whole group, or one of what it started."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(daemon=True)
        self.supervisor, self.draw = Supervisor(platform.prefix), random.Random(11)
        self.over, self.deaths = False, Counter[str]()

    @property
    def through(self) -> bool:
        return {words.split()[0] for words in self.deaths} >= set(KILLED)

    def run(self) -> None:
        for name in itertools.chain(self.draw.sample(KILLED, len(KILLED)), self._for_ever()):
            while not self.over and not self.kill(name):
                time.sleep(0.1)
            time.sleep(self.draw.uniform(0.05, PAUSE))
            if self.over:
                return

    def _for_ever(self) -> Iterator[str]:
        while True:
            yield self.draw.choice(KILLED)

    def kill(self, name: str) -> bool:
        """False when it is down just now."""
        pid, way = self.supervisor.states()[name].pid, self.draw.choice(("one", "group", "child"))
        if not pid:
            return False
        started = children(pid) if way == "child" else []
        target = self.draw.choice(started) if started else pid
        words = f"{name} {command(target) if started else way}"
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if way == "group" else os.kill)(target, signal.SIGKILL)
            self.deaths[words] += 1
        return True


class Desk(threading.Thread):
    """Makes mailboxes and changes passwords meanwhile, through the control plane that dies, and knows what must hold then."""

    def __init__(self, platform: Platform, boxes: list[str]) -> None:
        super().__init__(daemon=True)
        self.platform, self.boxes, self.over = platform, boxes, False
        self.passwords = {box: {PASSWORD} for box in boxes}  # each may be the one that holds
        self.done: Counter[bool] = Counter()

    def run(self) -> None:
        for number in itertools.count():
            if self.over:
                return
            if number % 2 == 0 and number < 2 * NEW_BOXES:
                self._new(f"neu{number}@{self.boxes[0].partition('@')[2]}", number)
            else:
                self._change(self.boxes[number % len(self.boxes)], f"Noch-Geheimer-{number}!")

    def _new(self, address: str, number: int) -> None:
        if self._told("mail.add_mailbox", f"domain={POSTAL}", f"name=neu{number}", f"password={PASSWORD}"):
            self.passwords[address] = {PASSWORD}
            self.boxes.append(address)

    def _change(self, box: str, password: str) -> None:
        done = self._told("mail.set_password", f"mailbox={box}", f"password={password}")
        self.passwords[box] = {password} | (set() if done else self.passwords[box])

    def _told(self, verb: str, *fields: str) -> bool:
        """Whether the caller was told that it is done; if not, it may be so all the same."""
        done = self.platform.command("run", verb, *fields, "--as", "operator", check=False)
        self.done[not done.returncode] += 1
        return not done.returncode


def connect(platform: Platform, sender: str, draw: random.Random) -> tuple[smtplib.SMTP, str]:
    """As another server, or as a customer who signs in."""
    if draw.random() < 0.7:
        client = smtplib.SMTP(ADDRESS, platform.ports["smtp"], "client.example", 30)
        client.ehlo()
        return client, SENDER
    client = smtplib.SMTP(ADDRESS, platform.ports["submission"], "client.example", 30)
    client._host = platform.prefix.host  # the name for TLS
    client.starttls(context=platform.trust())
    client.ehlo()
    code, words = client.docmd("AUTH", f"PLAIN {b64encode(f'{chr(0)}{sender}{chr(0)}{PASSWORD}'.encode()).decode()}")
    if code != 235:
        client.close()
        raise smtplib.SMTPAuthenticationError(code, words)
    return client, sender


def _boxes(platform: Platform) -> list[str]:
    for number in range(BOXES):
        platform.run("mail.add_mailbox", domain=POSTAL, name=f"box{number}", password=PASSWORD)
    return [f"box{number}@{idna.encode(POSTAL).decode()}" for number in range(BOXES)]


def _settled(platform: Platform) -> bool:
    """Postfix is asked to try again at once what it would try again in a minute."""
    conf = str(postfix.folder(platform.prefix))
    subprocess.run(["/usr/sbin/postqueue", "-c", conf, "-f"], check=False, capture_output=True)
    time.sleep(1)
    return not queued(platform.prefix)


def test_each_accepted_mail_arrives_once_while_the_house_is_killed(platform: Platform) -> None:
    guest = arrive(platform, "Post und Häfen")
    platform.run("domains.add", subscription=guest.subscription, name=POSTAL)
    kept, *boxes = _boxes(platform)  # one customer's password stays, who hands in
    desk, reaper = Desk(platform, list(boxes)), Reaper(platform)
    customers = Customers(
        partial(connect, platform, kept),
        desk.boxes,
        lambda accepted: accepted >= MAILS and reaper.through and desk.done[True] >= 2,
    )
    reaper.start()
    desk.start()
    for thread in customers.start(SENDERS):
        thread.join()
    desk.over = reaper.over = True
    desk.join()
    reaper.join()
    wait_for(lambda: all(state.up for state in reaper.supervisor.states().values()), 60)
    wait_for(lambda: _settled(platform), SETTLED)
    cluster(platform.prefix).wait(60)  # it is up before it answers
    wait_for(lambda: platform.pending() == 0, 60)
    print(f"{len(customers.accepted)} accepted, deaths {dict(reaper.deaths)}, verbs {dict(desk.done)}")
    assert [words for words in customers.refused if words.startswith("box")] == []
    logs = [path for path in platform.prefix.logs.iterdir() if path.is_file()]
    judge(customers, platform.prefix.root / "mail" / guest.subscription, logs)
    clients = Clients(platform.prefix)
    closed = [box for box, known in desk.passwords.items() if not any(clients.reads(box, each) for each in known)]
    assert closed == []
