"""Pages of the policy: the one in force, its versions, and a change, which is previewed before it is taken."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel import registry
from gasthof.kernel.actions import perform
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.slices.lifecycle import comparing, explaining, policies, wording
from gasthof.slices.lifecycle.drawing import shown
from gasthof.slices.lifecycle.forms import PreviewPolicy, TakePolicy
from gasthof.slices.lifecycle.models import PolicyVersion, Rollout
from gasthof.slices.lifecycle.queries import MANAGE
from gasthof.slices.lifecycle.rules.policy import Policy
from gasthof.ui.forms import VerbForm
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import posted
from gasthof.ui.performing import perform_form
from gasthof.ui.request import PanelRequest, speaker
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import permit

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])
EDIT = "edit"  # the button that leads from a preview back to its text


@require_safe
def in_force(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    row = policies.newest()
    going = Rollout.objects.filter(done=None).first()
    found = policies.read(row.text if row else policies.shipped())
    context = {**_told(found), "going": _going(going)}
    action = Link(_("Change the policy"), reverse("lifecycle:change_policy"), "pencil")
    title = _("Policy, version %(version)d") % {"version": found.version}
    return show(request, "lifecycle/policy.html", Head(title, action=action, tabs=_tabs(0), lead=_lead()), context)


def _told(policy: Policy) -> dict[str, Any]:
    """What the page of a policy shows of it."""
    by = comparing.scale(policy.entries.values())
    drawn = {"width": by.WIDTH, "due": by.due, "ahead": explaining.days(-by.first), "after": explaining.days(by.last)}
    return {"sections": wording.sections(policy), "notice_days": explaining.days(policy.notice_days), "scale": drawn}


def _tabs(current: int) -> tuple[Link, ...]:
    routes = ((_("In force"), "lifecycle:policy"), (_("Versions"), "lifecycle:policy_versions"))
    return tuple(Link(text, reverse(url), current=nth == current) for nth, (text, url) in enumerate(routes))


def _lead() -> str:
    return _("What happens to services that are not paid, and when. Days count from the first unpaid day, which is “it” here.")  # fmt: skip


def _going(going: Rollout | None) -> str:
    return _("Services go over to this version now: %(count)s so far.") % {"count": number_format(going.moved)} if going else ""  # fmt: skip


@require_safe
def versions(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    source = Source("policy_versions", {"": ("number",)}, newest_first=True)
    called = registry.called(set(PolicyVersion.objects.values_list("by", flat=True)))
    listing = Listing[PolicyVersion](
        name="policy_versions", rows=source.rows, key=source.key,
        columns=(
            Column("number", _("Version"), lambda row: str(row.number)),
            Column("taken", _("Taken"), _moment, whole=True),
            Column("by", _("By"), lambda row: called.get(row.by, row.by) if row.by else _("It came with the software")),
            Column("moved", _("Went over at once"), _moved, whole=True),
        ),
        link=lambda row: reverse("lifecycle:policy_version", args=[row.number]),
        empty=Empty(_("No version yet"), _("The policy that came with the software is the first one, as soon as a service begins."), icon="scale"),
    )  # fmt: skip
    return list_page(request, listing, Head(_("Policy"), tabs=_tabs(1)))


def _moment(row: PolicyVersion) -> str:
    return date_format(row.taken.astimezone(), "SHORT_DATETIME_FORMAT")


def _moved(row: PolicyVersion) -> str | None:
    found = getattr(row, "rollout", None)
    if found is None:
        return None
    words = _("1 service") if found.moved == 1 else _("%(count)s services") % {"count": number_format(found.moved)}
    return words if found.done else _("%(services)s, and more under way") % {"services": words}


@require_safe
def version(request: PanelRequest, version: int) -> HttpResponse:
    permit(request, MANAGE)
    row = PolicyVersion.objects.filter(number=version).first()
    if row is None:
        raise Http404
    found, former = policies.read(row.text), PolicyVersion.objects.filter(number__lt=version).order_by("number").last()
    context = {
        **_told(found), "text": row.text, "former": former,
        "changes": wording.differences(policies.read(former.text), found) if former else [],
    }  # fmt: skip
    by = registry.called({row.by}).get(row.by, row.by) if row.by else ""
    said = _("Taken on %(day)s by %(by)s.") if by else _("It came with the software; taken on %(day)s.")
    head = Head(
        _("Policy, version %(version)d") % {"version": version},
        crumbs=(Link(_("Versions of the policy"), reverse("lifecycle:policy_versions")),),
        lead=said % {"day": _moment(row), "by": by},
    )
    return show(request, "lifecycle/policy.html", head, context)


@shown_or_sent
def change(request: PanelRequest) -> HttpResponse:
    """The text to be changed; sent, what it would change. Nothing is taken here."""
    permit(request, MANAGE)
    if EDIT in request.POST:
        return _editor(request, PreviewPolicy(initial={"text": request.POST.get("text", "")}))
    row = policies.newest()
    form = PreviewPolicy(posted(request), initial={"text": policies.draft(row.text if row else policies.shipped())})
    if form.is_bound and not form.errors:
        try:
            found = perform(speaker(request), form.verb, form.given()).result
        except NotAllowed as refusal:
            raise PermissionDenied from refusal
        except ActionRefused as refusal:
            form.refuse(refusal)
        else:
            return _preview(request, form, dict(found))
    return _editor(request, form)


def _editor(request: PanelRequest, form: VerbForm) -> HttpResponse:
    back = reverse("lifecycle:policy")
    lead = _("The number is one higher already. Comments stay as you write them. Nothing takes effect before you have seen what it changes.")  # fmt: skip
    head = Head(_("Change the policy"), crumbs=(Link(_("Policy"), back),), lead=lead)
    context = {"form": form, "submit": _("See what it changes"), "cancel": back}
    return show(request, "ui/form_page.html", head, context, status=form.status)


def _preview(request: PanelRequest, form: VerbForm, found: dict[str, Any]) -> HttpResponse:
    taking = TakePolicy(initial={"text": form.data["text"], "previewed": found["digest"]})
    head = Head(
        _("Take version %(version)d?") % {"version": found["version"]},
        crumbs=(Link(_("Policy"), reverse("lifecycle:policy")), Link(_("Change the policy"), reverse("lifecycle:change_policy"))),
    )  # fmt: skip
    context = {
        "form": taking, "changes": found["changes"], "figures": _figures(found), "types": [_of_type(each) for each in found["types"]],
        "months": [_of_month(each) for each in found["months"]], "samples": [_sample(each) for each in found["samples"]],
        "submit": _("Take version %(version)d") % {"version": found["version"]}, "cancel": reverse("lifecycle:policy"),
    }  # fmt: skip
    return show(request, "lifecycle/policy_preview.html", head, context)


def _figures(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (_("Services that have not ended"), number_format(found["services"])),
        (_("Go over at once"), number_format(found["over"])),
        (_("Of these, with a day that moves"), number_format(found["moved"])),
        (_("Stay until they are renewed: their time has begun, or they were told"), number_format(found["in_course"])),
        (_("Stay until they are renewed: something would come earlier to them"), number_format(found["earlier"])),
    ]


def _of_type(found: dict[str, Any]) -> dict[str, Any]:
    counts = {name: number_format(found[name]) for name in ("over", "in_course", "earlier")}
    later = {name: [_later(each["days"], each["services"]) for each in found[name]] for name in ("next", "end")}
    return {"title": wording.title([found["entry"]]), **counts, **later}


def _later(days: int, services: int) -> str:
    return _("%(days)s later: %(services)s") % {"days": explaining.days(days), "services": number_format(services)}


def _of_month(found: dict[str, Any]) -> dict[str, str]:
    counts = {name: number_format(count) for name, count in found.items() if name != "month"}
    return {"month": date_format(date.fromisoformat(f"{found['month']}-01"), "YEAR_MONTH_FORMAT"), **counts}


def _sample(found: dict[str, Any]) -> dict[str, Any]:
    days = {
        name: shown(date.fromisoformat(found[name])) if found[name] else wording.NOTHING
        for name in ("next_from", "next_to", "end_from", "end_to")
    }
    return {**found, **days, "type": explaining.TYPES[found["type"]]}


@shown_or_sent
def take(request: PanelRequest) -> HttpResponse:
    """What was previewed. What is refused is seen again in the editor, with all that was written."""
    permit(request, MANAGE)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("lifecycle:change_policy"))
    form, to = TakePolicy(request.POST), reverse("lifecycle:policy")
    answer = perform_form(request, form, to, lambda outcome: _("Version %(version)d was taken.") % dict(outcome.result))
    if answer:
        return answer
    editor = PreviewPolicy(request.POST)
    for wrong in form.wrongs:
        editor.add_error("text", wrong.message)
    return _editor(request, editor)
