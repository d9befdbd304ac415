"""Pages of nodes, for operators."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.keyset import cut
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName
from gasthof.slices.nodes.models import Node, Preview, PreviewPart
from gasthof.slices.nodes.queries import NodeStatus, events, last_preview, node_status, waiting
from gasthof.ui import parts
from gasthof.ui.lists import Column, Empty, Listing, list_page, portion
from gasthof.ui.pages import Question, bare, posted, question_page
from gasthof.ui.performing import perform_form
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import known, permit

PARTS = 20  # of a preview on a page
A_LABELS = re.compile(r"[a-z0-9.-]*xn--[a-z0-9.-]+")
shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def nodes(request: PanelRequest) -> HttpResponse:
    permit(request, "nodes.manage")
    source = Source("nodes", {"name": ("name",)}, more=lambda rows: rows.select_related("contact"))
    listing = Listing[Node](
        name="nodes", rows=source.rows, key=source.key,
        columns=(
            Column("name", gettext("Name"), lambda row: row.name, sort=True),
            Column("host", gettext("Address"), lambda row: row.host or row.ipv4 or None),
            Column("contact", gettext("Last contact"), lambda row: _when(row.contact.last_contact)),
            Column("state", gettext("State"), _state),
        ),
        link=lambda row: reverse("nodes:node", args=[row.name]),
        search=gettext("Search servers"),
        empty=Empty(gettext("No server yet"), gettext("A server is known as soon as ./gasthof up has run on it."), icon="server"),
    )  # fmt: skip
    return list_page(request, listing, Head(gettext("Servers")))


def _when(moment: object) -> str:
    return localize(localtime(moment)) if moment else gettext("never")  # type: ignore[arg-type]


def _state(node: Node) -> parts.State:
    if node.contact.parked:
        return parts.State(gettext("parked"), "bad", "octagon-alert")
    if node.contact.held:
        return parts.State(gettext("holds removals back"), "warn", "triangle-alert")
    return parts.state("active")


def _found(request: PanelRequest, name: str) -> Node:
    permit(request, "nodes.manage")
    found: Node = known(request, "nodes", name=name)
    return found


@require_safe
def node(request: PanelRequest, node: str) -> HttpResponse:
    """How it is, in the words of its daemons."""
    found = _found(request, node)
    status = node_status(found)
    to_plan = Link(gettext("What would be changed"), reverse("nodes:plan", args=[found.name]), "file-diff")
    head = Head(found.name, crumbs=(Link(gettext("Servers"), reverse("nodes:nodes")),), action=to_plan, lead=found.host)
    context = {
        "node": found,
        "status": status,
        "state": _state(found),
        "facts": _facts(found, status),
        "waiting": waiting(found) if status.pending else [],
        "events": [(each, _happened().get(each.what, each.what)) for each in events(found)],
    }
    return show(request, "nodes/node.html", head, context)


def _happened() -> dict[str, str]:
    return {
        "drift": gettext("Changed by hand, set right"),
        "parked": gettext("parked"),
        "adopted": gettext("adopted"),
        "held": gettext("holds removals back"),
        "released": gettext("removals released"),
        "silent": gettext("does not answer"),
        "back": gettext("answers again"),
    }


def _facts(node: Node, status: NodeStatus) -> list[parts.Fact]:
    plain = [
        (gettext("Last contact"), _when(status.last_contact)),
        (gettext("Objects"), localize(status.objects)),
        (gettext("On their way"), localize(status.pending)),
        (gettext("Failed"), localize(status.failed)),
        (gettext("Changed by hand"), localize(status.drifted)),
    ]
    addresses = [(gettext("IPv4 address"), node.ipv4), (gettext("IPv6 address"), node.ipv6)]
    shown = [parts.Fact(name, value, copy=False) for name, value in plain]
    return shown + [parts.Fact(name, value) for name, value in addresses if value]


@dataclass(frozen=True)
class Shown:
    """A part of a preview as the page draws it."""

    kind: str
    name: str  # people's spelling of the key
    lines: Sequence[tuple[str, str]]  # a line, and what it is: added, gone, place, wrong, or plain

    @classmethod
    def of(cls, part: PreviewPart) -> Self:
        kind, _space, key = part.title.partition(" ")
        return cls(kind, A_LABELS.sub(_unicode, key), [(line, _sort(line)) for line in part.text.splitlines()])


def _unicode(found: re.Match[str]) -> str:
    try:
        return DomainName.parse(found[0]).unicode
    except Refused:
        return found[0]


def _sort(line: str) -> str:
    """As diffs are read; the names of files are places, too."""
    if line.startswith(("---", "+++", "@@")):
        return "place"
    return {"+": "added", "-": "gone", "!": "wrong", ">": "asked"}.get(line[:1], "plain")


@shown_or_sent
def plan(request: PanelRequest, node: str) -> HttpResponse:
    """What the agent would change, as `plan` tells it on the machine: asked for by a button, looked for until it has answered."""
    found = _found(request, node)
    here = reverse("nodes:plan", args=[found.name])
    form = bare("nodes.preview", posted(request), {"node": found.name})
    answer = perform_form(request, form, here, gettext("The server compares.")) if form.is_bound else None
    if answer:
        return answer
    wish = last_preview(found)
    waits = wish is not None and not hasattr(wish, "end")
    if request.htmx and waits:
        return HttpResponse(status=204)
    crumbs = (
        Link(gettext("Servers"), reverse("nodes:nodes")),
        Link(found.name, reverse("nodes:node", args=[found.name])),
    )
    lead = gettext("Everything that this server should hold, compared with what it holds. Looking changes nothing.")
    shown = portion(request, _parts(wish)) if wish is not None else None
    context = {
        "form": form, "node": found, "wish": wish, "waits": waits, "last_contact": _when(found.contact.last_contact),
        "list": shown, "parts": [row.head for row in shown.rows] if shown else [],
    }  # fmt: skip
    if request.htmx:
        return render(request, "nodes/preview.html", context)
    return show(
        request,
        "nodes/plan.html",
        Head(gettext("What would be changed"), crumbs=crumbs, lead=lead),
        context,
        status=form.status,
    )


def _parts(wish: Preview) -> Listing[PreviewPart]:
    return Listing(
        name="parts", portion=PARTS,
        rows=lambda _actor, window: list(cut(wish.parts.all(), ("nth",), window)),
        key=lambda row, _sort: (row.nth,),
        columns=(Column("part", gettext("Object"), Shown.of),),
        empty=Empty(gettext("Nothing would be changed"), gettext("The server holds what it should."), icon="circle-check"),
    )  # fmt: skip


def _question(
    request: PanelRequest, node: str, verb: str, title: str, question: Question, message: str
) -> HttpResponse:
    found = _found(request, node)
    back = reverse("nodes:node", args=[node])
    crumbs = (Link(gettext("Servers"), reverse("nodes:nodes")), Link(found.name, back))
    head = Head(title % {"name": found.name}, crumbs=crumbs)
    return question_page(request, verb, {"node": found.name}, head, question, to=back, message=message, cancel=back)


@shown_or_sent
def retry(request: PanelRequest, node: str) -> HttpResponse:
    sentence = gettext("It is told again, at once, what it could not bring about. What works is not touched.")
    question = Question(sentence, gettext("Try again"), calm=True)
    title, message = gettext("Have %(name)s try again?"), gettext("The server tries again.")
    return _question(request, node, "nodes.retry", title, question, message)


@shown_or_sent
def adopt(request: PanelRequest, node: str) -> HttpResponse:
    sentence = gettext(
        "It is given everything anew, and removes what is not in it. Do this after a restore of the panel’s database, "
        "when you have made sure that nothing is missing here."
    )
    title, message = gettext("Adopt the server %(name)s?"), gettext("The server was adopted.")
    return _question(request, node, "nodes.adopt", title, Question(sentence, gettext("Adopt server")), message)


@shown_or_sent
def release(request: PanelRequest, node: str) -> HttpResponse:
    sentence = gettext("It removes what it holds back, exactly as it named it. It cannot be brought back.")
    held = _found(request, node).contact.held
    question = Question(sentence, gettext("Release removals"), [held] if held else [])
    title, message = gettext("Let %(name)s remove what it holds back?"), gettext("The removals were released.")
    return _question(request, node, "nodes.release", title, question, message)
