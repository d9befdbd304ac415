"""Who changed what in a zone, and the way back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gasthof.kernel import registry
from gasthof.slices.dns import queries
from gasthof.slices.dns.models import Change, Zone
from gasthof.slices.dns.rules import contents as grammar
from gasthof.slices.dns.rules import names
from gasthof.slices.dns.rules.zone import Key
from gasthof.slices.dns.views.zones import (
    READ,
    WRITE,
    at,
    changes,
    domain_of,
    former_of,
    head_of,
    lock_of,
    shown_or_sent,
    tabs_of,
    told_of,
)
from gasthof.slices.domains.queries import Domain
from gasthof.ui.changes import Undo
from gasthof.ui.pages import bare, posted
from gasthof.ui.performing import perform_form
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import show

State = Mapping[str, Any] | None  # of a record set of the customer's own: ttl in seconds, contents; None: there is none
WHATS = {
    "set": gettext_lazy("set"),
    "removed": gettext_lazy("removed"),
    "off": gettext_lazy("default switched off"),
    "on": gettext_lazy("default switched on"),
    "restored": gettext_lazy("restored"),
    "reset": gettext_lazy("made as new"),
    "signed": gettext_lazy("DNSSEC switched on"),
    "unsigned": gettext_lazy("DNSSEC switched off"),
    "key forgotten": gettext_lazy("DNSSEC switched off, key thrown away"),
}


@dataclass(frozen=True)
class Difference:
    """What a restoring does to one record set."""

    name: str
    type: str
    now: list[str]
    then: list[str]


@dataclass(frozen=True)
class Past:
    """A change as the history shows it."""

    row: Change
    who: str
    what: str
    name: str
    before: list[str]
    after: list[str]
    query: str


def contents_of(kind: str, state: State) -> list[str]:
    """In words; none: nothing of the customer's own."""
    if state is None:
        return []
    return [grammar.shown(kind, each) for each in state["contents"]] or [_("default switched off")]


@require_safe
def history(request: PanelRequest, domain: str) -> HttpResponse:
    """Every change, the newest first."""
    found = domain_of(request.actor, domain, READ)
    row = queries.zone_of(found)
    before = request.GET.get("before", "")
    listed = queries.changes(row, int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None)
    called = registry.called({each.actor for each in listed})
    past = [_past(found, each, called.get(each.actor, each.actor)) for each in listed]
    more = listed[-1].pk if len(listed) == queries.HISTORY_SHOWN else None
    lock = lock_of(found)
    context = {
        "past": past, "more": more, "domain": found, "writes": changes(request.actor, found, lock), "lock": lock,
        "former": former_of(request.actor, found),
    }  # fmt: skip
    return show(
        request, "dns/history.html", head_of(request, found, _("History"), tabs=tabs_of(found, "history")), context
    )


def _past(domain: Domain, row: Change, who: str) -> Past:
    named = {"name": names.shown_owner(row.name, domain.name), "type": row.type}
    return Past(
        row, who, str(WHATS.get(row.what, row.what)), names.shown(row.name) if row.type else "",
        contents_of(row.type, row.before), contents_of(row.type, row.after), urlencode(named) if row.type else "",
    )  # fmt: skip


@shown_or_sent
def restore(request: PanelRequest, domain: str, change: int) -> HttpResponse:
    """The zone, or one record set of it, as it was after that change; 0 is before the first. Shows what would differ."""
    found = domain_of(request.actor, domain, WRITE)
    row = queries.zone_of(found)
    point = Change.objects.filter(zone=row, pk=change).first()
    if point is None and change:
        raise Http404
    name, kind = request.GET.get("name"), request.GET.get("type")
    only = {"name": name, "type": kind} if name and kind else {}
    form = bare("dns.restore", posted(request), {"domain": found.name, "change": change, **only})
    if form.is_bound:
        undo = Undo("dns.restore", {"domain": found.name, "change": queries.last_change(row), **only})
        message = told_of(request, _("It was restored."))
        answer = perform_form(request, form, at("zone", found), message, lambda _outcome: undo)
        if answer:
            return answer
    then = {
        (owner, sort): state
        for (owner, sort), state in queries.states(row, change).items()
        if not only or (names.shown_owner(owner, found.name), sort) == (name, kind)
    }
    context = {"form": form, "point": point, "differences": differences(row, then), "cancel": at("history", found)}
    title = _("Restore these records?") if only else _("Restore the whole zone?")
    return show(request, "dns/restore.html", head_of(request, found, title), context, status=form.status)


def differences(row: Zone, then: Mapping[Key, State]) -> list[Difference]:
    """What would be another than now among these record sets; where lifetimes alone differ, those are told."""
    now = {(each.name, each.type): {"ttl": each.ttl, "contents": each.contents} for each in queries.own_records(row)}
    found = []
    for (owner, sort), becomes in sorted(then.items()):
        was = now.get((owner, sort))
        if _settled(was) != _settled(becomes):
            lines, others = contents_of(sort, was), contents_of(sort, becomes)
            if lines == others:
                lines, others = [_lifetime(was)], [_lifetime(becomes)]
            found.append(Difference(names.shown(owner), sort, lines, others))
    return found


def _settled(state: State) -> tuple[Any, ...] | None:
    """A default that is switched off has no lifetime of its own."""
    return None if state is None else (tuple(state["contents"]), state["ttl"] if state["contents"] else 0)


def _lifetime(state: State) -> str:
    return _("Lifetime: %(ttl)d seconds") % {"ttl": state["ttl"] if state else 0}
