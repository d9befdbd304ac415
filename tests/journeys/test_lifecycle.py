"""Services through their lives on a running platform, and people at its pages: a name in quarantine and bought back; a website foreseen,
expired, paid and open again; another one never paid, saved and deleted; and one that is asked back after that, and the same as before."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import idna
import pytest
from playwright.sync_api import sync_playwright

from gasthof.bench.clients import wait
from gasthof.slices.renewals.rules import after
from tests.customers import Guest, arrive
from tests.journeys.test_first_access import choose_password
from tests.journeys.test_first_access import invited as operator
from tests.platform import Platform, new_platform
from tests.returning import LETTERS, LETTERS_PASSWORD, Desk, Returning, german
from tests.services import Services

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(600)]

PAYS, FORGETS, RETURNS = "köchin-zahlt.test", "gärtner-vergisst.test", "schreinerei-möbius.test"
NAME = "grüße-aus-köln.de"
DAYS = 10  # until both expire
KEPT = "import json; from gasthof.slices.subscriptions.models import Export; print(json.dumps([e.system_name for e in Export.objects.all()]))"
ASKED = "from gasthof.slices.requests.models import Request; r = Request.objects.select_related('proforma', 'restored__subscription').get(pk=@); "
OFFERED = f"{ASKED}print(r.proforma.number, r.proforma.total)"
RESTORED = f"{ASKED}print(r.restored.subscription.system_name)"
TODAY = "from gasthof.kernel.actions import SYSTEM_CLOCKS; print(SYSTEM_CLOCKS.business.now().date())"


@pytest.fixture(scope="module")
def tried_out() -> Iterator[Platform]:
    """A try-out of its own, whose time can be moved; the demo's customers are of no use here."""
    with new_platform(bare=False) as platform:
        platform.up("--no-demo")
        platform.prefix.demo.write_text("{}")
        platform.run("renewals.set_price", wait=False, type="hosting", months=12, net="60,00")
        platform.run("renewals.set_price", wait=False, type="domain", tld="de", months=12, net="10,00")
        yield platform


