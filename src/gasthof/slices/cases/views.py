"""Pages of cases: the house's, a customer's, and one case with its steps."""

from collections.abc import Mapping
from typing import NamedTuple

from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.permissions import Actor, Place
from gasthof.slices.accounts.queries import Customer, seen_customer
from gasthof.slices.cases import forms, rules, wording
from gasthof.slices.cases.models import Case
from gasthof.slices.cases.queries import MANAGE, READ, WRITE, end_proposed_by, fee_reasons, terms, thread
from gasthof.slices.lifecycle.queries import Service
from gasthof.ui.forms import VerbForm
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.parts import Fact, State
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_customer, known, may, permit, reached

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


class Act(NamedTuple):
    """A way in which a case goes on: a form, or a question with its sentence."""

    title: Promise
    icon: str
    asks: type[VerbForm] | Promise
    verb: str
    permission: str = MANAGE


ACTS: Mapping[str, Act] = {
    "mended": Act(gettext_lazy("Report that it is mended"), "circle-check", forms.Mended, "cases.mended", WRITE),
    "lift": Act(gettext_lazy("Unlock"), "lock-open", forms.Lift, "cases.lift"),
    "warn": Act(gettext_lazy("Warn"), "triangle-alert", forms.Warn, "cases.warn"),
    "note": Act(gettext_lazy("Note evidence"), "pencil", forms.Note, "cases.note"),
    "hold": Act(
        gettext_lazy("Lock at once"), "lock", gettext_lazy("It is locked at once, and the customer is told."), "cases.hold"
    ),
    "charge": Act(gettext_lazy("Invoice the unlocking fee"), "receipt", forms.Charge, "cases.charge"),
    "propose_end": Act(gettext_lazy("Propose to end it at once"), "trash-2", forms.ProposeEnd, "cases.propose_end"),
    "confirm_end": Act(
        gettext_lazy("Confirm the end"), "trash-2", gettext_lazy("The service ends today. What its policy keeps is saved before it is deleted."),
        "cases.confirm_end",
    ),
    "close": Act(gettext_lazy("Close the case"), "circle-check", forms.Close, "cases.close"),
}  # fmt: skip


def state(case: Case) -> State:
    return State(*wording.standing(case))


def _about(case: Case) -> str:
    return wording.about(case) or "–"


def _listing(within: Place, *, customers: bool) -> Listing[Case]:
    source = Source("cases", {"": ("id",)}, within, newest_first=True)
    who = (Column[Case]("customer", _("Customer"), lambda row: row.customer.name),) if customers else ()
    return Listing(
        name="cases", rows=source.rows, key=source.key,
        columns=(
            Column("title", _("Case"), lambda row: f"V-{row.pk} {row.title}"),
            *who,
            Column("about", _("About"), _about),
            Column("state", _("State"), state),
            Column("opened", _("Opened"), lambda row: date_format(localtime(row.opened), "SHORT_DATE_FORMAT"), whole=True),
        ),
        link=lambda row: reverse("cases:case", args=[row.pk]),
        search=_("Search cases"),
        empty=Empty(_("All is well"), _("No case is open or was. Were something to break the terms, or be broken into, it would stand here with what to do."), icon="circle-check"),
    )  # fmt: skip


