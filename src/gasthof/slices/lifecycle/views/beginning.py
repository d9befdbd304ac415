"""Pages on which staff begin services, and what belongs to a multihosting or a managed server."""

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel import registry
from gasthof.kernel.actions import Outcome
from gasthof.kernel.permissions import Place
from gasthof.slices.accounts.queries import Customer, seen_customer
from gasthof.slices.lifecycle.drawing import standing
from gasthof.slices.lifecycle.explaining import TYPES
from gasthof.slices.lifecycle.forms import AddSubserver, Begin, BeginFor
from gasthof.slices.lifecycle.keeping import SUBSERVER
from gasthof.slices.lifecycle.machines import WITH
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.queries import MANAGE
from gasthof.slices.lifecycle.subservers import PARENTS, free_places
from gasthof.slices.subscriptions.queries import Subscription
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import form_page, posted
from gasthof.ui.parts import State
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_customer, known, may, permit, reached

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])
NONE = ("", "–")


@shown_or_sent
def begin(request: PanelRequest, customer: int) -> HttpResponse:
    found = reached(request.actor, seen_customer(customer), MANAGE)
    back = Link(_("Services"), reverse("lifecycle:services", args=[customer]))
    form = Begin(posted(request), fixed={"customer": customer})
    form.offer(_places(found.subscriptions.order_by("number")), _parents(found))
    head = below_customer(request, found, _("New service"), back)
    return form_page(
        request, form, head, submit=_("Begin service"), to=_its_page, cancel=back.url, message=_begun
    )  # fmt: skip


@shown_or_sent
def begin_for(request: PanelRequest) -> HttpResponse:
    """From the list of all services: whose it is, is typed."""
    permit(request, MANAGE)
    back = Link(_("Services"), reverse("lifecycle:everybodys"))
    head = Head(_("New service"), crumbs=(back,))
    return form_page(
        request, BeginFor(posted(request)), head, submit=_("Begin service"), to=_its_page, cancel=back.url, message=_begun
    )  # fmt: skip


@require_safe
def subservers(request: PanelRequest, service: int) -> HttpResponse:
    found, back = _parent(request, service)
    manages = may(request.actor, MANAGE, None) and found.ended is None
    new = Link(_("Add subserver"), reverse("lifecycle:add_subserver", args=[found.pk]), "plus") if manages else None
    source = Source("services", {"": ("id",)}, Place(customer=found.customer_id), lambda rows: rows.filter(parent=found, type=SUBSERVER))  # fmt: skip
    said = _("Each subserver is a subscription with websites and mail of its own. It closes, ends and comes back with what it belongs to.")  # fmt: skip
    listing = Listing[Service](
        name="subservers", rows=source.rows, key=source.key,
        columns=(
            Column("name", _("Subserver"), lambda row: row.unicode),
            Column("phase", _("State"), _state),
            Column("subscription", _("Subscription"), lambda row: row.subscription.system_name if row.subscription else "–"),
        ),
        link=lambda row: reverse("lifecycle:service", args=[row.pk]),
        search=_("Search subservers"),
        empty=Empty(_("No subserver yet"), said, new.text if new else "", new.url if new else "", "server"),
    )  # fmt: skip
    title = _("Subservers of %(name)s") % {"name": found.unicode}
    return list_page(request, listing, below_customer(request, found.customer, title, back, action=new))


@shown_or_sent
def add_subserver(request: PanelRequest, service: int) -> HttpResponse:
    permit(request, MANAGE)
    found, back = _parent(request, service)
    free = free_places(found.customer)
    fixed = {"customer": found.customer_id, "type": SUBSERVER, "parent": found.pk}
    form = AddSubserver(posted(request), fixed=fixed)
    form.offer(_places(free))
    below = Link(_("Subservers"), reverse("lifecycle:subservers", args=[found.pk]))
    title = _("Add a subserver to %(name)s") % {"name": found.unicode}
    return form_page(
        request, form, below_customer(request, found.customer, title, back, below),
        submit=_("Add subserver"), to=_its_page, cancel=below.url, message=_begun,
        template="lifecycle/add_subserver.html",
        context={"free": free.exists(), "create": reverse("subscriptions:create", args=[found.customer_id])},
    )  # fmt: skip


def _parent(request: PanelRequest, number: int) -> tuple[Service, Link]:
    """And the way to its page. Raises Http404 also for what has no subservers."""
    found: Service = known(request, "services", pk=number)
    if found.type not in PARENTS:
        raise Http404
    return found, Link(found.unicode, reverse("lifecycle:service", args=[found.pk]))


def _state(row: Service) -> State:
    if row.subscription and row.subscription.paused and row.ended is None:
        return State(_("switched off by hand"), "warn", "circle-pause")
    return State(*standing(row.phase, closed=row.closed))


def _places(rows: QuerySet[Subscription]) -> list[tuple[str, str]]:
    """By system names, with the first of the domains that stand there."""
    listed = rows.prefetch_related("domains")
    return [NONE, *((row.system_name, _named(row)) for row in listed)]


def _named(row: Subscription) -> str:
    domains = sorted(each.unicode for each in row.domains.all())
    return f"{row.system_name}: {domains[0]}" if domains else row.system_name


def _parents(customer: Customer) -> list[tuple[str, str]]:
    rows = Service.objects.filter(customer=customer, type__in=(*PARENTS, WITH), ended=None).order_by("pk")
    return [NONE, *((str(row.pk), f"{TYPES[row.type]} {row.unicode}") for row in rows)]


def _its_page(outcome: Outcome) -> str:
    return reverse("lifecycle:service", args=[outcome.result["service"]])


def _begun(outcome: Outcome) -> str:
    """With what is to be done next."""
    said = _("The service %(name)s has begun.") % {"name": outcome.result["name"]}
    row = Service.objects.get(pk=outcome.result["service"])
    if row.parent_id is not None or registry.renewal_price(row):
        return said
    missing = _("Nobody has said yet what it costs: agree on a price next.")
    return f"{said} {missing}"
