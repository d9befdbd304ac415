"""What filters send: out-of-office notes and mail that is passed on, by the real daemons; who is answered, and who never."""

import email
import email.policy
import re
import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count
from typing import TYPE_CHECKING

import pytest

from gasthof.agent.sdk.steps import Plan, RemoveFile, WriteFile
from gasthof.slices.mail.node import places
from gasthof.slices.mail.node.vacation import script
from gasthof.slices.mail.spec import Vacation
from gasthof.slices.mail.tests.machine import ASCII, UID, UMLAUT, Machine, wait_for
from gasthof.slices.mail.tests.test_managesieve import FILING

if TYPE_CHECKING:
    from gasthof.slices.mail.tests.conftest import Town

pytestmark = pytest.mark.daemons

NUMBERS = count()
TEXT = 'Grüße vom Strand 🏖\n\n.\n"Bis bald" \\ ${hex:41}\n'.strip()
NEVER = (
    "List-Id: <liste.example.com>", "List-Unsubscribe: <https://example.com/>", "Precedence: bulk", "Precedence: list", "Auto-Submitted: auto-generated",
    "Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "X-Spam-Flag: YES", "X-Spam: Yes", "X-Spam-Status: Yes, score=20",
)  # fmt: skip


@pytest.fixture
def away(town: "Town") -> Iterator["Away"]:
    found = Away(town, f"weg{next(NUMBERS)}")
    yield found
    town.machine.carry_out(Plan(change=(RemoveFile(places.vacation(town.machine.prefix, found.address)),)))


class Away:
    """A mailbox whose owner is away, and those who write to it."""

    def __init__(self, town: "Town", local: str) -> None:
        self.town, self.machine, self.local = town, town.machine, local
        self.address, self.shown, self.mails = self.machine.mailbox(f"{local}@{UMLAUT}"), f"{local}@{UMLAUT}", 0
        self.note(Vacation(TEXT, (self.address,), "Nicht da – Grüße 🏖"))

    def note(self, vacation: Vacation) -> None:
        """As the agent writes it."""
        path = places.vacation(self.machine.prefix, self.address)
        self.machine.carry_out(Plan(change=(WriteFile(path, script(vacation), 0o640, "root", UID),)))

    def writes(self, sender: str, *headers: str, to: str = "", subject: str = "Frage") -> None:
        """Returns when the mail lies in the mailbox; by then an answer is in Postfix' queue."""
        head = [
            f"From: <{sender or 'mailer-daemon@example.com'}>",
            f"To: <{to or self.shown}>",
            f"Subject: {subject}",
            f"Message-ID: <{next(NUMBERS)}@example.com>",
        ]
        with self.machine.smtp() as client:
            client.mail(sender)
            assert client.rcpt(self.address)[0] == 250
            assert client.data("\r\n".join([*head, *headers, "", "x"]).encode())[0] == 250
        self.mails += 1

    def arrived(self, folder: str = "INBOX") -> None:
        self.machine.wait_for_mails(self.address, self.mails, folder)

    def answers(self) -> dict[str, EmailMessage]:
        """Recipient -> the answer; each has got one at most."""
        found: dict[str, EmailMessage] = {}
        for mail in self.town.elsewhere.mails():
            parsed = email.message_from_bytes(mail, policy=email.policy.default)
            if self.address in str(parsed["From"]) and "auto-replied" in str(parsed["Auto-Submitted"]):
                assert parsed["X-Mail-Args"].split()[0] == "<>"
                (recipient,) = re.findall(rb"^X-Rcpt-Args: <([^>]*)>", mail, re.M)
                assert found.setdefault(recipient.decode(), parsed) is parsed
        return found

    def answered(self, *senders: str) -> None:
        """They, and nobody else; the last one waits for its answer."""
        wait_for(lambda: set(senders) <= set(self.answers()), what=self.machine.words())
        assert set(self.answers()) == set(senders)


def test_a_note_answers_once_and_the_mail_is_kept(away: Away) -> None:
    for _ in range(3):
        away.writes("anna@elsewhere.example", subject="Käse?")
    away.arrived()
    away.writes("berta@elsewhere.example")
    away.answered("anna@elsewhere.example", "berta@elsewhere.example")
    answer = away.answers()["anna@elsewhere.example"]
    assert (answer["Subject"], answer["From"]) == ("Nicht da – Grüße 🏖", away.address)
    assert answer.get_content().replace("\r\n", "\n").strip() == TEXT
    away.arrived()
    log = (away.machine.prefix.logs / "dovecot.log").read_text()
    assert not [line for line in log.splitlines() if away.local in line and re.search(r"(?i)error|fail|denied", line)]


def test_lists_machines_spam_and_itself_are_not_answered(away: Away) -> None:
    for number, header in enumerate(NEVER):
        away.writes(f"nie{number}@elsewhere.example", header)
    away.writes("")
    for sender in (
        "mailer-daemon@elsewhere.example",
        "owner-liste@elsewhere.example",
        "liste-request@elsewhere.example",
        away.address,
    ):
        away.writes(sender)
    away.writes("blind@elsewhere.example", to="undisclosed@elsewhere.example")
    away.arrived()
    away.writes("mensch@elsewhere.example")
    away.answered("mensch@elsewhere.example")


