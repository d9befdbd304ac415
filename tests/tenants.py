"""What belongs to a customer of a running platform beside files, as their programs and people see it."""

import imaplib
import subprocess
from typing import Any

import idna
import psycopg
import pymysql

from gasthof.slices.mail.node import places
from gasthof.slices.mail.tests.managesieve_client import ManageSieve
from tests.customers import Guest
from tests.platform import Platform

PASSWORD = "Süße-Äpfel-17"
SERVERS = ("mariadb", "postgres")
MAIL = "Subject: Grüße\r\nFrom: anna@umzug-müller.test\r\n\r\nDer Käse ist da.\r\n".encode()
FILTER = 'require ["fileinto", "mailbox"];\r\nif header :contains "Subject" "Käse" { fileinto :create "Käse"; }\r\n'


class Tenant:
    """Of one domain: a record, a mailbox with filters and a note, a database of each server, an FTP user."""

    def __init__(self, platform: Platform, domain: str) -> None:
        self.platform, self.domain = platform, domain
        self.ascii = idna.encode(domain, uts46=True).decode()

    def furnish(self, guest: Guest) -> None:
        run = self.platform.run
        run("dns.set_records", domain=self.domain, name="büro", type="TXT", contents="Grüße aus dem Büro")
        run("mail.add_mailbox", domain=self.domain, name="info", password=PASSWORD)
        run(
            "mail.set_vacation",
            mailbox=f"info@{self.domain}",
            active="yes",
            text='Grüße "vom" Strand\n.\n\U0001f3d6',
            last="2999-01-06",
        )
        for server in SERVERS:
            database = run("databases.create", subscription=guest.subscription, server=server, name="shop")["result"]
            assert database["database"].endswith(self.database(guest)), database
            run("databases.add_user", database=f"{server}/{self.database(guest)}", name="kasse", password=PASSWORD)
            self.ask(guest, server, "CREATE TABLE ware (name text, preis int)")
            self.ask(guest, server, "INSERT INTO ware VALUES ('Öl & Käse \U0001f9c0', 42)")
        run(
            "ftp.add_user",
            subscription=guest.subscription,
            name="anna",
            directory=f"web/{self.ascii}",
            password=PASSWORD,
        )
        with self.imap() as client:
            client.append("INBOX", r"(\Seen)", "", MAIL)  # type: ignore[arg-type]
        with self.sieve() as filters:
            filters.put("Käse & mehr", FILTER)
            filters.put("ruht", "discard;")
            filters.activate("Käse & mehr")

    def seen(self, guest: Guest) -> dict[str, Any]:
        """By the names that the guest's first subscription gave."""
        rows = {server: self.ask(guest, server, "SELECT name, preis FROM ware") for server in SERVERS}
        return {"mail": self.mails(), "filters": self.filters(), "note": self.note(), "txt": self.text_record(), **rows}

    @staticmethod
    def database(guest: Guest) -> str:
        return f"{guest.subscription}_shop"

    def ask(self, guest: Guest, server: str, statement: str) -> list[Any]:
        user, port = f"{guest.subscription}_kasse", self.platform.prefix.ports[server]
        if server == "mariadb":
            connection: Any = pymysql.connect(
                host="127.0.0.1", port=port, user=user, password=PASSWORD.encode(), database=self.database(guest),
                charset="utf8mb4", autocommit=True,
            )  # fmt: skip
        else:
            connection = psycopg.connect(
                host="127.0.0.1", port=port, user=user, password=PASSWORD, dbname=self.database(guest), autocommit=True
            )
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def imap(self) -> imaplib.IMAP4_SSL:
        trusted = self.platform.trust()
        trusted.check_hostname = False
        client = imaplib.IMAP4_SSL("127.0.0.1", self.platform.prefix.ports["imaps"], ssl_context=trusted, timeout=20)
        client.authenticate("PLAIN", lambda _: f"\0info@{self.domain}\0{PASSWORD}".encode())
        return client

    def sieve(self) -> ManageSieve:
        client = ManageSieve(("127.0.0.1", self.platform.ports["sieve"]))
        client.secure(self.platform.trust(), f"mail.{self.ascii}")
        client.sign_in(f"info@{self.domain}", PASSWORD)
        return client

    def note(self) -> str:
        """What Dovecot is told to answer."""
        return places.vacation(self.platform.prefix, f"info@{self.ascii}").read_text("utf-8")

    def filters(self) -> dict[str, bytes]:
        with self.sieve() as client:
            return {name: client.get(name.removesuffix(" ACTIVE")) for name in client.names()}

    def mails(self) -> list[tuple[bytes, bytes]]:
        """Flags and text of each."""
        with self.imap() as client:
            client.select("INBOX", readonly=True)
            numbers = client.search(None, "ALL")[1][0].split()
            found = [client.fetch(number.decode(), "(FLAGS BODY.PEEK[])")[1] for number in numbers]
        return [(b"Seen" if b"\\Seen" in each[0][0] + each[-1] else b"", each[0][1]) for each in found]  # type: ignore[index,operator,misc]

    def postbox(self) -> dict[str, list[tuple[bytes, bytes]]]:
        """Each folder, with number, flags, date and text of each mail in it."""
        with self.imap() as client:
            names = [line.split()[-1].decode() for line in client.list()[1]]  # type: ignore[union-attr]
            return {name: self._mails_in(client, name) for name in sorted(names)}

    @staticmethod
    def _mails_in(client: imaplib.IMAP4_SSL, folder: str) -> list[tuple[bytes, bytes]]:
        if client.select(folder, readonly=True)[1] == [b"0"]:
            return []
        found: list[Any] = client.fetch("1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")[1]
        return [(each[0].replace(b"\\Recent", b""), each[1]) for each in found if isinstance(each, tuple)]

    def text_record(self) -> str:
        port, name = str(self.platform.prefix.ports["dns"]), idna.encode(f"büro.{self.domain}").decode()
        line = ["/usr/bin/dig", "@127.0.0.1", "-p", port, "+short", "+tries=2", "TXT", name]
        return subprocess.run(line, check=True, capture_output=True, text=True, timeout=20).stdout.strip()
