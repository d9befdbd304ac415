"""A customer's first day in one piece, with a browser and the real daemons: from the link in the letter until everything works, and a
webmaster is in the house who sees the one domain only. In German with scripts, a passkey and a desktop; in English without scripts
on a phone."""

import email
import io
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import idna
import psycopg
import pymysql
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from gasthof.bench.clients import ADDRESS, Clients, Ftp, Imap, wait
from tests.customers import Guest, arrive
from tests.journeys.test_first_access import AUTHENTICATOR
from tests.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]
PASSWORD = "Sehr-geheim-17!"  # in ASCII: imaplib and PyMySQL send no other
PATIENCE = 60.0  # seconds for a change to be live, or a letter to be there


@dataclass(frozen=True)
class Variant:
    locale: str
    name: str
    domain: str
    size: tuple[int, int]
    scripts: bool
    passkey: tuple[str, str] = ("Passkey hinzufügen", "Mit einem Passkey anmelden")


GERMAN = Variant("de-DE", "Erster Tag", "grüße-aus-köln.test", (1280, 900), scripts=True)
ENGLISH = Variant("en-GB", "First day", "schöne-tage.test", (390, 844), scripts=False)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@dataclass
class Desk:
    """Somebody at a browser of their own, who trusts the installation's CA."""

    platform: Platform
    context: BrowserContext
    scripts: bool

    @property
    def page(self) -> Page:
        return self.context.pages[0]

    @property
    def address(self) -> str:
        return f"https://localhost:{self.platform.ports['panel']}"

    def status(self, path: str) -> int:
        answer = self.page.goto(urljoin(self.address, path))
        return answer.status if answer else 0

    def see(self, path: str) -> str:
        """The page's text."""
        assert self.status(path) == 200, f"{path}: {self.page.content()[:500]}"
        return self.page.locator("body").inner_text()

    def follow(self, ending: str) -> None:
        """A link of this page, by how its address ends."""
        found = self.page.locator(f"main a[href$='{ending}']")
        assert found.count(), f"{self.page.url} has no link to {ending}"
        found.first.click()
        self.page.wait_for_url(f"**{ending}")

    def fill(self, **fields: str) -> None:
        """The form of this page; then wait until what it did is live."""
        before = self.page.url
        for name, value in fields.items():
            field = self.page.locator(f"main [name={name}]")
            if field.first.get_attribute("type") == "radio":
                self.page.check(f"main [name={name}][value={value}]")
            elif field.first.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        self.page.click("main .form-end button")
        assert self.page.locator(".wrongs").count() == 0, self.page.locator("main").inner_text()
        assert self.page.url != before

    def until_live(self) -> None:
        """With scripts without loading the page again; without them on the page of the change."""
        if self.scripts:
            self.page.locator(".progress .note.good").wait_for(timeout=PATIENCE * 1000)
            under_way = self.page.locator("[id^=list-] .badge", has_text=re.compile("unterwegs|on its way"))
            expect(under_way).to_have_count(0)
            return
        if not self.page.locator(".progress .note.good").count():
            self.page.click(".progress a[href*='/changes/']")
        wait(self._looked_again, PATIENCE)

    def _looked_again(self) -> bool:
        self.page.reload()
        return self.page.locator(".progress .note.good").count() == 1


def desk(platform: Platform, playwright: Playwright, home: Path, variant: Variant) -> Desk:
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    authority = ["-A", "-t", "C,,", "-n", "gasthof", "-i", str(platform.prefix.ca_certificate)]
    for words in (["-N", "--empty-password"], authority):
        subprocess.run(["/usr/bin/certutil", "-d", f"sql:{store}", *words], check=True)
    width, height = variant.size
    context = playwright.chromium.launch_persistent_context(
        home / "profile", executable_path="/usr/bin/chromium", args=["--no-sandbox"], locale=variant.locale, env={"HOME": str(home)},
        viewport={"width": width, "height": height}, java_script_enabled=variant.scripts,
    )  # fmt: skip
    return Desk(platform, context, variant.scripts)


def choose_password(desk: Desk, link: str) -> None:
    desk.page.goto(link)
    desk.page.click("main form button")
    desk.page.fill("[name=password1]", PASSWORD)
    desk.page.fill("[name=password2]", PASSWORD)
    desk.page.click("main form button")
    assert "/link/" not in desk.page.url


def add_passkey(desk: Desk, variant: Variant) -> None:
    """And come back in with it."""
    page = desk.page
    session = desk.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    desk.see("/account/second-factor/webauthn/add/")
    page.fill("main [name=password]", PASSWORD)
    page.click("main form button")
    page.get_by_role("button", name=variant.passkey[0]).click()
    page.wait_for_url("**/recovery-codes/")
    desk.see("/sign-out/")
    page.locator("main button").click()
    page.get_by_role("button", name=variant.passkey[1]).click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def record(desk: Desk, domain: str, clients: Clients) -> None:
    asked = idna.encode(f"gruß.{domain}", uts46=True).decode()
    assert clients.texts(asked) == []
    desk.see(f"/domains/{_ascii(domain)}")
    desk.follow("/dns/")
    desk.follow("/dns/add")
    desk.follow("/dns/add/TXT")
    desk.fill(name="gruß", text="Guten Morgen")
    desk.until_live()
    assert clients.texts(asked) == ['"Guten Morgen"']


