"""Pages of requests: what waits for staff, a customer's, a new one, and one with its thread and what it will bring."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from allauth.mfa.utils import is_mfa_enabled
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel import registry
from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.permissions import Actor, Place
from gasthof.slices.access.queries import User
from gasthof.slices.accounts.queries import Customer, is_number, seen_customer
from gasthof.slices.cases.queries import open_cases
from gasthof.slices.lifecycle.queries import ON_SERVERS, Course, Service, by_image, course, course_if, servers_for
from gasthof.slices.lifecycle.rules.facts import Termination
from gasthof.slices.requests import forms, rules, wording
from gasthof.slices.requests.checking import kept_until
from gasthof.slices.requests.models import Request
from gasthof.slices.requests.queries import CONFIRM, MANAGE, READ, WRITE, in_person, kinds_of_use, services_for, today
from gasthof.ui.forms import VerbForm
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.parts import State
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_customer, known, may, permit, reached

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])
MOST_OFFERED = 200  # in a list of choices


class Act(NamedTuple):
    """A way in which a request goes on: a form, or a question with its sentence."""

    title: Promise
    icon: str
    asks: type[VerbForm] | Promise
    verb: str
    permission: str
    states: tuple[str, ...]


ACTS: Mapping[str, Act] = {
    "change": Act(gettext_lazy("Change it"), "pencil", forms.Change, "requests.change", WRITE, (rules.DRAFTED,)),
    "drop": Act(
        gettext_lazy("Drop it"), "trash-2", gettext_lazy("Nothing of it is carried out."), "requests.drop", WRITE, (rules.DRAFTED,)
    ),
    "accept": Act(
        gettext_lazy("Accept"), "circle-check", forms.Accept, "requests.accept", MANAGE, (rules.WAITING,)
    ),
    "write": Act(
        gettext_lazy("Write"), "message-circle", forms.Write, "requests.write", WRITE, (*rules.FOR_STAFF, rules.DONE)
    ),
    "decline": Act(
        gettext_lazy("Decline"), "circle-off", forms.Decline, "requests.decline", MANAGE, (rules.WAITING,)
    ),
    "finish": Act(gettext_lazy("It is done"), "circle-check", forms.Finish, "requests.finish", MANAGE, rules.FOR_STAFF),
}  # fmt: skip

ANSWERS = {  # to who asks whether there is an image: only after the first one can its restoration be asked for
    "finish": gettext_lazy("There is an image"),
    "decline": gettext_lazy("There is no image"),
}

EMPTY_HOUSE = Empty(
    gettext_lazy("Nothing waits"), gettext_lazy("What customers ask for and write stands here until somebody of you has seen to it."), icon="inbox"
)  # fmt: skip
EMPTY = Empty(
    gettext_lazy("No request yet"), gettext_lazy("Write to support whenever something is unclear. What you write and ask for stands here, with every answer."),
    icon="message-circle",
)  # fmt: skip


def state(row: Request) -> State:
    return State(*wording.standing(row))


def _listing(name: str, within: Place, *, customers: bool) -> Listing[Request]:
    source = Source(name, {"": ("id",)}, within, newest_first=not customers)
    who = (Column[Request]("customer", _("Customer"), lambda row: row.customer.name),) if customers else ()
    return Listing[Request](
        name=name, rows=source.rows, key=source.key,
        columns=(
            Column("what", _("Request"), lambda row: f"{row} {wording.title(row)}"),
            *who,
            Column("state", _("State"), state),
            Column("since", _("Since"), lambda row: date_format(localtime(row.drafted), "SHORT_DATETIME_FORMAT"), whole=True),
        ),
        link=lambda row: reverse("requests:request", args=[row.pk]),
        search=_("Search requests"),
        empty=EMPTY_HOUSE if customers else EMPTY,
    )  # fmt: skip


@require_safe
def waiting(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    return list_page(request, _listing("waiting_requests", Place(), customers=True), Head(_("Requests")))


@require_safe
def of_customer(request: PanelRequest, customer: int) -> HttpResponse:
    found: Customer = reached(request.actor, seen_customer(customer), READ)
    of_use = kinds_of_use(customer)
    asks = {kind: reverse("requests:new", args=[customer, kind]) for kind in wording.KINDS if kind in of_use}
    if not may(request.actor, WRITE, found.place):
        asks = {}
    doors = [(wording.KINDS[kind], wording.SIGNS[kind], url) for kind, url in asks.items() if kind != rules.MESSAGE]
    write = Link(str(wording.KINDS[rules.MESSAGE]), asks[rules.MESSAGE], wording.SIGNS[rules.MESSAGE]) if asks else None
    listing = _listing("requests", Place(customer=customer), customers=False)
    head = below_customer(request, found, _("Support"), action=write)
    return list_page(request, listing, head, "requests/requests.html", {"doors": doors})


@shown_or_sent
def new(request: PanelRequest, customer: int, ask: str) -> HttpResponse:
    if ask not in wording.KINDS:
        raise Http404
    found: Customer = reached(request.actor, seen_customer(customer), WRITE)
    back = reverse("requests:of_customer", args=[customer])
    chosen = {name: request.GET.get(name, "") for name in ("service", "case")}  # by the page that leads here
    form = forms.Draft(posted(request), fixed={"customer": customer, "kind": ask}, initial=chosen)
    services, cases = offered(services_for(ask, customer), chosen["service"]), open_cases(customer)[:MOST_OFFERED]
    asks_where = ask == rules.RESTORE and any(each.type in ON_SERVERS for each in services)
    form.suit(ask, services, cases, servers_for(customer)[:MOST_OFFERED] if asks_where else [])
    lead = "" if ask == rules.MESSAGE else _("You see what will happen before you confirm it.")
    return form_page(
        request, form, below_customer(request, found, str(wording.KINDS[ask]), Link(_("Support"), back), lead=lead),
        submit=_("Send") if ask == rules.MESSAGE else _("Go on"),
        to=lambda outcome: reverse("requests:request", args=[outcome.result["request"]]), cancel=back,
        message=_("Support reads it.") if ask == rules.MESSAGE else _("It is written down, and not confirmed yet."),
    )  # fmt: skip


def offered(services: QuerySet[Service], chosen: str) -> list[Service]:
    """As many as a list can hold, the chosen one among them."""
    first = list(services.filter(pk=int(chosen))) if is_number(chosen) else []
    return [*first, *services.exclude(pk__in=[each.pk for each in first])[:MOST_OFFERED]]


def one(request: HttpRequest, number: int, permission: str) -> Request:
    """The request of that number. Raises Http404, PermissionDenied."""
    found: Request = known(request, "requests", pk=number)
    permit(request, permission, found.place)
    return found


def head_of(request: HttpRequest, row: Request, title: str, *crumbs: Link) -> Head:
    back = Link(_("Support"), reverse("requests:of_customer", args=[row.customer_id]))
    return below_customer(request, row.customer, title, back, *crumbs)


@require_safe
def thread(request: PanelRequest, number: int) -> HttpResponse:
    found = one(request, number, READ)
    steps = list(found.steps.order_by("pk"))
    called = registry.called(each.by for each in steps)
    context = {
        "row": found, "state": state(found), "contents": wording.asked(found), "prices": wording.prices(found),
        "steps": [
            (title, called.get(each.by, each.by), each, words) for each in steps for title, words in [wording.told(found, each)]
        ],
        "doors": _doors(request.actor, found), "course": foreseen(found),
        "factor": isinstance(request.user, User) and is_mfa_enabled(request.user),
        "confirms": found.state == rules.DRAFTED and may(request.actor, CONFIRM, found.place) and in_person(request.actor),
    }  # fmt: skip
    return show(request, "requests/request.html", head_of(request, found, f"{found} {wording.title(found)}"), context)


def foreseen(row: Request) -> Course | None:
    """What becomes of the service if this is confirmed: the same that `lifecycle` shows once it is."""
    service: Service | None = row.service
    if service is None or row.state != rules.DRAFTED or row.kind not in (rules.END, rules.WITHDRAW):
        return None
    day, price = today(SYSTEM_CLOCKS.business.now()), registry.renewal_price(service)
    if service.ended is not None:
        return course(service, day, price)
    wish = Termination(row.on, "", "") if row.kind == rules.END and row.on else None
    return course_if(service, day, wish, price)


def _doors(actor: Actor, row: Request) -> list[tuple[Promise, str, str]]:
    found = {
        name: act for name, act in ACTS.items() if row.state in act.states and may(actor, act.permission, row.place)
    }
    if row.kind != rules.RESTORE:
        found.pop("accept", None)
    if not may(actor, MANAGE, row.place) and not rules.read_on(row.kind, row.state):
        found.pop("write", None)
    titles = ANSWERS if row.kind == rules.BACKUP and row.service and by_image(row.service) else {}
    return [
        (titles.get(name, act.title), act.icon, reverse(f"requests:{name}", args=[row.pk]))
        for name, act in found.items()
    ]


@shown_or_sent
def go_on(request: PanelRequest, number: int, act: str) -> HttpResponse:
    chosen = ACTS[act]
    found = one(request, number, chosen.permission)
    at, title = reverse("requests:request", args=[number]), str(chosen.title)
    asked = _("Drop %(number)s?") % {"number": found} if act == "drop" else f"{found}: {title}"
    head = head_of(request, found, asked, Link(str(found), at))
    fixed = {"request": number}
    if not isinstance(chosen.asks, type):
        question = Question(chosen.asks, title)
        return question_page(
            request, chosen.verb, fixed, head, question, to=at, cancel=at, message=_("It was dropped.")
        )
    form = chosen.asks(posted(request), fixed=fixed, initial=_initial(act, found))
    if act == "change" and found.kind != rules.END:
        del form.fields["on"]
    message = _("It stands in the thread.")
    return form_page(request, form, head, submit=title, to=at, cancel=at, message=message)


def _initial(act: str, row: Request) -> dict[str, Any]:
    if act == "accept" and row.service:
        return {"valid_until": kept_until(row.service, today(SYSTEM_CLOCKS.business.now()))}
    return {"on": row.on, "words": row.words} if act == "change" else {}