@pytest.fixture(scope="module")
def pages(tried_out: Platform) -> Iterator[Callable[[str], Desk]]:
    """A browser of their own for each who comes with a one-time link."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])

        def let_in(link: str) -> Desk:
            page = browser.new_context(locale="de-DE", ignore_https_errors=True).new_page()
            choose_password(page, link, "Passwort wählen", "Passwort setzen")
            return Desk(tried_out, page)

        yield let_in
        browser.close()


@pytest.fixture(scope="module")
def staff(tried_out: Platform, pages: Callable[[str], Desk]) -> Desk:
    return pages(operator(tried_out, "jutta@schreinerei.example", "de"))


def hosted(platform: Platform, name: str, first_unpaid: date) -> tuple[Services, int]:
    """A customer with all services of a domain, and the number of the service that it hangs on."""
    guest: Guest = arrive(platform, name)
    platform.run("domains.add", subscription=guest.subscription, name=name)
    return Services(guest, name).furnish(), begun(platform, guest, name, first_unpaid)


def begun(platform: Platform, guest: Guest, name: str, first_unpaid: date) -> int:
    made = platform.run(
        "lifecycle.begin", wait=False, customer=guest.number, type="hosting", name=name, first_unpaid=first_unpaid,
        subscription=guest.subscription,
    )  # fmt: skip
    return int(made["result"]["service"])


def foreseen(platform: Platform, service: int) -> dict[str, Any]:
    return platform.run("lifecycle.foresee", wait=False, service=service)["result"]


def said_by(platform: Platform, program: str) -> str:
    """The last line, since Django tells before it what it has imported."""
    return platform.command("manage", "shell", "-c", program).stdout.strip().splitlines()[-1]


def owner(platform: Platform, customer: int, email: str) -> str:
    """A link for somebody who owns it all."""
    who = {"customer": customer, "email": email, "name": "Käthe Öz", "language": "de"}
    return str(platform.run("access.invite", wait=False, role="owner", mail="no", **who)["result"]["link"])


def a_year_after(day: date) -> date:
    return after(day, 12, day.day)


def test_a_de_name_goes_into_quarantine_five_days_before_it_expires(
    tried_out: Platform, pages: Callable[[str], Desk], staff: Desk
) -> None:
    """Spec L24. Its customer registers it, lets the days pass, and pays what its registry takes to give it back."""
    number = int(tried_out.run("accounts.create", wait=False, name="Käthe Öz")["result"]["customer"])
    customer = pages(owner(tried_out, number, "kaethe@anderswo.example"))
    customer.register(number, NAME)
    ends = a_year_after(business_day(tried_out))
    tried_out.command("clock", f"+{(ends - business_day(tried_out)).days - 6}d")
    customer.go(f"/customers/{number}/services")
    customer.follow(f"Domain {NAME}")
    before = customer.words()
    quarantine = ends - timedelta(days=5)
    assert f"{german(quarantine)}: in Quarantäne bei der Registrierungsstelle" in before and "in Betrieb" in before
    assert f"{german(quarantine + timedelta(days=60))}: freigegeben" in before and customer.draws()

    tried_out.command("clock", "+1d")
    assert business_day(tried_out) == quarantine
    assert wait(lambda: customer.says("40,00 EUR"), 60) < 60, "what the registry takes"
    now = customer.words()
    assert (
        f"vor dem Ablauf am {german(ends)} nicht mehr zu" in now and "in Quarantäne" in now.partition("Bezahlt bis")[0]
    )
    assert wait(lambda: customer.says("Proforma-Rechnung"), 60) < 60
    service = customer.page.url
    staff.take_statement(*customer.bill())

    customer.page.goto(service)
    paid_until = german(a_year_after(ends) - timedelta(days=1))
    assert wait(lambda: customer.says(f"in Betrieb\nBezahlt bis\n{paid_until}"), 60) < 60
    customer.go(f"/names/{idna.encode(NAME, uts46=True).decode()}/")
    assert wait(lambda: customer.says(f"Registriert bis\n{german(a_year_after(ends))}"), 60) < 60
    assert customer.says("aktiv")


@pytest.fixture(scope="module")
def first_unpaid(tried_out: Platform) -> date:
    return business_day(tried_out) + timedelta(days=DAYS)


def test_what_is_foreseen_is_what_happens(
    tried_out: Platform, first_unpaid: date, pages: Callable[[str], Desk], staff: Desk
) -> None:
    paid, service = hosted(tried_out, PAYS, first_unpaid)
    cook = pages(owner(tried_out, paid.guest.number, "koechin@anderswo.example"))
    cook.go(f"/services/{service}/")
    assert f"{german(first_unpaid)}: gesperrt" in cook.words() and "in Betrieb" in cook.words() and cook.draws()
    lost, forgotten = hosted(tried_out, FORGETS, first_unpaid)
    tried_out.run("lifecycle.note_notice", wait=False, service=forgotten)
    said = {step["phase"]: date.fromisoformat(step["day"]) for step in foreseen(tried_out, forgotten)["steps"]}
    assert [said[phase] - first_unpaid for phase in ("suspended", "deleted", "erased")] == [
        timedelta(days) for days in (0, 60, 74)
    ]
    assert paid.failing() == lost.failing() == {}

    tried_out.command("clock", f"+{DAYS}d")
    closed = tried_out.https(PAYS)
    assert closed.status_code == tried_out.https(FORGETS).status_code == 503
    assert "bezahlt" not in closed.text and "Rechnung" not in closed.text, "why is nobody's business but its owner's"
    refused = paid.failing()
    assert set(refused) == {"delivery", "mailbox", "files", "mariadb", "postgres"} and "5.2.1" in refused["delivery"]
    cook.go(f"/services/{service}/")
    assert f"Seit dem {german(first_unpaid)} nicht bezahlt" in cook.words() and "gesperrt" in cook.words()
    assert "gesperrt" in cook.edit_zone(PAYS)
    cook.go(f"/services/{service}/")
    staff.take_statement(*cook.bill())
    assert wait(lambda: tried_out.https(PAYS).status_code == 200, 20) < 20
    assert wait(lambda: not paid.failing(), 30) < 30
    cook.go(f"/services/{service}/")
    assert "in Betrieb" in cook.words() and f"{german(a_year_after(first_unpaid))}: gesperrt" in cook.words()
    assert foreseen(tried_out, service)["first_unpaid"] == after(first_unpaid, 12, first_unpaid.day).isoformat()

    told = tried_out.command("clock", "+60d").stdout
    assert f"{said['deleted']}" in told and FORGETS in told
    assert wait(lambda: "200" not in _status(tried_out, FORGETS), 60) < 60
    assert foreseen(tried_out, forgotten)["phase"] == "deleted" and lost.failing().keys() >= {
        "delivery",
        "mailbox",
        "files",
    }
    kept = json.loads(said_by(tried_out, KEPT))
    assert kept == [lost.guest.subscription]
    assert tried_out.https(PAYS).status_code == 200 and paid.failing() == {}, "the neighbour's stands"

    tried_out.command("clock", "+14d")
    assert json.loads(said_by(tried_out, KEPT)) == []
    late = tried_out.command(
        "run", "lifecycle.set_paid", f"service={forgotten}", "first_unpaid=2099-01-01", check=False
    )
    assert late.returncode and "ended" in late.stderr + late.stdout


def _status(platform: Platform, name: str) -> str:
    try:
        return str(platform.https(name).status_code)
    except Exception as error:  # its certificate is gone, too
        return repr(error)


def invited(platform: Platform, customer: int) -> str:
    """A link for somebody whose mail is elsewhere in the house, where it outlives their own domain."""
    elsewhere = arrive(platform, LETTERS)
    platform.run("domains.add", subscription=elsewhere.subscription, name=LETTERS)
    platform.run("mail.add_mailbox", domain=LETTERS, name="post", password=LETTERS_PASSWORD)
    return owner(platform, customer, f"post@{LETTERS}")


def business_day(platform: Platform) -> date:
    return date.fromisoformat(said_by(platform, TODAY))


def deleted(platform: Platform, returning: Returning) -> int:
    """All its days pass, unpaid; the number of the service."""
    first = business_day(platform) + timedelta(days=2)
    service = begun(platform, returning.guest, returning.domain, first)
    platform.run("lifecycle.note_notice", wait=False, service=service)
    platform.command("clock", "+62d")
    assert foreseen(platform, service)["phase"] == "deleted"
    return service


def test_what_was_deleted_is_asked_back_and_is_the_same_byte_by_byte(
    tried_out: Platform, pages: Callable[[str], Desk], staff: Desk
) -> None:
    returning = Returning(tried_out, RETURNS)
    returning.furnish()
    files, seen = returning.files(returning.guest), returning.seen(returning.guest)
    service = deleted(tried_out, returning)
    assert wait(lambda: not returning.left(), 60) < 60
    customer = pages(invited(tried_out, returning.guest.number))
    request = customer.ask_back(service)
    staff.accept(request)
    assert customer.says("Gern, es ist noch alles da.")
    proforma, total = said_by(tried_out, OFFERED.replace("@", str(request))).split()
    staff.take_statement(int(proforma), int(total))
    assert wait(lambda: customer.says("Erledigt"), 30) < 30
    new = Guest(tried_out, returning.guest.number, said_by(tried_out, RESTORED.replace("@", str(request))))
    assert wait(lambda: any((tried_out.root / "exports").glob(f"*/loaded/{new.subscription}")), 60) < 60
    assert new.subscription != returning.guest.subscription
    assert returning.files(new) == files and returning.seen(returning.guest) == seen
    assert "Grüße aus der Schreinerei" in tried_out.https(RETURNS).text