def test_neither_before_the_first_day_nor_after_the_last(away: Away) -> None:
    def moment(seconds: int) -> str:
        return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")

    for number, (since, until) in enumerate(((600, 900), (-900, -600), (-900, 600))):
        away.note(Vacation(TEXT, (away.address,), since=moment(since), until=moment(until)))
        away.writes(f"tag{number}@elsewhere.example", subject="Käse")
        away.arrived()
    away.answered("tag2@elsewhere.example")
    assert away.answers()["tag2@elsewhere.example"]["Subject"] == "Auto: Käse"


def test_who_writes_to_an_alias_is_answered(away: Away) -> None:
    alias = f"auch-{away.local}@{UMLAUT}"
    away.machine.address(alias, away.address)
    away.writes("vorher@elsewhere.example", to=alias)
    away.arrived()
    away.note(Vacation(TEXT, (away.address, f"auch-{away.local}@{ASCII}")))
    away.writes("nachher@elsewhere.example", to=alias)
    away.answered("nachher@elsewhere.example")


def test_a_note_and_the_owners_own_filter_leave_each_other_alone(away: Away) -> None:
    with away.machine.sieve(away.shown) as client:
        client.put("meiner", FILING)
        client.activate("meiner")
        away.writes("anna@elsewhere.example", subject="Rechnung")
        away.arrived("B&APw-ro/Rechnungen &IBM- 2026")
        assert client.names() == ["meiner ACTIVE"] and client.get("meiner") == FILING.encode()
        away.answered("anna@elsewhere.example")
        client.put("stumm", 'require ["vacation"]; discard;')
        client.activate("stumm")
        away.note(Vacation("Immer noch weg.", (away.address,)))
        away.writes("berta@elsewhere.example")
        away.answered("anna@elsewhere.example", "berta@elsewhere.example")
        assert client.names() == ["meiner", "stumm ACTIVE"]


def filtered(machine: Machine, local: str, filter_: str) -> str:
    address = machine.mailbox(f"{local}@{UMLAUT}")
    with machine.sieve(address) as client:
        client.put("eins", filter_)
        client.activate("eins")
    return address


def send(machine: Machine, recipient: str, sender: str = "a@example.com") -> None:
    with machine.smtp() as client:
        client.sendmail(sender, [recipient], f"Subject: weiter\nMessage-ID: <{next(NUMBERS)}@example.com>\n\nx")


def test_mail_that_a_filter_passes_on_comes_from_the_mailbox(town: "Town") -> None:
    """So that SPF, which names this machine for its domain, fits, and its owner hears of what went wrong."""
    address = filtered(town.machine, "weitergabe", 'require "copy"; redirect :copy "fern@elsewhere.example";')
    send(town.machine, address)
    wait_for(lambda: (address, "fern@elsewhere.example") in town.elsewhere.envelopes(), what=town.machine.words())
    town.machine.wait_for_mails(address, 1)
    assert ("a@example.com", "fern@elsewhere.example") not in town.elsewhere.envelopes()
    send(town.machine, address, sender="")
    wait_for(lambda: ("", "fern@elsewhere.example") in town.elsewhere.envelopes(), what=town.machine.words())


def test_mail_goes_round_no_circle(town: "Town") -> None:
    machine = town.machine
    there, back = f"kreis-a@{ASCII}", f"kreis-b@{ASCII}"
    for local, to in (("kreis-a", back), ("kreis-b", there)):
        filtered(machine, local, f'require "copy"; redirect :copy "{to}";')
    send(machine, there)
    machine.wait_for_mails(back, 1)
    machine.wait_for_mails(there, 1)
    log = machine.prefix.logs / "postfix.log"
    wait_for(
        lambda: not [*(places.state(machine.prefix) / "postfix" / "queue" / "active").iterdir()], what=log.read_text()
    )
    assert (len(machine.messages(there)), len(machine.messages(back))) in ((1, 1), (2, 1))


def test_a_filter_passes_on_to_a_few_only(town: "Town") -> None:
    many = "".join(f'redirect "viele{number}@elsewhere.example";\n' for number in range(5))
    address = town.machine.mailbox(f"zuviel@{UMLAUT}")
    with town.machine.sieve(address) as client:
        client.put("viele", many)
        client.activate("viele")
    send(town.machine, address)
    town.machine.wait_for_mails(address, 1)
    assert not [to for _, to in town.elsewhere.envelopes() if to.startswith("viele")]


def test_what_filters_send_is_taken_from_dovecot_alone_and_in_a_mailbox_name(machine: Machine) -> None:
    """A customer's PHP cannot call from that address (tests/attacks); whoever could would still be nobody else."""
    place, source = (places.inside(machine.prefix), places.FILTERS), places.filters(machine.prefix)
    for stranger in ("127.0.0.1", "127.0.0.9", places.front(machine.prefix)):
        with pytest.raises(smtplib.SMTPConnectError, match="554"):
            smtplib.SMTP(*place, timeout=10, source_address=(stranger, 0))
    mine = machine.mailbox(f"selbst@{UMLAUT}")
    domain = machine.domain("zu-für-filter-post.test")
    shut = machine.mailbox(f"a@{domain}")
    machine.domain(domain, suspended=True)
    with smtplib.SMTP(*place, "client.example", timeout=10, source_address=(source, 0)) as client:
        for sender, code in (
            ("", 250),
            (mine, 250),
            ("a@example.com", 554),
            (f"niemand@{ASCII}", 554),
            (shut, 554),
            ("root", 554),
        ):
            client.ehlo()
            assert client.docmd(f"MAIL FROM:<{sender}>")[0] == code, sender
