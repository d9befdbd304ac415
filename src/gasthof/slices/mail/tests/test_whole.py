"""From what the node is told to mail that arrives: the agent's plans on the real daemons."""

import imaplib
import poplib
import smtplib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gasthof.agent.kinds import Wanted
from gasthof.kernel.passwords import hashed
from gasthof.slices.mail.node import facts, places, plan
from gasthof.slices.mail.node.kinds import FIXTURES, KINDS
from gasthof.slices.mail.spec import AddressSpec, DomainSpec, MailboxSpec, Reserved
from gasthof.slices.mail.tests.machine import ASCII, PASSWORD, UID, UMLAUT, Machine, wait_for

pytestmark = pytest.mark.daemons
INFO = f"info@{ASCII}"
SECRET = "{ARGON2ID}" + hashed(PASSWORD)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with Machine.started() as made:
        for fixture in FIXTURES:
            made.carry_out(fixture.plan(made.prefix, fixture.gather(made.node)))
        yield made


def apply(machine: Machine, kind: str, key: str, spec: Any, *before: Any) -> None:
    """As the agent does for one object."""
    (taught,) = [each for each in KINDS if each.name == kind]
    found: Mapping[str, Any] = taught.gather(machine.node, {key: Wanted(spec, before)})
    machine.carry_out(taught.plan(machine.prefix, key, spec, found[key]))


def domain(**fields: object) -> DomainSpec:
    reserved = (Reserved("postmaster", INFO), Reserved("abuse"))
    return DomainSpec(ASCII, "s000007", UID, reserved=reserved, **fields)  # type: ignore[arg-type]


def mailbox(token: str) -> MailboxSpec:
    return MailboxSpec(INFO, "s000007", UID, f"{ASCII}/info.{token}", SECRET, 1)


def refusal(machine: Machine, to: str) -> str:
    with machine.smtp() as client:
        client.mail("x@client.example", [] if to.isascii() else ["SMTPUTF8"])
        code, words = client.rcpt(to)
        return f"{code} {words.decode()}" if code >= 400 else ""


def test_a_customer_from_the_first_mail_to_the_last(machine: Machine) -> None:
    apply(machine, plan.DOMAIN, ASCII, domain())
    first = mailbox("00000001")
    apply(machine, plan.MAILBOX, INFO, first)
    apply(machine, plan.ADDRESS, f"kontakt@{ASCII}", AddressSpec(f"kontakt@{ASCII}", "s000007", (INFO,), (INFO,)))
    with machine.smtp() as client:
        client.sendmail(
            "x@client.example", [f"kontakt+shop@{ASCII}", f"postmaster@{ASCII}"], "Subject: eins\n\nHallo\n"
        )
        client.ehlo()
        client.sendmail("x@client.example", [f"info@{UMLAUT}"], "Subject: zwei\n\nHallo\n", ["SMTPUTF8"])
    machine.wait_for_mails(f"info@{UMLAUT}", 2)
    with machine.imap(INFO, name=f"mail.{ASCII}") as client:
        assert client.select()[0] == "OK"
    assert facts.findings(machine.node, {INFO: first})[INFO]["bytes"] > 200
    assert refusal(machine, f"niemand@{ASCII}").startswith("550 5.1.1")
    _suspended(machine)
    _again(machine, first)


def _suspended(machine: Machine) -> None:
    waiting = machine.imap(INFO)
    apply(machine, plan.DOMAIN, ASCII, domain(suspended=True))
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        for _ in range(3):
            waiting.noop()
    for to in (INFO, f"info@{UMLAUT}", f"niemand@{ASCII}"):
        assert refusal(machine, to).startswith("550 5.2.1")
    assert refusal(machine, f"abuse@{ASCII}") == ""
    with pytest.raises(imaplib.IMAP4.error, match="suspended"):
        machine.imap(INFO)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        machine.submission(INFO)
    apply(machine, plan.DOMAIN, ASCII, domain())
    machine.imap(INFO).logout()


