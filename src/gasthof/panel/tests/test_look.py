"""Pages of accounts, servers, subscriptions, domains and websites in a browser: both languages, light and dark, phone and desktop."""

import os
import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, Page, sync_playwright
from tests.axe import complaints
from tests.house import PHP, House, all_live, settle

from gasthof.kernel.clock import SystemClock
from gasthof.kernel.values import DomainName
from gasthof.slices.nodes.models import NodeContact, NodeEvent, PreviewEnd, PreviewPart
from gasthof.slices.subscriptions.models import Export, Plan
from gasthof.slices.web.models import ProtectedDirectory
from gasthof.ui.tests.serving import served

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
ROUTES = "gasthof.urls"
PICTURES = os.environ.get("GASTHOF_PICTURES")  # a folder: pictures of every page are put there, to be looked at
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
LONG = "übergrößenträger-und-schürzen-königsbrück.donaudampfschifffahrtsgesellschaft.test"
PLAIN = "ohne-php.test"
SIGNED_IN = "django.contrib.auth.middleware.LoginRequiredMiddleware"


@pytest.fixture
def house() -> House:
    """Full, with long names, and with what has failed."""
    house = settle()
    house.run(
        "accounts.change", customer=house.baker.customer, name="Bäckerei Müller-Lüdenscheidt & Söhne GmbH & Co. KG"
    )
    for name in ("bäckerei-müller.test", LONG, "grüße-aus-köln.test"):
        house.run("domains.add", subscription=house.mine, name=name)
    house.run("web.add_alias", domain=LONG, name=f"alias.{LONG}")
    house.run("web.protect", subscription=house.mine, path="web/bäckerei/übergrößen/intern", title="Nur für die Büros")
    house.run(
        "web.add_protected_user",
        subscription=house.mine,
        path="web/bäckerei/übergrößen/intern",
        name="anna",
        password="Sehr-geheim-7!",
    )
    house.run("subscriptions.export", subscription=house.mine)
    house.run("subscriptions.suspend", subscription=house.other)
    all_live()
    words = 'nginx: [emerg] open() "/srv/übergrößen/web.conf" failed (13: Permission denied)'
    all_live("failed", words, kind="web.site", key=DomainName.parse(LONG).ascii)
    NodeContact.objects.filter(node=house.node).update(
        last_contact=SystemClock().now(),
        parked="epoch",
        held="60 of web.site: a.test, b.test, c.test",
        facts={"php": PHP, "sftp": ["ecdsa-sha2-nistp256 SHA256:uNiVztksCsDhcc0u9e8BgrJXVGpVXdwUaXs3eRlzbB4"]},
    )
    NodeEvent.objects.create(
        node=house.node, at=SystemClock().now(), what="drift", subject="web.site a.test", words=words
    )
    bare = house.run("subscriptions.create", customer=house.baker.customer, plan="Bare", node="local").result[
        "subscription"
    ]
    house.run("domains.add", subscription=bare, name=PLAIN)
    number = house.run("nodes.preview", node="local").result["preview"]
    text = "--- /x/node/web/nginx.conf\n+++ /x/node/web/nginx.conf\n@@ -40,3 +40,3 @@\n     charset utf-8;\n-    server_tokens on;\n+    server_tokens off;\n> nginx reload "
    parts = {f"web.site {DomainName.parse(LONG).ascii}": text + "x" * 300, "web.nginx": text + "\n+ größer" * 70}
    for nth, (title, lines) in enumerate(parts.items()):
        PreviewPart.objects.create(preview_id=number, nth=nth, title=title, text=lines)
    PreviewEnd.objects.create(preview_id=number, at=SystemClock().now(), words="")
    house.run("ftp.add_user", subscription=house.mine, name="jutta", directory="web", password="Sehr-geheim 1")
    house.run("mail.add_mailbox", domain=LONG, name="info", password="Sehr-geheim 1", quota_mb=100)
    return house


@pytest.fixture
def address(house: House) -> Iterator[str]:
    middleware = [*(each for each in settings.MIDDLEWARE if each != SIGNED_IN), "gasthof.ui.tests.pages.acting"]
    with override_settings(MIDDLEWARE=middleware), served(ROUTES) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps a loop in this thread
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield running
        running.close()


def shown(house: House) -> Iterator[tuple[str, str]]:
    """Who, and which page."""
    c, s, d = house.baker.customer, house.mine, DomainName.parse(LONG).ascii
    p = ProtectedDirectory.objects.get().pk
    for path in ("/", "/customers", f"/customers/{c}", "/customers/new", "/audit", "/subscriptions", f"/subscriptions/{s}",
                 f"/subscriptions/{s}/delete", f"/customers/{c}/subscriptions/new", "/plans", f"/plans/{Plan.objects.first().pk}",
                 "/nodes", "/nodes/local", "/nodes/local/plan", "/audit?since=gestern&verb=dns", "/find?search=e", f"/customers/{c}/exports/{Export.objects.get().name}/delete"):  # fmt: skip
        yield "operator", path
    for path in (f"/customers/{c}/domains", f"/subscriptions/{s}/websites", f"/subscriptions/{s}/websites?search=zzz",
                 f"/subscriptions/{s}/domains/new", f"/domains/{d}", f"/domains/{d}/delete", f"/domains/{d}/hosting",
                 f"/domains/{d}/php", f"/domains/{d}/names", f"/domains/{d}/subdomains/new", f"/subscriptions/{s}/protected",
                 f"/subscriptions/{s}/protected/{p}", f"/subscriptions/{s}/ftp/", f"/subscriptions/{s}/ftp/add",
                 f"/domains/{d}/dns/add/SRV", f"/customers/{c}/roles/", f"/customers/{c}/audit",
                 f"/domains/{PLAIN}/php"):  # fmt: skip
        yield str(c), path
    other = house.gardener.customer
    for path in (
        f"/subscriptions/{house.other}/websites",
        f"/customers/{other}/domains",
        f"/subscriptions/{house.other}",
    ):
        yield str(other), path


def look(page: Page, name: str, what: str) -> None:
    if PICTURES:
        file = re.sub(r"\W+", "-", re.sub(r"xn--[a-z0-9.-]+", "domain", name)).strip("-") or "start"
        page.screenshot(path=f"{PICTURES}/{file}-{what}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
    assert complaints(page, name, what.partition("-")[0]) == ""


@pytest.mark.parametrize(
    ("size", "scheme", "locale", "turn"),
    [
        ("phone", "light", "de-DE", 0),
        ("desktop", "dark", "en-GB", 0),
        ("desktop", "light", "de-DE", 1),
        ("phone", "dark", "en-GB", 1),
        *([("desktop", "light", "en-GB", 0), ("phone", "dark", "de-DE", 1)] if PICTURES else []),
    ],
)
def test_every_page_is_for_everybody(
    house: House, address: str, browser: Browser, size: str, scheme: str, locale: str, turn: int
) -> None:
    """Each once in every size, scheme and language, one half of them in other pairs than the other; in all when pictures are wanted."""
    wrong = []
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, locale=locale)
    page = context.new_page()  # one for all: each would be a window of its own, with processes of its own
    for who, path in (one for nth, one in enumerate(shown(house)) if PICTURES or nth % 2 == turn):
        page.set_extra_http_headers({"x-acting": who})
        answer = page.goto(address + path)
        assert answer is not None and answer.status == 200, path
        try:
            look(page, path, f"{size}-{scheme}-{locale[:2]}")
        except AssertionError as error:
            wrong.append(str(error)[:1500])
    context.close()
    assert wrong == []
