"""Customers hand in mail: only with TLS, only with their password, only in their own name."""

import contextlib
import imaplib
import os
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gasthof.slices.mail.node import places
from gasthof.slices.mail.tests.machine import ASCII, PASSWORD, UMLAUT, Machine, wait_for

if TYPE_CHECKING:
    from gasthof.slices.mail.tests.conftest import Town

pytestmark = pytest.mark.daemons


def refused(client: smtplib.SMTP, sender: str, recipient: str = "a@elsewhere.example") -> int:
    """The code that a mail is refused with, 250 if it is not."""
    client.rset()
    client.command_encoding = "utf-8"
    for line in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"):
        code, _ = client.docmd(line)
        if code >= 400:
            return code
    return 250


def test_a_mail_leaves_in_both_spellings_of_its_sender(town: "Town") -> None:
    machine = town.machine
    address = machine.mailbox(f"chefin@{UMLAUT}")
    ways = [(address, address), (f"chefin@{UMLAUT}", f"chefin@{UMLAUT}"), (address, f"Chefin+buero@{UMLAUT}")]
    for number, (login, sender) in enumerate(ways):
        with machine.submission(login) as client:
            assert refused(client, sender, f"{number}@elsewhere.example") == 250
            assert client.data(b"Subject: x\r\n\r\nx\r\n")[0] == 250
    wanted = {
        (address, "0@elsewhere.example"),
        (address, "1@elsewhere.example"),
        (f"Chefin+buero@{ASCII}", "2@elsewhere.example"),
    }
    wait_for(lambda: wanted <= town.elsewhere.envelopes(), what=str(town.elsewhere.envelopes()))


def test_swaks_with_implicit_and_with_explicit_tls(town: "Town") -> None:
    machine = town.machine
    address = machine.mailbox(f"swaks@{UMLAUT}")
    for port, option in (("smtps", "--tls-on-connect"), ("submission", "--tls")):
        line = ["--server", town.outside.machine, "--port", str(machine.prefix.ports[port]), option, "--auth", "PLAIN"]
        words = [
            *line,
            "--auth-user",
            address,
            "--auth-password",
            PASSWORD,
            "--from",
            address,
            "--to",
            f"{port}@elsewhere.example",
        ]
        done = machine.swaks(*words, space=town.outside.space)
        assert done.returncode == 0, done.stdout
        assert PASSWORD not in machine.words()
    wait_for(
        lambda: (
            {(address, f"{port}@elsewhere.example") for port in ("smtps", "submission")} <= town.elsewhere.envelopes()
        )
    )


def test_only_ones_own_addresses(machine: Machine) -> None:
    mine = machine.mailbox(f"meine@{UMLAUT}")
    other = machine.mailbox("fremd@bücher.test")
    alias = machine.address(f"auch-meine@{UMLAUT}", mine, senders=(mine,))
    with machine.submission(mine) as client:
        for sender in (mine, alias, f"auch-meine@{UMLAUT}", f"meine@{UMLAUT}"):
            assert refused(client, sender) == 250, sender
        strangers = (
            other,
            "fremd@bücher.test",
            "a@gmail.example",
            "postmaster@server.gasthof.test",
            f"niemand@{ASCII}",
        )
        tricks = (
            f'"{mine}"@bücher.test',
            f"meine%{ASCII}@xn--bcher-kva.test",
            f"@{ASCII}:{other}",
            "meine",
            f"{other}+{mine}",
        )
        for sender in (*strangers, *tricks):
            assert refused(client, sender) in (501, 550, 553, 504, 554), sender


def test_whom_one_can_write_to_here(machine: Machine) -> None:
    mine = machine.mailbox(f"schreibt@{UMLAUT}")
    machine.address(f"auch-schreibt@{UMLAUT}", mine)
    rest, shut = machine.domain("alles-hier.test", catch_all=mine), machine.domain("zu-hier.test", suspended=True)
    machine.mailbox(f"a@{shut}")
    with machine.submission(mine) as client:
        for local in ("schreibt", "Schreibt+x", "auch-schreibt", "auch-schreibt+x"):
            assert refused(client, mine, f"{local}@{UMLAUT}") == 250, local
        assert refused(client, mine, f"irgendwer+x@{rest}") == 250
        for recipient, status in (
            (f"niemand@{ASCII}", b"5.1.1"),
            (f"niemand+x@{ASCII}", b"5.1.1"),
            (f"a+x@{shut}", b"5.2.1"),
        ):
            client.docmd("RSET")
            client.docmd(f"MAIL FROM:<{mine}>")
            code, words = client.docmd(f"RCPT TO:<{recipient}>")
            assert (code, words[:5]) == (550, status), words


def test_the_empty_sender_is_for_receipts_to_one(machine: Machine) -> None:
    mine = machine.mailbox(f"quittung@{UMLAUT}")
    with machine.submission(mine) as client:
        assert refused(client, "") == 250
        client.docmd("RCPT TO:<b@elsewhere.example>")
        assert client.docmd("DATA")[0] == 550


