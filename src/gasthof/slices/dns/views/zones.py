"""Pages of a zone: its records, forms for each type, DNSSEC."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gasthof.kernel import registry
from gasthof.kernel.actions import Outcome
from gasthof.kernel.parsing import tell
from gasthof.kernel.permissions import EVERYWHERE, Actor
from gasthof.slices.dns import forms, queries
from gasthof.slices.dns.actions.change import shown
from gasthof.slices.dns.models import FormerZone, Zone
from gasthof.slices.dns.rules import checks, names
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


def domain_of(actor: Actor, name: str, permission: str) -> Domain:
    return reached(actor, seen_domain(name), permission)


def lock_of(domain: Domain) -> str:
    """Why its customer may not change the zone now, in the reader's language; ""."""
    lock = registry.zone_lock(domain)
    return tell(lock).message if lock is not None else ""


def changes(actor: Actor, domain: Domain, lock: str) -> bool:
    """Whether a button that changes the zone has any use."""
    return may(actor, WRITE, domain.place) and (not lock or actor.role in EVERYWHERE)


def head_of(request: HttpRequest, domain: Domain, title: str, **how: Any) -> Head:
    return below_domain(request, domain, title, Link("DNS", at("zone", domain)), **how)


def at(route: str, domain: Domain, *more: object) -> str:
    return reverse(f"dns:{route}", args=[domain.name, *more])


def tabs_of(domain: Domain, current: str) -> tuple[Link, ...]:
    listed = [
        ("zone", _("Records"), "network"),
        ("dnssec", "DNSSEC", "shield-check"),
        ("history", _("History"), "history"),
    ]
    return tuple(Link(text, at(name, domain), icon, name == current) for name, text, icon in listed)


