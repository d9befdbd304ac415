"""The registrar's part of the house of tests/habits/examples.py: a name that is held, one that was deleted, one on its way."""

from collections.abc import Mapping
from datetime import date, timedelta

from tests.house import House

from gasthof.kernel.clock import FixedClock, SystemClock
from gasthof.kernel.values import DomainName
from gasthof.slices.registrar import journal, reading
from gasthof.slices.registrar.models import Contact, Operation
from gasthof.slices.registrar.tryout import Registry

CUSTOMERS = {
    "registrar.add_contact", "registrar.register", "registrar.transfer_in", "registrar.renew", "registrar.lock",
    "registrar.new_code", "registrar.show_code", "registrar.cancel", "registrar.restore_quote", "registrar.restore",
}  # fmt: skip
WHILE_SUSPENDED = CUSTOMERS  # a name is no part of a subscription
CODE = "Geheim-Wort-7"
ADDRESS = {
    "name": "Jörg Müller", "street": "Bäckergasse 3", "postcode": "1010", "city": "Wien", "country": "at",
    "email": "mueller@example.org", "phone": "0043.1 234-567",
}  # fmt: skip


def furnish(house: House, place: str, domain: str) -> None:
    customer = (house.baker if place == house.mine else house.gardener).customer
    holder = house.run("registrar.add_contact", customer=customer, **ADDRESS).result["contact"]
    registry = Registry(SystemClock())
    told = {"customer": customer, "holder": holder}
    house.run("registrar.register", name=_held(domain), **told)
    registry.fail("create", "pending")
    house.run("registrar.register", name=_lost(domain), **told)
    registry.plant(DomainName.parse(_moving(domain)).ascii, CODE, date(2027, 5, 31))
    house.run("registrar.transfer_in", name=_moving(domain), code=CODE, **told)
    _settle(registry)
    for verb, name, fields in (
        ("new_code", _held(domain), {}),
        ("cancel", _lost(domain), {"consent": "Brief vom 3. März"}),
        ("restore_quote", _lost(domain), {}),
    ):
        house.run(f"registrar.{verb}", registration=name, **fields)
        _settle(registry)


def _settle(registry: Registry) -> None:
    """As the jobs would; the registry's own time is two days ahead when it is asked for its messages."""
    now = SystemClock().now()
    for number in journal.due_registrations(now):
        journal.carry_out(number, registry, SystemClock())
    reading.poll(Registry(FixedClock(now + timedelta(days=2))), SystemClock())


def examples(house: House, _place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    held, lost = {"registration": _held(domain)}, {"registration": _lost(domain)}
    customer = {"customer": house.baker.customer}
    new = customer | {"holder": lambda: _contact(house), "name": "törtchen.de"}
    return {
        "registrar.add_contact": customer | ADDRESS | {"organisation": "Bäckerei Müller"},
        "registrar.register": new | {"admin": lambda: _contact(house), "tech": lambda: _contact(house), "years": 1},
        "registrar.transfer_in": new | {"code": CODE},
        "registrar.renew": held | {"years": 1},
        "registrar.lock": held | {"on": "yes"},
        "registrar.new_code": held,
        "registrar.show_code": held,
        "registrar.cancel": held | {"consent": "Brief vom 3. März"},
        "registrar.release": held,
        "registrar.restore_quote": lost,
        "registrar.restore": lost | {"reason": "aus Versehen gelöscht"},
        "registrar.retry": {"operation": lambda: _moves(domain)},
    }


def _held(domain: str) -> str:
    return f"{domain.partition('.')[0]}.de"


def _lost(domain: str) -> str:
    return f"{domain.partition('.')[0]}.info"


def _moving(domain: str) -> str:
    return f"{domain.partition('.')[0]}.org"


def _contact(house: House) -> int:
    row = Contact.objects.filter(customer=house.baker.customer).first()
    return row.pk if row else 0


def _moves(domain: str) -> int:
    row = Operation.objects.filter(registration__unicode=_moving(domain)).first()
    return row.pk if row else 0
