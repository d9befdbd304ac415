"""What can be done with proformas and payments. All of it is staff's; whose turn it is to move money is held by books.hold."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Annotated, Literal

from django.conf import settings

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Between, Unchanged
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import Day, Line, PersonName, Title
from gasthof.slices.accounts.queries import Customer, CustomerRef
from gasthof.slices.billing import books, receiving, settling
from gasthof.slices.billing.books import Said
from gasthof.slices.billing.models import (
    Allocation,
    BankBooking,
    Case,
    CreditNote,
    House,
    Proforma,
    ProformaLine,
    Statement,
)
from gasthof.slices.billing.queries import (
    COLLECT,
    MANAGE,
    BookingRef,
    ProformaRef,
    house,
    shown,
    shown_booking,
    shown_case,
    shown_house,
)
from gasthof.slices.billing.rules import accounts, ledger, money, reading, vat
from gasthof.slices.billing.rules import booking as said_by_banks
from gasthof.slices.billing.rules.matching import Decision, Outcome
from gasthof.slices.billing.values import Bic, Country, CurrencyCode, Iban, NewLines, Postcode, StatementFile, VatNumber
from gasthof.slices.lifecycle.rules.days import day_of

Currency = Literal["EUR", "CZK"]
SAID = tuple(each.name for each in fields(said_by_banks.Booking) if each.name != "account")
FIRST_NUMBER = 1_000_001  # proformas' series; all are variable symbols of the same length for long


@dataclass(frozen=True)
class Drawn:
    """A line as it will stand on the proforma, but for its VAT."""

    service: str
    title: str
    net: int
    category: str
    rate: int
    valid_from: date
    valid_until: date


@action("billing.issue", permission=MANAGE, on="customer")
def issue(
    call: Call,
    *,
    customer: CustomerRef,
    lines: Annotated[NewLines, "lines, each: service; title; net amount; VAT category; first day; last day"],
    valid_until: Annotated[Day, "the last day on which it can be paid"],
    currency: Annotated[Currency, "currency of all lines"] = "EUR",
) -> Result:
    """Issue a proforma invoice."""
    try:
        drawn = [Drawn(each.service, each.title, each.units(currency), each.category, vat.RATES[each.category], each.valid_from, each.valid_until) for each in lines]  # fmt: skip
    except Refused as error:
        raise error.at("lines") from error
    return shown(_issued(customer, drawn, currency, valid_until, call.clocks.business.now()))


def _issued(
    customer: Customer,
    lines: Sequence[Drawn],
    currency: str,
    until: date,
    at: datetime,
    replaces: Proforma | None = None,
) -> Proforma:
    if until < at.date():
        raise Refused("This day has passed.").at("valid_until")
    if not (net := sum(line.net for line in lines)):
        raise Refused("A proforma needs an amount.").at("lines")
    taxes = vat.by_line([vat.Taxable(line.net, line.category, line.rate) for line in lines])
    (number,) = books.take("proformas", 1, first=FIRST_NUMBER)
    proforma = Proforma.objects.create(
        number=number, customer=customer, addressee=customer.name, currency=currency, net=net, vat=sum(taxes), issued=at, valid_until=until,
        replaces=replaces,
    )  # fmt: skip
    ProformaLine.objects.bulk_create(
        ProformaLine(proforma=proforma, position=position, vat=tax, **asdict(line))
        for position, (line, tax) in enumerate(zip(lines, taxes, strict=True), 1)
    )
    return proforma


@action("billing.cancel", permission=MANAGE, on="proforma")
def cancel(
    call: Call,
    *,
    proforma: ProformaRef,
    why: Annotated[Literal["cancelled", "expired"], "taken back, or its time has passed"] = "cancelled",
) -> Result:
    """Take a proforma back; what was paid for it stays the customer’s credit."""
    books.hold()
    return shown(_end(proforma, why, call.clocks.business.now()))


def _end(proforma: Proforma, state: str, at: datetime) -> Proforma:
    _need_open(proforma)
    Allocation.objects.filter(proforma=proforma, released=False).update(released=True)
    proforma.state, proforma.ended, proforma.received = state, at, 0
    proforma.save(update_fields=["state", "ended", "received"])
    return proforma


def _need_open(proforma: Proforma) -> None:
    """As it is now: its row may have been read before the money's lock was held."""
    proforma.refresh_from_db()
    if proforma.state != Proforma.OPEN:
        raise Refused("This proforma is not open any more.").at("proforma")