def _again(machine: Machine, first: MailboxSpec) -> None:
    """Deleted and made anew under the same name; then for good."""
    folder = places.mailboxes(machine.prefix, "s000007") / ASCII
    assert (folder / "info.00000001").is_dir()
    second = mailbox("00000002")
    apply(machine, plan.MAILBOX, INFO, second, first)
    assert machine.messages(INFO) == [] and not (folder / "info.00000001").exists()
    apply(machine, plan.MAILBOX, INFO, None, second)
    assert refusal(machine, INFO).startswith("550 5.1.1") and not (folder / "info.00000002").exists()
    with pytest.raises(imaplib.IMAP4.error):
        machine.imap(INFO)


def closed(machine: Machine, user: str) -> None:
    """By no program that a mailbox can be used with."""
    with pytest.raises(imaplib.IMAP4.error, match="suspended"):
        machine.imap(user)
    with pytest.raises(poplib.error_proto, match="suspended"):
        machine.pop3(user)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        machine.submission(user)


def open_(machine: Machine, address: str) -> None:
    machine.imap(address).logout()
    machine.pop3(address).quit()
    with machine.submission(address) as client:
        assert client.mail(address)[0] == client.rcpt("x@elsewhere.example")[0] == 250


def arrives(machine: Machine, address: str, subject: str) -> None:
    with machine.smtp() as client:
        client.sendmail("x@client.example", [address], f"Subject: {subject}\n\nHallo\n")


@pytest.mark.parametrize("what", ["mailbox", "domain"])
def test_what_is_locked_sends_nothing_and_goes_on_receiving(machine: Machine, what: str) -> None:
    """One mailbox, while the others of its customer are left alone; or all of a domain, as after a website was broken into."""
    anna = f"anna-{what}@{ASCII}"
    mine, hers = (
        mailbox(f"{len(what):08d}"),
        MailboxSpec(anna, "s000007", UID, f"{ASCII}/anna-{what}.00000003", SECRET, 1),
    )
    apply(machine, plan.DOMAIN, ASCII, domain())
    apply(machine, plan.MAILBOX, INFO, mine)
    apply(machine, plan.MAILBOX, anna, hers)
    open_(machine, INFO)
    waiting, sending = machine.imap(INFO), machine.submission(INFO)
    if what == "mailbox":
        apply(machine, plan.MAILBOX, INFO, replace(mine, locked=True), mine)
    else:
        apply(machine, plan.DOMAIN, ASCII, domain(sign_in=False))
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        for _ in range(3):
            waiting.noop()
    sending.mail(INFO)
    assert sending.rcpt("x@elsewhere.example")[0] == 421, "signed in before, sent away now"
    for user in (INFO, f"info@{UMLAUT}"):
        closed(machine, user)
    arrives(machine, INFO, what)
    if what == "mailbox":
        open_(machine, anna)
        apply(machine, plan.MAILBOX, INFO, mine, replace(mine, locked=True))
    else:
        closed(machine, anna)
        apply(machine, plan.DOMAIN, ASCII, domain())
    open_(machine, INFO)
    assert b"Subject: " + what.encode() in machine.wait_for_mails(INFO, 1)[0]
    apply(machine, plan.MAILBOX, INFO, None, mine)
    apply(machine, plan.MAILBOX, anna, None, hers)


def test_the_operator_gets_what_nobody_else_takes(machine: Machine) -> None:
    apply(machine, plan.DOMAIN, ASCII, domain())
    with machine.smtp() as client:
        client.sendmail(
            "x@client.example", [f"abuse@{ASCII}", f"hostmaster@{machine.prefix.host}"], "Subject: x\n\nx\n"
        )
    new = places.operator(machine.prefix) / "Maildir" / "new"
    wait_for(lambda: new.is_dir() and list(new.iterdir()), what=machine.words())
    with pytest.raises(imaplib.IMAP4.error):
        machine.imap(f"postmaster@{machine.prefix.host}", "")
