"""Reads of customers."""

from typing import Annotated

from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import Actor, reaches
from gasthof.slices.accounts.models import Customer

__all__ = ["Customer", "CustomerRef", "as_actor", "find_customer", "is_customer", "is_number"]


def find_customer(actor: Actor, text: str) -> Customer | None:
    """The customer of that number, or of that name where only one that the actor may know has it. Locked for a change."""
    rows = Customer.objects.select_for_update(no_key=True)
    by = {"number": int(text)} if is_number(text) else {"name": text}
    found = [row for row in rows.filter(**by)[:20] if reaches(actor, row.number)]
    return found[0] if len(found) == 1 else None


def is_customer(number: int) -> bool:
    return Customer.objects.filter(number=number).exists()


def is_number(text: str) -> bool:
    """Whether it can be a row's number: PostgreSQL's integer ends at 2,147,483,647."""
    return text.isascii() and text.isdigit() and len(text) < 10


def as_actor(customer: Customer) -> Actor:
    """The customer as the one who acts."""
    return Actor("owner", customer.number, customer.language)


_CUSTOMER = Reference("customer", find_customer, lambda customer: customer.number, "number or name of the customer")
CustomerRef = Annotated[Customer, _CUSTOMER]
