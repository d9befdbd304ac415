"""All that a customer has besides the website, and clients that say which of it does not work."""

import io
import smtplib
import uuid
from dataclasses import dataclass, field

import dns.message
import dns.query
import dns.rdatatype
import idna
import psycopg
import pymysql

from gasthof.bench.clients import ADDRESS, Clients, Ftp
from tests.customers import Guest

PASSWORD = "Sehr-Geheim-17!"  # in ASCII: imaplib and PyMySQL send no other
ASKED = "wer-bin-ich"


@dataclass
class Services:
    """Of one domain: a record, a mailbox, an FTP user, and a database of each server."""

    guest: Guest
    domain: str
    clients: Clients = field(init=False)

    def __post_init__(self) -> None:
        self.clients = Clients(self.guest.platform.prefix)

    @property
    def ascii(self) -> str:
        return idna.encode(self.domain, uts46=True).decode()

    @property
    def address(self) -> str:
        return f"post@{self.ascii}"

    @property
    def ftp_user(self) -> str:
        return f"{self.guest.subscription}-laden"

    @property
    def database(self) -> str:
        return f"{self.guest.subscription}_laden"

    def furnish(self) -> "Services":
        run, mine = self.guest.platform.run, {"subscription": self.guest.subscription}
        run("dns.add_record", domain=self.domain, name=ASKED, type="TXT", content=f'"{self.ascii}"')
        run("mail.add_mailbox", domain=self.domain, name="post", password=PASSWORD)
        run("ftp.add_user", **mine, name="laden", directory="web", password=PASSWORD)
        for server in ("mariadb", "postgres"):
            run("databases.create", **mine, server=server, name="laden")
            run("databases.add_user", database=f"{server}/{self.database}", name="laden", password=PASSWORD)
        return self

    def failing(self) -> dict[str, str]:
        """Service -> what its client was told; empty: all is well."""
        found = {}
        for name in ("zone", "delivery", "mailbox", "files", "mariadb", "postgres"):
            try:
                getattr(self, f"use_{name}")()
            except Exception as error:  # whatever a client raises is its answer
                found[name] = f"{type(error).__name__}: {error}"
        return found

    def use_zone(self) -> None:
        name = f"{ASKED}.{self.ascii}"
        query = dns.message.make_query(name, dns.rdatatype.TXT)
        answer = dns.query.udp(query, ADDRESS, 5, port=self.guest.platform.ports["dns"])
        texts = [record.to_text() for rrset in answer.answer for record in rrset]
        assert texts == [f'"{self.ascii}"'], texts

    def use_delivery(self) -> None:
        with smtplib.SMTP(ADDRESS, self.guest.platform.ports["smtp"], "mail.anderswo.test", 20) as server:
            server.sendmail("a@anderswo.test", [self.address], f"Subject: {uuid.uuid4()}\r\n\r\nguten Tag\r\n")

    def use_mailbox(self) -> None:
        assert self.clients.reads(self.address, PASSWORD), "the login is refused"

    def use_files(self) -> None:
        """What is put there comes back."""
        client = Ftp(context=self.clients.trust, timeout=20)
        client.connect(ADDRESS, self.guest.platform.ports["ftp"])
        client.host = self.clients.host
        content = uuid.uuid4().bytes
        try:
            client.login(self.ftp_user, PASSWORD)
            client.prot_p()
            client.storbinary("STOR prüfung.bin", io.BytesIO(content))
            back = io.BytesIO()
            client.retrbinary("RETR prüfung.bin", back.write)
        finally:
            client.close()
        assert back.getvalue() == content

    def use_mariadb(self) -> None:
        how = {"host": ADDRESS, "port": self.guest.platform.ports["mariadb"], "connect_timeout": 10}
        who = {"user": self.database, "password": PASSWORD, "database": self.database}
        with pymysql.connect(**how, **who) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 'Käse'")
            assert cursor.fetchone() == ("Käse",)

    def use_postgres(self) -> None:
        how = {"host": ADDRESS, "port": self.guest.platform.ports["postgres"], "connect_timeout": 10}
        who = {"user": self.database, "password": PASSWORD, "dbname": self.database}
        with psycopg.connect(**how, **who) as connection:
            assert connection.execute("SELECT 'Käse'").fetchone() == ("Käse",)
