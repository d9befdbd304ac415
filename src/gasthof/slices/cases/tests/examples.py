"""Cases' part of the house of tests/habits/examples.py."""

from collections.abc import Mapping

from tests.house import House

from gasthof.kernel.actions import SYSTEM_CLOCKS, perform
from gasthof.kernel.permissions import Actor
from gasthof.slices.accounts.models import Customer
from gasthof.slices.cases.models import Case
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.models import Service

CUSTOMERS = {"cases.mended"}
WHILE_SUSPENDED = {"cases.mended"}
FIRST = Actor("operator", name="user:991")  # of two people
WORDS = "Fremde Dateien in „web“, siehe Köln."


def furnish(house: House, place: str, _domain: str) -> None:
    """A severe case about a server, which is locked and proposed to end."""
    now = SYSTEM_CLOCKS.business.now()
    customer = Customer.objects.get(number=(house.baker if place == house.mine else house.gardener).customer)
    version = policies.take(policies.shipped(), now)
    server = changing.begin(customer, "vps", f"vps-{place}", now, version=version)
    fields = {"customer": customer.number, "service": server.pk, "title": "Angriffe", "words": WORDS, "severity": 2}
    case = house.run("cases.open", deliberate="yes", **fields).result["case"]
    house.run("cases.hold", case=case)
    perform(FIRST, "cases.propose_end", {"case": case, "words": WORDS})


def examples(house: House, _place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    def case() -> dict[str, object]:
        return {"case": Case.objects.filter(customer=house.baker.customer).latest("pk").pk}

    def service() -> int:
        return Service.objects.filter(customer=house.baker.customer, type="vps").latest("pk").pk

    opened = {
        "customer": house.baker.customer,
        "title": "Spam aus Köln",
        "words": WORDS,
        "kind": "security",
        "severity": 1,
    }
    return {
        "cases.open": opened | {"deliberate": "no", "mailbox": f"info@{domain}", "service": service},
        "cases.warn": case() | {"words": WORDS, "deadline": "2099-12-24"},
        "cases.note": case() | {"words": WORDS},
        "cases.hold": case(),
        "cases.lift": case() | {"waived": WORDS},
        "cases.mended": case() | {"words": WORDS},
        "cases.charge": case() | {"valid_until": "2099-12-24"},
        "cases.close": case() | {"words": WORDS, "unfounded": "no", "waived": WORDS},
        "cases.propose_end": case() | {"words": WORDS},
        "cases.confirm_end": case(),
        "cases.signal": {"source": "rspamd", "signal": "ä-17", "words": WORDS, "severity": 0, "mailbox": f"info@{domain}", "service": service},
        "cases.set_terms": {"fee": 4_000, "within": 365, "signals": 3, "currency": "EUR"},
    }  # fmt: skip
