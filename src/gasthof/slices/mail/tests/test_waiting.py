"""What is not there yet, or was not answered: mail waits, comes again, and is in its mailbox once."""

import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gasthof.agent.sdk import lookup
from gasthof.kernel.clock import SystemClock
from gasthof.slices.mail.delivery.journal import Journal, key_of
from gasthof.slices.mail.delivery.session import Place
from gasthof.slices.mail.delivery.tests import test_session
from gasthof.slices.mail.node import doveadm, lookups, places, postfix
from gasthof.slices.mail.node.plan import FILLED
from gasthof.slices.mail.tests.machine import ASCII, UMLAUT, Machine, wait_for
from gasthof.slices.mail.tests.test_delivery import dialogue

if TYPE_CHECKING:
    from gasthof.slices.mail.tests.conftest import Town

pytestmark = pytest.mark.daemons


def test_while_the_look_ups_are_being_filled_nothing_is_refused_and_nothing_comes_back(town: "Town") -> None:
    """Both databases emptied, of Postfix' a part back: what is missing yet is not what does not exist."""
    machine = town.machine
    machine.domain("füllung.test")
    sender = machine.mailbox(f"absender@{UMLAUT}")
    boxes = {
        f"mail.mailbox {each}": each for each in (machine.mailbox("a@füllung.test"), machine.mailbox("b@füllung.test"))
    }
    rows = [lookup.rows(base, boxes) for base in machine.databases[:2]]
    for owner, address in boxes.items():
        machine.rows(owner, rows[0][owner], {})
        assert dialogue(machine, "a@example.com", address)[0] == 250
    wait_for(lambda: queue(machine).count(b"450 4.1.1") == len(boxes), what=machine.words())
    name, last = (
        next(part for part in queue(machine).split(b"\n\n") if each in part).split(b"\n")[-3].split()[0].decode()
        for each in (b" a@xn--", b" b@xn--")
    )
    queue(machine, "-i", last)
    time.sleep(0.5)  # the queue manager keeps what it looked up last, and asks again for the other one
    wait_for(lambda: queue(machine).count(b"450 4.1.1") == len(boxes), what=machine.words())
    machine.rows(FILLED, {})
    try:
        machine.rows("mail.domain xn--fllung-3ya.test", {})
        for recipient in (*boxes.values(), f"niemand@{ASCII}", "a@elsewhere.example"):
            assert dialogue(machine, "a@example.com", recipient)[0] == 450
        with machine.submission(sender) as client:
            client.docmd(f"MAIL FROM:<{sender}>")
            assert client.docmd("RCPT TO:<a@elsewhere.example>")[0] == 450
        queue(machine, "-i", name)
        wait_for(lambda: b"not complete yet" in queue(machine), what=machine.words())
        machine.domain("füllung.test")
        for owner in boxes:
            machine.rows(owner, rows[0][owner], rows[1][owner])
    finally:
        machine.rows(FILLED, lookups.FILLED)
    queue(machine, "-i", last)
    assert b"Subject: x" in machine.wait_for_mails("b@füllung.test", 1)[0]
    assert dialogue(machine, "a@example.com", f"keiner@{ASCII}")[0] == 550


def queue(machine: Machine, *words: str) -> bytes:
    line = ["/usr/sbin/postqueue", "-c", str(postfix.folder(machine.prefix)), *(words or ("-p",))]
    return subprocess.run(line, check=True, stdout=subprocess.PIPE, env={"PATH": "/usr/sbin:/usr/bin"}).stdout


def test_a_delivery_with_a_detail_that_broke_off_is_found_again(machine: Machine, tmp_path: Path) -> None:
    """By the real Dovecot, of which only the answer is missing."""
    address = machine.mailbox(f"laden@{UMLAUT}")
    recipient, name = f"laden+Shop@{ASCII}", "4jXYyM0r32zKcVl"
    journal, start = Journal(tmp_path / "journal.db"), SystemClock().now()
    sockets = [places.dovecot_socket(machine.prefix, each) for each in ("lmtp", "doveadm-server")]
    place = Place("h.test", *sockets, journal, lambda: start + timedelta(minutes=1))
    assert not doveadm.delivered(sockets[1], recipient, name, 0)
    assert test_session.deliver(place, journal, recipient=recipient)[:3] == b"250"
    journal.begin(key_of(name, recipient.encode()), start)
    assert test_session.deliver(place, journal, recipient=recipient) == b"250 2.0.0 Found delivered"
    assert len(machine.messages(address)) == 1
    assert not doveadm.delivered(sockets[1], f"laden+other@{ASCII}", name, 0)
    assert not doveadm.delivered(sockets[1], f"nie-da+shop@{ASCII}", name, 0)
    journal.close()
