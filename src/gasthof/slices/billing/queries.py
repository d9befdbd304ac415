"""Reads of proformas and bookings."""

from typing import Annotated

from django.db.models import Q, QuerySet

from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import HOUSE, Actor, Place, reaches
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.billing.models import BankBooking, Proforma, Settled
from gasthof.slices.billing.rules.money import Money

__all__ = [
    "MANAGE",
    "READ",
    "BookingRef",
    "ProformaRef",
    "Settled",
    "find_booking",
    "find_proforma",
    "in_proformas",
    "open_for",
    "proformas",
    "shown",
    "shown_booking",
    "unassigned_bookings",
]

READ, MANAGE = "billing.read", "billing.manage"


def find_proforma(actor: Actor, text: str) -> Proforma | None:
    """By number. Locked for a change."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        return None
    rows = Proforma.objects.select_related("customer").select_for_update(of=("self",), no_key=True)
    found = rows.filter(pk=int(text)).first()
    return found if found and reaches(actor, found.place) else None


def find_booking(actor: Actor, text: str) -> BankBooking | None:
    """By number, for the house. Locked for a change."""
    if not is_number(text) or not reaches(actor, None):
        return None
    return BankBooking.objects.select_for_update(no_key=True).filter(pk=int(text)).first()


_PROFORMA = Reference("proforma", find_proforma, lambda row: row.place, "number of the proforma")
ProformaRef = Annotated[Proforma, _PROFORMA]
_BOOKING = Reference("booking", find_booking, lambda row: row.place, "number of the booking")
BookingRef = Annotated[BankBooking, _BOOKING]


def open_for(key: str) -> Proforma | None:
    """The open proforma with a line for that service, by the line's key."""
    return Proforma.objects.filter(state=Proforma.OPEN, lines__service=key).order_by("number").first()


def in_proformas(place: Place) -> Q:
    """Proformas of customers that lie in that scope as a whole."""
    if place.subscription is not None or place.domain is not None or place.mailbox is not None:
        return Q(pk__in=[])
    parts = {"customer": place.customer, "customer__reseller": place.reseller}
    return Q(**{name: value for name, value in parts.items() if value is not None})


def shown(proforma: Proforma) -> dict[str, object]:
    return {
        "proforma": proforma.number,
        "customer": proforma.customer_id,
        "state": proforma.state,
        "currency": proforma.currency,
        "net": proforma.net,
        "vat": proforma.vat,
        "total": proforma.total,
        "received": proforma.received,
        "issued": proforma.issued.isoformat(timespec="seconds"),
        "valid_until": proforma.valid_until.isoformat(),
        "replaces": proforma.replaces_id,
    }


def shown_booking(booking: BankBooking) -> dict[str, object]:
    return {
        "booking": booking.pk,
        "booked": booking.booked.isoformat(),
        "amount": str(Money(booking.units, booking.currency)),
        "name": booking.name,
        "iban": booking.iban,
        "symbol": booking.symbol,
        "text": booking.text,
        "outcome": booking.outcome,
        "waits": booking.waits,
        "proposals": booking.proposals,
    }


@collection("proformas", permission=READ, order=("-number",), shown=shown)
def proformas(ask: Ask) -> QuerySet[Proforma]:
    """Proforma invoices, the newest first; found by number or state."""
    rows = Proforma.objects.filter(conjunction(ask.scopes, in_proformas)).select_related("customer")
    wanted = Q(number=int(ask.search)) if is_number(ask.search) else Q(state=ask.search)
    return rows.filter(wanted) if ask.search else rows


@collection("unassigned_bookings", permission=MANAGE, order=("id",), shown=shown_booking)
def unassigned_bookings(ask: Ask) -> QuerySet[BankBooking]:
    """Bookings that wait for somebody to say whose they are; found by a part of their text."""
    rows = BankBooking.objects.filter(waits=True)
    if not all(HOUSE in scopes for scopes in ask.scopes):
        return rows.none()
    return rows.filter(text__icontains=ask.search) if ask.search else rows
