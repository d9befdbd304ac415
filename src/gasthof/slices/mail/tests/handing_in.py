"""Mails that are handed in while daemons die, each attempt under a number of its own, and where each of them ended."""

import itertools
import random
import re
import smtplib
import stat
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.mail.node import postfix

SENDER = "a@example.com"


@dataclass
class Customers:
    """Hand in until enough were accepted. `connect`: a greeted connection, and the sender it is for."""

    connect: Callable[[random.Random], tuple[smtplib.SMTP, str]]
    boxes: Sequence[str]  # may grow meanwhile
    enough: Callable[[int], bool]  # of the number of those accepted
    numbers: Iterable[int] = field(default_factory=itertools.count)
    accepted: set[int] = field(default_factory=set)
    unclear: set[int] = field(default_factory=set)  # nobody answered, or with a temporary refusal: it may be taken
    refused: list[str] = field(default_factory=list)  # for good: recipient and words

    def start(self, count: int) -> list[threading.Thread]:
        threads = [threading.Thread(target=self.run, args=(random.Random(part),), daemon=True) for part in range(count)]
        for thread in threads:
            thread.start()
        return threads

    def run(self, draw: random.Random) -> None:
        while not self.enough(len(self.accepted)):
            number = next(iter(self.numbers))
            try:
                if self.hand_in(number, draw.choice(self.boxes), draw):
                    self.accepted.add(number)
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)

    def hand_in(self, number: int, recipient: str, draw: random.Random) -> bool:
        body = f"Subject: number {number}.\r\nMessage-ID: <{number}@example.com>\r\n\r\n{'x' * 1000}\r\n"
        client, sender = self.connect(draw)
        with client:
            for code, words in (client.mail(sender), client.rcpt(recipient)):
                if code >= 500:
                    self.refused.append(f"{recipient} {code} {words!r}")
                if code >= 400:
                    return False
            self.unclear.add(number)
            return client.data(body)[0] == 250


def arrived(folder: Path) -> dict[int, list[str]]:
    """From the files below the folder: number -> each file's name, and the mail's name in Postfix' queue."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in [each for part in ("new", "cur") for each in folder.rglob(f"Maildir/{part}/*")]:
        content = path.read_bytes()
        number = re.search(rb"Subject: number (\d+)\.", content)
        name = re.search(rb"\(Postfix\) with \S+ id (\S+)", content)
        assert number, path
        assert name, path
        found[int(number[1])].append(f"{path.name} {name[1].decode()}")
    return found


def queued(prefix: Prefix) -> list[str]:
    """What Postfix has accepted and still holds: it sets the mode of a finished file (incoming is left out of unfinished ones)."""
    folder = postfix.pid_file(prefix).parents[1]
    found = (path for name in ("incoming", "active", "deferred") for path in (folder / name).rglob("*"))
    return [path.name for path in found if _finished(path)]


def _finished(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISREG(mode) and bool(mode & stat.S_IXUSR)


def judge(customers: Customers, folder: Path, logs: Iterable[Path]) -> None:
    """AssertionError unless each mail that was accepted lies below the folder, once, and nothing else does."""
    found = arrived(folder)
    assert {number for number in customers.accepted if not found[number]} == set()
    twice = {number: places for number, places in found.items() if len(places) > 1}
    assert twice == {}, _story(logs, twice)
    assert {number for number in found if found[number]} <= customers.unclear


def _story(logs: Iterable[Path], twice: dict[int, list[str]]) -> str:
    """What the logs say of these."""
    names = {place.split()[1] for places in twice.values() for place in places}
    lines = (line for path in logs for line in path.read_text("utf-8", "replace").splitlines())
    return "\n".join(line for line in lines if any(name in line for name in names))


def children(pid: int) -> list[int]:
    found = subprocess.run(["/usr/bin/pgrep", "-P", str(pid)], check=False, capture_output=True, text=True).stdout
    return [int(each) for each in found.split()]


def command(pid: int) -> str:
    """The name of what it runs; empty when it has ended."""
    asked = ["/usr/bin/ps", "-o", "comm=", "-p", str(pid)]
    return subprocess.run(asked, check=False, capture_output=True, text=True).stdout.strip()
