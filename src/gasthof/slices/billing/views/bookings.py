"""Staff: one booking, whose it may be, and what is done with it."""

from collections.abc import Iterator

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.amounts import amount
from gasthof.kernel.capability import Door
from gasthof.slices.billing.contents import grouped
from gasthof.slices.billing.forms import Assign, CloseCase
from gasthof.slices.billing.models import BankBooking, Case, Proforma
from gasthof.slices.billing.queries import MANAGE
from gasthof.slices.billing.views.incoming import offers, payments_link
from gasthof.slices.billing.views.states import outcome
from gasthof.slices.billing.wording import WHY, payer, shown_day
from gasthof.ui.changes import Undo
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.parts import Fact
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.standing import known, permit

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def booking(request: PanelRequest, booking: int) -> HttpResponse:
    found = _booking(request, booking)
    case = getattr(found, "case", None)
    listed = offers([found])[booking] if found.waits else []
    context = {
        "booking": found, "state": outcome(found), "facts": list(_facts(found)), "doors": list(_doors(found, case, offered=bool(listed))),
        "offers": listed, "case": list(_case_facts(case)) if case else [],
    }  # fmt: skip
    return show(request, "billing/booking.html", Head(_title(found), crumbs=(payments_link(),)), context)


def _booking(request: PanelRequest, number: int) -> BankBooking:
    permit(request, MANAGE)
    known(request, "bookings", pk=number)
    return BankBooking.objects.select_related("statement", "payment__customer", "case__customer").get(pk=number)


def _title(row: BankBooking) -> str:
    return _("%(amount)s from %(name)s") % {"amount": amount(row.units, row.currency), "name": payer(row)}


def _head(row: BankBooking, title: str) -> Head:
    return Head(title, crumbs=(payments_link(), Link(_title(row), reverse("billing:booking", args=[row.pk]))))


def _facts(row: BankBooking) -> Iterator[Fact]:
    yield Fact(_("Booked"), shown_day(row.booked), copy=False)
    if row.network:
        yield Fact(_("Card network"), row.network, copy=False)
        yield Fact(_("Its number there"), row.bank_id)
    else:
        yield Fact(_("Purpose"), row.text or "–", copy=False)
    if row.iban:
        yield Fact("IBAN", grouped(row.iban))
    if row.symbol:
        yield Fact(_("Variable symbol"), row.symbol, copy=False)
    if payment := getattr(row, "payment", None):
        yield Fact(_("Customer"), payment.customer.name, copy=False)
        numbers = payment.allocations.filter(released=False).values_list("proforma_id", flat=True)
        yield Fact(_("For"), ", ".join(map(str, numbers)) or _("Credit"), copy=False)


def _case_facts(case: Case) -> Iterator[Fact]:
    yield Fact(_("Case"), str(WHY[case.why]), copy=False)
    yield Fact(_("Opened"), shown_day(case.opened), copy=False)
    if case.closed:
        yield Fact(_("Closed"), shown_day(case.closed), copy=False)
        yield Fact(_("How it ended"), case.note or "–", copy=False)


def _doors(row: BankBooking, case: Case | None, *, offered: bool) -> Iterator[Door]:
    def at(name: str) -> str:
        return reverse(f"billing:{name}", args=[row.pk])

    if row.waits:
        another = _("Name another proforma invoice") if offered else _("Name the proforma invoice")
        yield Door(another, at("assign"), "search", primary=not offered)
        yield Door(_("Send it back"), at("send_back"), "undo-2")
    if case and not case.closed:
        yield Door(_("Close the case"), at("close_case"), "circle-check", primary=not row.waits)
        if case.why == Case.RETURN:
            yield Door(_("Let it wait again"), at("keep"), "hourglass")


@shown_or_sent
def accept(request: PanelRequest, booking: int, proforma: int) -> HttpResponse:
    found = _booking(request, booking)
    row: Proforma = known(request, "proformas", pk=proforma)
    values = {
        "amount": amount(found.units, found.currency), "missing": amount(row.total - row.received, row.currency), "customer": row.customer.name,
    }  # fmt: skip
    sentence = (
        _(
            "%(amount)s are put to the account of %(customer)s. The proforma invoice lacks %(missing)s; what is more is their credit."
        )
        % values
    )
    question = Question(sentence, _("Assign payment"), calm=True)
    head = _head(found, _("For proforma invoice %(number)s?") % {"number": proforma})
    return question_page(
        request, "billing.accept_proposal", {"booking": booking, "proforma": proforma}, head, question,
        to=reverse("billing:waiting"), cancel=reverse("billing:booking", args=[booking]), message=_assigned(proforma),
    )  # fmt: skip


def _assigned(number: object) -> str:
    return _("The payment is for proforma invoice %(number)s.") % {"number": number}


@shown_or_sent
def assign(request: PanelRequest, booking: int) -> HttpResponse:
    found, back = _booking(request, booking), reverse("billing:booking", args=[booking])
    form = Assign(posted(request), fixed={"booking": booking})
    return form_page(
        request, form, _head(found, _("Which proforma invoice is it for?")), submit=_("Assign payment"), cancel=back,
        to=reverse("billing:waiting"), message=lambda done: _assigned(done.result["proforma"]),
    )  # fmt: skip


@shown_or_sent
def send_back(request: PanelRequest, booking: int) -> HttpResponse:
    found = _booking(request, booking)
    sentence = _(
        "It waits no more, and stands among the open cases until somebody has sent it back from your bank account."
    )
    return question_page(
        request, "billing.return_booking", {"booking": booking}, _head(found, _("Send it back?")), Question(sentence, _("Send it back"), calm=True),
        to=reverse("billing:waiting"), cancel=reverse("billing:booking", args=[booking]), message=_("It is to be sent back."),
        undo=lambda _done: Undo("billing.keep_booking", {"booking": str(booking)}),
    )  # fmt: skip


@shown_or_sent
def keep(request: PanelRequest, booking: int) -> HttpResponse:
    found, back = _booking(request, booking), reverse("billing:booking", args=[booking])
    question = Question(_("It is not sent back, and stands among those that wait."), _("Let it wait again"), calm=True)
    return question_page(
        request, "billing.keep_booking", {"booking": booking}, _head(found, _("Let it wait again?")), question,
        to=back, cancel=back, message=_("It waits again."),
    )  # fmt: skip


@shown_or_sent
def close_case(request: PanelRequest, booking: int) -> HttpResponse:
    found, back = _booking(request, booking), reverse("billing:booking", args=[booking])
    form = CloseCase(posted(request), fixed={"booking": booking})
    return form_page(
        request, form, _head(found, _("Close the case")), submit=_("Close the case"), cancel=back,
        to=reverse("billing:cases"), message=_("The case is closed."),
    )  # fmt: skip
