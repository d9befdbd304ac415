"""Mail from the world into mailboxes, by the real daemons: who gets it, how it looks there, and who gets none."""

import contextlib
import dataclasses
import smtplib
import time
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from gasthof.slices.mail.node import dovecot, lookups
from gasthof.slices.mail.node.fixtures import FIXTURES, PARTS, Part, part_facts, part_plan
from gasthof.slices.mail.spec import Reserved
from gasthof.slices.mail.tests.machine import ASCII, UMLAUT, Machine, wait_for

if TYPE_CHECKING:
    from gasthof.slices.mail.tests.conftest import Town

pytestmark = pytest.mark.daemons


def dialogue(
    machine: Machine, sender: str, recipient: str, *parameters: str, body: bytes = b"Subject: x\r\n\r\nx\r\n"
) -> tuple[int, bytes]:
    """The first answer that refuses, else the last one; UTF-8 as it is typed."""
    with machine.smtp() as client:
        client.command_encoding = "utf-8"
        for line in (" ".join([f"MAIL FROM:<{sender}>", *parameters]), f"RCPT TO:<{recipient}>"):
            answer = client.docmd(line)
            if answer[0] >= 400:
                return answer
        return client.data(body)


def test_swaks_from_another_network_reaches_an_umlaut_domain(town: "Town") -> None:
    address = town.machine.mailbox(f"welt@{UMLAUT}")
    line = [
        "--server",
        town.outside.machine,
        "--port",
        str(town.machine.prefix.ports["smtp"]),
        "--from",
        "a@example.com",
    ]
    done = town.machine.swaks(*line, "--to", address, "--header", "Subject: Hallo", "--tls", space=town.outside.space)
    assert done.returncode == 0, done.stdout
    mail = town.machine.wait_for_mails(f"welt@{UMLAUT}", 1)[0]
    assert mail.startswith(b"Return-Path: <a@example.com>\r\n")
    assert b"Subject: Hallo\r\n" in mail
    assert f"[{town.outside.address}]".encode() in mail


def test_pop3_reads_and_deletes(machine: Machine) -> None:
    address = machine.mailbox(f"pop@{UMLAUT}")
    assert dialogue(machine, "a@example.com", address)[0] == 250
    machine.wait_for_mails(address, 1)
    client = machine.pop3(f"pop@{UMLAUT}")
    assert b"Subject: x" in client.retr(1)[1]
    client.dele(1)
    client.quit()
    assert machine.messages(address) == []


def test_both_forms_of_an_address_and_smtputf8_reach_the_mailbox(machine: Machine) -> None:
    address = machine.mailbox(f"info@{UMLAUT}")
    body = "From: jörg@bücher.example\r\nTo: info@grüße-aus-köln.test\r\nSubject: Grüße\r\n\r\nÄÖÜ ß\r\n".encode()
    ways = [
        ("a@example.com", address, ()),
        ("a@example.com", f"info@{UMLAUT}", ()),  # no SMTPUTF8 although it would be needed
        ("a@example.com", "INFO@GRÜßE-AUS-KÖLN.TEST", ("SMTPUTF8",)),
        ("info@bücher.example", f"info@{UMLAUT}", ("SMTPUTF8", "BODY=8BITMIME")),
        ("用户@例子.广告", f"info@{UMLAUT}", ("SMTPUTF8",)),
    ]
    for sender, recipient, parameters in ways:
        assert dialogue(machine, sender, recipient, *parameters, body=body)[0] == 250, (sender, recipient)
    mails = machine.wait_for_mails(address, len(ways))
    assert all("Subject: Grüße\r\n".encode() in mail and "ÄÖÜ ß\r\n".encode() in mail for mail in mails)
    assert sorted(mail.split(b"\r\n")[0] for mail in mails) == [
        b"Return-Path: <>",  # no answer can be sent to 用户@例子.广告
        *3 * [b"Return-Path: <a@example.com>"],
        b"Return-Path: <info@xn--bcher-kva.example>",
    ]


def test_a_real_client_with_smtputf8(machine: Machine) -> None:
    machine.mailbox(f"echt@{UMLAUT}")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "jörg@bücher.example", f"echt@{UMLAUT}", "Grüße"
    message.set_content("Hallo")
    with machine.smtp() as client:
        client.send_message(message)
    assert "To: echt@grüße-aus-köln.test\r\n".encode() in machine.wait_for_mails(f"echt@{UMLAUT}", 1)[0]


