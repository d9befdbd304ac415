"""A customer's invoices: proformas, receipts, payments, and how their account stands."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gasthof.kernel.amounts import amount
from gasthof.kernel.permissions import Place
from gasthof.slices.accounts.queries import Customer, seen_customer
from gasthof.slices.billing.models import Payment, Proforma, Receipt
from gasthof.slices.billing.queries import READ, standing
from gasthof.slices.billing.rules.standing import Standing
from gasthof.slices.billing.views.states import state
from gasthof.slices.billing.wording import account, shown_day, today
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.parts import Fact, State
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_customer, reached

TEMPLATE = "billing/invoices.html"


@require_safe
def invoices(request: PanelRequest, customer: int) -> HttpResponse:
    found = _customer(request, customer)
    listing = proforma_list(Place(customer=customer))
    return list_page(request, listing, _head(request, found, "invoices"), TEMPLATE, _account(customer))


def proforma_list(within: Place, *, customers: bool = False) -> Listing[Proforma]:
    """`customers`: the list is of several, and says whose each is."""
    source = Source("proformas", {"": ("number",)}, within, newest_first=True)
    who = (Column[Proforma]("customer", _("Customer"), lambda row: row.customer.name),) if customers else ()
    return Listing[Proforma](
        name="proformas", rows=source.rows, key=source.key,
        columns=(
            Column("number", _("Proforma"), lambda row: str(row.number)),
            *who,
            Column("issued", _("Issued"), lambda row: shown_day(row.issued), whole=True),
            Column("until", _("Payable until"), lambda row: shown_day(row.valid_until), whole=True),
            Column("state", _("State"), state),
            Column("total", _("Amount"), lambda row: amount(row.total, row.currency), number=True),
        ),
        link=lambda row: reverse("billing:proforma", args=[row.number]),
        search=_("Search by number"),
        empty=Empty(_("No proforma invoice yet"), _("Before something is to be paid, a proforma invoice comes and stands here. Once it is paid, a receipt follows."),
                    icon="receipt"),
    )  # fmt: skip


@require_safe
def receipts(request: PanelRequest, customer: int) -> HttpResponse:
    found = _customer(request, customer)
    source = Source("receipts", {"": ("id",)}, Place(customer=customer), newest_first=True)
    listing = Listing[Receipt](
        name="receipts", rows=source.rows, key=source.key,
        columns=(
            Column("number", _("Receipt"), lambda row: row.number),
            Column("issued", _("Issued"), lambda row: shown_day(row.issued), whole=True),
            Column("proforma", _("Proforma"), lambda row: str(row.proforma_id)),
            Column("note", _("Credit note"), _credit_note),
            Column("total", _("Amount"), lambda row: amount(row.proforma.total, row.proforma.currency), number=True),
        ),
        link=lambda row: reverse("billing:proforma", args=[row.proforma_id]),
        search=_("Search by number"),
        empty=Empty(_("No receipt yet"), _("A receipt is written when a proforma invoice was paid. It is the document for your taxes."), icon="file-check"),
    )  # fmt: skip
    return list_page(request, listing, _head(request, found, "receipts"), TEMPLATE, _account(customer))


def _credit_note(row: Receipt) -> str | None:
    note = getattr(row, "credit_note", None)
    return note.number if note else None


@require_safe
def payments(request: PanelRequest, customer: int) -> HttpResponse:
    found = _customer(request, customer)
    source = Source(
        "payments", {"": ("id",)}, Place(customer=customer), lambda rows: rows.prefetch_related("allocations"), newest_first=True
    )  # fmt: skip
    listing = Listing[Payment](
        name="payments", rows=source.rows, key=source.key,
        columns=(
            Column("at", _("Received"), lambda row: shown_day(row.at), whole=True),
            Column("iban", _("From"), _from),
            Column("for", _("For"), _paid_for),
            Column("amount", _("Amount"), lambda row: amount(row.units, row.currency), number=True),
        ),
        empty=Empty(_("No payment yet"), _("What reached our account stands here, as soon as our bank has told us."), icon="banknote"),
    )  # fmt: skip
    return list_page(request, listing, _head(request, found, "payments"), TEMPLATE, _account(customer))


def _from(row: Payment) -> str:
    return _("Card") if row.way == Payment.CARD else row.iban or _("Bank transfer")


def _paid_for(row: Payment) -> str | State:
    if row.units < 0:
        return State(_("charged back"), "bad", "undo-2")
    numbers = [str(each.proforma_id) for each in row.allocations.all() if not each.released]
    return ", ".join(numbers) or _("Credit")


def _customer(request: PanelRequest, number: int) -> Customer:
    found: Customer = reached(request.actor, seen_customer(number), READ)
    return found


def _head(request: PanelRequest, customer: Customer, current: str) -> Head:
    address = partial(reverse, args=[customer.number])
    titles = {"invoices": _("Proforma invoices"), "receipts": _("Receipts"), "payments": _("Payments")}
    tabs = tuple(Link(title, address(f"billing:{name}"), current=name == current) for name, title in titles.items())
    return below_customer(request, customer, _("Invoices"), tabs=tabs)


def _account(customer: int) -> Mapping[str, Any]:
    return {"account_facts": account_facts(standing(customer, today()))}


def account_facts(found: list[Standing]) -> list[Fact]:
    """Open, overdue, credit: what a glance has to tell."""
    return [Fact(name, value, copy=False, note=note) for name, value, note in account(found)]