@require_safe
def everywhere(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    return list_page(request, _listing(Place(), customers=True), Head(_("Cases")))


@require_safe
def of_customer(request: PanelRequest, customer: int) -> HttpResponse:
    found: Customer = reached(request.actor, seen_customer(customer), READ)
    staff = may(request.actor, MANAGE, found.place)
    action = Link(_("Open a case"), reverse("cases:open_", args=[customer]), "plus") if staff else None
    listing = _listing(Place(customer=customer), customers=False)
    return list_page(request, listing, below_customer(request, found, _("Cases"), action=action))


@shown_or_sent
def open_(request: PanelRequest, customer: int) -> HttpResponse:
    found: Customer = reached(request.actor, seen_customer(customer), MANAGE)
    back = reverse("cases:of_customer", args=[customer])
    form = forms.Open(posted(request), fixed={"customer": customer}, initial={"kind": "breach", "severity": "0"})
    standing = Service.objects.filter(customer=customer, ended=None)
    form.offer(standing.order_by(F("parent").asc(nulls_first=True), "pk")[:200])
    return form_page(
        request, form, below_customer(request, found, _("Open a case"), Link(_("Cases"), back)), submit=_("Open case"),
        to=back, cancel=back, message=lambda outcome: _("The case was opened. The customer is told."),
    )  # fmt: skip


def _case(request: PanelRequest, number: int, permission: str) -> Case:
    found: Case = known(request, "cases", pk=number)
    permit(request, permission, found.place)
    return found


@require_safe
def case(request: PanelRequest, case: int) -> HttpResponse:
    found = _case(request, case, READ)
    now = SYSTEM_CLOCKS.business.now()
    steps = [(wording.STEPS[each.what], each) for each in thread(request.actor, found)]
    doors = [
        (act.title, act.icon, reverse(f"cases:{name}", args=[case])) for name, act in _possible(request.actor, found)
    ]
    context = {
        "case": found, "state": state(found), "facts": _facts(found), "steps": steps, "doors": doors,
        "advice": "" if found.closed or may(request.actor, MANAGE, found.place) else wording.advice(found),
        "fee": wording.fee(terms(), fee_reasons(found, now)) if found.held else "",
    }  # fmt: skip
    back = Link(_("Cases"), reverse("cases:of_customer", args=[found.customer_id]))
    title = f"V-{found.pk} {found.title}"
    return show(request, "cases/case.html", below_customer(request, found.customer, title, back), context)


def _facts(case: Case) -> list[Fact]:
    kind = f"{wording.KINDS[case.kind]}, {wording.SEVERITIES[case.severity]}"
    found = [Fact(_("Kind"), kind, copy=False)]
    if wording.about(case):
        found.append(Fact(_("About"), wording.about(case), copy=False))
    if case.deadline and not case.closed:
        found.append(Fact(_("Deadline"), date_format(localtime(case.deadline), "DATE_FORMAT"), copy=False))
    if case.proforma_id:
        found.append(Fact(_("Proforma"), str(case.proforma_id)))
    return found


def _possible(actor: Actor, case: Case) -> list[tuple[str, Act]]:
    """What may be done and has any use."""
    staff = may(actor, MANAGE, case.place)
    lockable = bool(case.mailbox or case.service_id)
    ends = case.service_id is not None and rules.may_end(case.severity, case.deliberate)
    proposed = staff and bool(end_proposed_by(case))
    use = {
        "hold": lockable and not case.held, "lift": case.held, "charge": case.held and case.proforma_id is None,
        "mended": not staff, "propose_end": ends and not proposed, "confirm_end": proposed,
    }  # fmt: skip
    listed = ACTS.items() if case.closed is None else ()
    return [(name, act) for name, act in listed if use.get(name, True) and may(actor, act.permission, case.place)]


@shown_or_sent
def go_on(request: PanelRequest, case: int, act: str) -> HttpResponse:
    chosen = ACTS[act]
    found = _case(request, case, chosen.permission)
    at, title = reverse("cases:case", args=[case]), str(chosen.title)
    head = below_customer(
        request, found.customer, f"V-{found.pk}: {title}", Link(f"V-{found.pk} {found.title}", at), lead=_lead(act, found)
    )  # fmt: skip
    if isinstance(chosen.asks, type):
        form = chosen.asks(posted(request), fixed={"case": case})
        return form_page(request, form, head, submit=title, to=at, cancel=at, message=_said)
    question = Question(chosen.asks, title)
    return question_page(request, chosen.verb, {"case": case}, head, question, to=at, cancel=at, message=_said)


def _lead(act: str, case: Case) -> str:
    """What unlocking will cost, where it would unlock; whom or what a lock would close."""
    if act in ("lift", "close") and case.held:
        return wording.fee(terms(), fee_reasons(case, SYSTEM_CLOCKS.business.now()))
    return wording.about(case) if act in ("hold", "propose_end", "confirm_end") else ""


def _said(_outcome: object) -> str:
    return _("It stands in the case.")
