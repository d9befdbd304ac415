"""A service through its life on a running platform: foreseen, expired, paid and open again; another one never paid, saved and deleted;
and one that is asked back after that, paid for, and the same as before."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from gasthof.bench.clients import wait
from gasthof.slices.billing.tests.statements import Line, mt940
from gasthof.slices.renewals.rules import after
from tests.customers import Guest, arrive
from tests.journeys.test_first_access import choose_password
from tests.journeys.test_first_access import invited as operator
from tests.platform import Platform, new_platform
from tests.returning import LETTERS, LETTERS_PASSWORD, Desk, Returning
from tests.services import Services

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(600)]

PAYS, FORGETS, RETURNS = "köchin-zahlt.test", "gärtner-vergisst.test", "schreinerei-möbius.test"
DAYS = 10  # until both expire
KEPT = "import json; from gasthof.slices.subscriptions.models import Export; print(json.dumps([e.system_name for e in Export.objects.all()]))"
ASKED = "from gasthof.slices.requests.models import Request; r = Request.objects.select_related('proforma', 'restored__subscription').get(pk=@); "
OFFERED = f"{ASKED}print(r.proforma.number, r.proforma.total)"
RESTORED = f"{ASKED}print(r.restored.subscription.system_name)"
TODAY = "from gasthof.kernel.actions import SYSTEM_CLOCKS; print(SYSTEM_CLOCKS.business.now().date())"
OPEN = "from gasthof.slices.billing.models import Proforma; p = Proforma.objects.get(asked__service=@); print(p.number, p.total)"


@pytest.fixture(scope="module")
def tried_out() -> Iterator[Platform]:
    """A try-out of its own, whose time can be moved; the demo's customers are of no use here."""
    with new_platform(bare=False) as platform:
        platform.up("--no-demo")
        platform.prefix.demo.write_text("{}")
        platform.run("renewals.set_price", wait=False, type="hosting", months=12, net="60,00")
        yield platform


@pytest.fixture(scope="module")
def first_unpaid() -> date:
    return datetime.now(UTC).date() + timedelta(days=DAYS)


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


def pay(platform: Platform, service: int, name: str) -> None:
    number, total = said_by(platform, OPEN.replace("@", str(service))).split()
    statement = mt940([Line(int(total), f"VS:{number}", name=name, iban="")])
    platform.run("billing.upload_statement", wait=False, file=base64.b64encode(statement.encode()).decode())


def test_what_is_foreseen_is_what_happens(tried_out: Platform, first_unpaid: date) -> None:
    paid, service = hosted(tried_out, PAYS, first_unpaid)
    lost, forgotten = hosted(tried_out, FORGETS, first_unpaid)
    tried_out.run("lifecycle.note_notice", wait=False, service=forgotten)
    said = {step["phase"]: date.fromisoformat(step["day"]) for step in foreseen(tried_out, forgotten)["steps"]}
    assert [said[phase] - first_unpaid for phase in ("suspended", "deleted", "erased")] == [
        timedelta(days) for days in (0, 60, 74)
    ]
    assert paid.failing() == lost.failing() == {}

    tried_out.command("clock", f"+{DAYS}d")
    assert tried_out.https(PAYS).status_code == tried_out.https(FORGETS).status_code == 503
    refused = paid.failing()
    assert set(refused) == {"delivery", "mailbox", "files", "mariadb", "postgres"} and "5.2.1" in refused["delivery"]
    edit = ("run", "dns.add_record", f"domain={PAYS}", "name=x", "type=A", "content=192.0.2.1")
    done = tried_out.command(*edit, "--as", f"customer:{paid.guest.number}", check=False)
    assert done.returncode and "suspended" in done.stderr + done.stdout

    pay(tried_out, service, PAYS)
    assert wait(lambda: tried_out.https(PAYS).status_code == 200, 20) < 20
    assert wait(lambda: not paid.failing(), 30) < 30
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


@pytest.fixture
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


def invited(platform: Platform, customer: int) -> str:
    """A link for somebody whose mail is elsewhere in the house, where it outlives their own domain."""
    elsewhere = arrive(platform, LETTERS)
    platform.run("domains.add", subscription=elsewhere.subscription, name=LETTERS)
    platform.run("mail.add_mailbox", domain=LETTERS, name="post", password=LETTERS_PASSWORD)
    who = {"customer": customer, "email": f"post@{LETTERS}", "name": "Maria Möbius", "language": "de"}
    return str(platform.run("access.invite", wait=False, role="owner", mail="no", **who)["result"]["link"])


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
    tried_out: Platform, pages: Callable[[str], Desk]
) -> None:
    returning = Returning(tried_out, RETURNS)
    returning.furnish()
    files, seen = returning.files(returning.guest), returning.seen(returning.guest)
    service = deleted(tried_out, returning)
    assert wait(lambda: not returning.left(), 60) < 60
    customer = pages(invited(tried_out, returning.guest.number))
    request = customer.ask_back(service)
    staff = pages(operator(tried_out, "jutta@schreinerei.example", "de"))
    staff.accept(request)
    assert customer.says("Gern, es ist noch alles da.")
    proforma, total = said_by(tried_out, OFFERED.replace("@", str(request))).split()
    staff.take_statement(int(proforma), int(total))
    assert wait(lambda: customer.says("Erledigt"), 30) < 30
    new = Guest(tried_out, returning.guest.number, said_by(tried_out, RESTORED.replace("@", str(request))))
    loaded = list((tried_out.root / "exports").glob("*"))[-1] / "loaded" / new.subscription
    assert wait(loaded.exists, 60) < 60 and new.subscription != returning.guest.subscription
    assert returning.files(new) == files and returning.seen(returning.guest) == seen
    assert "Grüße aus der Schreinerei" in tried_out.https(RETURNS).text
