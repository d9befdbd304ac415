"""Reads of proformas and bookings."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import F, Q, QuerySet, Sum

from gasthof.kernel.amounts import amount
from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import HOUSE, Actor, Place, reaches
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.billing.models import (
    BankBooking,
    Case,
    Entry,
    House,
    Payment,
    Proforma,
    ProformaLine,
    Receipt,
    Settled,
    Statement,
)
from gasthof.slices.billing.rules.money import Money
from gasthof.slices.billing.rules.standing import Standing
from gasthof.slices.billing.wording import still_valid

__all__ = [
    "COLLECT",
    "MANAGE",
    "READ",
    "BookingRef",
    "Proforma",
    "ProformaRef",
    "Settled",
    "amount",
    "asked_by_hand",
    "bookings",
    "find_booking",
    "find_proforma",
    "house",
    "in_customers",
    "in_proformas",
    "money_cases",
    "open_for",
    "payments",
    "proformas",
    "receipts",
    "shown",
    "shown_booking",
    "shown_case",
    "shown_house",
    "standing",
    "statements",
    "still_valid",
    "unassigned_bookings",
    "waiting_number",
]

READ, MANAGE = "billing.read", "billing.manage"
COLLECT = "billing.collect"  # nobody's but the panel's own, which has it from the card network


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


def asked_by_hand(keys: Collection[str]) -> set[tuple[str, date]]:
    """Of services, by their lines' keys, those that proformas ask for, whatever became of these: the key, and the first day asked for."""
    lines = ProformaLine.objects.filter(service__in=keys) if keys else ProformaLine.objects.none()
    return set(lines.values_list("service", "valid_from"))


def house(at: datetime | None = None) -> House | None:
    """What papers say of the house: now, or as it was then. None: nobody has said yet. Before the first time, what was said first."""
    rows = House.objects.order_by("-since", "-pk")
    return (rows.filter(since__lte=at).first() or rows.last()) if at else rows.first()


def shown_house(found: House) -> dict[str, object]:
    accounts = {currency: {"iban": iban, "bic": bic} for currency, (iban, bic) in found.accounts.items()}
    names = ("name", "street", "postcode", "town", "country", "vat_number")
    return {name: getattr(found, name) for name in names} | {"accounts": accounts}


def in_proformas(place: Place) -> Q:
    """Proformas of customers that lie in that scope as a whole."""
    return in_customers(place)


def in_customers(place: Place, customer: str = "customer") -> Q:
    """Rows of customers that lie in that scope as a whole; `customer`: the way to the customer."""
    if place.subscription is not None or place.domain is not None or place.mailbox is not None:
        return Q(pk__in=[])
    parts = {customer: place.customer, f"{customer}__reseller": place.reseller}
    return Q(**{name: value for name, value in parts.items() if value is not None})


def standing(customer: int, day: date) -> list[Standing]:
    """By currency, none that nothing is known of."""
    missing = F("net") + F("vat") - F("received")
    rows = Proforma.objects.filter(customer=customer, state=Proforma.OPEN).values_list("currency")
    asked = rows.annotate(missing=Sum(missing), late=Sum(missing, filter=Q(valid_until__lt=day)), held=Sum("received"))
    found = {currency: (left, late or 0, held) for currency, left, late, held in asked}
    entries = Entry.objects.filter(account__kind="credit", account__customer=customer)
    owed = dict(entries.values_list("currency").annotate(sum=Sum("units")))
    return [
        _standing(each, *found.get(each, (0, 0, 0)), owed.get(each, 0)) for each in sorted(found.keys() | owed.keys())
    ]


def _standing(currency: str, missing: int, late: int, held: int, entries: int) -> Standing:
    return Standing(currency, missing, late, -entries - held)


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


def shown_receipt(receipt: Receipt) -> dict[str, object]:
    proforma = receipt.proforma
    return {
        "receipt": receipt.number,
        "proforma": proforma.number,
        "customer": proforma.customer_id,
        "total": str(Money(proforma.total, proforma.currency)),
        "issued": receipt.issued.isoformat(timespec="seconds"),
        "credit_note": note.number if (note := getattr(receipt, "credit_note", None)) else None,
    }