def test_nothing_without_tls_or_password(machine: Machine) -> None:
    mine = machine.mailbox(f"sicher@{UMLAUT}")
    with smtplib.SMTP("127.0.0.1", machine.prefix.ports["submission"], "client.example", timeout=10) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        assert client.docmd("AUTH PLAIN AGEAYg==")[0] in (503, 530, 538)
        assert client.docmd(f"MAIL FROM:<{mine}>")[0] == 530
    with machine.submission() as client:
        assert refused(client, mine, mine) == 554
        assert refused(client, mine) == 554
    with machine.smtp() as client:
        assert not client.has_extn("auth")
        client.starttls(context=_trusting_none())
        client.ehlo()
        assert not client.has_extn("auth")


def test_wrong_passwords_and_old_protocols(machine: Machine) -> None:
    mine = machine.mailbox(f"falsch@{UMLAUT}")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        machine.submission(mine, PASSWORD + " ")
    with pytest.raises(imaplib.IMAP4.error, match=r"(?i)auth"):
        machine.imap(mine, "falsch")
    assert machine.pop3(mine).stat() == (0, 0)
    for port in ("smtps", "imaps", "pop3s"):
        context = _trusting_none()
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with socket.create_connection(("127.0.0.1", machine.prefix.ports[port]), 5) as plain, pytest.raises(OSError):
            context.wrap_socket(plain)


def test_a_new_password_counts_at_once_and_ends_sessions(machine: Machine) -> None:
    mine = machine.mailbox(f"neu@{UMLAUT}", "Altes Passwort 1")
    old = machine.imap(mine, "Altes Passwort 1")
    machine.mailbox(mine, "Neues Passwort 2")
    machine.ask("dovecot", "kick", mine)
    with pytest.raises(Exception, match=r"(?i)server|closed|eof|abort"):
        old.select("INBOX")
    with pytest.raises(Exception, match=r"(?i)auth"):
        machine.imap(mine, "Altes Passwort 1")
    with machine.imap(mine, "Neues Passwort 2") as client:
        assert client.select("INBOX")[0] == "OK"
    open_one = machine.imap(mine, "Neues Passwort 2")
    machine.ask("dovecot", "kick_domain", ASCII)
    with pytest.raises(imaplib.IMAP4.error):
        open_one.noop()
    machine.ask("dovecot", "kick", f"nobody@{ASCII}")


@pytest.mark.parametrize("why", ["password", "suspended"])
def test_an_open_session_sends_nothing_after_a_new_password_or_a_suspension(machine: Machine, why: str) -> None:
    domain = machine.domain(f"bleibt-{why}-ö.test")
    mine = machine.mailbox(f"offen@{domain}")
    sessions = [(machine.submission(mine), sender) for sender in (mine, "")]
    assert [refused(client, sender) for client, sender in sessions] == [250, 250]
    if why == "password":
        machine.mailbox(mine, "Neues Passwort 2")
    else:
        machine.domain(domain, suspended=True)
    for client, sender in sessions:
        client.docmd("RSET")
        client.docmd(f"MAIL FROM:<{sender}>")
        assert client.docmd("RCPT TO:<b@elsewhere.example>")[0] == 421
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()


def test_whoever_takes_over_a_mail_process_writes_no_look_ups(machine: Machine) -> None:
    """smtpd opens its tables while it is root, and reads what strangers send when it no longer is."""
    mine = machine.mailbox(f"offen@{UMLAUT}")
    with machine.submission(mine) as client:
        assert refused(client, mine) == 250
        opened = dict(_opened_by(machine, "postfix"))
    assert "smtpd" in opened and set(opened.values()) == {os.O_RDONLY}, opened
    with machine.smtp() as client:
        client.sendmail("a@example.com", [mine], "Subject: x\n\nx")
    machine.wait_for_mails(mine, 1)
    opened = dict(_opened_by(machine, "dovecot"))
    assert "auth" in opened and set(opened.values()) == {os.O_RDONLY}, opened


def _opened_by(machine: Machine, daemon: str) -> Iterator[tuple[str, int]]:
    """Process' name and access mode of each descriptor (proc(5), fdinfo) of the daemon's look-up database."""
    session, path = str(machine.processes[daemon].pid), str(places.lookup(machine.prefix, daemon))
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            name, _, fields = (process / "stat").read_text().partition("(")[2].rpartition(")")
            if fields.split()[3] != session:
                continue
            for each in (process / "fd").iterdir():
                if str(each.readlink()) == path:
                    found = re.search(r"flags:\s*(\d+)", (process / "fdinfo" / each.name).read_text())
                    assert found
                    yield name, int(found[1], 8) & os.O_ACCMODE


def test_no_name_of_a_program_or_version(machine: Machine) -> None:
    with machine.smtp() as client:
        said = [client.docmd(line)[1] for line in ("HELP", "VRFY root", "EXPN root", "ETRN x", "NOOP")]
        said.append(client.ehlo()[1])
    assert not any(b"3.7" in line or b"Debian" in line for line in said)
    with machine.submission() as client:
        assert client.vrfy("chefin")[0] == 502


def _trusting_none() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
