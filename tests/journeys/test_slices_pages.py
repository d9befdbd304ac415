"""Pages of slices in a browser: both languages, light and dark, phone and desktop; axe finds nothing, nothing scrolls sideways."""

import os
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from gasthof.kernel.values import DomainName
from gasthof.slices.access.models import Role, User
from gasthof.slices.billing.models import BankBooking, Case, Proforma, Statement
from gasthof.slices.cards.models import CardPayment
from gasthof.slices.dns.models import FormerZone
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.nodes.models import ObjectReport
from gasthof.slices.renewals.models import LateOpening
from gasthof.ui.tests.serving import served
from tests.habits.examples import DOMAIN, MAIL_PASSWORD, furnish
from tests.house import House, all_live, settle
from tests.journeys import centre_pages
from tests.readers import ASCII

PICTURES = os.environ.get("GASTHOF_PICTURES")  # a folder: pictures of every page are put there, to be looked at
ONLY = os.environ.get("GASTHOF_PAGES", "")  # a pattern: these pages alone
LOOKS = [
    ("phone", "light", "de-DE"), ("desktop", "light", "de-DE"), ("phone", "dark", "en-GB"), ("desktop", "dark", "en-GB"),
]  # fmt: skip
pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(3600 if PICTURES else 600),
]
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
SIGNED_IN = "django.contrib.auth.middleware.LoginRequiredMiddleware"
LONG = "übergrößen-und-schürzenmanufaktur-königsbrück.test"


@pytest.fixture
def house(transactional_db: None) -> House:
    house = filled()
    if PICTURES:
        centre_pages.fill(house)
    return house


def filled() -> House:
    """Full on the baker's side, with long names; empty on the gardener's."""
    house = settle()
    furnish(house)
    house.run("domains.add", subscription=house.mine, name=LONG)
    for name, quota, title in (("anna.mueller-luedenscheidt", 500, "Anna Müller-Lüdenscheidt"), ("buero", 100, "")):
        house.run("mail.add_mailbox", domain=DOMAIN, name=name, quota_mb=quota, title=title, password=MAIL_PASSWORD)
    house.run(
        "mail.forward_mailbox", mailbox=f"buero@{DOMAIN}", to=f"verkauf@{LONG}, jutta@example.org", keep_copy="no"
    )
    house.run("mail.add_alias", domain=LONG, name="buero", mailbox=f"buero@{DOMAIN}")
    words = "Ich bin bis zum 6. Januar nicht im Büro.\n\nIn dringenden Fällen hilft Jutta: jutta@example.org."
    house.run(
        "mail.set_vacation",
        mailbox=f"buero@{DOMAIN}",
        active="yes",
        text=words,
        subject="Nicht da – Grüße",
        last="2999-01-06",
    )
    house.run("mail.set_catch_all", domain=DOMAIN, name="info")
    house.run("ftp.add_user", subscription=house.mine, name="fotos", directory=f"web/{LONG}", password=MAIL_PASSWORD)
    house.run("dns.switch_default", domain=DOMAIN, name="mail", type="A", on="no")
    house.run("dns.add_record", domain=DOMAIN, name="shop", type="CNAME", content=f"fehlt.{DOMAIN}")
    house.run(
        "dns.add_record", domain=DOMAIN, name="büro", type="TXT", content="v=DKIM1; k=rsa; p=" + "MIIBIjANBgkqhkiG" * 12
    )
    house.run("dns.switch_dnssec", domain=DOMAIN, on="yes")
    all_live()
    measure = {f"info@{ASCII}": 4_900, f"buero@{ASCII}": 83, f"anna.mueller-luedenscheidt@{ASCII}": 12}
    for key, size in measure.items():
        ObjectReport.objects.filter(target__key=key).update(findings={"bytes": size * 1024 * 1024})
    LateOpening.objects.update(ended=None)
    ds = f"4711 13 2 {'ab' * 32}"
    ObjectReport.objects.filter(target__kind="dns.zone", target__key=ASCII).update(findings={"ds": [ds]})
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