def former_of(actor: Actor, domain: Domain) -> FormerZone | None:
    """The zone of that name that was deleted last, for who may look at it and set it again."""
    whole = may(actor, WRITE, domain.subscription.customer.place)
    return queries.last_former(domain) if whole else None


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
    found = domain_of(request.actor, domain, READ)
    lock = lock_of(found)
    writes = changes(request.actor, found, lock)
    row = queries.zone_of(found)
    ground = queries.ground(row)
    search = request.GET.get("search", "").strip()[:200]
    sets = [each for placed in compose(ground) if (each := _set(ground, placed)).fits(search.lower())]
    head = below_domain(
        request, found, _("DNS records"), tabs=tabs_of(found, "zone"),
        action=Link(_("Add a record"), at("choose", found), "plus") if writes else None,
    )  # fmt: skip
    told = queries.findings(row)
    context = {
        "domain": found,
        "lock": lock,
        "subscription": found.subscription,
        "sets": sets,
        "search": search,
        "former": None if ground.own else former_of(request.actor, found),
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
    found = domain_of(request.actor, domain, WRITE)
    kinds = [(kind, words, at("add", found, kind)) for kind, words in forms.TYPES.items()]
    return show(request, "dns/choose.html", head_of(request, found, _("Which record?")), {"kinds": kinds})


def told_of(request: HttpRequest, text: str) -> Callable[[Outcome], str]:
    """Says what was done; warnings stand beside it."""

    def told(outcome: Outcome) -> str:
        for each in outcome.result["warnings"]:
            messages.warning(request, each)
        return text

    return told


def _put_back(row: Zone, name: str, kind: str) -> Callable[[Outcome], Undo]:
    """The record set as it was before what is done now."""
    fields = {"domain": row.domain.name, "change": queries.last_change(row), "name": name, "type": kind}
    return lambda _outcome: Undo("dns.restore", dict(fields))


@shown_or_sent
def add(request: PanelRequest, domain: str, kind: str) -> HttpResponse:
    found = domain_of(request.actor, domain, WRITE)
    if kind not in forms.TYPES:
        raise Http404
    form = forms.AddRecord(posted(request), fixed={"domain": found.name, "type": kind})
    field: Any = form.fields["name"]
    field.after = f".{found.value.unicode}"
    typed = str(form.data.get("name", "")) if form.is_bound else ""
    return form_page(
        request, form,
        head_of(request, found, _("Add a %(type)s record") % {"type": kind}, lead=str(forms.TYPES[kind])),
        submit=_("Add record"), to=at("zone", found), cancel=at("choose", found),
        message=told_of(request, _("The record was added.")),
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
    found = domain_of(request.actor, domain, WRITE)
    name, kind, content = _named(request)
    row = queries.zone_of(found)
    standing = _standing(row, name, kind)
    fixed = {"domain": found.name, "name": name, "type": kind, "content": content}
    initial = {**forms.split(kind, content), "ttl": standing.ttl if standing else ""}
    form = forms.ChangeRecord(posted(request), fixed=fixed, initial=initial)
    whole = standing.whole if standing else name
    title = _("Change the %(type)s record of %(name)s") % {"type": kind, "name": whole}
    return form_page(
        request, form, head_of(request, found, title, lead=str(forms.TYPES[kind])),
        submit=_("Save"), to=at("zone", found), cancel=at("zone", found),
        message=told_of(request, _("The record was changed.")), undo=_put_back(row, name, kind),
    )  # fmt: skip


def _standing(row: Zone, name: str, kind: str) -> Set | None:
    ground = queries.ground(row)
    sets = (_set(ground, placed) for placed in compose(ground))
    return next((each for each in sets if (each.name, each.type) == (name, kind)), None)


@shown_or_sent
def remove(request: PanelRequest, domain: str) -> HttpResponse:
    """Shows the record, and removes it; it can be put back."""
    found = domain_of(request.actor, domain, WRITE)
    name, kind, content = _named(request)
    form = bare(
        "dns.remove_record", posted(request), {"domain": found.name, "name": name, "type": kind, "content": content}
    )
    row = queries.zone_of(found)
    if form.is_bound:
        message = told_of(request, _("The record was removed."))
        answer = perform_form(request, form, at("zone", found), message, _put_back(row, name, kind))
        if answer:
            return answer
    context = {"form": form, "type": kind, "content": content, "cancel": at("zone", found), "name": name}
    return show(
        request, "dns/remove.html", head_of(request, found, _("Remove this record?")), context, status=form.status
    )


@require_POST
def default(request: PanelRequest, domain: str) -> HttpResponse:
    """Switches one off or on again: a button in the table."""
    found = domain_of(request.actor, domain, WRITE)
    name, kind, on = (request.POST.get(each, "") for each in ("name", "type", "on"))
    form = bare("dns.switch_default", request.POST, {"domain": found.name, "name": name, "type": kind, "on": on})
    text = _("The default is served again.") if on == "yes" else _("The default is switched off.")
    undo = _put_back(queries.zone_of(found), name, kind)
    answer = perform_form(request, form, at("zone", found), told_of(request, text), undo)
    if answer:
        return answer
    context = {"form": form, "back": at("zone", found)}
    return show(
        request, "dns/refused.html", head_of(request, found, _("Nothing was changed")), context, status=form.status
    )


@shown_or_sent
def dnssec(request: PanelRequest, domain: str) -> HttpResponse:
    """On or off, and the DS record that the registrar needs."""
    found = domain_of(request.actor, domain, READ)
    lock = lock_of(found)
    if request.method == "POST":
        check(request.actor, WRITE, found.place)
    row = queries.zone_of(found)
    form = forms.Dnssec(posted(request), fixed={"domain": found.name}, initial={"on": row.dnssec})
    ds = queries.findings(row).get("ds", []) if row.dnssec else []
    context = {
        "zone": row, "writes": changes(request.actor, found, lock), "subscription": found.subscription, "lock": lock,
        "facts": [Fact(_("DS record"), str(each)) for each in ds],
    }  # fmt: skip
    return form_page(
        request, form, head_of(request, found, "DNSSEC", tabs=tabs_of(found, "dnssec")),
        submit=_("Save"), to=at("dnssec", found), message=_("DNSSEC was changed."),
        template="dns/dnssec.html", context=context,
    )  # fmt: skip
