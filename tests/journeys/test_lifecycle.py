"""A service through its life on a running platform: foreseen, expired, paid and open again; another one never paid, saved and deleted."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gasthof.bench.clients import wait
from gasthof.slices.billing.tests.statements import Line, mt940
from gasthof.slices.renewals.rules import after
from tests.customers import Guest, arrive
from tests.platform import Platform, new_platform
from tests.services import Services

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(600)]

PAYS, FORGETS = "köchin-zahlt.test", "gärtner-vergisst.test"
DAYS = 10  # until both expire
KEPT = "import json; from gasthof.slices.subscriptions.models import Export; print(json.dumps([e.system_name for e in Export.objects.all()]))"
OPEN = "from gasthof.slices.billing.models import Proforma; p = Proforma.objects.get(asked__service=@); print(p.number, p.total)"


@pytest.fixture(scope="module")
def tried_out() -> Iterator[Platform]:
    """A try-out of its own, whose time can be moved; the demo's customers are of no use here."""
    with new_platform() as platform:
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
    made = platform.run(
        "lifecycle.begin", wait=False, customer=guest.number, type="hosting", name=name, first_unpaid=first_unpaid,
        subscription=guest.subscription,
    )  # fmt: skip
    return Services(guest, name).furnish(), made["result"]["service"]


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