def pages(house: House) -> dict[str, str]:
    mail, dns, place = f"/domains/{ASCII}/mail/", f"/domains/{ASCII}/dns/", f"/subscriptions/{house.mine}/"
    customer = f"/customers/{house.baker.customer}/"
    person = User.objects.get(customer=house.baker.customer, name="Anna Öz").pk
    role = Role.objects.get(customer=house.baker.customer, name="Redaktion").pk
    database, user = f"databases/mariadb/{house.mine}_shop/", f"databases/users/mariadb/{house.mine}_kasse/"
    proformas = Proforma.objects.filter(customer=house.baker.customer).order_by("received", "pk")
    asked, paid = (f"/proformas/{proformas.filter(state=state)[0].number}/" for state in ("open", "paid"))
    invoices, booking = f"{customer}invoices/", "/payments/bookings/"
    return {
        "mail": mail, "mail-of-all": f"{place}mail/", "mail-add": f"{mail}add", "mailbox": f"{mail}mailboxes/buero/",
        "mail-password": f"{mail}mailboxes/buero/password", "mail-forward": f"{mail}mailboxes/buero/forward",
        "mail-alias": f"{mail}mailboxes/buero/alias", "mail-vacation": f"{mail}mailboxes/buero/vacation",
        "mail-remove": f"{mail}mailboxes/buero/remove",
        "addresses": f"{mail}addresses/", "catch-all": f"{mail}catch-all", "switch": f"{mail}switch", "programs": f"{mail}programs",
        "dns": dns, "dns-choose": f"{dns}add", "dns-srv": f"{dns}add/SRV", "dns-caa": f"{dns}add/CAA", "dnssec": f"{dns}dnssec",
        "dns-formers": f"{customer}former-zones/", "dns-former": f"/former-zones/{FormerZone.objects.get(customer=house.baker.customer).pk}/",
        "history": f"{dns}history", "restore": f"{dns}history/0/restore",
        "dns-remove": f"{dns}remove?name=b%C3%BCro&type=TXT&content=Gr%C3%BC%C3%9Fe",
        "ftp": f"{place}ftp/", "ftp-add": f"{place}ftp/add", "ftp-user": f"{place}ftp/users/fotos/",
        "databases": f"{place}databases/", "db-users": f"{place}databases/users/", "db-create": f"{place}databases/create",
        "database": place + database, "db-delete": f"{place}{database}delete", "db-user": place + user, "db-rights": f"{place}{user}rights",
        "customer": customer.rstrip("/"), "users": f"{customer}users/", "invite": f"{customer}users/invite", "person": f"{customer}users/{person}/",
        "assign": f"{customer}users/{person}/assign", "block": f"{customer}users/{person}/deactivate",
        "roles": f"{customer}roles/", "role": f"{customer}roles/{role}/change",
        "names": f"{customer}names/", "name": f"/names/{ASCII.replace('.test', '.de')}/", "name-lost": f"/names/{ASCII.replace('.test', '.info')}/",
        "name-moving": f"/names/{ASCII.replace('.test', '.org')}/", "name-register": f"{customer}names/register",
        "name-contact": f"{customer}names/contact", "name-cancel": f"/names/{ASCII.replace('.test', '.de')}/cancel",
        "registry-operations": "/registry/operations",
        "services": f"{customer}services", "services-of-all": "/services/", "service-begin": f"{customer}services/new", "service-begin-for": "/services/new",
        "work": "/services/work/", "calendar": f"{customer}calendar",
        **{f"service-{row.type}": f"/services/{row.pk}/" for row in Service.objects.filter(customer=house.baker.customer)},
        "policy": "/policy/", "policy-change": "/policy/change", "policy-versions": "/policy/versions/", "policy-version": "/policy/versions/1/",
        "prices": "/prices/", "price-set": "/prices/set", "price": "/prices/mail/", "price-drop": "/prices/mail/drop",
        "bill-list": invoices, "bill-receipts": f"{invoices}receipts", "bill-payments": f"{invoices}payments", "bill-open": asked,
        "money-waits": "/payments/", "money-upload": "/payments/upload", "money-statements": "/payments/statements/", "money-cases": "/payments/cases/",
        "money-statement": f"/payments/statements/{Statement.objects.earliest('pk').pk}/", "money-proformas": "/payments/proformas/",
        "money-booking": f"{booking}{BankBooking.objects.filter(waits=True)[0].pk}/",
        "money-case": f"{booking}{Case.objects.filter(why=Case.RETURN)[0].booking_id}/",
        "card-begin": f"{asked}card", "card-open": _by_card(house, "open"), "card-paid": _by_card(house, "paid"), "card-list": "/card-payments/",
        "bill-paid": paid, "bill-cancel": f"{asked}cancel", "bill-reissue": f"{asked}reissue", "bill-house": "/payments/house",
        "empty-mail": f"/domains/{DomainName.parse(LONG).ascii}/mail/", "empty-ftp": f"/subscriptions/{house.other}/ftp/",
    }  # fmt: skip


