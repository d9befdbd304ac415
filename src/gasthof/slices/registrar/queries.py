"""Reads of registered domain names, of contacts, and of what registries were asked."""

from typing import Annotated

from django.db.models import Q, QuerySet

from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import Actor, Place, reaches
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.registrar.models import Contact, Operation, Registration
from gasthof.slices.registrar.rules import rules_of

__all__ = [
    "MANAGE",
    "READ",
    "TROUBLE",
    "WRITE",
    "Contact",
    "ContactRef",
    "Operation",
    "OperationRef",
    "Registration",
    "RegistrationRef",
    "contacts",
    "find_contact",
    "find_operation",
    "find_registration",
    "in_customers",
    "in_registrations",
    "last_quote",
    "open_operation",
    "operations",
    "quoted_extra",
    "registrations",
    "shown",
    "shown_contact",
    "shown_operation",
    "waiting_number",
]

READ, WRITE, MANAGE = "registrar.read", "registrar.write", "registrar.manage"
TROUBLE = (Operation.STUCK, Operation.REFUSED, Operation.SENT)  # what operators look at


def find_registration(actor: Actor, text: str) -> Registration | None:
    """By its name in A- or U-labels; one that is gone is not found. Locked for a change."""
    try:
        name = DomainName.parse(text).ascii
    except Refused:
        return None
    rows = Registration.objects.exclude(state=Registration.GONE).select_related("customer", "holder", "admin", "tech")
    found = rows.select_for_update(of=("self",)).filter(name=name).first()
    return found if found and reaches(actor, found.place) else None


def find_contact(actor: Actor, text: str) -> Contact | None:
    """By number."""
    found = Contact.objects.select_related("customer").filter(pk=int(text)).first() if is_number(text) else None
    return found if found and reaches(actor, found.place) else None


def find_operation(actor: Actor, text: str) -> Operation | None:
    """By number; its registration's row is locked before its own, as the journal does."""
    row = Operation.objects.select_related("registration__customer").filter(pk=int(text) if is_number(text) else 0)
    found = row.first()
    if found is None or not reaches(actor, found.place):
        return None
    Registration.objects.select_for_update().filter(pk=found.registration_id).first()
    return row.select_for_update(of=("self",)).first()


RegistrationRef = Annotated[
    Registration, Reference("registration", find_registration, lambda row: row.place, "domain name")
]
ContactRef = Annotated[Contact, Reference("contact", find_contact, lambda row: row.place, "number of the contact")]
OperationRef = Annotated[
    Operation, Reference("operation", find_operation, lambda row: row.place, "number of the operation")
]


def open_operation(registration: Registration) -> Operation | None:
    """What is under way."""
    found: Operation | None = registration.operations.filter(state__in=Operation.OPEN).order_by("pk").first()
    return found


def last_quote(registration: Registration) -> int | None:
    """Cents that a restoration costs, as the registry last said; None: it has not been asked since anything else was done."""
    ended = registration.operations.filter(state=Operation.DONE).order_by("-pk").first()
    return ended.answer["cents"] if ended and ended.answer and ended.verb == "restore_quote" else None


def quoted_extra(registration: Registration) -> int | None:
    """Cents of that beside the year that comes with a restoration; None: nobody knows."""
    quote = last_quote(registration)
    return None if quote is None else max(quote - rules_of(registration.name).year, 0)


def in_customers(place: Place, path: str = "customer__") -> Q:
    """Rows whose customer lies in that scope; a limit to less than a customer leaves nothing."""
    if place.subscription is not None or place.domain is not None or place.mailbox is not None:
        return Q(pk__in=[])
    parts = {"number": place.customer, "reseller": place.reseller}
    return Q(**{f"{path}{name}": value for name, value in parts.items() if value is not None})


def in_registrations(place: Place) -> Q:
    return in_customers(place, "registration__customer__")


def shown(registration: Registration) -> dict[str, object]:
    """Without the authorisation code, which no list holds."""
    return {
        "domain": registration.unicode,
        "ascii": registration.name,
        "customer": registration.customer_id,
        "state": registration.state,
        "ends": registration.ends.isoformat() if registration.ends else None,
        "statuses": registration.statuses,
        "locked": registration.locked,
        "holder": registration.holder_id,
        "admin": registration.admin_id,
        "tech": registration.tech_id,
        "finding": registration.finding,
    }


def shown_contact(contact: Contact) -> dict[str, object]:
    names = ("name", "organisation", "street", "postcode", "city", "country", "email", "phone")
    return {"contact": contact.pk, "customer": contact.customer_id} | {name: getattr(contact, name) for name in names}


def shown_operation(operation: Operation) -> dict[str, object]:
    return {
        "operation": operation.pk,
        "id": operation.uid,
        "domain": str(operation.registration),
        "verb": operation.verb,
        "state": operation.state,
        "words": operation.words,
        "cents": (operation.answer or {}).get("cents"),
        "tries": operation.tries,
        "actor": operation.actor,
        "created": operation.created.isoformat(timespec="seconds"),
        "due": operation.due.isoformat(timespec="seconds") if operation.state in Operation.OPEN else None,
        "ended": operation.ended.isoformat(timespec="seconds") if operation.ended else None,
    }


@collection("registrations", permission=READ, order=("unicode", "id"), shown=shown)
def registrations(ask: Ask) -> QuerySet[Registration]:
    """Registered domain names, found by any part of their name in U- or A-labels."""
    rows = Registration.objects.filter(conjunction(ask.scopes, in_customers)).select_related("customer")
    text = ask.search.lower()
    return rows.filter(Q(unicode__contains=text) | Q(name__contains=text)) if text else rows


@collection("contacts", permission=READ, order=("id",), shown=shown_contact)
def contacts(ask: Ask) -> QuerySet[Contact]:
    """Contacts of domain names, found by part of a name or organisation."""
    rows = Contact.objects.filter(conjunction(ask.scopes, in_customers))
    return rows.filter(Q(name__icontains=ask.search) | Q(organisation__icontains=ask.search)) if ask.search else rows


def waiting_number() -> int:
    """Operations whose outcome nobody knows, for the house's overview."""
    return Operation.objects.filter(state=Operation.STUCK).count()


@collection("registry_operations", permission=READ, order=("-id",), shown=shown_operation)
def operations(ask: Ask) -> QuerySet[Operation]:
    """What registries were asked, the newest first; found by a domain name, or a state."""
    rows = Operation.objects.filter(conjunction(ask.scopes, in_registrations)).select_related("registration__customer")
    text = ask.search.lower()
    wanted = Q(registration__unicode=text) | Q(registration__name=text) | Q(state=text)
    return rows.filter(wanted) if text else rows
