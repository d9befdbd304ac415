"""The way in with a browser: one-time link, password, passkey, second factor; both languages, and without JavaScript."""

import subprocess
import time
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from tests.platform import Platform

pytestmark = pytest.mark.journey

PASSWORD = "Sehr-geheim-für-immer-1"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def trusting(
    platform: Platform, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """A browser with the installation's CA in its store: passkeys want a certificate that is trusted."""
    home = tmp_path_factory.mktemp("browser")
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    for words in (
        ["-N", "--empty-password"],
        ["-A", "-t", "C,,", "-n", "gasthof", "-i", str(platform.prefix.ca_certificate)],
    ):
        subprocess.run(["/usr/bin/certutil", "-d", f"sql:{store}", *words], check=True)
    context = playwright.chromium.launch_persistent_context(
        home / "profile",
        executable_path="/usr/bin/chromium",
        args=["--no-sandbox"],
        locale="de-DE",
        env={"HOME": str(home)},
    )
    yield context
    context.close()


def invited(platform: Platform, email: str, language: str) -> str:
    """The link of a new operator."""
    told = platform.run(
        "access.create_operator", wait=False, email=email, name="Jörg Groß", language=language, mail="no"
    )
    return told["result"]["link"]


def choose_password(page: Page, link: str, button: str, save: str) -> None:
    page.goto(link)
    page.get_by_role("button", name=button).click()
    page.fill("[name=password1]", PASSWORD)
    page.fill("[name=password2]", PASSWORD)
    page.get_by_role("button", name=save).click()


def confirm(page: Page) -> None:
    page.fill("main [name=password]", PASSWORD)
    page.get_by_role("button", name="Bestätigen").click()


def sign_out(page: Page, address: str) -> None:
    page.goto(urljoin(address, "/sign-out/"))
    page.locator("main button").click()
    assert page.url.endswith("/sign-in/")


def type_password(page: Page, email: str, button: str) -> None:
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.locator("main").get_by_role("button", name=button, exact=True).click()


def test_link_password_passkey_and_app(platform: Platform, trusting: BrowserContext) -> None:
    address = f"https://localhost:{platform.ports['panel']}/"
    page = trusting.pages[0]
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    link = invited(platform, "joerg@bäckerei.example", "de")
    page.goto(link)
    assert "Jörg Groß (joerg@bäckerei.example)" in page.locator("main").inner_text()
    assert Axe().run(page).violations_count == 0
    choose_password(page, link, "Passwort wählen", "Passwort setzen")
    assert page.url == address
    page.goto(link)
    assert page.locator("h1").inner_text() == "Dieser Link gilt nicht mehr"

    session = trusting.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto(urljoin(address, "/account/second-factor/webauthn/add/"))
    confirm(page)
    page.get_by_role("button", name="Passkey hinzufügen").click()
    page.wait_for_url("**/recovery-codes/")
    codes = page.locator("main li code").all_inner_texts()
    assert len(codes) == 10

    sign_out(page, address)
    page.get_by_role("button", name="Mit einem Passkey anmelden").click()
    page.wait_for_url(address)

    sign_out(page, address)
    type_password(page, "JOERG@xn--bckerei-5wa.example", "Anmelden")
    assert page.locator("h1").inner_text() == "Zweiter Faktor"
    page.get_by_role("button", name="Passkey verwenden").click()
    page.wait_for_url(address)

    sign_out(page, address)
    type_password(page, "joerg@bäckerei.example", "Anmelden")
    page.fill("[name=code]", codes[0])
    page.locator("main").get_by_role("button", name="Anmelden", exact=True).click()
    page.wait_for_url(address)
    assert [text for text in complaints if "404" not in text and "favicon" not in text] == []


def test_without_javascript_in_english(platform: Platform, playwright: Playwright) -> None:
    address = f"https://localhost:{platform.ports['panel']}/"
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    claim = {"X-Forwarded-For": "192.0.2.66", "X-Real-IP": "192.0.2.66", "Forwarded": "for=192.0.2.66"}
    context = browser.new_context(
        locale="en-GB", ignore_https_errors=True, java_script_enabled=False, extra_http_headers=claim
    )
    page = context.new_page()
    choose_password(page, invited(platform, "plain@example.org", "en"), "Choose a password", "Set password")
    assert page.url == address and "<h1>Overview</h1>" in page.content()
    page.goto(urljoin(address, "/account/second-factor/totp/activate/"))
    page.fill("main [name=password]", PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    secret = page.locator("figcaption code").inner_text()
    page.fill("[name=code]", code(secret))
    page.get_by_role("button", name="Add the app").click()
    assert "The authenticator app has been added." in page.content()
    sign_out(page, address)
    assert page.get_by_role("button", name="Sign in with a passkey").is_hidden()
    type_password(page, "plain@example.org", "Sign in")
    page.fill("[name=code]", code(secret, ahead=1))
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
    assert page.url == address
    page.goto(urljoin(address, "/account/"))
    assert page.locator("h1").inner_text() == "Your account"
    page.goto(urljoin(address, "/account/sessions/"))
    seen = page.locator("td:nth-child(2)").all_inner_texts()
    assert set(seen) <= {"127.0.0.1", "::1"}, "what nginx saw, not what the browser claims"
    browser.close()


def code(secret: str, ahead: int = 0) -> str:
    """What an app shows; one step ahead where the code of this one has been used."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))