@action("billing.reissue", permission=MANAGE, on="proforma")
def reissue(
    call: Call,
    *,
    proforma: ProformaRef,
    fee: Annotated[int, Between(0, 999_999_999), "net amount of the fee, in cents; 0: none"],
    title: Annotated[Title, "what the fee is for"],
    valid_until: Annotated[Day, "the last day on which it can be paid"],
) -> Result:
    """Replace a proforma by a new one with a fee, which takes the place of one that it had."""
    books.hold()
    at = call.clocks.business.now()
    _end(proforma, Proforma.CANCELLED, at)
    names = list(Drawn.__dataclass_fields__)
    lines = [Drawn(*values) for values in proforma.lines.order_by("position").values_list(*names)]
    lines = [line for line in lines if line.service] or lines
    if fee:
        lines.append(Drawn("", str(title), fee, "standard", vat.RATES["standard"], at.date(), valid_until))
    return shown(_issued(proforma.customer, lines, proforma.currency, valid_until, at, proforma))


@action("billing.prolong", permission=MANAGE, on="proforma")
def prolong(
    call: Call,
    *,
    proforma: ProformaRef,
    valid_until: Annotated[Day, "the last day on which it can be paid, from now on"],
) -> Result:
    """Let a proforma be paid for longer than it says."""
    books.hold()
    _need_open(proforma)
    if valid_until <= proforma.valid_until:
        raise Refused("It can be paid until then already.").at("valid_until")
    if valid_until < day_of(call.clocks.business.now(), settings.TIME_ZONE):
        raise Refused("This day has passed.").at("valid_until")
    proforma.valid_until = valid_until
    proforma.save(update_fields=["valid_until"])
    return shown(proforma)


@action("billing.upload_statement", permission=MANAGE)
def upload_statement(call: Call, *, file: Annotated[StatementFile, "an MT940 or CAMT.053 file, in base64"]) -> Result:
    """Read a bank statement, and settle what it pays; bookings that are known are passed over."""
    with settling.much_at_once():
        try:
            statements = reading.read(file)
            _need_ours(statements)
        except Refused as error:
            raise error.at("file") from error
        return _taken(statements, call.clocks.business.now())


def _taken(statements: Sequence[said_by_banks.Statement], at: datetime) -> Result:
    books.hold()
    fresh = [row for each in statements for row in _fresh(each, at)]
    decisions = settling.decide([said for _, said in fresh])
    for (row, _), decision in zip(fresh, decisions, strict=True):
        _note(row, decision)
    rows = BankBooking.objects.bulk_create(row for row, _ in fresh)
    settling.carry_out(list(zip(rows, decisions, strict=True)), at)
    outcomes = {each.value: sum(decision.outcome is each for decision in decisions) for each in Outcome}
    numbers = sorted({row.statement_id for row in rows if row.statement_id})
    return {
        "bookings": sum(len(each.bookings) for each in statements), "new": len(rows), "outcomes": outcomes, "statements": numbers,
    }  # fmt: skip


def _need_ours(statements: Sequence[said_by_banks.Statement]) -> None:
    """Once the house has said which accounts are its own, no other's statement is taken."""
    found = house()
    ibans = [iban for iban, _ in found.accounts.values()] if found else []
    for each in statements:
        if ibans and not any(accounts.same(each.account, iban) for iban in ibans):
            raise Refused("The account %(account)s of this statement is not the house’s.", account=each.account[:60])


def _fresh(statement: said_by_banks.Statement, at: datetime) -> list[tuple[BankBooking, said_by_banks.Booking]]:
    """The bookings of the statement that no statement has told of before."""
    marks = list(said_by_banks.fingerprints(statement.bookings))
    known = set(BankBooking.objects.filter(fingerprint__in=marks).values_list("fingerprint", flat=True))
    row, _ = Statement.objects.get_or_create(
        digest=_digest(statement, marks),
        defaults={
            "account": statement.account[:60], "name": statement.name[:60], "currency": statement.currency,
            "opening": statement.opening, "closing": statement.closing, "uploaded": at,
        },
    )  # fmt: skip
    told = zip(marks, statement.bookings, strict=True)
    return [(_row(row, mark, each), each) for mark, each in told if mark not in known]


