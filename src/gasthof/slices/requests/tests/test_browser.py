"""Pages of requests in a browser: phone and desktop, light and dark, both languages; axe finds nothing, nothing scrolls sideways."""

import os
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Page, sync_playwright
from tests.axe import complaints
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House
from tests.readers import operator, owner

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.access.models import User
from gasthof.slices.accounts.models import Customer
from gasthof.slices.cases.tests.test_browser import DESKTOP, HOST, LOOKS, PICTURES, answering
from gasthof.slices.requests import rules
from gasthof.slices.requests.models import Request
from gasthof.slices.requests.tests.examples import QUOTE, ended
from gasthof.slices.requests.tests.test_requests import do, drafted, settled

pytestmark = [pytest.mark.django_db, pytest.mark.journey, pytest.mark.timeout(300)]
furnished_once, house = made_once(settled)


def asked(house: House, boss: Client, mine: Client) -> dict[str, dict[str, HttpResponse]]:
    """Language -> path in the browser -> the page: a browser's loop has another connection to the database than the test."""
    end = drafted(house, on="2999-09-01", words="Wir ziehen um.")
    customer, now = Customer.objects.get(number=house.baker.customer), SYSTEM_CLOCKS.business.now()
    times = {"drafted": now, "written": now}
    kept = Request.objects.create(
        customer=customer, service=ended(customer, "köln"), kind=rules.RESTORE, offered=QUOTE, **times
    )
    talk = int(do("draft", customer=customer.number, kind="message", words="Grüße\naus Köln")["request"])
    do("write", talk, OPERATOR, words="Grüße zurück. Was können wir für Sie tun?")
    do("write", talk, words="Nichts, danke.")
    list_, at = f"/customers/{customer.number}/requests/", "/requests/"
    wanted = {
        "/list": (mine, list_), "/new": (mine, f"{list_}new/end"), "/draft": (mine, f"{at}{end}/"), "/code": (mine, f"{at}{end}/code"),
        "/confirm": (mine, f"{at}{end}/confirm"), "/restore": (mine, f"{at}{kept.pk}/"), "/thread": (mine, f"{at}{talk}/"),
        "/work": (boss, at), "/staff": (boss, f"{at}{talk}/"), "/accept": (boss, f"{at}{kept.pk}/accept"),
    }  # fmt: skip
    found: dict[str, dict[str, HttpResponse]] = {}
    for language in ("de", "en"):
        User.objects.update(language=language)
        found[language] = {name: client.get(path) for name, (client, path) in wanted.items()}
        assert {answer.status_code for answer in found[language].values()} == {200}
    return found


def looked_at(page: Page, name: str, look: str) -> None:
    page.goto(HOST + name)
    if PICTURES:
        page.screenshot(path=Path(os.fspath(PICTURES)) / f"requests-{name[1:]}-{look}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls, {look}"
    assert complaints(page, name, look.partition("-")[0]) == ""


def test_pages_for_everybody(house: House) -> None:
    pages = asked(house, operator(), owner(house))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for size, scheme, language in LOOKS:
            page = browser.new_page(viewport=size, color_scheme=scheme)
            page.route("**/*", answering(pages[language]))
            for name in pages[language]:
                looked_at(page, name, f"{'desktop' if size == DESKTOP else 'phone'}-{scheme}-{language}")
            page.close()
        browser.close()
