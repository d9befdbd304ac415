"""A proforma's page: what is asked for, what is paid, how to pay, and what staff can do with it."""

from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel import registry
from gasthof.kernel.amounts import amount
from gasthof.slices.billing import books, paying
from gasthof.slices.billing.contents import grouped, lines_of, shown_lines, shown_sums
from gasthof.slices.billing.forms import Reissue
from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.queries import MANAGE, READ, house
from gasthof.slices.billing.rules.payment_codes import Order
from gasthof.slices.billing.views.states import state
from gasthof.slices.billing.wording import shown_day, still_valid
from gasthof.ui.forms import VerbForm
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.parts import Fact
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.standing import below_customer, known, may, permit


class Act(NamedTuple):
    """What staff do with a proforma: a form, or a question with its sentence."""

    title: Promise
    icon: str
    asks: type[VerbForm] | Promise
    verb: str
    calm: bool = True


ACTS = {
    "settle": Act(
        gettext_lazy("Settle it from credit"), "wallet", gettext_lazy("It is paid out of the customer’s credit, and a receipt is written."),
        "billing.pay_from_credit",
    ),
    "reissue": Act(gettext_lazy("Replace it"), "replace", Reissue, "billing.reissue"),
    "cancel": Act(
        gettext_lazy("Cancel it"), "circle-x", gettext_lazy("It can be paid no more. What was paid for it stays the customer’s credit."),
        "billing.cancel", calm=False,
    ),
    "refund": Act(
        gettext_lazy("Write a credit note"), "undo-2", gettext_lazy("Its amount is the customer’s credit again. What was renewed by it stays."),
        "billing.refund_to_credit", calm=False,
    ),
}  # fmt: skip


@require_safe
def proforma(request: PanelRequest, proforma: int) -> HttpResponse:
    found, own = _proforma(request, proforma, READ), house()
    wanted, lines = paying.order(found, own), lines_of(found)
    context = {
        "state": state(found), "facts": list(_facts(found)), "lines": shown_lines(found, lines), "sums": shown_sums(found, lines),
        "note": "" if wanted else _note(found), "lacks": paying.missing_words(own, found.currency) if still_valid(found) else "",
        "how": _how(wanted) if wanted else [], "codes": _codes(found, wanted) if wanted else [],
        "papers": _papers(found) if own else [], "doors": _doors(request, found),
        "ways": registry.ways_to_pay(request.actor, found) if still_valid(found) else [],
    }  # fmt: skip
    title = _("Proforma invoice %(number)s") % {"number": found.number}
    return show(request, "billing/proforma.html", _head(request, found, title), context)


CODES = {
    "epc": gettext_lazy("Code for banking apps (EPC QR)"),
    "spayd": gettext_lazy("Code for Czech and Slovak banking apps (SPAYD)"),
}


def _codes(row: Proforma, wanted: Order) -> list[tuple[Promise, str]]:
    return [(CODES[name], reverse("billing:code", args=[row.number, name])) for name in paying.codes(wanted)]


def _papers(row: Proforma) -> list[tuple[str, str]]:
    """In each language, the reader's first: what a customer reads, their tax adviser may not."""
    paid = row.state == Proforma.PAID
    kind, name = ("receipt", _("Receipt as PDF, %(language)s")) if paid else ("proforma", _("PDF, %(language)s"))
    languages = sorted(settings.LANGUAGES, key=lambda each: each[0] != get_language())
    return [
        (name % {"language": language}, reverse(f"billing:{kind}_pdf", args=[row.number, code]))
        for code, language in languages
    ]  # fmt: skip


def _proforma(request: PanelRequest, number: int, permission: str) -> Proforma:
    found: Proforma = known(request, "proformas", pk=number)
    permit(request, permission, found.place)
    return found


def _head(request: PanelRequest, row: Proforma, title: str, *crumbs: Link) -> Head:
    invoices = Link(_("Invoices"), reverse("billing:invoices", args=[row.customer_id]))
    return below_customer(request, row.customer, title, invoices, *crumbs)


def _facts(row: Proforma) -> Iterator[Fact]:
    yield Fact(_("Issued"), shown_day(row.issued), copy=False)
    yield Fact(_("Payable until"), shown_day(row.valid_until), copy=False)
    yield Fact(_("Amount"), amount(row.total, row.currency), copy=False)
    if row.state == Proforma.OPEN and row.received:
        yield Fact(_("Paid so far"), amount(row.received, row.currency), copy=False)
        yield Fact(_("Still to be paid"), amount(row.total - row.received, row.currency), copy=False)
    if row.state == Proforma.PAID and row.ended:
        yield Fact(_("Paid"), shown_day(row.ended), copy=False)
        yield Fact(_("Receipt"), row.receipt.number)
        if note := getattr(row.receipt, "credit_note", None):
            yield Fact(_("Credit note"), note.number)
    if row.replaces_id:
        yield Fact(_("Replaces"), str(row.replaces_id), copy=False)


def _note(row: Proforma) -> str:
    """Why it is not to be paid."""
    if after := Proforma.objects.filter(replaces=row).first():
        return _("It was replaced by proforma invoice %(number)s. Please pay that one.") % {"number": after.number}
    if row.state == Proforma.OPEN and not still_valid(row):
        return _("It could be paid until %(day)s. Please do not pay it any more, and ask us for a new one.") % {"day": shown_day(row.valid_until)}  # fmt: skip
    if row.state in (Proforma.CANCELLED, Proforma.EXPIRED):
        return _("It was taken back. Please do not pay it any more.")
    return ""


def _how(wanted: Order) -> list[Fact]:
    facts = [Fact(_("Recipient"), wanted.name), Fact("IBAN", grouped(wanted.iban))]
    if wanted.bic:
        facts.append(Fact("BIC", wanted.bic))
    symbol = _("Banks without a field for it: as purpose.")
    return [
        *facts,
        Fact(_("Amount"), amount(wanted.amount.units, wanted.amount.currency), copy=False),
        Fact(_("Variable symbol"), wanted.symbol, note=symbol),
    ]


def _doors(request: PanelRequest, row: Proforma) -> list[tuple[Promise, str, str]]:
    """What staff may do and has any use."""
    if not may(request.actor, MANAGE, row.place):
        return []
    is_open = row.state == Proforma.OPEN
    use = {
        "settle": is_open and books.free_credit(row.customer_id, row.currency) + row.received >= row.total,
        "reissue": is_open, "cancel": is_open,
        "refund": row.state == Proforma.PAID and not hasattr(row.receipt, "credit_note"),
    }  # fmt: skip
    return [
        (act.title, act.icon, reverse(f"billing:{name}", args=[row.number])) for name, act in ACTS.items() if use[name]
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: PanelRequest, proforma: int, act: str) -> HttpResponse:
    chosen, found = ACTS[act], _proforma(request, proforma, MANAGE)
    at, title = reverse("billing:proforma", args=[proforma]), str(chosen.title)
    name = _("Proforma invoice %(number)s") % {"number": proforma}
    head = _head(request, found, f"{name}: {title}", Link(name, at))
    done = _("It was done.")
    if isinstance(chosen.asks, type):
        form = chosen.asks(posted(request), fixed={"proforma": proforma})
        return form_page(
            request, form, head, submit=title, cancel=at, message=done,
            to=lambda outcome: reverse("billing:proforma", args=[outcome.result["proforma"]]),
        )  # fmt: skip
    question = Question(chosen.asks, title, calm=chosen.calm)
    return question_page(request, chosen.verb, {"proforma": proforma}, head, question, to=at, cancel=at, message=done)