def _digest(statement: said_by_banks.Statement, marks: Sequence[str]) -> str:
    said = [statement.account, statement.name, statement.currency, statement.opening, statement.closing, *marks]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _row(statement: Statement, mark: str, said: said_by_banks.Booking) -> BankBooking:
    values = ((name, getattr(said, name)) for name in SAID)
    texts = {name: value.replace("\x00", "") if isinstance(value, str) else value for name, value in values}
    return BankBooking(statement=statement, fingerprint=mark, **texts)


def _note(row: BankBooking, decision: Decision) -> None:
    row.outcome = decision.outcome
    row.waits = decision.outcome is Outcome.UNKNOWN
    row.proposals = [[each.proforma, each.score, list(each.reasons)] for each in decision.proposals]


@action("billing.receive", permission=COLLECT, on="proforma")
def receive(
    call: Call,
    *,
    proforma: ProformaRef,
    network: Annotated[Title, "the card network that collected it"],
    reference: Annotated[Title, "the network’s own number of the payment"],
    units: Annotated[int, Between(1, money.LARGEST), "amount, in cents"],
    currency: Annotated[CurrencyCode, "currency, such as EUR"],
    taken_back: Annotated[bool, "whether that payment was given or charged back"] = False,
) -> Result:
    """Take a payment that a card network has collected, or note that it was taken back. What is told again changes nothing."""
    if len(network) > receiving.LONGEST_NAME:
        raise Refused("This is too long.").at("network")
    books.hold()
    proforma.refresh_from_db()
    told = receiving.Collected(str(network), str(reference), units, str(currency), taken_back)
    return shown_booking(receiving.receive(told, proforma, call.clocks.business.now()))


@action("billing.accept_proposal", permission=MANAGE, on="booking")
def accept_proposal(call: Call, *, booking: BookingRef, proforma: ProformaRef) -> Result:
    """Say which proforma a booking pays."""
    books.hold()
    _need_waiting(booking)
    _need_open(proforma)
    if booking.currency != proforma.currency:
        raise Refused("This proforma is in another currency.").at("proforma")
    at, allocated = call.clocks.business.now(), min(booking.units, proforma.total - proforma.received)
    payment = settling.payment(booking, proforma.customer_id, at)
    payment.save()
    entries = ledger.assigned(booking.currency, proforma.customer_id, booking.units)
    books.post([Said("assigned", f"booking:{booking.pk}", entries)], at)
    _pay(proforma, Allocation(payment=payment, proforma=proforma, units=allocated), at)
    booking.waits = False
    booking.save(update_fields=["waits"])
    return shown(proforma)


@action("billing.return_booking", permission=MANAGE, on="booking")
def return_booking(call: Call, *, booking: BookingRef) -> Result:
    """Say that a booking is nobody’s: it is to be sent back."""
    books.hold()
    _need_waiting(booking)
    Case.objects.create(booking=booking, why=Case.RETURN, opened=call.clocks.business.now())
    booking.waits = False
    booking.save(update_fields=["waits"])
    return shown_booking(booking)


@action("billing.keep_booking", permission=MANAGE, on="booking")
def keep_booking(_call: Call, *, booking: BookingRef) -> Result:
    """Let a booking wait again that was to be sent back."""
    books.hold()
    if not Case.objects.filter(booking=booking, why=Case.RETURN, closed=None).delete()[0]:
        raise Refused("This booking is not to be sent back.").at("booking")
    booking.refresh_from_db()
    booking.waits = True
    booking.save(update_fields=["waits"])
    return shown_booking(booking)


@action("billing.close_case", permission=MANAGE, on="booking")
def close_case(
    call: Call, *, booking: BookingRef, note: Annotated[Line, "how it ended: what was agreed, or when it was sent back"]
) -> Result:
    """Close the case that a booking opened. What was to be sent back has been."""
    books.hold()
    case = Case.objects.filter(booking=booking, closed=None).first()
    if case is None:
        raise Refused("No case of this booking is open.").at("booking")
    case.closed, case.note = call.clocks.business.now(), note
    case.save(update_fields=["closed", "note"])
    if case.why == Case.RETURN and booking.statement is not None:
        entries = ledger.returned(booking.statement.account, booking.currency, booking.units)
        books.post([Said("returned", f"booking:{booking.pk}", entries)], case.closed)
    return shown_case(case)


