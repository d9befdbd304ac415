"""Pages of services: how each stands, what happened to it, and what will."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel import registry, rows
from gasthof.kernel.actions import SYSTEM_CLOCKS, Outcome, Result
from gasthof.kernel.capability import Door
from gasthof.kernel.keyset import Window
from gasthof.kernel.permissions import HOUSE, Actor, Place
from gasthof.slices.accounts.queries import seen_customer
from gasthof.slices.lifecycle import drawing, explaining, following
from gasthof.slices.lifecycle.drawing import shown, words
from gasthof.slices.lifecycle.forms import SayFee, Terminate
from gasthof.slices.lifecycle.included import INCLUDED, ZONE
from gasthof.slices.lifecycle.knowing import facts_of, known_at_once, policy_of
from gasthof.slices.lifecycle.models import Calendar, Event, Service, Work
from gasthof.slices.lifecycle.queries import (
    FOLLOW,
    MANAGE,
    SEE,
    course,
    fee_to_say,
    next_step,
    parked_sweep,
    price_missing,
    waiting_for_price,
)
from gasthof.slices.lifecycle.rules.days import day_of
from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.policy import ACTIVE
from gasthof.slices.lifecycle.subservers import PARENTS
from gasthof.ui.changes import Undo
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, bare, form_page, posted, question_page
from gasthof.ui.parts import Fact, State
from gasthof.ui.performing import perform_to_show
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_customer, known, may, permit, reached

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])
PAST = 50  # events on a service's page
BELOW = 100  # services that belong to one, on its page
PAID = "paid"  # the reason that a fact tells on the page


def today() -> date:
    return day_of(SYSTEM_CLOCKS.business.now(), settings.TIME_ZONE)


def standing(row: Service) -> State:
    return State(*drawing.standing(row.phase, closed=row.closed))


def _columns(waiting: Collection[int]) -> tuple[Column[Service], ...]:
    return (
        Column("name", _("Service"), _named),
        Column("phase", _("State"), standing),
        Column("paid", _("Paid until"), _last_paid, whole=True),
        Column("next", _("What comes next"), lambda row: _next(row, waiting)),
    )


def _new(url: str) -> Link:
    return Link(_("New service"), url, "plus")


def _named(row: Service) -> str:
    """“Web hosting bäckerei-müller.de”: several services have one name."""
    return f"{explaining.TYPES[row.type]} {row.unicode}"


def _next(row: Service, waiting: Collection[int]) -> str | None:
    found = next_step(row, today(), waiting)
    if found:
        return f"{shown(found.day)}: {words(found.phase)}"
    return _("nothing until it has a price") if row.pk in waiting or row.parent_id in waiting else None


def _last_paid(row: Service) -> str | None:
    return shown(date.fromordinal(row.first_unpaid.toordinal() - 1)) if row.first_unpaid else None


def _listing(name: str, within: Place, *more: Column[Service]) -> Listing[Service]:
    source = Source(
        "services",
        {"": ("id",)},
        within,
        lambda rows: rows.exclude(type__in=INCLUDED).prefetch_related(*known_at_once()),
        newest_first=True,
    )
    waiting: set[int] = set()

    def rows(actor: Actor, window: Window) -> Sequence[Service]:
        found = source.rows(actor, window)
        waiting.update(waiting_for_price(found, today()))
        return found

    return Listing[Service](
        name=name, rows=rows, key=source.key, columns=(*_columns(waiting), *more),
        link=lambda row: reverse("lifecycle:service", args=[row.pk]),
        search=_("Search services"),
        empty=Empty(_("No service yet"), _("What you have ordered stands here: hosting, domain names, mail, each with the days that matter. To order something, write to support."), icon="calendar-clock"),
    )  # fmt: skip


@require_safe
def services(request: PanelRequest, customer: int) -> HttpResponse:
    found = reached(request.actor, seen_customer(customer), SEE)
    new = _new(reverse("lifecycle:begin", args=[customer])) if may(request.actor, MANAGE, found.place) else None
    head = below_customer(request, found, _("Services"), action=new)
    context = {"customer": customer, "follows": may(request.actor, FOLLOW, found.place), "followed": Calendar.objects.filter(customer=customer).exists()}  # fmt: skip
    listing = _listing("services", Place(customer=customer))
    return list_page(request, listing, head, "lifecycle/services.html", context)


@shown_or_sent
def make_calendar(request: PanelRequest, customer: int) -> HttpResponse:
    found = reached(request.actor, seen_customer(customer), FOLLOW)
    back = reverse("lifecycle:services", args=[customer])
    form = bare("lifecycle.make_calendar", posted(request), {"customer": customer})
    if form.is_bound:
        done = perform_to_show(request, form, back, _("The address was made."))
        if isinstance(done, Outcome):
            head = below_customer(request, found, _("Your calendar"), Link(_("Services"), back))
            return show(request, "lifecycle/calendar.html", head, {"address": done.result["address"], "back": back})
        if done:
            return done
    sentence = _("You get an address that your calendar program can follow: it shows what will happen to each service, and when. An address that was made before ends.")  # fmt: skip
    context = {"form": form, "question": Question(sentence, _("Make the address"), calm=True), "cancel": back}
    head = below_customer(request, found, _("Have the days in your calendar?"), Link(_("Services"), back))
    return show(request, "ui/question_page.html", head, context, status=form.status)


@shown_or_sent
def end_calendar(request: PanelRequest, customer: int) -> HttpResponse:
    found = reached(request.actor, seen_customer(customer), FOLLOW)
    back = reverse("lifecycle:services", args=[customer])
    return question_page(
        request, "lifecycle.end_calendar", {"customer": customer},
        below_customer(request, found, _("End the address of the calendar?"), Link(_("Services"), back)),
        Question(_("Calendar programs that follow it get nothing any more."), _("End it")),
        to=back, cancel=back, message=_("The address of the calendar has ended."),
    )  # fmt: skip


@login_not_required
@require_safe
def calendar(_request: HttpRequest, secret: str) -> HttpResponse:
    """For calendar programs, which sign in nowhere: the secret is in the address. Whose it is not, is told nothing."""
    with rows.staff():
        found = Calendar.objects.select_related("customer").filter(digest=following.digest(secret)).first()
        if found is None:
            raise Http404
        text = following.text(found.customer, today(), SYSTEM_CLOCKS.wall.now())
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    patch_cache_control(answer, private=True, max_age=3600)
    return answer


@require_safe
def everybodys(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    return list_page(
        request,
        _listing("everybodys", HOUSE, Column("customer", _("Customer"), lambda row: row.customer.name)),
        Head(_("Services"), action=_new(reverse("lifecycle:begin_for"))),
    )


@require_safe
def work(request: PanelRequest) -> HttpResponse:
    """What is to be done and is not, and a sweep that waits for a person."""
    permit(request, MANAGE)
    source = Source("open_work", {"": ("id",)})
    listing = Listing[Work](
        name="work", rows=source.rows, key=source.key,
        columns=(
            Column("name", _("Service"), lambda row: row.service.unicode),
            Column("what", _("What is to be done"), lambda row: str(explaining.WORK[row.action])),
            Column("since", _("Since"), lambda row: date_format(row.at.astimezone(), "SHORT_DATETIME_FORMAT"), whole=True),
            Column("why", _("Why it waits"), lambda row: row.words),
            Column("customer", _("Customer"), lambda row: row.service.customer.name),
        ),
        link=lambda row: reverse("lifecycle:service", args=[row.service_id]),
        search=_("Search by service"),
        empty=Empty(_("Nothing waits"), _("What becomes of services is done at once. What cannot be done yet stands here, with the reason."), icon="hourglass"),
    )  # fmt: skip
    parked = parked_sweep()
    context = {
        "parked": parked, "why": explaining.PARKED[parked.parked] if parked else "",
        "alarms": [(each, date_format(each.since.astimezone(), "SHORT_DATETIME_FORMAT")) for each in registry.alarms()],
    }  # fmt: skip
    return list_page(request, listing, Head(_("What waits")), "lifecycle/work.html", context)


@shown_or_sent
def approve(request: PanelRequest, sweep: int) -> HttpResponse:
    permit(request, MANAGE)
    parked, back = parked_sweep(), reverse("lifecycle:work")
    if request.method == "GET" and (parked is None or parked.pk != sweep):
        return HttpResponseRedirect(back)
    goes = [_("Services that end: %(count)d") % {"count": parked.waiting}] if parked and parked.waiting else []
    return question_page(
        request, "lifecycle.approve_sweep", {"sweep": sweep},
        Head(_("Let the sweep go on?"), crumbs=(Link(_("What waits"), back),)),
        Question(_("Services are suspended and deleted as their days say. Look first whether a clock, a backup or a payment feed is to blame."), _("Let it go on"), goes=goes),
        to=back, cancel=back,
        message=lambda outcome: _went_on(outcome.result),
    )  # fmt: skip


def _went_on(result: Result) -> str:
    if result["parked"]:
        return _("That was let pass, and now waits for another reason: look at it again.")
    return _("The sweep went on: %(moved)d services moved, %(ended)d of them ended.") % dict(result)


@require_safe
def service(request: PanelRequest, service: int) -> HttpResponse:
    found: Service = known(request, "services", pk=service)
    back = Link(_("Services"), reverse("lifecycle:services", args=[found.customer_id]))
    head = below_customer(request, found.customer, _named(found), back)
    manages, context = may(request.actor, MANAGE, None), _context(found)
    more = {
        "service": found, "manages": manages and found.type not in INCLUDED, "doors": _doors(request, found),
        "asks": manages and fee_to_say(found, today()) in context["course"].steps[0].fees,
    }  # fmt: skip
    return show(request, "lifecycle/service.html", head, context | more)


def _doors(request: PanelRequest, row: Service) -> list[Door]:
    doors = registry.service_doors(request.actor, row)
    if row.type == ZONE and row.ended is None:
        doors.insert(0, Door(_("DNS records"), reverse("dns:zone", args=[row.name]), "network", primary=True))
    elif row.type == ZONE:
        doors.insert(0, Door(_("Former DNS records"), reverse("dns:formers", args=[row.customer_id]), "history"))
    if row.parent is not None:
        doors.insert(0, Door(_named(row.parent), reverse("lifecycle:service", args=[row.parent_id]), "calendar-clock"))
    return doors


def _below(row: Service) -> dict[str, Any]:
    """What belongs to it and stands as it does: subservers, then what is included."""
    found = row.children.filter(ended__isnull=row.ended is None).order_by("-type", "unicode", "pk")
    known = [(each, _named(each), standing(each)) for each in found[: BELOW + 1]]
    return {"below": known[:BELOW], "more_below": len(known) > BELOW}


def _managed(request: PanelRequest, number: int) -> tuple[Service, Link]:
    """And the way to its page."""
    permit(request, MANAGE)
    found: Service = known(request, "services", pk=number)
    return found, Link(found.unicode, reverse("lifecycle:service", args=[found.pk]))


@shown_or_sent
def terminate(request: PanelRequest, service: int) -> HttpResponse:
    found, back = _managed(request, service)
    lead = _("Until that day it can be taken back. Then it is saved and deleted, as its policy says.")
    return form_page(
        request, Terminate(posted(request), fixed={"service": found.pk}),
        below_customer(request, found.customer, _("End %(name)s") % {"name": found.unicode}, back, lead=lead),
        submit=_("End it"), to=back.url, cancel=back.url,
        message=_("Its end is noted."), undo=lambda outcome: Undo("lifecycle.revoke_termination", {"service": outcome.result["service"]}),
    )  # fmt: skip


@shown_or_sent
def say_fee(request: PanelRequest, service: int) -> HttpResponse:
    found, back = _managed(request, service)
    key = fee_to_say(found, today())
    lead = _(
        "What it costs has to be asked of the registry. Once you have said it, the proforma invoice is written by itself."
    )
    return form_page(
        request, SayFee(posted(request), fixed={"service": found.pk}),
        below_customer(request, found.customer, str(explaining.FEES.get(key, key)) or _("Fee"), back, lead=lead),
        submit=_("Say it"), to=back.url, cancel=back.url, message=_("The fee is noted."),
    )  # fmt: skip


@shown_or_sent
def revoke(request: PanelRequest, service: int) -> HttpResponse:
    found, back = _managed(request, service)
    return question_page(
        request, "lifecycle.revoke_termination", {"service": found.pk},
        below_customer(request, found.customer, _("Let %(name)s stay?") % {"name": found.unicode}, back),
        Question(_("The wish for its end is taken back. From its first unpaid day on it costs again."), _("Let it stay"), calm=True),
        to=back.url, cancel=back.url, message=_("It stays."),
    )  # fmt: skip


def _context(row: Service) -> dict[str, Any]:
    day, policy = today(), policy_of(row)
    decided = evaluate(policy, facts_of(row, day), day)
    drawn = course(row, day, registry.renewal_price(row))
    said = [(reason.code, explaining.in_words(reason)) for reason in decided.explain]
    return {
        "state": State(*drawing.standing(decided.phase, closed=row.closed)),
        "why": [words for code, words in said if code != PAID and not code.startswith("hold_")] + price_missing(drawn),
        "holds": [words for code, words in said if code.startswith("hold_")],
        "facts": _facts(row),
        "switched_off": row.subscription is not None and row.subscription.paused and row.ended is None,
        "has_subservers": row.type in PARENTS,
        **_below(row),
        "ahead": next_step(row, day) is not None or decided.phase != ACTIVE,
        "course": drawn,
        "events": [
            (
                date_format(each.at.astimezone(), "SHORT_DATETIME_FORMAT"),
                explaining.happened(each.what, each.value, served=row.type == ZONE),
            )
            for each in Event.objects.filter(service=row).order_by("-pk")[:PAST]
        ],
    }


def _facts(row: Service) -> list[Fact]:
    told = [
        (_("Paid until"), _last_paid(row) or ""),
        (_("Registered until"), shown(row.registry_date) if row.registry_date else ""),
        (_("Subscription"), row.subscription.system_name if row.subscription else ""),
        (_("Belongs to"), row.parent.unicode if row.parent else ""),
        (_("Class"), row.server_class),
        (_("To end on"), shown(row.ends_on) if row.ends_on else ""),
        (_("Service number"), str(row.pk)),
    ]
    return [Fact(name, value, copy=False) for name, value in told if value]
