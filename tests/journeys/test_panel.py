"""The panel in a browser: both languages, light and dark, phone and desktop; axe finds nothing."""

import re
import time
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from tests.platform import Platform

pytestmark = pytest.mark.journey

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield running
        running.close()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("locale", "heading"), [("de-DE", "Anmelden"), ("en-GB", "Sign in")])
def test_the_way_in_is_for_everybody(
    platform: Platform, browser: Browser, size: dict[str, int], scheme: str, locale: str, heading: str
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme, locale=locale, ignore_https_errors=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"https://localhost:{platform.ports['panel']}/")
    assert page.locator("h1").inner_text() == heading
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it must not scroll sideways"
    text = "16px" if size is PHONE else "15px"
    assert page.evaluate("getComputedStyle(document.body).fontSize") == text, "the style sheet is missing"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert [text for text in complaints if "favicon" not in text and "404" not in text] == []
    context.close()


def test_what_browsers_load_is_kept_by_its_digest(platform: Platform) -> None:
    """Each name that a page gives holds its content's digest; the plain name, which the resting page uses, is there too."""
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', platform.panel("/sign-in/").text)
    assert len(names) > 6 and all(re.search(r"\.[0-9a-f]{12}\.(css|js|svg)$", name) for name in names)
    for name in names:
        answer = platform.panel(name)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"], name
    plain = platform.panel("/static/ui/tokens.css")
    assert plain.status_code == 200 and "immutable" not in plain.headers["cache-control"]
    assert platform.panel("/static/../panel/secret").status_code in (400, 404)


@pytest.mark.parametrize("path", ["/calendar/GEHEIM1.ics", "/link/password/GEHEIM2/", "/link/e-mail/GEHEIM3/"])
def test_an_address_that_is_a_secret_is_in_no_log(platform: Platform, path: str) -> None:
    path, (secret,) = f"{path}?mark=seen", re.findall(r"GEHEIM\d", path)
    after, until = f"mark=after{secret[-1]}", time.monotonic() + 30
    platform.panel(path)
    platform.panel(f"/health?{after}", headers={"Referer": f"https://localhost{path}"})
    logs = ""
    while after not in logs or path.rpartition(secret)[0] not in logs:  # it is answered first and logged then
        assert time.monotonic() < until, logs
        logs = "".join(file.read_text(errors="replace") for file in platform.prefix.logs.glob("panel*"))
    assert secret not in logs


def test_another_address_has_a_decent_page(platform: Platform, browser: Browser) -> None:
    context = browser.new_context(locale="de-DE", ignore_https_errors=True)
    page = context.new_page()
    answer = page.goto(f"https://localhost:{platform.ports['panel']}/gibt-es-nicht")
    assert answer is not None and answer.status == 404
    assert page.locator("h1").inner_text() == "Nicht gefunden"
    assert Axe().run(page).violations_count == 0
    context.close()


def test_the_certificate_fits_its_names_and_no_other_name_is_answered(platform: Platform) -> None:
    for name in ("localhost", "127.0.0.1", "[::1]"):
        assert platform.panel("/sign-in/", name=name).status_code == 200
    assert platform.panel("/", headers={"host": "evil.test"}).status_code == 421