def test_no_letter_folded_away_brings_mail_to_another_domain(machine: Machine) -> None:
    """Postfix asks its tables for "grüsse" when "grüße" was written."""
    folded = machine.domain("grüsse-aus-köln.test")
    machine.mailbox("falt@grüsse-aus-köln.test")
    machine.mailbox(f"falt@{UMLAUT}")
    assert dialogue(machine, "a@example.com", f"falt@{UMLAUT}")[0] == 250
    assert dialogue(machine, "b@example.com", "falt@grüsse-aus-köln.test")[0] == 250
    assert b"<a@example.com>" in machine.wait_for_mails(f"falt@{UMLAUT}", 1)[0]
    assert b"<b@example.com>" in machine.wait_for_mails(f"falt@{folded}", 1)[0]
    assert dialogue(machine, "a@example.com", f"niemand@{UMLAUT}")[0] == 550


def test_nobody_there(machine: Machine) -> None:
    machine.mailbox(f"da@{UMLAUT}")
    assert dialogue(machine, "a@example.com", f"nicht-da@{ASCII}") == (
        550,
        f"5.1.1 <nicht-da@{ASCII}>: Recipient address rejected: User unknown".encode(),
    )
    for recipient in (f"nicht-da@{UMLAUT}", f"da@sub.{ASCII}", "a@elsewhere.example"):
        assert dialogue(machine, "a@example.com", recipient)[0] in (550, 554)


def test_an_alias_and_its_mailbox_bring_one_copy(machine: Machine) -> None:
    address = machine.mailbox(f"eins@{UMLAUT}")
    alias = machine.address(f"zwei@{UMLAUT}", address)
    with machine.smtp() as client:
        client.sendmail("a@example.com", [address, alias], "Subject: zwei\n\nx")
        client.sendmail("a@example.com", [f"{address.partition('@')[0]}+detail@{ASCII}"], "Subject: drei\n\nx")
    mails = machine.wait_for_mails(address, 2)
    assert len(mails) == 2
    assert any(b"Delivered-To: eins+detail@" in mail for mail in mails)


def test_a_forward_leaves_the_machine_and_keeps_a_copy(town: "Town") -> None:
    machine = town.machine
    machine.mailbox(f"weiter@{UMLAUT}", forward_to=("far@elsewhere.example",))
    machine.address(f"fort@{UMLAUT}", "gone@elsewhere.example", f"weiter@{UMLAUT}")
    assert dialogue(machine, "info@bücher.example", f"fort@{UMLAUT}")[0] == 250
    machine.wait_for_mails(f"weiter@{UMLAUT}", 1)
    wanted = {("info@xn--bcher-kva.example", f"{name}@elsewhere.example") for name in ("far", "gone")}
    wait_for(lambda: wanted <= town.elsewhere.envelopes(), what=machine.words())


def test_a_bounce_has_the_empty_return_path(machine: Machine) -> None:
    address = machine.mailbox(f"zurück@{UMLAUT}".replace("ü", "ue", 1))
    assert dialogue(machine, "", address)[0] == 250
    assert machine.wait_for_mails(address, 1)[0].startswith(b"Return-Path: <>\r\n")


def test_what_is_suspended_refuses_with_words_and_lets_nobody_in(machine: Machine) -> None:
    machine.domain("gesperrt-ö.test")
    address = machine.mailbox("a@gesperrt-ö.test")
    with machine.imap(address):
        pass
    machine.domain("gesperrt-ö.test", suspended=True)
    for recipient in (address, "a@gesperrt-ö.test"):
        code, words = dialogue(machine, "a@example.com", recipient)
        assert code == 550
        assert b"5.2.1" in words
        assert b"suspended" in words
    with pytest.raises(Exception, match=r"gesperrt|suspended"):
        machine.imap(address)
    with pytest.raises(Exception, match=r"gesperrt|suspended"):
        machine.pop3(address)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        machine.submission(address)
    machine.domain("gesperrt-ö.test")
    assert dialogue(machine, "a@example.com", "a@gesperrt-ö.test")[0] == 250
    with machine.imap(address):
        pass


def test_a_suspension_counts_for_a_session_that_has_asked_before(machine: Machine) -> None:
    """Postfix remembers where an address leads; what is refused it asks anew."""
    domain = machine.domain("später-gesperrt.test", reserved=(Reserved("abuse"),))
    address = machine.mailbox(f"a@{domain}")
    with machine.smtp() as client:
        for suspended, code in ((False, 250), (True, 550), (False, 250)):
            machine.domain(domain, suspended=suspended, reserved=(Reserved("abuse"),))
            for recipient in (address, f"a+b@{domain}"):
                client.docmd("RSET")
                client.docmd("MAIL FROM:<a@example.com>")
                answer = client.docmd(f"RCPT TO:<{recipient}>")
                assert (answer[0], b"5.2.1" in answer[1]) == (code, suspended)
            assert client.docmd(f"RCPT TO:<abuse@{domain}>")[0] == 250


