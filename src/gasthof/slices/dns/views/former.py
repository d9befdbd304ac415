"""What was set in zones of domains that were deleted: to be looked at, and to be set again where the domain has come back."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gasthof.kernel.permissions import Place
from gasthof.slices.accounts.queries import Customer, seen_customer
from gasthof.slices.dns import queries
from gasthof.slices.dns.models import FormerZone
from gasthof.slices.dns.rules import names
from gasthof.slices.dns.rules.zone import Key, number
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.dns.views.history import State, contents_of, differences
from gasthof.slices.dns.views.zones import READ, WRITE, at, changes, lock_of, shown_or_sent, told_of
from gasthof.slices.domains.queries import Domain
from gasthof.ui.changes import Undo
from gasthof.ui.forms import VerbForm
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import bare, posted
from gasthof.ui.performing import perform_form
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_customer, known, reached


@require_safe
def formers(request: PanelRequest, customer: int) -> HttpResponse:
    found: Customer = reached(request.actor, seen_customer(customer), READ)
    source = Source("former_zones", {"": ("id",)}, Place(customer=customer), newest_first=True)
    listing = Listing[FormerZone](
        name="formers", rows=source.rows, key=source.key,
        columns=(
            Column("domain", _("Domain"), lambda row: row.unicode),
            Column("removed", _("Until"), _removed, whole=True),
            Column("records", _("Own records"), lambda row: number(queries.records_of(row)), number=True),
        ),
        link=lambda row: reverse("dns:former", args=[row.pk]),
        search=_("Search domains"),
        empty=Empty(_("No former zone"), _("When a domain with records of its own is deleted, or its registration ends, those stay here. Once it is back, they can be set again."), icon="history"),
    )  # fmt: skip
    return list_page(request, listing, below_customer(request, found, _("Former DNS records")))


def _removed(row: FormerZone) -> str:
    return date_format(localtime(row.removed), "SHORT_DATETIME_FORMAT")


@shown_or_sent
def former(request: PanelRequest, former: int) -> HttpResponse:
    """Its records; where the same customer has the domain again, what setting them again would change, and the button."""
    found: FormerZone = known(request, "former_zones", pk=former)
    domain = queries.standing_again(found)
    if request.method == "POST":
        domain = reached(request.actor, domain, WRITE)
    form: VerbForm | None = None
    lock = lock_of(domain) if domain is not None else ""
    context: dict[str, Any] = {"row": found, "domain": domain, "lock": lock, "records": _lines(found)}
    if domain is not None and (changes(request.actor, domain, lock) or request.method == "POST"):
        row = queries.zone_of(domain)
        form = bare("dns.restore_former", posted(request), {"domain": domain.name, "former": former})
        answer = _restored(request, form, domain, queries.last_change(row))
        if answer:
            return answer
        then: dict[Key, State] = dict.fromkeys((each.name, each.type) for each in queries.own_records(row))
        then |= _states(found)
        context |= {"form": form, "differences": differences(row, then), "cancel": at("history", domain)}
    back = Link(_("Former DNS records"), reverse("dns:formers", args=[found.customer_id]))
    title = _("DNS records of %(domain)s until %(day)s") % {"domain": found.unicode, "day": date_format(localtime(found.removed), "DATE_FORMAT")}  # fmt: skip
    head = below_customer(request, found.customer, title, back)
    return show(request, "dns/former.html", head, context, status=form.status if form else 200)


def _restored(request: PanelRequest, form: VerbForm, domain: Domain, last: int) -> HttpResponse | None:
    """`last`: the change before, to which the way back leads."""
    if not form.is_bound:
        return None
    undo = Undo("dns.restore", {"domain": domain.name, "change": last})
    message = told_of(request, _("The former records are set again."))
    return perform_form(request, form, at("zone", domain), message, lambda _outcome: undo)


def _states(row: FormerZone) -> Mapping[Key, State]:
    return {(each.name, each.type): {"ttl": each.ttl, "contents": each.contents} for each in queries.records_of(row)}


def _lines(row: FormerZone) -> list[tuple[RecordSpec, str, list[str]]]:
    """Each with its whole name and its contents, as people read them."""
    return [
        (each, names.shown(each.name), contents_of(each.type, {"contents": each.contents}))
        for each in queries.records_of(row)
    ]
