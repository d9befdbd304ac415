"""Requests' part of the house of tests/habits/examples.py."""

from collections.abc import Mapping
from datetime import timedelta

from tests.house import House

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.access.models import User
from gasthof.slices.access.values import Email
from gasthof.slices.accounts.models import Customer
from gasthof.slices.cases.models import Case
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.requests import codes, rules
from gasthof.slices.requests.models import Code, Request
from gasthof.slices.requests.queries import today

CUSTOMERS = {f"requests.{verb}" for verb in ("draft", "change", "drop", "send_code", "confirm", "write")}
WHILE_SUSPENDED = CUSTOMERS
WORDS, CODE = "Bitte für Köln.", "12345678"
QUOTE = rules.Quote((rules.Line("restore", 1, 2_000), rules.Line(rules.RENEWAL, 1, 8_400)), "EUR", 12)


def furnish(house: House, place: str, domain: str) -> None:
    """An end that is not confirmed, with a code for it; and a restoration that waits for staff."""
    customer = Customer.objects.get(number=(house.baker if place == house.mine else house.gardener).customer)
    drafted = ended(customer, place)
    now = SYSTEM_CLOCKS.business.now()
    more = {"customer": customer, "drafted": now, "written": now}
    Request.objects.create(service=drafted, kind=rules.RESTORE, state=rules.WAITING, offered=QUOTE, **more)
    fields = {"customer": customer.number, "service": server(customer), "kind": "end", "on": "2999-03-03"}
    made = Request.objects.get(pk=house.run("requests.draft", words=WORDS, **fields).result["request"])
    person = User.objects.get(email=Email.parse(f"programme@{domain}"))
    Code.objects.create(
        request=made, user=person, digest=codes.digest(made, CODE), made=now, expires=now + timedelta(days=30_000)
    )


def ended(customer: Customer, place: str) -> Service:
    """A managed server that was deleted today; what was saved of it is kept."""
    now = SYSTEM_CLOCKS.business.now()
    version = policies.take(policies.shipped(), now)
    made = changing.begin(customer, "vms", f"vms-{place}", now, version=version)
    Service.objects.filter(pk=made.pk).update(ended=today(now), phase="deleted", due_at=None)
    return made


def server(customer: Customer) -> int:
    return Service.objects.filter(customer=customer, type="vps", ended=None).latest("pk").pk


def examples(house: House, _place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    def of(state: str) -> Request:
        return Request.objects.filter(customer=house.baker.customer, state=state).latest("pk")

    def draft() -> dict[str, object]:
        return {"request": of(rules.DRAFTED).pk}

    def waiting() -> dict[str, object]:
        return {"request": of(rules.WAITING).pk, "words": WORDS}

    customer = Customer.objects.get(number=house.baker.customer)
    person = User.objects.get(email=Email.parse(f"programme@{domain}"))
    case = Case.objects.filter(customer=customer).latest("pk").pk
    day = today(SYSTEM_CLOCKS.business.now()).isoformat()
    asked = {"customer": customer.number, "kind": "end", "service": server(customer)}
    return {
        "requests.draft": asked | {"on": "2999-03-03", "words": WORDS, "case": case, "onto": None, "mail": "no"},
        "requests.change": draft() | {"on": "2999-04-04", "words": WORDS, "onto": None, "mail": "no"},
        "requests.drop": draft(),
        "requests.send_code": draft(),
        "requests.confirm": draft() | {"code": CODE},
        "requests.vouch": draft() | {"user": person.pk, "seen": of(rules.DRAFTED).contents.hex()},
        "requests.write": waiting(),
        "requests.accept": waiting() | {"valid_until": day},
        "requests.decline": waiting(),
        "requests.finish": waiting(),
    }
