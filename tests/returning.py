"""A customer who lets everything run out and has it back later: what they have, what of it is gone, and the way back through the pages."""

import email
import os
import re
import stat
from dataclasses import dataclass, field
from datetime import date
from email.policy import default
from typing import Any

import dns.message
import dns.query
import idna
from playwright.sync_api import Page

from gasthof.bench.clients import ADDRESS, Imap, wait
from gasthof.slices.billing.tests.statements import Line, mt940
from tests.customers import Guest, arrive
from tests.platform import Platform
from tests.tenants import Tenant

OLD = 1_600_000_000_123_456_789  # nanoseconds since 1970
LETTERS, LETTERS_PASSWORD = "briefe-übers-land.test", "Sehr-Geheim-17!"  # imaplib sends ASCII
CONTACT = {
    "name": "Käthe Öz", "street": "Gartenweg 1", "postcode": "50667", "city": "Köln", "country": "DE",
    "email": "kaethe@anderswo.example", "phone": "+49.221123456",
}  # fmt: skip
MONTHS = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
ASKED = (("büro.", "TXT"), ("", "MX"), ("", "A"), ("laden.", "CNAME"), ("www.", "AAAA"), ("", "TXT"))


@dataclass
class Returning:
    """Of one domain, with one subscription and all that belongs to it."""

    platform: Platform
    domain: str
    guest: Guest = field(init=False)
    tenant: Tenant = field(init=False)

    def __post_init__(self) -> None:
        self.guest = arrive(self.platform, self.domain)
        self.platform.run("domains.add", subscription=self.guest.subscription, name=self.domain)
        self.tenant = Tenant(self.platform, self.domain)

    @property
    def root(self) -> str:
        return f"web/{self.tenant.ascii}"

    def furnish(self) -> None:
        guest, run = self.guest, self.platform.run
        self.tenant.furnish(guest)
        run("dns.set_records", domain=self.domain, name="laden", type="CNAME", contents="shop.example.net", ttl=600)
        run("dns.set_records", domain=self.domain, name="", type="MX", contents="10 mail.example.net")
        for server, kind in (("mariadb", "longblob"), ("postgres", "bytea")):
            self.tenant.ask(guest, server, f"CREATE TABLE bilder (name text, bild {kind})")
            content = "x'00ff27e4'" if server == "mariadb" else "'\\x00ff27e4'"
            self.tenant.ask(guest, server, f"INSERT INTO bilder VALUES ('Größe', {content})")
        with self.tenant.imap() as client:
            client.create("K&AOQ-se")
            client.append(
                "K&AOQ-se", r"(\Flagged)", '"17-Jul-2019 02:44:25 +0200"', b"Subject: Emmentaler\r\n\r\n\xe4\r\n"
            )
        self._lay_files()

    def _lay_files(self) -> None:
        guest, root = self.guest, self.root
        guest.put(f"{root}/index.html", "Grüße aus der Schreinerei".encode(), 0o644)
        guest.put(f"{root}/programm.cgi", b"#!/bin/sh\n", 0o750)
        guest.put(f"{root}/Übergröße/bild ä.bin", os.urandom(50_000), 0o600)
        link = guest.home / root / "zurück.html"
        link.symlink_to("Übergröße/../index.html")
        os.lchown(link, guest.uid, (guest.home / "web").stat().st_gid)
        for count, path in enumerate(
            sorted((guest.home / root).rglob("*"), reverse=True)
        ):  # what lies in a folder first
            os.utime(path, ns=(OLD + count, OLD + count), follow_symlinks=False)

    def files(self, guest: Guest) -> dict[str, tuple[Any, ...]]:
        """Mode, owner, group, time of the last change, and content or target of all below the document root."""
        top = guest.home / self.root
        return {str(path.relative_to(top)): _file(path, guest.uid) for path in top.rglob("*")}

    def seen(self, guest: Guest) -> dict[str, Any]:
        """All of it but the files, as programs and people see it; databases keep the name that the first subscription gave."""
        blobs = {
            f"{server} bytes": [bytes(row[0]) for row in self.tenant.ask(guest, server, "SELECT bild FROM bilder")]
            for server in ("mariadb", "postgres")
        }
        return self.tenant.seen(guest) | blobs | {"postbox": self.tenant.postbox(), "zone": self.zone()}

    def zone(self) -> dict[tuple[str, str], list[str]]:
        return {(name, kind): self._answer(f"{name}{self.domain}", kind) for name, kind in ASKED}

    def _answer(self, name: str, kind: str) -> list[str]:
        query = dns.message.make_query(idna.encode(name, uts46=True).decode(), kind)
        answer = dns.query.udp(query, ADDRESS, 10, port=self.platform.ports["dns"])
        return sorted(rrset.to_text() for rrset in answer.answer)

    def left(self) -> list[str]:
        """What of it the daemons still have."""
        asks = {
            "mail": self.tenant.imap, "mariadb": lambda: self.tenant.ask(self.guest, "mariadb", "SELECT 1"),
            "postgres": lambda: self.tenant.ask(self.guest, "postgres", "SELECT 1"),
            "site": lambda: self.platform.https(self.domain).raise_for_status(),
        }  # fmt: skip
        found = [name for name, ask in asks.items() if _works(ask)]
        places = (self.guest.home, self.platform.root / "mail" / self.guest.subscription)
        return [
            *found,
            *(str(path) for path in places if path.exists()),
            *(["zone"] if any(self.zone().values()) else []),
        ]