def test_what_leads_into_a_suspended_domain_comes_back_with_words(machine: Machine) -> None:
    """By a forward or an alias from elsewhere, and what was accepted before: nothing is delivered there."""
    domain = machine.domain("zu-ist-zu.test")
    shut, sender = machine.mailbox(f"a@{domain}"), machine.mailbox(f"absender-zu@{UMLAUT}")
    machine.domain(domain, suspended=True)
    for way in (
        machine.address(f"umweg@{UMLAUT}", shut),
        machine.mailbox(f"auch@{UMLAUT}", forward_to=(shut,), keep_copy=False),
    ):
        assert dialogue(machine, sender, way)[0] == 250
    mails = machine.wait_for_mails(sender, 2)
    assert all(b"5.2.1" in mail and lookups.SUSPENDED_WORDS.encode() in mail for mail in mails)
    machine.domain(domain)
    assert machine.messages(shut) == []


def test_a_full_mailbox_refuses_at_once_and_can_be_emptied(machine: Machine) -> None:
    address = machine.mailbox(f"voll@{UMLAUT}", quota_mb=1)
    body = b"Subject: gross\r\n\r\n" + b"x" * 76 * 1 + b"\r\n" + (b"y" * 76 + b"\r\n") * 4000
    size = f"SIZE={len(body)}"
    for count in range(1, 4):
        assert dialogue(machine, "a@example.com", address, size, body=body)[0] == 250
        machine.wait_for_mails(address, count)
    for recipient in (address, f"voll@{UMLAUT}"):
        code, words = dialogue(machine, "a@example.com", recipient, size)
        assert (code, words.endswith(b"This mailbox is full")) == (552, True)
    with machine.imap(address) as client:
        client.select("INBOX")
        assert client.copy("1", "Trash")[0] == "OK"  # a client's way to delete
        client.store("1", "+FLAGS", r"\Deleted")
        client.expunge()
        client.select("Trash")
        client.store("1:*", "+FLAGS", r"\Deleted")
        client.expunge()
    assert dialogue(machine, "a@example.com", address)[0] == 250


def test_sessions_that_do_nothing_hold_up_nobodys_mail(town: "Town") -> None:
    """Each has asked for a mailbox's fill once, and stays. One address gets no more than its share of sessions."""
    machine = town.machine
    address = machine.mailbox(f"warten@{UMLAUT}")
    with contextlib.ExitStack() as stack:
        for host in ("127.0.0.1", "::1"):
            for _ in range(18):
                client = stack.enter_context(contextlib.closing(machine.smtp(host)))
                assert client.mail("a@example.com")[0] == client.rcpt(address)[0] == 250
        began = time.monotonic()
        line = [
            "--server",
            town.outside.machine,
            "--port",
            str(machine.prefix.ports["smtp"]),
            "--from",
            "b@example.com",
        ]
        done = machine.swaks(*line, "--to", address, space=town.outside.space)
        assert done.returncode == 0, done.stdout
        assert time.monotonic() - began < 5
        with pytest.raises(smtplib.SMTPException):
            for _ in range(5):
                stack.enter_context(contextlib.closing(machine.smtp()))
    assert b"<b@example.com>" in machine.wait_for_mails(address, 1)[0]


def test_what_the_fixtures_set_up_they_leave_alone_and_mend(machine: Machine) -> None:
    spoilt = dovecot.folder(machine.prefix) / "sql.conf"
    good = spoilt.read_bytes()
    spoilt.write_bytes(good + b"# spoilt\n")
    notes = {}
    for fixture in FIXTURES:
        plan = fixture.plan(machine.prefix, fixture.gather(machine.node))
        notes |= plan.notes
        if fixture.name == "mail.dovecot":
            machine.carry_out(plan)
    assert str(spoilt) in notes
    assert spoilt.read_bytes() == good
    again = [
        fixture.plan(machine.prefix, fixture.gather(machine.node))
        for fixture in FIXTURES
        if fixture.name != "mail.postfix"
    ]
    assert all(plan.empty for plan in again)  # Postfix' has this town's relay in it
    machine.wait_until_well()


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.daemon)
def test_a_configuration_that_its_daemon_refuses_never_takes_its_place(machine: Machine, part: Part) -> None:
    broken = {"postfix": "master.cf", "dovecot": "dovecot.conf", "mail-front": "nginx.conf"}[part.daemon]
    rendered = part.files(machine.prefix)
    worse = dataclasses.replace(
        part, files=lambda _prefix: {**rendered, broken: rendered[broken] + b"\nnonsense { x\n"}
    )
    place = part.folder(machine.prefix) / broken
    before = place.read_bytes()
    with pytest.raises(RuntimeError, match=r"(?i)nonsense|unexpected|bad|fatal|error"):
        machine.carry_out(part_plan(worse, machine.prefix, part_facts(worse, machine.node)))
    assert place.read_bytes() == before
