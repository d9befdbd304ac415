"""Pages of signing in, of one's own account, of tokens and webhooks in a browser: both languages, light and dark, phone and desktop; copied with a button, and without
scripts to be selected; axe finds nothing, nothing scrolls sideways."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from gasthof.kernel.clock import SystemClock
from gasthof.slices.access.models import User
from gasthof.slices.webhooks.models import Delivery, Webhook
from gasthof.ui.tests.serving import served
from tests.axe import complaints
from tests.habits.examples import DOMAIN, furnish, person
from tests.house import House, settle
from tests.people import PASSWORD, give_app, link_for, operator
from tests.programs import people

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
PICTURES = os.environ.get("GASTHOF_PICTURES")  # a folder: pictures of every page are put there, to be looked at
PAIRS = [("phone", "light", "de"), ("desktop", "dark", "en")]  # every size, scheme and language once
LOOKS = [*PAIRS, ("desktop", "light", "de"), ("phone", "dark", "en")] if PICTURES else PAIRS
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
LONG = "übergrößen-und-schürzenmanufaktur-königsbrück.test"
FACTORS = "/account/second-factor"
OWN = {
    "account": "/account/", "second-factors": f"{FACTORS}/", "sessions": "/account/sessions/", "password": "/account/password/",
    "app-add": f"{FACTORS}/totp/activate/", "passkey-add": f"{FACTORS}/webauthn/add/", "address-change": "/account/e-mail/",
    "sign-out": "/sign-out/",
}  # fmt: skip
WITH_FACTORS = {
    "app-remove": f"{FACTORS}/totp/deactivate/", "recovery-codes": f"{FACTORS}/recovery-codes/",
    "recovery-codes-new": f"{FACTORS}/recovery-codes/generate/",
}  # fmt: skip
PLAIN = {
    "SESSION_COOKIE_NAME": "session",
    "SESSION_COOKIE_SECURE": False,
    "CSRF_COOKIE_NAME": "csrf",
    "CSRF_COOKIE_SECURE": False,
}


@pytest.fixture
def house(transactional_db: None) -> House:
    """Full for the baker's person, empty for the gardener's."""
    house = settle()
    furnish(house)
    house.run("domains.add", subscription=house.mine, name=LONG)
    anna = person(DOMAIN)
    house.run("access.create_token", user=anna.pk, name="Übertragung der Warenwirtschaft Müller-Lüdenscheidt", days=7,
              verbs="domains.add, domains.list, mail.add_mailbox", places=f"subscription:{house.mine}, domain:{LONG}")  # fmt: skip
    made = house.run(
        "webhooks.add", user=anna.pk, url=f"https://{LONG}:8443/haken/für/ereignisse?quelle=gasthof"
    ).result
    webhook = Webhook.objects.get(pk=made["webhook"])
    now = SystemClock().now()
    for nth, (state, status, words) in enumerate((
        (Delivery.DELIVERED, 204, ""), (Delivery.QUEUED, 503, "The server did not take it."), (Delivery.QUEUED, None, ""),
        (Delivery.FAILED, None, "The address leads to a machine that is not on the public internet."),
    )):  # fmt: skip
        body = '{"type": "verb.performed", "timestamp": "2026-11-27T04:00:00+00:00", "data": {"verb": "domains.add"}}'
        Delivery.objects.create(webhook=webhook, uid=f"msg_{nth}{'ab' * 15}", event="verb.performed", about="domains.add", body=body, state=state,
                                status=status, words=words, excerpt="Käse\n" * 4 if status else "", attempts=nth, created=now,
                                due=now + timedelta(minutes=9))  # fmt: skip
    return house


@pytest.fixture
def address(house: House) -> Iterator[str]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps a loop in this thread
    with override_settings(**PLAIN), served("gasthof.urls") as found:
        yield found


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield running
        running.close()


def signed_in(browser: Browser, address: str, user: User, **how: object) -> BrowserContext:
    """As that person, by a session as a sign-in makes it."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    context = browser.new_context(**how)
    context.add_cookies([{"name": "session", "value": session.session_key, "url": address}])
    return context


def look(page: Page, name: str, what: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}-{what}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
    assert complaints(page, name, what.partition("-")[0]) == ""


def pages() -> dict[str, str]:
    webhook = Webhook.objects.latest("pk")
    token = webhook.user.tokens.latest("pk")
    failed = webhook.deliveries.filter(state=Delivery.QUEUED, status=503).get()
    tokens, hooks = "/account/tokens/", "/account/webhooks/"
    return {
        "tokens": tokens, "token-create": f"{tokens}create", "token": f"{tokens}{token.pk}/", "token-revoke": f"{tokens}{token.pk}/revoke",
        "webhooks": hooks, "webhook-add": f"{hooks}add", "webhook": f"{hooks}{webhook.pk}/", "webhook-secret": f"{hooks}{webhook.pk}/secret",
        "webhook-remove": f"{hooks}{webhook.pk}/remove", "delivery": f"{hooks}{webhook.pk}/deliveries/{failed.pk}/",
    }  # fmt: skip


