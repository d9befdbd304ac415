"""What people have typed is shown in a browser as what it is: nothing of it runs, is loaded or becomes a part of the page."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from gasthof.kernel.actions import actions
from gasthof.kernel.refusal import ActionRefused
from gasthof.ui.tests.serving import served
from tests.habits.examples import examples, furnish
from tests.house import House, all_live, settle

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
POISONS = (
    "<script>ran=1</script>",
    '"><img src=x onerror=ran=1>',
    "<b hx-get=/ran hx-trigger=load>",  # the policy for scripts does not stop htmx
    "' autofocus onfocus=ran=1 '",
)
TAKEN = {
    ("accounts.create", "name"),
    ("accounts.change", "name"),
    ("access.create_token", "name"),
    ("dns.add_record", "content"),
    ("mail.add_mailbox", "title"),
    ("subscriptions.create_plan", "name"),
    ("web.protect", "title"),
}
GROWN = "[onerror], [onfocus], main [hx-get='/ran'], img[src='x'], main script:not([src])"
OWN_SIGN_IN = ("/account/", "/sign-out/", "/sign-in/", "/acting/", "/reauthenticate/")
EACH = 1  # page of each view
SIGNED_IN = "django.contrib.auth.middleware.LoginRequiredMiddleware"


@pytest.fixture
def house(transactional_db: None) -> House:
    house = settle()
    furnish(house)
    all_live()
    return house


@pytest.fixture
def address(house: House) -> Iterator[str]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps a loop in this thread
    middleware = [*(each for each in settings.MIDDLEWARE if each != SIGNED_IN), "gasthof.ui.tests.pages.acting"]
    with override_settings(MIDDLEWARE=middleware), served("gasthof.urls") as found:
        yield found


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield running
        running.close()


def poisoned(house: House) -> set[tuple[str, str]]:
    """Every text of every verb once with each poison, one after the other: which took it. The audit trail has what was refused."""
    taken = set()
    for verb, fields in dict(examples(house)).items():  # before the first of them is done
        known = {field.name for field in actions()[verb].fields if field.reference is None}
        for name in (each for each, value in fields.items() if each in known and isinstance(value, str)):
            for poison in POISONS:
                try:
                    house.run(verb, **{**fields, name: poison})
                except ActionRefused:
                    continue
                taken.add((verb, name))
    return taken


def complaints_of(page: Page) -> list[str]:
    """What scripts, images and requests did that no page of ours does; filled while pages are looked at."""
    found: list[str] = []
    page.on("dialog", lambda dialog: found.append(dialog.message))
    page.on("console", lambda message: found.append(message.text) if "Content Security" in message.text else None)
    page.on(
        "request", lambda request: found.append(request.url) if urlsplit(request.url).path in ("/ran", "/x") else None
    )
    return found


def walk(context: BrowserContext, address: str, start: str) -> dict[str, str]:
    """Path -> text of each page that links lead to, some for each view. AssertionError: something typed has come alive."""
    page, found, seen, ahead = context.new_page(), dict[str, str](), dict[str, int](), [start]
    complaints = complaints_of(page)
    while ahead:
        path = ahead.pop(0)
        view = resolve(urlsplit(path).path).view_name
        if path in found or seen.get(view, 0) >= EACH:
            continue
        seen[view] = seen.get(view, 0) + 1
        answer = page.goto(address + path)
        assert answer and answer.status in (200, 404), f"{path}: {answer and answer.status}"
        assert page.evaluate("typeof ran") == "undefined", path
        assert page.locator(GROWN).count() == 0, f"{path}: {page.locator(GROWN).first.evaluate('e => e.outerHTML')}"
        assert complaints == [], path
        found[path] = page.locator("body").inner_text()
        hrefs = page.eval_on_selector_all("a[href]", "all => all.map(each => each.getAttribute('href'))")
        ahead += [each for each in hrefs if leads_on(each)]
    page.close()
    return found


def leads_on(href: str) -> bool:
    """To a page: a file is no browser's to show."""
    path = urlsplit(href).path
    if not href.startswith("/") or path.startswith(OWN_SIGN_IN) or path.endswith((".csv", ".pdf")):
        return False
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def test_what_was_typed_never_comes_alive(address: str, browser: Browser, house: House) -> None:
    taken = poisoned(house)
    assert taken >= TAKEN, TAKEN - taken
    for who, start, least in (
        ("operator", "/", 50),
        (str(house.baker.customer), f"/customers/{house.baker.customer}", 30),
    ):
        context = browser.new_context(locale="de-DE", extra_http_headers={"x-acting": who})
        pages = walk(context, address, start)
        assert len(pages) >= least, f"{who}: only {sorted(pages)}"
        for poison in POISONS:
            assert any(poison in text for text in pages.values()), f"{who}: {poison} is shown nowhere"
        context.close()
