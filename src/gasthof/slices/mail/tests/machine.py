"""A mail machine for tests (gasthof.slices.mail.bench.machine), with all that customers and strangers do to it.

with Machine.started() as machine:
    machine.domain("grüße-aus-köln.test")
    machine.mailbox("info@grüße-aus-köln.test", "password")
    machine.send(...); machine.imap(...)
"""

import imaplib
import poplib
import smtplib
import socket
import ssl
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

import idna

from gasthof.agent.sdk.steps import Ask, LocalCertificate, MakeDirectory, Plan
from gasthof.slices.mail.bench import machine
from gasthof.slices.mail.bench.machine import PASSWORD, SUBSCRIPTION, UID, ascii_address, ensure_users, free_ports
from gasthof.slices.mail.node import lookups, places
from gasthof.slices.mail.spec import AddressSpec
from gasthof.slices.mail.tests.managesieve_client import ManageSieve

__all__ = ["ASCII", "PASSWORD", "UID", "UMLAUT", "Machine", "ensure_users", "free_ports", "wait_for"]

UMLAUT = "grüße-aus-köln.test"
ASCII = idna.encode(UMLAUT, uts46=True).decode()


def wait_for(condition: Callable[[], object], seconds: float = 45, what: str = "") -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"timed out: {what or condition}"
        time.sleep(0.03)


@dataclass
class Machine(machine.Machine):
    def ask(self, service: str, verb: str, argument: str) -> None:
        self.carry_out(Plan(after=(Ask(service, verb, argument),)))

    def present(self, name: str) -> None:
        """A mail name with a certificate, on all ports."""
        folder = places.tls(self.prefix) / name
        steps = (
            MakeDirectory(folder, 0o750, "root", places.FRONT_USER),
            LocalCertificate(folder, (name,), places.FRONT_USER),
        )
        self.carry_out(Plan(prepare=steps, after=(Ask("mail-sni", "put", name),)))

    def address(self, address: str, *targets: str, senders: tuple[str, ...] = ()) -> str:
        address = ascii_address(address)
        spec = AddressSpec(
            address, SUBSCRIPTION, tuple(map(ascii_address, targets)), tuple(map(ascii_address, senders))
        )
        self.rows(f"mail.address {address}", lookups.postfix_address(spec))
        return address

    def kill(self, name: str) -> None:
        """kill -9 of the main process alone."""
        self.processes[name].kill()
        self.processes[name].wait()

    # clients

    def imap(self, user: str, password: str = PASSWORD, name: str = "") -> imaplib.IMAP4_SSL:
        client = _Imap("127.0.0.1", self.prefix.ports["imaps"], name or self.prefix.host, self.trust())
        client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        return client

    def pop3(self, user: str, password: str = PASSWORD) -> poplib.POP3_SSL:
        context = self.trust()
        context.check_hostname = False
        client = poplib.POP3_SSL("127.0.0.1", self.prefix.ports["pop3s"], context=context, timeout=15)
        client.user(user)
        client.pass_(password)
        return client

    def sieve(self, user: str, password: str = PASSWORD, name: str = "", host: str = "127.0.0.1") -> ManageSieve:
        """Signed in."""
        client = ManageSieve((host, self.prefix.ports["sieve"]))
        client.secure(self.trust(), name or self.prefix.host)
        client.sign_in(user, password)
        return client

    def submission(self, user: str = "", password: str = PASSWORD) -> smtplib.SMTP:
        client = smtplib.SMTP("127.0.0.1", self.prefix.ports["submission"], "client.example", timeout=20)
        client._host = self.prefix.host  # type: ignore[attr-defined]  # the name for TLS
        client.starttls(context=self.trust())
        client.ehlo()
        if user:
            answer = client.docmd("AUTH", f"PLAIN {b64encode(f'{chr(0)}{user}{chr(0)}{password}'.encode()).decode()}")
            if answer[0] != 235:
                raise smtplib.SMTPAuthenticationError(*answer)
        return client

    def smtp(self, host: str = "127.0.0.1") -> smtplib.SMTP:
        client = smtplib.SMTP(host, self.prefix.ports["smtp"], "client.example", timeout=20)
        client.ehlo()
        return client

    def swaks(self, *words: str, space: str = "") -> subprocess.CompletedProcess[str]:
        inside = ["/usr/bin/ip", "netns", "exec", space] if space else []
        line = [*inside, "/usr/bin/swaks", "--suppress-data", *words]
        return subprocess.run(
            line,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        )

    def messages(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """All mails of a folder, whole; none of one that no mail has made yet."""
        with self.imap(user) as client:
            if client.select(f'"{folder}"', readonly=True)[0] != "OK":
                return []
            numbers = client.search(None, "ALL")[1][0].split()
            return [client.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1] for number in numbers]  # type: ignore[index,misc]

    def wait_for_mails(self, user: str, count: int, folder: str = "INBOX") -> list[bytes]:
        wait_for(lambda: len(self.messages(user, folder)) >= count, what=f"{count} mails of {user}: {self.words()}")
        return self.messages(user, folder)


class _Imap(imaplib.IMAP4_SSL):
    """Connects to an address and asks for another name."""

    def __init__(self, host: str, port: int, name: str, context: ssl.SSLContext) -> None:
        self._name = name
        super().__init__(host, port, ssl_context=context, timeout=20)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = imaplib.IMAP4._create_socket(self, timeout)  # type: ignore[attr-defined]
        wrapped: ssl.SSLSocket = self.ssl_context.wrap_socket(plain, server_hostname=self._name)
        return wrapped