def shown(house: House) -> list[centre_pages.Page]:
    """As staff see them; when pictures are wanted as customers do, too, who have all or nothing."""
    found = [("operator", name, path) for name, path in pages(house).items()]
    return [*found, *centre_pages.everything(house)] if PICTURES else found


def _by_card(house: House, state: str) -> str:
    return f"/card-payments/{CardPayment.objects.get(customer=house.baker.customer, state=state).pk}/back"


OPENED = {"policy"}  # what folds there is seen open as well
SENT = {"policy-change": ("from = 60", "from = 70")}  # what is written in place of what, and sent
WRONG = centre_pages.WRONG | {
    name: (field, "grüße aus köln")
    for name, field in {
        "policy-change": "text",
        "name-register": "name",
        "mail-add": "quota_mb",
        "dns-srv": "port",
        "db-create": "name",
        "invite": "email",
        "ftp-add": "directory",
        "price-set": "net",
        "service-price": "net",
        "service-begin": "first_unpaid",
        "service-begin-for": "customer",
        "bill-reissue": "fee",
        "bill-house": "eur_iban",
    }.items()
}


def opened(context: BrowserContext) -> tuple[Page, list[str]]:
    """One page for all that is looked at, since each would be a window with processes of its own; and what it complains of."""
    page, complaints = context.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    return page, complaints


def looked_at(
    page: Page,
    complaints: list[str],
    url: str,
    name: str,
    look: str,
    wrong: tuple[str, str] | None = None,
    sent: tuple[str, str] = ("", ""),
    opens: bool = False,
) -> None:
    """`wrong`: a field and what is typed into it; ("", ""): the form is sent as it is."""
    complaints.clear()
    answer = page.goto(url)
    assert answer and answer.status == 200, f"{name}: {answer and answer.status}"
    if wrong:
        if wrong[0]:
            page.fill(f"[name={wrong[0]}]", wrong[1])
        page.click("main .form-end button")
        page.wait_for_selector(".wrongs")
    if opens:
        page.locator("details.fold summary").first.click()
    if sent[0]:
        page.fill("textarea", page.input_value("textarea").replace(*sent))
        page.click("main .form-end button")
        page.wait_for_selector("main .facts")
    if PICTURES:
        pictured(page, name, look)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    assert [text for text in complaints if "status of 4" not in text] == [], name


def pictured(page: Page, name: str, look: str) -> None:
    """In both schemes: the page does not know which it is shown in."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=f"{PICTURES}/{name}-{look.format(scheme=scheme)}.png", full_page=True)


def test_pages_are_for_everybody(address: str, browser: Browser, house: House) -> None:
    """Each in one of the looks, in turn; in all of them when pictures are wanted."""
    for turn, (size, scheme, locale) in enumerate(LOOKS):
        motion = (
            "reduce" if PICTURES else "no-preference"
        )  # else colours are caught on their way from one scheme to the other
        context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, locale=locale, reduced_motion=motion)
        page, complaints = opened(context)
        look = f"{size}-{{scheme}}-{locale[:2]}"
        for nth, (who, name, path) in enumerate(shown(house)):
            if re.search(ONLY, name) and (PICTURES or nth % len(LOOKS) == turn):
                page.set_extra_http_headers({"x-acting": who})
                looked_at(page, complaints, address + path, name, look)
                if name in WRONG:
                    looked_at(page, complaints, address + path, f"{name}-wrong", look, WRONG[name])
                if name in OPENED:
                    looked_at(page, complaints, address + path, f"{name}-open", look, opens=True)
                if name in SENT:
                    looked_at(page, complaints, address + path, f"{name}-sent", look, sent=SENT[name])
        context.close()
