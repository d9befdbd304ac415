"""Pages of card payments: the way to the network's page and back, what became of it, and where the network tells."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gasthof.kernel import rows
from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.billing.queries import Proforma, amount
from gasthof.slices.cards import drivers, following, telling
from gasthof.slices.cards.models import CardPayment
from gasthof.slices.cards.queries import MANAGE, PAY
from gasthof.slices.cards.wording import asked_for, said, stand_in
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, question_page
from gasthof.ui.parts import Fact, State
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_customer, known, may, permit

# 2xx says to the network that it need not come again; 4xx that it was not taken.
STATUS: Mapping[telling.Taken, int] = {
    "taken": 200, "known": 200, "forged": 403, "unreadable": 400, "replayed": 409, "unknown": 404, "differs": 422,
}  # fmt: skip


def state(row: CardPayment) -> State:
    return {
        "asked": State(_("being begun"), "info", "loader-circle"),
        "open": State(_("not paid yet"), "warn", "circle-dot"),
        "pending": State(_("pending"), "info", "hourglass"),
        "refused": State(_("refused"), "bad", "circle-x"),
        "paid": State(_("paid"), "good", "circle-check"),
        "refunded": State(_("given back"), "warn", "undo-2"),
        "charged back": State(_("charged back"), "bad", "undo-2"),
    }[row.state]


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: PanelRequest, proforma: int) -> HttpResponse:
    found: Proforma = known(request, "proformas", pk=proforma)
    permit(request, PAY, found.place)
    at = reverse("billing:proforma", args=[proforma])
    crumb = Link(_("Proforma invoice %(number)s") % {"number": proforma}, at)
    head = below_customer(request, found.customer, _("Pay by card?"), crumb, lead=stand_in(drivers.network()))
    sentence = _("You are led to the card network’s page to pay %(amount)s, and back here afterwards. Your card’s number is typed there, and never here.")  # fmt: skip
    values = {"amount": amount(found.total - found.received, found.currency)}
    return question_page(
        request, "cards.begin", {"proforma": proforma}, head, Question(sentence % values, _("Go to the card network"), calm=True),
        to=lambda done: reverse("cards:payment", args=[done.result["card_payment"]]), cancel=at, message=_("The payment was begun."),
    )  # fmt: skip


@require_safe
def payment(request: PanelRequest, payment: int) -> HttpResponse:
    """On the way there: as soon as the network has said where its page is, the payer is led to it."""
    return _progress(request, _found(request, payment), leads=True)


@require_safe
def back(request: PanelRequest, payment: int) -> HttpResponse:
    """From there. What the address says is believed of nobody: the network is asked."""
    found = _found(request, payment)
    with rows.staff():
        following.back(found, SYSTEM_CLOCKS.wall.now())
    return _progress(request, found, leads=False)


def _found(request: PanelRequest, number: int) -> CardPayment:
    found: CardPayment = known(request, "card_payments", pk=number)
    permit(request, PAY, found.place)
    return found


def _progress(request: PanelRequest, row: CardPayment, *, leads: bool) -> HttpResponse:
    crumb = Link(
        _("Proforma invoice %(number)s") % {"number": row.proforma_id},
        reverse("billing:proforma", args=[row.proforma_id]),
    )
    there = row.address if row.is_open else ""
    led = leads and there
    context = {
        "payment": row, "state": state(row), "facts": _facts(row, staff=may(request.actor, MANAGE, None)), "said": said(row), "there": there, "led": led,
        "waits": row.is_open, "stand_in": stand_in(drivers.network()), "proforma": crumb.url,
        "again": reverse("cards:begin", args=[row.proforma_id]) if row.state == "refused" else "",
        "look": reverse("cards:look", args=[row.pk]) if may(request.actor, MANAGE, None) else "",
    }  # fmt: skip
    answer = show(request, "cards/payment.html", below_customer(request, row.customer, _("Card payment"), crumb), context)  # fmt: skip
    if led and request.headers.get("HX-Request"):
        answer.headers["HX-Redirect"] = there
    return answer


def _facts(row: CardPayment, *, staff: bool) -> list[Fact]:
    """The network's own words are for staff: in its language."""
    facts = [
        Fact(_("Amount"), asked_for(row), copy=False),
        Fact(_("For"), _("Proforma invoice %(number)s") % {"number": row.proforma_id}, copy=False),
        Fact(_("Begun"), date_format(row.begun.astimezone(), "SHORT_DATETIME_FORMAT"), copy=False),
    ]
    if row.words and staff:
        facts.append(Fact(_("What the network says"), row.words, copy=False))
    if row.number:
        facts.append(Fact(_("Its number there"), row.number))
    return facts


@require_http_methods(["GET", "HEAD", "POST"])
def look(request: PanelRequest, payment: int) -> HttpResponse:
    permit(request, MANAGE)
    found, at = _found(request, payment), reverse("cards:back", args=[payment])
    head = below_customer(request, found.customer, _("Ask the card network?"), Link(_("Card payment"), at))
    question = Question(_("It says what it knows of this payment, and what is new is booked."), _("Ask it"), calm=True)
    return question_page(
        request, "cards.look", {"card_payment": payment}, head, question, to=at, cancel=at, message=_("It is asked.")
    )  # fmt: skip


@require_safe
def payments(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    source = Source("card_payments", {"": ("id",)}, newest_first=True)
    listing = Listing[CardPayment](
        name="card_payments", rows=source.rows, key=source.key,
        columns=(
            Column("proforma", _("Proforma"), lambda row: str(row.proforma_id)),
            Column("customer", _("Customer"), lambda row: row.customer.name),
            Column("begun", _("Begun"), lambda row: date_format(row.begun.astimezone(), "SHORT_DATETIME_FORMAT"), whole=True),
            Column("state", _("State"), state),
            Column("amount", _("Amount"), asked_for, number=True),
        ),
        link=lambda row: reverse("cards:back", args=[row.pk]),
        search=_("Search by proforma or state"),
        empty=Empty(_("No card payment yet"), _("What customers pay by card stands here, with what the card network says of it."), icon="credit-card"),
    )  # fmt: skip
    return list_page(request, listing, Head(_("Card payments"), lead=_about()))


def _about() -> str:
    network = drivers.network()
    return stand_in(network) if network else _("Cards are not taken: config.toml names no card network.")


@csrf_exempt
@login_not_required
@require_POST
def notifications(request: HttpRequest) -> HttpResponse:
    """For the network, which shows by its signature who it is. Nothing else is told to anybody."""
    network = drivers.network()
    taken: telling.Taken = "forged"
    if network is not None and _small(request):
        taken = telling.take(network, request.headers, request.body, SYSTEM_CLOCKS)
    return HttpResponse(taken, status=STATUS[taken], content_type="text/plain")


def _small(request: Any) -> bool:
    length = request.headers.get("Content-Length", "")
    return length.isascii() and length.isdigit() and int(length) <= 65_536
