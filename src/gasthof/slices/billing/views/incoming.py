"""Staff: what came in, what waits for somebody to say whose it is, and cases of money."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.actions import Outcome as Done
from gasthof.kernel.amounts import amount
from gasthof.kernel.keyset import Window
from gasthof.kernel.permissions import Actor, Place
from gasthof.slices.billing.contents import grouped
from gasthof.slices.billing.forms import Upload
from gasthof.slices.billing.models import BankBooking, Case, Proforma, Statement
from gasthof.slices.billing.queries import MANAGE
from gasthof.slices.billing.rules.matching import Outcome
from gasthof.slices.billing.views.customers import proforma_list
from gasthof.slices.billing.views.states import outcome
from gasthof.slices.billing.wording import REASONS, WHY, payer, shown_day
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import form_page, posted
from gasthof.ui.parts import Fact
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link
from gasthof.ui.sources import Source
from gasthof.ui.standing import known, permit

SETTLED = (Outcome.EXACT, Outcome.OVERPAID)
CREDITED = (Outcome.UNDERPAID, Outcome.TWICE, Outcome.CANCELLED, Outcome.CURRENCY)


@dataclass(frozen=True)
class Offer:
    """A proforma that a booking may be for, with what speaks for it."""

    number: int
    customer: str
    missing: str
    reasons: str


def payments_link() -> Link:
    return Link(_("Incoming payments"), reverse("billing:waiting"))


def offers(bookings: Iterable[BankBooking]) -> dict[int, list[Offer]]:
    """By booking, the likeliest first; of those that are still open. One query, however many there are."""
    listed = list(bookings)
    numbers = {number for each in listed for number, _score, _reasons in each.proposals}
    rows = Proforma.objects.filter(pk__in=numbers, state=Proforma.OPEN).select_related("customer").in_bulk()
    return {
        each.pk: [_offer(rows[number], reasons) for number, _score, reasons in each.proposals if number in rows] for each in listed
    }  # fmt: skip


def _offer(row: Proforma, reasons: Sequence[str]) -> Offer:
    missing = amount(row.total - row.received, row.currency)
    return Offer(row.number, row.customer.name, missing, ", ".join(str(REASONS[each]) for each in reasons))


@dataclass(frozen=True)
class Waiting:
    booking: BankBooking
    offers: Sequence[Offer]


@require_safe
def waiting(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    source = Source("unassigned_bookings", {"": ("id",)})

    def rows(actor: Actor, window: Window) -> Sequence[Waiting]:
        found = source.rows(actor, window)
        offered = offers(found)
        return [Waiting(each, offered[each.pk]) for each in found]

    listing = Listing[Waiting](
        name="waiting", rows=rows, key=lambda row, sort: source.key(row.booking, sort),
        columns=(
            Column("name", _("Payer"), lambda row: payer(row.booking)),
            Column("amount", _("Amount"), lambda row: amount(row.booking.units, row.booking.currency), number=True),
            Column("booked", _("Booked"), lambda row: shown_day(row.booking.booked), whole=True),
            Column("text", _("Purpose"), lambda row: row.booking.text or "–"),
            Column("offers", _("May be for"), _offered),
        ),
        link=lambda row: reverse("billing:booking", args=[row.booking.pk]),
        search=_("Search purpose and payer"),
        empty=Empty(_("Nothing waits"), _("Payments that nobody knows the purpose of stand here, with proposals. Upload a bank statement, and what can be decided is."),
                    _("Upload a bank statement"), reverse("billing:upload"), "circle-check"),
    )  # fmt: skip
    return list_page(request, listing, _head("waiting"))


def _offered(row: Waiting) -> SafeString:
    if not row.offers:
        return format_html("{}", _("nothing that we know"))
    lines = (
        (each.number, each.customer, each.missing, each.reasons, reverse("billing:accept", args=[row.booking.pk, each.number]), _("Assign"))
        for each in row.offers
    )  # fmt: skip
    line = '<li><span>{} {}, {}<br><span class="help">{}</span></span><span class="line-end"><a class="button small" href="{}">{}</a></span></li>'
    return format_html('<ul class="lines">{}</ul>', format_html_join("", line, lines))


def _head(current: str) -> Head:
    titles = {
        "waiting": _("Waiting"),
        "statements": _("Bank statements"),
        "cases": _("Open cases"),
        "proformas": _("Proforma invoices"),
    }
    tabs = tuple(Link(title, reverse(f"billing:{name}"), current=name == current) for name, title in titles.items())
    return Head(
        _("Incoming payments"),
        tabs=tabs,
        action=Link(_("Upload a bank statement"), reverse("billing:upload"), "upload"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    form = Upload(posted(request), files=request.FILES if request.method == "POST" else None)
    return form_page(
        request, form, Head(_("Upload a bank statement"), crumbs=(payments_link(),)), submit=_("Upload"), to=_uploaded, message=_said,
        cancel=reverse("billing:waiting"),
    )  # fmt: skip


def _uploaded(done: Done) -> str:
    """To the statement, where the file had one."""
    numbers = done.result["statements"]
    return reverse("billing:statement", args=numbers) if len(numbers) == 1 else reverse("billing:statements")


def _said(done: Done) -> str:
    found = done.result
    if not found["new"]:
        return _("All of its %(bookings)d bookings were known already.") % {"bookings": found["bookings"]}
    return _("Of %(bookings)d bookings %(new)d are new.") % {"bookings": found["bookings"], "new": found["new"]}


@require_safe
def statements(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    source = Source("statements", {"": ("id",)}, more=_counted, newest_first=True)
    listing = Listing[Statement](
        name="statements", rows=source.rows, key=source.key,
        columns=(
            Column("uploaded", _("Uploaded"), lambda row: shown_day(row.uploaded), whole=True),
            Column("account", _("Bank account"), lambda row: grouped(row.account)),
            Column("name", _("Statement"), lambda row: row.name or "–"),
            Column("bookings", _("Bookings"), lambda row: str(row.count), number=True),  # type: ignore[attr-defined]
            Column("closing", _("Closing balance"), lambda row: amount(row.closing, row.currency), number=True),
        ),
        link=lambda row: reverse("billing:statement", args=[row.pk]),
        search=_("Search by account"),
        empty=Empty(_("No bank statement yet"), _("Your bank offers statements as MT940 or CAMT.053 files."), _("Upload a bank statement"),
                    reverse("billing:upload"), "landmark"),
    )  # fmt: skip
    return list_page(request, listing, _head("statements"))


def _counted(rows: QuerySet[Statement]) -> QuerySet[Statement]:
    return rows.annotate(count=Count("bookings"))


@require_safe
def statement(request: PanelRequest, statement: int) -> HttpResponse:
    permit(request, MANAGE)
    found: Statement = known(request, "statements", pk=statement)
    source = Source("bookings", {"": ("id",)}, more=lambda rows: _with_outcome(rows.filter(statement=found)))
    listing = Listing[BankBooking](
        name="bookings", rows=source.rows, key=source.key,
        columns=(
            Column("name", _("Payer"), payer),
            Column("booked", _("Booked"), lambda row: shown_day(row.booked), whole=True),
            Column("amount", _("Amount"), lambda row: amount(row.units, row.currency), number=True),
            Column("outcome", _("What became of it"), outcome),
            Column("text", _("Purpose"), lambda row: row.text or "–"),
        ),
        link=lambda row: reverse("billing:booking", args=[row.pk]),
        search=_("Search purpose and payer"),
        empty=Empty(_("Nothing new"), _("All bookings of this statement came in another one before."), icon="landmark"),
    )  # fmt: skip
    back = Link(_("Bank statements"), reverse("billing:statements"))
    head = Head(_("Bank statement of %(day)s") % {"day": shown_day(found.uploaded)}, crumbs=(payments_link(), back))
    return list_page(request, listing, head, "billing/statement.html", {"facts": _facts(found)})


def _with_outcome(rows: QuerySet[BankBooking]) -> QuerySet[BankBooking]:
    return rows.select_related("payment", "case")


def _facts(found: Statement) -> list[Fact]:
    """What was settled, what is credit, what waits."""
    counts = dict(found.bookings.values_list("outcome").annotate(count=Count("pk")))
    waits = found.bookings.filter(waits=True).count()
    return [
        Fact(_("Bank account"), grouped(found.account), copy=False),
        Fact(
            _("Balance"),
            f"{amount(found.opening, found.currency)} → {amount(found.closing, found.currency)}",
            copy=False,
        ),
        Fact(_("Settled"), str(sum(counts.get(each, 0) for each in SETTLED)), copy=False),
        Fact(_("Credited to customers"), str(sum(counts.get(each, 0) for each in CREDITED)), copy=False),
        Fact(_("Waiting"), str(waits), copy=False),
        Fact(_("Charged back"), str(counts.get(Outcome.REVERSAL, 0)), copy=False),
    ]


@require_safe
def cases(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    source = Source("money_cases", {"": ("id",)})
    listing = Listing[Case](
        name="cases", rows=source.rows, key=source.key,
        columns=(
            Column("why", _("Case"), lambda row: str(WHY[row.why])),
            Column("payer", _("Payer"), lambda row: payer(row.booking)),
            Column("customer", _("Customer"), lambda row: row.customer.name if row.customer else None),
            Column("proforma", _("Proforma"), lambda row: str(row.proforma_id) if row.proforma_id else None),
            Column("opened", _("Opened"), lambda row: shown_day(row.opened), whole=True),
            Column("amount", _("Amount"), lambda row: amount(row.booking.units, row.booking.currency), number=True),
        ),
        link=lambda row: reverse("billing:booking", args=[row.booking_id]),
        search=_("Search by payer"),
        empty=Empty(_("No case is open"), _("What was charged back, paid for something cancelled or paid in another currency stands here."), icon="circle-check"),
    )  # fmt: skip
    return list_page(request, listing, _head("cases"))


@require_safe
def proformas(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    return list_page(request, replace(proforma_list(Place(), customers=True), name="all"), _head("proformas"))