def _need_waiting(booking: BankBooking) -> None:
    """As it is now: its row may have been read before the money's lock was held."""
    booking.refresh_from_db()
    if not booking.waits:
        raise Refused("This booking waits for nobody any more.").at("booking")


def _pay(proforma: Proforma, allocation: Allocation, at: datetime) -> None:
    allocation.save()
    proforma.received += allocation.units
    proforma.save(update_fields=["received"])
    if proforma.received == proforma.total:
        settling.settle([proforma.number], at)
    proforma.refresh_from_db()


@action("billing.pay_from_credit", permission=MANAGE, on="proforma")
def pay_from_credit(call: Call, *, proforma: ProformaRef) -> Result:
    """Settle a proforma out of the customer’s credit."""
    books.hold()
    _need_open(proforma)
    if books.free_credit(proforma.customer_id, proforma.currency) + proforma.received < proforma.total:
        raise Refused("The customer’s credit is not enough.").at("proforma")
    settling.settle([proforma.number], call.clocks.business.now())
    proforma.refresh_from_db()
    return shown(proforma)


@action("billing.refund_to_credit", permission=MANAGE, on="proforma")
def refund_to_credit(call: Call, *, proforma: ProformaRef) -> Result:
    """Write a credit note for a paid proforma: its amount is the customer’s credit again."""
    books.hold()
    proforma.refresh_from_db()
    if proforma.state != Proforma.PAID:
        raise Refused("This proforma is not paid.").at("proforma")
    if CreditNote.objects.filter(receipt=proforma.receipt).exists():
        raise Refused("There is a credit note for this proforma already.").at("proforma")
    at = call.clocks.business.now()
    (number,) = settling.receipt_numbers(1, at)
    CreditNote.objects.create(number=number, receipt=proforma.receipt, issued=at)
    entries = ledger.refunded(proforma.currency, proforma.customer_id, proforma.net, proforma.vat)
    books.post([Said("refunded", f"proforma:{proforma.number}", entries)], at)
    return shown(proforma) | {"credit_note": number}


@action("billing.set_house", permission=MANAGE)
def set_house(
    call: Call,
    *,
    name: Annotated[PersonName, "the company’s full name, as it is registered"],
    street: Annotated[Line, "street and number"],
    postcode: Annotated[Postcode, "postcode"],
    town: Annotated[Line, "town"],
    country: Annotated[Country, "country, two letters such as DE"],
    vat_number: Annotated[VatNumber, "VAT number, such as DE123456789"],
    eur_iban: Annotated[Iban | Unchanged | None, "IBAN of the account for EUR; empty: none"] = UNCHANGED,
    eur_bic: Annotated[Bic | Unchanged | None, "BIC of that bank; empty: none"] = UNCHANGED,
    czk_iban: Annotated[Iban | Unchanged | None, "IBAN of the account for CZK; empty: none"] = UNCHANGED,
    czk_bic: Annotated[Bic | Unchanged | None, "BIC of that bank; empty: none"] = UNCHANGED,
) -> Result:
    """Say what proformas and receipts tell of the house, from now on. Receipts that were issued before stay as they are."""
    before = house()
    told = {"eur": (eur_iban, eur_bic), "czk": (czk_iban, czk_bic)}
    numbers = {key.upper(): _account(before, key, *account) for key, account in told.items()}
    made = House.objects.create(
        since=call.clocks.business.now(), name=name, street=street, postcode=postcode, town=town, country=country,
        vat_number=vat_number, accounts={currency: account for currency, account in numbers.items() if account[0]},
    )  # fmt: skip
    return shown_house(made)


def _account(before: House | None, key: str, iban: Iban | Unchanged | None, bic: Bic | Unchanged | None) -> list[str]:
    """IBAN and BIC of a currency, with what was not given as it was."""
    earlier = before.account(key.upper()) if before else ("", "")
    new = [str(was if given is UNCHANGED else given or "") for given, was in zip((iban, bic), earlier, strict=True)]
    if new[1] and not new[0]:
        raise Refused("A BIC needs the IBAN of its account.").at(f"{key}_bic")
    return new
