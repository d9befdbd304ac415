"""Pages of a zone: its records, forms for each type, DNSSEC, who changed what, and the way back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gasthof.kernel import registry
from gasthof.kernel.actions import Outcome
from gasthof.kernel.parsing import tell
from gasthof.kernel.permissions import Actor
from gasthof.slices.dns import forms, queries
from gasthof.slices.dns.actions.change import shown
from gasthof.slices.dns.models import Change, Zone
from gasthof.slices.dns.rules import checks, names
from gasthof.slices.dns.rules import contents as grammar
from gasthof.slices.dns.rules.zone import Ground, Placed, compose, number
from gasthof.slices.domains.queries import Domain, seen_domain
from gasthof.ui.changes import Undo
from gasthof.ui.pages import bare, form_page, posted
from gasthof.ui.parts import Fact, State
from gasthof.ui.performing import perform_form
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.standing import below_domain, check, may, reached

READ, WRITE = "dns.read", "dns.write"
shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])
WHATS = {
    "set": gettext_lazy("set"),
    "removed": gettext_lazy("removed"),
    "off": gettext_lazy("default switched off"),
    "on": gettext_lazy("default switched on"),
    "restored": gettext_lazy("restored"),
    "signed": gettext_lazy("DNSSEC switched on"),
    "unsigned": gettext_lazy("DNSSEC switched off"),
    "key forgotten": gettext_lazy("DNSSEC switched off, key thrown away"),
}


@dataclass(frozen=True)
class Line:
    """One record of a set, and how it is named in an address."""

    text: str
    query: str


@dataclass(frozen=True)
class Set:
    """A record set as the page draws it."""

    name: str  # as it is typed
    whole: str
    type: str
    ttl: int
    source: str
    state: State
    served: bool
    default: bool
    off: bool
    fixed: bool  # its default cannot be switched off
    lines: tuple[Line, ...]

    def fits(self, text: str) -> bool:
        return text in f"{self.whole} {self.type} {' '.join(line.text for line in self.lines)}".lower()


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


def _domain(actor: Actor, name: str, permission: str) -> Domain:
    return reached(actor, seen_domain(name), permission)


def _head(request: HttpRequest, domain: Domain, title: str, **how: Any) -> Head:
    return below_domain(request, domain, title, Link("DNS", _at("zone", domain)), **how)


def _at(route: str, domain: Domain, *more: object) -> str:
    return reverse(f"dns:{route}", args=[domain.name, *more])


def _tabs(domain: Domain, current: str) -> tuple[Link, ...]:
    listed = [
        ("zone", _("Records"), "network"),
        ("dnssec", "DNSSEC", "shield-check"),
        ("history", _("History"), "history"),
    ]
    return tuple(Link(text, _at(name, domain), icon, name == current) for name, text, icon in listed)


def _state(placed: Placed) -> State:
    return {
        "served": State(_("served"), "good", "circle-check"),
        "hidden": State(_("hidden by other records"), "warn", "eye-off"),
        "off": State(_("switched off"), "", "circle-off"),
    }[placed.state]


def _set(ground: Ground, placed: Placed) -> Set:
    told = shown(ground, placed)
    lines = tuple(
        Line(text, urlencode({"name": told["name"], "type": told["type"], "content": text}))
        for text in told["contents"]
    )
    return Set(
        name=told["name"],
        whole=names.shown(placed.record.name),
        type=told["type"],
        ttl=told["ttl"],
        source=_("own") if placed.source == "own" else _("default"),
        state=_state(placed),
        served=placed.state == "served",
        default=placed.source == "default",
        off=placed.state == "off",
        fixed=(placed.record.name, placed.record.type) == (ground.zone, "NS"),
        lines=lines,
    )


@require_safe
def zone(request: PanelRequest, domain: str) -> HttpResponse:
    found = _domain(request.actor, domain, READ)
    writes = may(request.actor, WRITE, found.place)
    row = queries.zone_of(found)
    ground = queries.ground(row)
    search = request.GET.get("search", "").strip()[:200]
    sets = [each for placed in compose(ground) if (each := _set(ground, placed)).fits(search.lower())]
    head = _head(
        request, found, _("DNS records"), tabs=_tabs(found, "zone"),
        action=Link(_("Add a record"), _at("choose", found), "plus") if writes else None,
    )  # fmt: skip
    told = queries.findings(row)
    context = {
        "domain": found,
        "subscription": found.subscription,
        "sets": sets,
        "search": search,
        "warnings": [tell(each).message for each in checks.warnings(ground, {each.name for each in ground.own})],
        "writes": writes,
        "own": number(ground.own),
        "limit": found.subscription.plan.dns_records,
        "facts": [
            *(Fact(_("Name server"), names.shown(server)) for server in ground.servers),
            Fact(_("Serial number"), str(told.get("serial") or row.serial), copy=False),
        ],
    }
    return show(request, "dns/zone.html", head, context)


@require_safe
def choose(request: PanelRequest, domain: str) -> HttpResponse:
    found = _domain(request.actor, domain, WRITE)
    kinds = [(kind, words, _at("add", found, kind)) for kind, words in forms.TYPES.items()]
    return show(request, "dns/choose.html", _head(request, found, _("Which record?")), {"kinds": kinds})


def _told(request: HttpRequest, text: str) -> Callable[[Outcome], str]:
    """Says what was done; warnings stand beside it."""

    def told(outcome: Outcome) -> str:
        for each in outcome.result["warnings"]:
            messages.warning(request, each)
        return text

    return told


def _put_back(row: Zone, name: str, kind: str) -> Callable[[Outcome], Undo]:
    """The record set as it was before what is done now."""
    last = Change.objects.filter(zone=row).order_by("-pk").values_list("pk", flat=True).first() or 0
    fields = {"domain": row.domain.name, "change": last, "name": name, "type": kind}
    return lambda _outcome: Undo("dns.restore", dict(fields))


@shown_or_sent
def add(request: PanelRequest, domain: str, kind: str) -> HttpResponse:
    found = _domain(request.actor, domain, WRITE)
    if kind not in forms.TYPES:
        raise Http404
    form = forms.AddRecord(posted(request), fixed={"domain": found.name, "type": kind})
    field: Any = form.fields["name"]
    field.after = f".{found.value.unicode}"
    typed = str(form.data.get("name", "")) if form.is_bound else ""
    return form_page(
        request, form,
        _head(request, found, _("Add a %(type)s record") % {"type": kind}, lead=str(forms.TYPES[kind])),
        submit=_("Add record"), to=_at("zone", found), cancel=_at("choose", found),
        message=_told(request, _("The record was added.")),
        undo=_put_back(queries.zone_of(found), typed, kind),
    )  # fmt: skip


def _named(request: HttpRequest) -> tuple[str, str, str]:
    """Which record the address means; the verbs say whether there is one."""
    name, kind, content = (request.GET.get(each, "") for each in ("name", "type", "content"))
    if kind not in forms.TYPES or not content:
        raise Http404
    return name, kind, content


@shown_or_sent
def change(request: PanelRequest, domain: str) -> HttpResponse:
    found = _domain(request.actor, domain, WRITE)
    name, kind, content = _named(request)
    row = queries.zone_of(found)
    standing = _standing(row, name, kind)
    fixed = {"domain": found.name, "name": name, "type": kind, "content": content}
    initial = {**forms.split(kind, content), "ttl": standing.ttl if standing else ""}
    form = forms.ChangeRecord(posted(request), fixed=fixed, initial=initial)
    whole = standing.whole if standing else name
    title = _("Change the %(type)s record of %(name)s") % {"type": kind, "name": whole}
    return form_page(
        request, form, _head(request, found, title, lead=str(forms.TYPES[kind])),
        submit=_("Save"), to=_at("zone", found), cancel=_at("zone", found),
        message=_told(request, _("The record was changed.")), undo=_put_back(row, name, kind),
    )  # fmt: skip


def _standing(row: Zone, name: str, kind: str) -> Set | None:
    ground = queries.ground(row)
    sets = (_set(ground, placed) for placed in compose(ground))
    return next((each for each in sets if (each.name, each.type) == (name, kind)), None)


@shown_or_sent
def remove(request: PanelRequest, domain: str) -> HttpResponse:
    """Shows the record, and removes it; it can be put back."""
    found = _domain(request.actor, domain, WRITE)
    name, kind, content = _named(request)
    form = bare(
        "dns.remove_record", posted(request), {"domain": found.name, "name": name, "type": kind, "content": content}
    )
    row = queries.zone_of(found)
    if form.is_bound:
        message = _told(request, _("The record was removed."))
        answer = perform_form(request, form, _at("zone", found), message, _put_back(row, name, kind))
        if answer:
            return answer
    context = {"form": form, "type": kind, "content": content, "cancel": _at("zone", found), "name": name}
    return show(
        request, "dns/remove.html", _head(request, found, _("Remove this record?")), context, status=form.status
    )


@require_POST
def default(request: PanelRequest, domain: str) -> HttpResponse:
    """Switches one off or on again: a button in the table."""
    found = _domain(request.actor, domain, WRITE)
    name, kind, on = (request.POST.get(each, "") for each in ("name", "type", "on"))
    form = bare("dns.switch_default", request.POST, {"domain": found.name, "name": name, "type": kind, "on": on})
    text = _("The default is served again.") if on == "yes" else _("The default is switched off.")
    undo = _put_back(queries.zone_of(found), name, kind)
    answer = perform_form(request, form, _at("zone", found), _told(request, text), undo)
    if answer:
        return answer
    context = {"form": form, "back": _at("zone", found)}
    return show(
        request, "dns/refused.html", _head(request, found, _("Nothing was changed")), context, status=form.status
    )


@shown_or_sent
def dnssec(request: PanelRequest, domain: str) -> HttpResponse:
    """On or off, and the DS record that the registrar needs."""
    found = _domain(request.actor, domain, READ)
    writes = may(request.actor, WRITE, found.place)
    if request.method == "POST":
        check(request.actor, WRITE, found.place)
    row = queries.zone_of(found)
    form = forms.Dnssec(posted(request), fixed={"domain": found.name}, initial={"on": row.dnssec})
    ds = queries.findings(row).get("ds", []) if row.dnssec else []
    context = {
        "zone": row, "writes": writes, "subscription": found.subscription,
        "facts": [Fact(_("DS record"), str(each)) for each in ds],
    }  # fmt: skip
    return form_page(
        request, form, _head(request, found, "DNSSEC", tabs=_tabs(found, "dnssec")),
        submit=_("Save"), to=_at("dnssec", found), message=_("DNSSEC was changed."),
        template="dns/dnssec.html", context=context,
    )  # fmt: skip


def _kept(kind: str, state: Mapping[str, Any] | None) -> list[str]:
    """Contents of a record set of the customer's own, at some time."""
    if state is None:
        return []
    return [grammar.shown(kind, each) for each in state["contents"]] or [_("default switched off")]