@collection("receipts", permission=READ, order=("-id",), shown=shown_receipt)
def receipts(ask: Ask) -> QuerySet[Receipt]:
    """Receipts of paid proformas, the newest first; found by a part of their number."""
    rows = Receipt.objects.filter(conjunction(ask.scopes, lambda place: in_customers(place, "proforma__customer")))
    rows = rows.select_related("proforma__customer", "credit_note")
    return rows.filter(number__icontains=ask.search) if ask.search else rows


def shown_payment(payment: Payment) -> dict[str, object]:
    return {
        "payment": payment.pk,
        "customer": payment.customer_id,
        "amount": str(Money(payment.units, payment.currency)),
        "known": payment.at.isoformat(timespec="seconds"),
        "way": payment.way,
        "iban": payment.iban,
    }


@collection("payments", permission=READ, order=("-id",), shown=shown_payment)
def payments(ask: Ask) -> QuerySet[Payment]:
    """Payments that are some customer’s, the newest first; found by the IBAN that they came from."""
    rows = Payment.objects.filter(conjunction(ask.scopes, in_customers)).select_related("customer")
    return rows.filter(iban=ask.search.replace(" ", "").upper()) if ask.search else rows


def _of_house(ask: Ask, rows: QuerySet[Any]) -> QuerySet[Any]:
    """What tells of all customers is for those who may see all."""
    return rows if all(HOUSE in scopes for scopes in ask.scopes) else rows.none()


def _told(search: str) -> Q:
    """Bookings by a part of what their payers wrote, or of their names."""
    return Q(text__icontains=search) | Q(name__icontains=search)


@collection("unassigned_bookings", permission=MANAGE, order=("id",), shown=shown_booking)
def unassigned_bookings(ask: Ask) -> QuerySet[BankBooking]:
    """Bookings that wait for somebody to say whose they are; found by a part of their text or of their payer’s name."""
    rows = _of_house(ask, BankBooking.objects.filter(waits=True))
    return rows.filter(_told(ask.search)) if ask.search else rows


def waiting_number() -> int:
    """Bookings and money that wait for somebody, for the house's overview."""
    return BankBooking.objects.filter(waits=True).count() + Case.objects.filter(closed=None).count()


@collection("bookings", permission=MANAGE, order=("-id",), shown=shown_booking)
def bookings(ask: Ask) -> QuerySet[BankBooking]:
    """All bookings on the house’s accounts, the newest first; found by a part of their text or of their payer’s name."""
    rows = _of_house(ask, BankBooking.objects.all())
    return rows.filter(_told(ask.search)) if ask.search else rows


def shown_statement(statement: Statement) -> dict[str, object]:
    return {
        "statement": statement.pk,
        "account": statement.account,
        "name": statement.name,
        "opening": str(Money(statement.opening, statement.currency)),
        "closing": str(Money(statement.closing, statement.currency)),
        "uploaded": statement.uploaded.isoformat(timespec="seconds"),
    }


@collection("statements", permission=MANAGE, order=("-id",), shown=shown_statement)
def statements(ask: Ask) -> QuerySet[Statement]:
    """Bank statements that were uploaded, the newest first; found by their account."""
    rows = _of_house(ask, Statement.objects.all())
    return rows.filter(account__icontains=ask.search.replace(" ", "")) if ask.search else rows


def shown_case(case: Case) -> dict[str, object]:
    return {
        "booking": case.booking_id,
        "customer": case.customer_id,
        "proforma": case.proforma_id,
        "why": case.why,
        "opened": case.opened.isoformat(timespec="seconds"),
        "closed": case.closed.isoformat(timespec="seconds") if case.closed else None,
        "note": case.note,
    }


@collection("money_cases", permission=MANAGE, order=("id",), shown=shown_case)
def money_cases(ask: Ask) -> QuerySet[Case]:
    """Money that is not simply a payment and waits for somebody, the oldest first; found by a part of its payer’s name."""
    rows = _of_house(ask, Case.objects.filter(closed=None)).select_related("booking", "customer")
    return rows.filter(booking__name__icontains=ask.search) if ask.search else rows
