"""Pages of cases in a browser: phone and desktop, light and dark, both languages; axe finds nothing, nothing scrolls sideways.

Pages are asked for ahead of it, since a browser's loop has another connection to the database than the test's transaction.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Route, sync_playwright
from tests.axe import complaints
from tests.habits.furnished import made_once
from tests.house import House
from tests.readers import operator, owner

from gasthof.slices.access.models import User
from gasthof.slices.cases.tests.test_cases import BOX, WORDS, about_service, do, opened, settled

pytestmark = [pytest.mark.django_db, pytest.mark.journey, pytest.mark.timeout(300)]
furnished_once, house = made_once(settled)
PICTURES = os.environ.get("GASTHOF_PICTURES")
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
LOOKS = [(PHONE, "dark", "de"), (DESKTOP, "light", "en")] + ([(PHONE, "light", "en"), (DESKTOP, "dark", "de")] if PICTURES else [])  # fmt: skip
HOST = "https://localhost"
Shown = Mapping[str, HttpResponse]


def asked(house: House, boss: Client, mine: Client) -> dict[str, Shown]:
    """Language -> path in the browser -> the page."""
    case = about_service(house, severity=2, deliberate=True)
    do("hold", case)
    do("warn", case, words=WORDS, deadline="2027-03-10")
    opened(house, mailbox=BOX, kind="security")
    customer = f"/customers/{house.baker.customer}/cases/"
    wanted = {
        "/all": (boss, "/cases/"), "/case": (boss, f"/cases/{case}/"), "/open": (boss, f"{customer}open"),
        "/lift": (boss, f"/cases/{case}/lift"), "/mine": (mine, customer), "/my-case": (mine, f"/cases/{case}/"),
        "/mended": (mine, f"/cases/{case}/mended"),
    }  # fmt: skip
    found: dict[str, Shown] = {}
    for language in ("de", "en"):
        User.objects.update(language=language)
        found[language] = {name: client.get(path) for name, (client, path) in wanted.items()}
        assert {answer.status_code for answer in found[language].values()} == {200}
    return found


def answering(pages: Shown) -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST).partition("?")[0]
        if path in pages:
            route.fulfill(headers=dict(pages[path].items()), body=pages[path].content)
        elif found := finders.find(path.removeprefix("/static/")):
            route.fulfill(path=str(found))
        else:
            route.fulfill(status=404)

    return answer


def test_pages_for_everybody(house: House) -> None:
    pages = asked(house, operator(), owner(house))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for size, scheme, language in LOOKS:
            page = browser.new_page(viewport=size, color_scheme=scheme)
            page.route("**/*", answering(pages[language]))
            for name in pages[language]:
                page.goto(HOST + name)
                if PICTURES:
                    picture = f"{name[1:]}-{size['width']}-{scheme}-{language}.png"
                    page.screenshot(path=Path(PICTURES) / picture, full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls"
                assert complaints(page, name, "phone" if size is PHONE else "desktop") == ""
            page.close()
        browser.close()