def german(day: date) -> str:
    """As pages write it: 3. März 2027."""
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"


def _file(path: Any, uid: int) -> tuple[Any, ...]:
    found = path.lstat()
    content = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
    return stat.S_IMODE(found.st_mode), found.st_uid == uid, found.st_gid, found.st_mtime_ns, content


def _works(ask: Any) -> bool:
    try:
        ask()
    except Exception:  # whatever a client raises is its answer
        return False
    return True


class Desk:
    """Pages in a browser, in German: a customer's, who reads their mail elsewhere in the house, and staff's."""

    def __init__(self, platform: Platform, page: Page) -> None:
        self.platform, self.page = platform, page
        self.address = f"https://localhost:{platform.ports['panel']}"

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def press(self, name: str) -> None:
        self.page.locator("main").get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.locator("main").get_by_role("link", name=name, exact=True).click()

    def says(self, words: str) -> bool:
        self.page.reload()
        return words in self.words()

    def words(self) -> str:
        return self.page.locator("main").inner_text().replace("\xa0", " ")

    def draws(self) -> bool:
        """What will happen, as a picture, too."""
        return self.page.locator("main .course svg rect").count() > 1

    def register(self, customer: int, name: str) -> None:
        """A domain name, for a contact of theirs."""
        self.go(f"/customers/{customer}/names/contact")
        for key, value in CONTACT.items():
            self.page.fill(f"main [name={key}]", value)
        self.send()
        self.go(f"/customers/{customer}/names/register")
        self.page.fill("main [name=name]", name)
        self.page.select_option("main [name=holder]", index=0)
        self.send()
        self.go(f"/names/{idna.encode(name, uts46=True).decode()}/")
        assert wait(lambda: self.says("aktiv"), 30) < 30

    def send(self) -> None:
        self.page.click("main .form-end button")
        assert not self.page.locator(".wrongs").count(), self.words()

    def bill(self) -> tuple[int, int]:
        """From a service's page to its proforma: the number, and the cents to be paid."""
        self.page.locator("main a", has_text="Proforma-Rechnung").first.click()
        said = self.words()
        number = re.search(r"Proforma-Rechnung (\d+)", said)
        total = re.search(r"([\d.]+,\d\d)\s*EUR", said.partition("Betrag")[2])
        assert number and total, said
        return int(number[1]), int(re.sub(r"\D", "", total[1]))

    def edit_zone(self, domain: str) -> str:
        """What is said to who tries to add a record."""
        self.go(f"/domains/{idna.encode(domain, uts46=True).decode()}/dns/add/A")
        self.page.fill("main [name=name]", "neu")
        self.page.fill("main [name=address]", "192.0.2.1")
        self.page.click("main .form-end button")
        assert self.page.locator(".wrongs").count() == 1
        return self.words()

    def ask_back(self, service: int) -> int:
        """From the service's page to the confirmed request; its number."""
        self.go(f"/services/{service}/")
        self.follow("Dienst wiederherstellen")
        self.press("Weiter")
        number = int(self.page.url.split("?")[0].rstrip("/").rsplit("/", 1)[-1])
        self.follow("Mit einem Code per E-Mail bestätigen")
        self.press("Code senden")
        self.page.fill("[name=code]", self.mailed_code())
        self.press("Bestätigen")
        return number

    def accept(self, request: int) -> None:
        self.go(f"/requests/{request}/accept")
        self.page.fill("[name=words]", "Gern, es ist noch alles da.")
        self.press("Annehmen")

    def take_statement(self, proforma: int, total: int) -> None:
        self.go("/payments/upload")
        said = mt940([Line(total, f"VS:{proforma}", name="Möbius", iban="")]).encode()
        self.page.set_input_files("[name=file]", {"name": "auszug.sta", "mimeType": "text/plain", "buffer": said})
        self.press("Hochladen")

    def mailed_code(self) -> str:
        """In the newest letter that has one."""
        found: list[str] = []
        wait(lambda: bool(found.extend(_codes(self._letters())) or found), 30)
        return found[-1]

    def _letters(self) -> list[str]:
        name = idna.encode(LETTERS, uts46=True).decode()
        trust, port = self.platform.trust(), self.platform.ports["imaps"]
        with Imap(f"mail.{name}", port, ssl_context=trust, timeout=20) as client:
            client.login(f"post@{name}", LETTERS_PASSWORD)
            if client.select("INBOX", readonly=True)[1] == [b"0"]:
                return []
            found: list[Any] = client.fetch("1:*", "(BODY.PEEK[])")[1]
        parsed = [email.message_from_bytes(each[1], policy=default) for each in found if isinstance(each, tuple)]
        return [each.get_content() for each in parsed]


def _codes(letters: list[str]) -> list[str]:
    return ["".join(code) for text in letters for code in re.findall(r"^(\d{4}) (\d{4})\s*$", text, re.MULTILINE)]
