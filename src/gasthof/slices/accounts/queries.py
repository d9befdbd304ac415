"""Reads of customers."""

from typing import Annotated

from django.db.models import Q, QuerySet

from gasthof.kernel import rows
from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import Actor, Place, reaches
from gasthof.slices.accounts.models import Customer

__all__ = [
    "Customer",
    "CustomerRef",
    "as_actor",
    "find_customer",
    "in_customers",
    "is_customer",
    "is_number",
    "reseller_of",
    "seen_customer",
    "shown",
]


def find_customer(actor: Actor, text: str) -> Customer | None:
    """The customer of that number, or of that name where only one that the actor may know has it. Locked for a change."""
    rows = Customer.objects.select_for_update(no_key=True)
    by = {"number": int(text)} if is_number(text) else {"name": text}
    found = [row for row in rows.filter(**by)[:20] if reaches(actor, row.place)]
    return found[0] if len(found) == 1 else None


def seen_customer(number: int) -> Customer | None:
    """Of that number, as it was a moment ago: whoever asks has yet to see whether the actor reaches it."""
    return Customer.objects.filter(number=number).first() if number < 10**9 else None


@rows.staff()
def reseller_of(customer: Customer) -> str:
    """The name of who looks after them, which they are told although that customer's row is not theirs; "": the house itself."""
    return customer.reseller.name if customer.reseller else ""


def in_customers(place: Place, path: str = "") -> Q:
    """Customers that lie in that scope as a whole; rows whose customer, at `path`, does: "customer__"."""
    if place.subscription is not None or place.domain is not None or place.mailbox is not None:
        return Q(pk__in=[])
    parts = {f"{path}number": place.customer, f"{path}reseller": place.reseller}
    return Q(**{name: value for name, value in parts.items() if value is not None})


def shown(customer: Customer) -> dict[str, object]:
    return {
        "customer": customer.number,
        "name": customer.name,
        "language": customer.language,
        "reseller": customer.reseller_id,
        "resells": customer.resells,
    }


@collection("customers", permission="accounts.read", order=("name", "number"), shown=shown)
def customers(ask: Ask) -> QuerySet[Customer]:
    """Customers, found by number or part of their name."""
    rows = Customer.objects.filter(conjunction(ask.scopes, in_customers))
    if is_number(ask.search):
        return rows.filter(number=int(ask.search))
    return rows.filter(name__icontains=ask.search) if ask.search else rows


def is_customer(number: int) -> bool:
    return Customer.objects.filter(number=number).exists()


def is_number(text: str) -> bool:
    """Whether it can be a row's number: PostgreSQL's integer ends at 2,147,483,647."""
    return text.isascii() and text.isdigit() and len(text) < 10


def as_actor(customer: Customer) -> Actor:
    """The customer as the one who acts."""
    return Actor("reseller" if customer.resells else "owner", customer.number, customer.language)


_CUSTOMER = Reference("customer", find_customer, lambda customer: customer.place, "number or name of the customer")
CustomerRef = Annotated[Customer, _CUSTOMER]
