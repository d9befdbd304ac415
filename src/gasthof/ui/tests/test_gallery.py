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

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]
ROUTES = "gasthof.ui.tests.gallery"
SIGNED_IN = "django.contrib.auth.middleware.LoginRequiredMiddleware"
TEMPLATES = Path(__file__).parent / "templates"
PICTURES = os.environ.get("GASTHOF_PICTURES")  # a folder: pictures of every page are put there, to be looked at
PAIRS = [("light", "de-DE"), ("dark", "en-GB")]  # colours do not depend on words: that is every look once
LOOKS = [*PAIRS, ("light", "en-GB"), ("dark", "de-DE")] if PICTURES else PAIRS
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps a loop in this thread
    engine = settings.TEMPLATES[0]
    options = {"context_processors": [*engine["OPTIONS"]["context_processors"], f"{ROUTES}.surroundings"]}
    templates = [{**engine, "DIRS": [TEMPLATES], "OPTIONS": options}]
    middleware = [*(each for each in settings.MIDDLEWARE if each != SIGNED_IN), f"{ROUTES}.acting"]
    with (
        override_settings(TEMPLATES=templates, MIDDLEWARE=middleware),
        pytest.MonkeyPatch.context() as patch,
        served(ROUTES) as found,
    ):
        patch.setattr("gasthof.ui.changes.progress", gallery.scripted)
        patch.setattr(registry, "pages", lambda level: [page for page in gallery.PAGES if page.level == level])
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield running
        running.close()


def opened(context: BrowserContext) -> tuple[Page, list[str]]:
    """One page for all that is shown, since each would be a window with processes of its own; and what it complains of."""
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("scheme", "locale"), LOOKS)
def test_every_page_is_for_everybody(address: str, browser: Browser, size: str, scheme: str, locale: str) -> None:
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, locale=locale, bypass_csp=False)
    page, complaints = opened(context)
    for name in gallery.SHOWN:
        complaints.clear()
        page.goto(f"{address}/{name}")
        if PICTURES:
            file = re.sub(r"\W+", "-", name)
            page.screenshot(path=f"{PICTURES}/{file}-{size}-{scheme}-{locale[:2]}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert [text for text in complaints if "status of 4" not in text] == [], name
    context.close()


@pytest.fixture
def page(address: str, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=SIZES["desktop"], locale="en-GB", base_url=address)
    yield context.new_page()
    context.close()


@pytest.fixture
def still(address: str, browser: Browser) -> Iterator[Page]:
    """Without scripts."""
    context = browser.new_context(
        viewport=SIZES["phone"], locale="en-GB", base_url=address, java_script_enabled=False, color_scheme="light"
    )
    yield context.new_page()
    context.close()


REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(
    (each) => each.checkVisibility({visibilityProperty: true}) && !each.disabled && each.type !== "hidden").length"""
FOCUSED = """() => { const each = document.activeElement; if (each === document.body) return null;
    each.dataset.visited = "yes"; return getComputedStyle(each).outlineStyle !== "none"; }"""


@pytest.mark.parametrize("name", ["card", "form", "list", "parts"])
@pytest.mark.parametrize("size", SIZES)
def test_everything_can_be_reached_by_keyboard_and_is_seen_to_be(page: Page, name: str, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    page.goto(f"/{name}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    unseen = []
    for _ in range(200):
        seen = page.evaluate(FOCUSED)
        if seen is None:
            break
        unseen += [] if seen else [page.evaluate("document.activeElement.outerHTML")]
        page.keyboard.press("Tab")
    visited = page.locator("[data-visited]").count()
    radios = page.locator("input[type=radio]").count()  # of a group the keyboard visits one; arrows do the rest
    assert unseen == [] and visited >= page.evaluate(REACHABLE) - max(radios - 1, 0)


def test_the_summary_of_errors_has_the_focus_and_leads_to_the_fields(page: Page) -> None:
    page.goto("/wrong")
    assert page.evaluate("document.activeElement.id") == "wrongs"
    page.locator("#wrongs a").first.click()
    assert page.evaluate("document.activeElement.id") == "field-name"
    targets = page.locator("#wrongs a").evaluate_all("links => links.map(each => !!document.querySelector(each.hash))")
    assert len(targets) > 8 and all(targets)


def test_small_panels_close_with_escape(page: Page) -> None:
    page.goto("/card")
    page.locator("summary", has_text="Appearance").click()
    assert page.get_by_role("button", name="Dark").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("button", name="Dark").is_visible()
    assert page.evaluate("document.activeElement.innerText").strip() == "Appearance"


def test_a_search_needs_no_button(page: Page) -> None:
    page.goto("/list")
    before = page.locator("tbody tr").count()
    page.get_by_role("searchbox", name="Search domains", exact=True).press_sequentially("gärtner")
    page.wait_for_url("**/list?search=g*")
    page.locator("tbody tr").nth(1).wait_for(state="detached")
    assert before == 5 and page.locator("tbody th").inner_text() == "gärtnerei-grün.test"
    assert page.locator("#found-domains").text_content() == "1 found on this page"
    page.go_back()
    page.locator("tbody tr").nth(4).wait_for()


def test_the_state_of_a_change_comes_by_itself_and_then_no_more_is_asked(page: Page) -> None:
    gallery.ASKED.clear()
    page.goto("/changes/token")
    page.get_by_text("It is live.").wait_for()
    asked = len(gallery.ASKED)
    page.wait_for_timeout(2500)
    assert len(gallery.ASKED) == asked and page.locator(".note.good").count() == 1


def test_all_rows_can_be_picked_at_once(page: Page) -> None:
    page.goto("/list")
    page.locator("[data-pick-all]").check()
    assert page.locator("input[name=pick]:checked").count() == 5


def test_what_is_to_be_typed_elsewhere_can_be_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/card")
    page.get_by_role("button", name="Copy User name").click()
    page.get_by_text("Copied").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == "s000012-anna"


def test_without_scripts_the_menu_opens_and_the_look_changes(still: Page) -> None:
    still.goto("/card")
    still.locator("summary", has_text="Menu").click()
    assert still.get_by_role("link", name="Databases").is_visible()
    still.locator("summary", has_text="Menu").click()
    still.locator("summary", has_text="Appearance").click()
    still.get_by_role("button", name="Dark").click()
    still.wait_for_url("**/card")
    assert still.locator("html").get_attribute("data-theme") == "dark"
    still.locator("summary", has_text="Language").click()
    still.get_by_role("button", name="Deutsch").click()
    assert still.locator("html").get_attribute("lang") == "de"


def test_without_scripts_lists_are_searched_and_changes_followed(still: Page) -> None:
    gallery.ASKED.clear()
    still.goto("/card")
    assert not still.locator(".copy-button").first.is_visible()
    still.goto("/list")
    still.get_by_role("searchbox", name="Search domains", exact=True).fill("gärtner")
    still.get_by_role("button", name="Search").click()
    assert still.locator("tbody tr").count() == 1
    still.goto("/changes/token")
    assert still.get_by_text("On its way to the server").is_visible()
    still.get_by_text("It is live.").wait_for(timeout=15_000)  # the page looks again by itself
