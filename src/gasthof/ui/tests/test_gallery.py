"""Every component in a browser: both languages, light and dark, phone and desktop, without scripts; axe finds nothing."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from gasthof.kernel import registry
from gasthof.ui.tests import gallery
from gasthof.ui.tests.serving import served

pytestmark = pytest.mark.journey
ROUTES = "gasthof.ui.tests.gallery"
TEMPLATES = Path(__file__).parent / "templates"
PICTURES = os.environ.get("GASTHOF_PICTURES")  # a folder: pictures of every page are put there, to be looked at
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps a loop in this thread
    engine = settings.TEMPLATES[0]
    options = {"context_processors": [*engine["OPTIONS"]["context_processors"], f"{ROUTES}.surroundings"]}
    templates = [{**engine, "DIRS": [TEMPLATES], "OPTIONS": options}]
    with (
        override_settings(TEMPLATES=templates, MIDDLEWARE=[*settings.MIDDLEWARE, f"{ROUTES}.acting"]),
        pytest.MonkeyPatch.context() as patch,
        served(ROUTES) as found,
    ):
        patch.setattr(registry, "pages", lambda level: [page for page in gallery.PAGES if page.level == level])
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield running
        running.close()


def opened(context: BrowserContext, url: str) -> tuple[Page, list[str]]:
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    return page, [text for text in complaints if "status of 4" not in text]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["de-DE", "en-GB"])
def test_every_page_is_for_everybody(address: str, browser: Browser, size: str, scheme: str, locale: str) -> None:
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, locale=locale, bypass_csp=False)
    for name in gallery.SHOWN:
        page, complaints = opened(context, f"{address}/{name}")
        if PICTURES:
            file = re.sub(r"\W+", "-", name)
            page.screenshot(path=f"{PICTURES}/{file}-{size}-{scheme}-{locale[:2]}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert complaints == [], name
        page.close()
    context.close()
