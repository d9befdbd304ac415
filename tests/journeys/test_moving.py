"""A customer's subscription exported, deleted and imported through the verbs, on the real daemons: every byte and every setting back."""

import imaplib
import json
import os
import subprocess
import time
from typing import Any

import httpx
import idna
import psycopg
import pymysql
import pytest

from gasthof.agent.tests.node import tree
from gasthof.slices.mail.node import places
from gasthof.slices.mail.tests.managesieve_client import ManageSieve
from tests.customers import WHO_AM_I, Guest, arrive
from tests.platform import Platform

pytestmark = pytest.mark.daemons

NAME = "umzug-müller.test"
PASSWORD = "Süße-Äpfel-17"
SERVERS = ("mariadb", "postgres")
MAIL = "Subject: Grüße\r\nFrom: anna@umzug-müller.test\r\n\r\nDer Käse ist da.\r\n".encode()
FILTER = 'require ["fileinto", "mailbox"];\r\nif header :contains "Subject" "Käse" { fileinto :create "Käse"; }\r\n'
ROOT = f"web/{idna.encode(NAME).decode()}"


def contents(guest: Guest) -> dict[str, Any]:
    found = tree(guest.home / "web")
    return {path: (mode, owner == guest.uid, group, content) for path, (mode, owner, group, content) in found.items()}


class Tenant:
    """What belongs to the customer beside files, as its programs and people see it."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def furnish(self, guest: Guest) -> None:
        run = self.platform.run
        run("dns.set_records", domain=NAME, name="büro", type="TXT", contents="Grüße aus dem Büro")
        run("mail.add_mailbox", domain=NAME, name="info", password=PASSWORD)
        run(
            "mail.set_vacation",
            mailbox=f"info@{NAME}",
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
        run("ftp.add_user", subscription=guest.subscription, name="anna", directory=ROOT, password=PASSWORD)
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
        client.authenticate("PLAIN", lambda _: f"\0info@{NAME}\0{PASSWORD}".encode())
        return client

    def sieve(self) -> ManageSieve:
        client = ManageSieve(("127.0.0.1", self.platform.ports["sieve"]))
        client.secure(self.platform.trust(), f"mail.{idna.encode(NAME).decode()}")
        client.sign_in(f"info@{NAME}", PASSWORD)
        return client

    def note(self) -> str:
        """What Dovecot is told to answer."""
        return places.vacation(self.platform.prefix, f"info@{idna.encode(NAME).decode()}").read_text("utf-8")

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

    def text_record(self) -> str:
        port, name = str(self.platform.prefix.ports["dns"]), idna.encode(f"büro.{NAME}").decode()
        line = ["/usr/bin/dig", "@127.0.0.1", "-p", port, "+short", "+tries=2", "TXT", name]
        return subprocess.run(line, check=True, capture_output=True, text=True, timeout=20).stdout.strip()


def wait_for(platform: Platform, guest: Guest, export: str) -> dict[str, Any]:
    """The export's row once the node has made it."""
    until = time.monotonic() + 60
    while True:
        rows = platform.run("subscriptions.exports", customer=guest.number, wait=False)["result"]["exports"]
        row = next(row for row in rows if row["export"] == export)
        if row["state"] != "pending" or time.monotonic() > until:
            return dict(row)
        time.sleep(0.2)


@pytest.fixture(scope="module")
def guest(platform: Platform) -> Guest:
    guest = arrive(platform, "Umzug Müller")
    platform.run("domains.add", subscription=guest.subscription, name=NAME)
    guest.put(f"{ROOT}/wer.php", WHO_AM_I)
    guest.put(f"{ROOT}/geheim/plan.txt", b"der Plan")
    guest.put(f"{ROOT}/bild ä.bin", os.urandom(300_000), 0o600)
    (guest.home / ROOT / "link.php").symlink_to("wer.php")
    os.lchown(guest.home / ROOT / "link.php", guest.uid, (guest.home / "web").stat().st_gid)
    (guest.home / ROOT / "index.html").unlink()
    platform.run("web.protect", subscription=guest.subscription, path=f"{ROOT}/geheim", title="Geheim")
    platform.run(
        "web.add_protected_user",
        subscription=guest.subscription, path=f"{ROOT}/geheim", name="jürgen", password=PASSWORD,
    )  # fmt: skip
    platform.run("web.add_alias", domain=NAME, name="umzug-zwei.test")
    platform.run("web.change_site", domain=NAME, php_settings="memory_limit=96M")
    return guest


def test_a_subscription_moves_out_and_in(platform: Platform, guest: Guest) -> None:
    tenant = Tenant(platform)
    tenant.furnish(guest)
    before, seen = contents(guest), tenant.seen(guest)
    assert 'Grüße \\"vom\\" Strand\n.\n\U0001f3d6' in seen["note"]
    assert seen["filters"] == {"Käse & mehr ACTIVE": FILTER.encode(), "ruht": b"discard;"}
    assert seen["mail"] == [(b"Seen", MAIL)] and seen["mariadb"] == seen["postgres"] == [("Öl & Käse \U0001f9c0", 42)]
    export = platform.run("subscriptions.export", subscription=guest.subscription)["result"]["export"]
    row = wait_for(platform, guest, export)
    assert (row["state"], row["left_out"]) == ("complete", []) and row["bytes"] > 300_000
    platform.run("subscriptions.delete", subscription=guest.subscription)
    assert not guest.home.exists()
    made = platform.run("subscriptions.import", export=export)["result"]
    new = Guest(platform, guest.number, made["subscription"])
    assert new.subscription != guest.subscription and new.uid != 0
    assert contents(new) == before
    assert tenant.seen(guest) == seen
    assert platform.https(NAME, "/wer.php").text.startswith(f"uid={new.uid} ")
    assert platform.https("umzug-zwei.test", "/wer.php").text.endswith("limit=96M")
    assert platform.https(NAME, "/geheim/plan.txt").status_code == 401
    auth = httpx.BasicAuth("jürgen", PASSWORD)
    assert platform.https(NAME, "/geheim/plan.txt", auth=auth).text == "der Plan"
    assert platform.run("subscriptions.health", subscription=new.subscription, wait=False)["result"]["well"]
    settings = json.loads((platform.root / "exports" / export / "settings.json").read_text("utf-8"))
    assert settings["settings"]["domains"] == [idna.encode(NAME).decode()]
    suspended(platform, new)
    platform.run("subscriptions.delete_export", export=export)
    assert not (platform.root / "exports" / export).exists()


def suspended(platform: Platform, guest: Guest) -> None:
    """None of its PHP runs, and all is back afterwards."""
    [socket] = platform.prefix.run.glob(f"php/*/{guest.subscription}.sock")
    platform.run("subscriptions.suspend", subscription=guest.subscription)
    assert platform.https(NAME, "/wer.php").status_code == 503 and not socket.exists()
    platform.run("subscriptions.resume", subscription=guest.subscription)
    assert platform.https(NAME, "/wer.php").text.startswith(f"uid={guest.uid} ")