def mailbox(desk: Desk, domain: str, clients: Clients) -> None:
    address = f"post@{_ascii(domain)}"
    assert not clients.delivers(address)
    desk.see(f"/domains/{_ascii(domain)}")
    desk.follow("/mail/")
    desk.follow("/mail/add")
    desk.fill(name="post", password=PASSWORD)
    desk.until_live()
    assert clients.delivers(address) and clients.reads(address, PASSWORD)


def ftp_user(desk: Desk, guest: Guest, domain: str) -> None:
    """What is uploaded is on the site."""
    desk.see(f"/subscriptions/{guest.subscription}/ftp/")
    desk.follow("/ftp/add")
    desk.fill(name="laden", directory="web", password=PASSWORD)
    desk.until_live()
    client = Ftp(context=guest.platform.trust(), timeout=10)
    client.connect(ADDRESS, guest.platform.ports["ftp"])
    client.host = guest.platform.prefix.host
    client.login(f"{guest.subscription}-laden", PASSWORD)
    client.prot_p()
    folder = next(name for name in client.nlst() if name in (domain, _ascii(domain)))
    client.storbinary(f"STOR {folder}/morgen.html", io.BytesIO("Guten Morgen aus Köln".encode()))
    client.quit()
    assert "Guten Morgen aus Köln" in guest.platform.https(domain, "/morgen.html").content.decode()


def databases(desk: Desk, guest: Guest) -> None:
    full = f"{guest.subscription}_laden"
    for server in ("mariadb", "postgres"):
        desk.see(f"/subscriptions/{guest.subscription}/databases/")
        desk.follow("/databases/create")
        desk.fill(server=server, name="laden")
        desk.until_live()
        desk.see(f"/subscriptions/{guest.subscription}/databases/{server}/{full}/")
        desk.follow("/add-user")
        desk.fill(name="laden", password=PASSWORD)
        desk.until_live()
    ports = guest.platform.ports
    mariadb = pymysql.connect(host=ADDRESS, port=ports["mariadb"], user=full, password=PASSWORD, database=full)
    postgres = psycopg.connect(host=ADDRESS, port=ports["postgres"], user=full, password=PASSWORD, dbname=full)
    for connection in (mariadb, postgres):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE waren (name varchar(20))")
            cursor.execute("INSERT INTO waren VALUES ('Brötchen')")
            cursor.execute("SELECT name FROM waren")
            assert cursor.fetchall()[0][0] == "Brötchen"
        connection.close()


def letter(guest: Guest, domain: str) -> str:
    """The link in the newest mail to the mailbox of that domain."""
    client = Imap(f"mail.{_ascii(domain)}", guest.platform.ports["imaps"], ssl_context=guest.platform.trust())
    client.login(f"post@{_ascii(domain)}", PASSWORD)
    found: list[str] = []

    def come() -> bool:
        client.select("INBOX")
        numbers = client.search(None, "ALL")[1][0].split()
        for number in numbers:
            message = email.message_from_bytes(client.fetch(number, "(RFC822)")[1][0][1])
            part = next(each for each in message.walk() if each.get_content_type() == "text/plain")
            found[:] = re.findall(r"https://\S+/link/\S+", part.get_payload(decode=True).decode())
        return bool(found)

    wait(come, PATIENCE)
    client.logout()
    return found[-1]


def _ascii(name: str) -> str:
    return idna.encode(name, uts46=True).decode()


@pytest.fixture
def variant(request: pytest.FixtureRequest) -> Variant:
    found: Variant = request.param
    return found


@pytest.fixture
def guest(platform: Platform, variant: Variant) -> Iterator[Guest]:
    """Who leaves again: other tests want the domain, too."""
    found = arrive(platform, variant.name)
    yield found
    platform.run("subscriptions.delete", subscription=found.subscription)


@pytest.mark.parametrize("variant", [GERMAN, ENGLISH], ids=["german", "english"], indirect=True)
def test_the_first_day(
    platform: Platform, playwright: Playwright, tmp_path: Path, variant: Variant, guest: Guest
) -> None:
    domain, clients = variant.domain, Clients(platform.prefix)
    invited = platform.run(
        "access.invite", wait=False, customer=guest.number, email=f"chefin@{variant.locale}.example", name="Käthe Öz",
        role="owner", mail="no", language=variant.locale[:2],
    )  # fmt: skip
    mine = desk(platform, playwright, tmp_path / "owner", variant)
    choose_password(mine, invited["result"]["link"])
    if variant.scripts:
        add_passkey(mine, variant)

    mine.see(f"/subscriptions/{guest.subscription}/websites")
    mine.follow("/domains/new")
    mine.fill(name=domain)
    mine.until_live()
    assert domain in mine.see(f"/subscriptions/{guest.subscription}/websites")
    assert platform.https(domain).status_code == 200
    record(mine, domain, clients)
    mailbox(mine, domain, clients)
    ftp_user(mine, guest, domain)
    databases(mine, guest)

    other = f"nebenan-{_ascii(domain)}"
    platform.run("domains.add", subscription=guest.subscription, name=other)
    mine.see(f"/customers/{guest.number}/users/")
    mine.follow("/users/invite")
    mine.fill(email=f"post@{domain}", name="Wim Öz", give="webmaster", where=f"domain:{_ascii(domain)}")
    mine.context.close()

    theirs = desk(platform, playwright, tmp_path / "webmaster", variant)
    choose_password(theirs, letter(guest, domain))
    seen = theirs.see("/")
    assert domain in seen and other not in seen
    assert theirs.status(f"/domains/{_ascii(domain)}") == 200
    assert theirs.status(f"/domains/{other}") == 404
    assert theirs.status(f"/customers/{guest.number}/users/") in (403, 404)
    theirs.context.close()