@require_safe
def history(request: PanelRequest, domain: str) -> HttpResponse:
    """Every change, the newest first."""
    found = _domain(request.actor, domain, READ)
    row = queries.zone_of(found)
    before = request.GET.get("before", "")
    changes = queries.changes(row, int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None)
    called = registry.called({each.actor for each in changes})
    past = [_past(found, each, called.get(each.actor, each.actor)) for each in changes]
    more = changes[-1].pk if len(changes) == queries.HISTORY_SHOWN else None
    context = {"past": past, "more": more, "domain": found, "writes": may(request.actor, WRITE, found.place)}
    return show(request, "dns/history.html", _head(request, found, _("History"), tabs=_tabs(found, "history")), context)


def _past(domain: Domain, row: Change, who: str) -> Past:
    named = {"name": names.shown_owner(row.name, domain.name), "type": row.type}
    return Past(
        row, who, str(WHATS.get(row.what, row.what)), names.shown(row.name) if row.type else "",
        _kept(row.type, row.before), _kept(row.type, row.after), urlencode(named) if row.type else "",
    )  # fmt: skip


@shown_or_sent
def restore(request: PanelRequest, domain: str, change: int) -> HttpResponse:
    """The zone, or one record set of it, as it was after that change; 0 is before the first. Shows what would differ."""
    found = _domain(request.actor, domain, WRITE)
    row = queries.zone_of(found)
    point = Change.objects.filter(zone=row, pk=change).first()
    if point is None and change:
        raise Http404
    name, kind = request.GET.get("name"), request.GET.get("type")
    only = {"name": name, "type": kind} if name and kind else {}
    form = bare("dns.restore", posted(request), {"domain": found.name, "change": change, **only})
    if form.is_bound:
        last = Change.objects.filter(zone=row).latest("pk").pk
        undo = Undo("dns.restore", {"domain": found.name, "change": last, **only})
        message = _told(request, _("It was restored."))
        answer = perform_form(request, form, _at("zone", found), message, lambda _outcome: undo)
        if answer:
            return answer
    context = {
        "form": form, "point": point, "differences": _differences(found, row, change, name, kind), "cancel": _at("history", found),
    }  # fmt: skip
    title = _("Restore these records?") if only else _("Restore the whole zone?")
    return show(request, "dns/restore.html", _head(request, found, title), context, status=form.status)


def _differences(domain: Domain, row: Zone, change: int, name: str | None, kind: str | None) -> list[Difference]:
    now = {(each.name, each.type): {"contents": each.contents} for each in queries.own_records(row)}
    found = []
    for (owner, sort), then in sorted(queries.states(row, change).items()):
        wanted = not (name and kind) or (names.shown_owner(owner, domain.name), sort) == (name, kind)
        was, becomes = _kept(sort, now.get((owner, sort))), _kept(sort, then)
        if wanted and was != becomes:
            found.append(Difference(names.shown(owner), sort, was, becomes))
    return found
