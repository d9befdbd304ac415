"""Who asks the daemons whether a change has come: a resolver, a mail server with mail to deliver, people who sign in."""

import ftplib
import imaplib
import smtplib
import socket
import sqlite3
import ssl
import time
from collections.abc import Callable
from contextlib import closing

import dns.message
import dns.query
import dns.rdatatype

from gasthof.prefix import Prefix
from gasthof.slices.ftp.node.configuration import lookup

ADDRESS = "127.0.0.1"
LOOK = 0.002  # seconds
PATIENCE = 10.0  # seconds for one answer
SENDER = "absender@anderswo.test"


class Clients:
    """Each question is a new connection; the local CA alone is trusted."""

    def __init__(self, prefix: Prefix) -> None:
        self.prefix, self.ports, self.host = prefix, prefix.ports, prefix.host
        self.trust = ssl.create_default_context(cafile=str(prefix.ca_certificate))

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name by UDP; empty where there are none."""
        query = dns.message.make_query(name, dns.rdatatype.TXT)
        answer = dns.query.udp(query, ADDRESS, PATIENCE, port=self.ports["dns"])
        return [record.to_text() for rrset in answer.answer for record in rrset]

    def delivers(self, address: str) -> bool:
        """Whether mail for the address is accepted, from another server and without a password."""
        with smtplib.SMTP(ADDRESS, self.ports["smtp"], "mail.anderswo.test", PATIENCE) as server:
            server.ehlo()
            server.mail(SENDER)
            return server.rcpt(address)[0] == 250

    def reads(self, address: str, password: str) -> bool:
        """Whether the mailbox opens, by the name of the customer's own mail server."""
        port = self.ports["imaps"]
        client = Imap(f"mail.{address.partition('@')[2]}", port, ssl_context=self.trust, timeout=PATIENCE)
        try:
            return client.login(address, password)[0] == "OK" and client.select("INBOX")[0] == "OK"
        except imaplib.IMAP4.error:
            return False
        finally:
            client.logout()

    def knows(self, user: str) -> bool:
        """Whether ProFTPD would find the user; asked from aside, and rarely enough to keep nobody from writing there."""
        time.sleep(LOOK)
        with closing(
            sqlite3.connect(f"file:{lookup(self.prefix).path}?mode=ro", uri=True, timeout=PATIENCE)
        ) as database:
            return database.execute("SELECT 1 FROM users WHERE name = ?", [user]).fetchone() is not None

    def transfers(self, user: str, password: str) -> bool:
        """Whether the FTP user gets in."""
        client = Ftp(context=self.trust, timeout=PATIENCE)
        client.connect(ADDRESS, self.ports["ftp"])
        client.host = self.host
        try:
            client.login(user, password)
        except ftplib.error_perm:
            return False
        finally:
            client.close()
        return True


class Imap(imaplib.IMAP4_SSL):
    """To the loopback, whatever the name that the certificate has to fit."""

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        plain = socket.create_connection((ADDRESS, self.port), timeout)
        trust: ssl.SSLContext = self.ssl_context
        return trust.wrap_socket(plain, server_hostname=self.host)


class Ftp(ftplib.FTP_TLS):
    """Files by TLS; the certificate has to fit `host`, which is the address until it is set otherwise."""


def wait(true: Callable[[], bool], patience: float = 30) -> float:
    """Seconds until it is so. TimeoutError."""
    start = time.perf_counter()
    while not true():
        if time.perf_counter() - start > patience:
            raise TimeoutError("the change does not come")
    return time.perf_counter() - start