@pytest.mark.parametrize(("size", "scheme", "language"), LOOKS)
def test_every_page_is_for_everybody(
    house: House, address: str, browser: Browser, size: str, scheme: str, language: str
) -> None:
    anna, wrong = person(DOMAIN), []
    empty = people(User.MEMBER, house.gardener.customer, "leer")
    User.objects.update(language=language)
    how, what = {"viewport": SIZES[size], "color_scheme": scheme}, f"{size}-{scheme}-{language}"
    page = signed_in(browser, address, anna, **how).new_page()
    for name, path in pages().items():
        answer = page.goto(address + path)
        assert answer is not None and answer.status == 200, path
        wrong += failures(page, name, what)
        if name == "token-create":
            page.get_by_role("button", name=re.compile("Create token|Token anlegen")).click()
            page.wait_for_selector("main .wrongs")
            wrong += failures(page, "token-create-error", what)
        if name == "tokens":
            page.locator("details.drop:not(.menu) summary").last.click()
            wrong += failures(page, "account-menu", what)
    page = signed_in(browser, address, empty, **how).new_page()
    for name, path in (("tokens-empty", "/account/tokens/"), ("webhooks-empty", "/account/webhooks/")):
        page.goto(address + path)
        wrong += failures(page, name, what)
    page = signed_in(browser, address, operator(language=language), **how).new_page()
    for name in ("tokens", "webhooks"):
        page.goto(f"{address}/account/{name}/")
        wrong += failures(page, f"{name}-of-all", what)
    assert wrong == []


@pytest.mark.parametrize(("size", "scheme", "language"), LOOKS)
def test_signing_in_and_ones_own_account_are_for_everybody(
    house: House, address: str, browser: Browser, size: str, scheme: str, language: str
) -> None:
    somebody, wrong = operator(language=language), []
    how, what = {"viewport": SIZES[size], "color_scheme": scheme}, f"{size}-{scheme}-{language}"
    page = browser.new_context(locale=language, **how).new_page()
    link = link_for(operator("neu@example.org", password=None))
    for name, path in {
        "sign-in": "/sign-in/",
        "forgotten": "/forgotten/",
        "link": link,
        "link-worthless": f"{link[:-9]}/",
    }.items():
        page.goto(address + path)
        wrong += failures(page, name, what)
    page.goto(f"{address}/sign-in/")
    page.locator("main input[name=login]").fill(somebody.email)
    page.locator("main input[name=password]").fill("falsch und lang")
    with page.expect_navigation():
        page.locator("main .primary").click()
    wrong += failures(page, "sign-in-wrong", what)
    page = signed_in(browser, address, somebody, **how).new_page()
    for name, path in OWN.items():
        page.goto(address + path)
        wrong += failures(page, name, what)
        if "/reauthenticate/" in page.url:
            page.locator("main input[name=password]").fill(PASSWORD)
            page.locator("main .primary").click()
            page.wait_for_url(lambda url: "/reauthenticate/" not in url)
            wrong += failures(page, f"{name}-confirmed", what)
    give_app(somebody)
    RecoveryCodes.activate(somebody)
    for name, path in {**WITH_FACTORS, "second-factors-filled": OWN["second-factors"]}.items():
        page.goto(address + path)
        wrong += failures(page, name, what)
    assert wrong == []


def failures(page: Page, name: str, what: str) -> list[str]:
    try:
        look(page, name, what)
    except AssertionError as error:
        return [str(error)[:1500]]
    return []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_token_and_a_webhook_are_made_by_hand(house: House, address: str, browser: Browser, scripts: bool) -> None:
    how = {"java_script_enabled": scripts, "locale": "en-GB", "viewport": SIZES["desktop"]}
    context = signed_in(browser, address, person(DOMAIN), **how)
    User.objects.update(language="en")
    if scripts:
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page = context.new_page()
    page.goto(f"{address}/account/tokens/")
    page.get_by_role("link", name="Create a token").first.click()
    page.get_by_label("What the token is for").fill("Prüfung")
    page.locator("details.pickings", has_text="Domains").first.locator("summary").click()
    page.get_by_label("See: Domains").check()
    page.get_by_role("button", name="Create token").click()
    secret = page.locator(".secret code").inner_text()
    assert secret.startswith("gasthof_") and page.locator(".secret .copy-button").is_visible() == scripts
    if scripts:
        look(page, "token-made", "desktop-en")
        page.locator(".secret .copy-button").click()
        page.locator(".secret .copy-button.done").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("link", name="I have kept it").click()
    assert page.get_by_role("link", name="Prüfung").is_visible() and secret not in page.content()
    page.goto(f"{address}/account/webhooks/add")
    page.get_by_label("Address").fill("https://10.0.0.1/")
    page.get_by_role("button", name="Add webhook").click()
    assert "not on the public internet" in page.locator("#field-url_error, .field-error").first.inner_text()
    page.get_by_label("Address").fill("https://bücher.example/haken")
    page.get_by_role("button", name="Add webhook").click()
    assert page.locator(".secret code").inner_text().startswith("whsec_")
    if scripts:
        look(page, "webhook-made", "desktop-en")
    page.get_by_role("link", name="I have kept it").click()
    page.get_by_role("button", name="Send a test").click()
    assert page.get_by_text("The test is on its way").is_visible()
    assert Delivery.objects.latest("pk").event == "test"
