"""Pages of plans."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.slices.subscriptions.forms import ChangePlan, PlanForm
from gasthof.slices.subscriptions.models import Plan
from gasthof.slices.subscriptions.queries import limits
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import form_page, posted
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link
from gasthof.ui.sources import Source
from gasthof.ui.standing import permit

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])
DEFAULTS = limits(Plan(domains=10, aliases=20, protected_directories=50, php=True))


@require_safe
def plans(request: PanelRequest) -> HttpResponse:
    permit(request, "subscriptions.plans")
    new = reverse("subscriptions:create_plan")
    source = Source("plans", {"name": ("name",)})
    listing = Listing[Plan](
        name="plans", rows=source.rows, key=source.key,
        columns=(
            Column("name", gettext("Name"), lambda row: row.name, sort=True),
            Column("domains", gettext("Domains"), lambda row: row.domains, number=True),
            Column("mailboxes", gettext("Mailboxes"), lambda row: row.mailboxes, number=True),
            Column("databases", gettext("Databases"), lambda row: row.databases, number=True),
            Column("ftp_users", gettext("FTP users"), lambda row: row.ftp_users, number=True),
            Column("php", gettext("PHP"), lambda row: gettext("yes") if row.php else gettext("no")),
        ),
        link=lambda row: reverse("subscriptions:change_plan", args=[row.pk]),
        search=gettext("Search plans"),
        empty=Empty(gettext("No plan yet"), gettext("A plan says what a subscription may hold at most. Each subscription has one."),
                    gettext("Create plan"), new, "tags"),
    )  # fmt: skip
    return list_page(request, listing, Head(gettext("Plans"), action=Link(gettext("Create plan"), new, "plus")))


@shown_or_sent
def create(request: PanelRequest) -> HttpResponse:
    permit(request, "subscriptions.plans")
    back = reverse("subscriptions:plans")
    return form_page(
        request, PlanForm(posted(request), initial=DEFAULTS),
        Head(gettext("Create plan"), crumbs=(Link(gettext("Plans"), back),)),
        submit=gettext("Create plan"), to=back, cancel=back,
        message=lambda outcome: gettext("The plan %(name)s was created.") % {"name": outcome.result["plan"]},
    )  # fmt: skip


@shown_or_sent
def change(request: PanelRequest, plan: int) -> HttpResponse:
    """What stands already above a limit stays."""
    permit(request, "subscriptions.plans")
    found = Plan.objects.filter(pk=plan).first()
    if found is None:
        raise Http404
    back = reverse("subscriptions:plans")
    head = Head(
        gettext("Plan %(name)s") % {"name": found.name}, crumbs=(Link(gettext("Plans"), back),),
        lead=gettext("It counts for every subscription on this plan at once. What stands above a new limit already, stays."),
    )  # fmt: skip
    return form_page(
        request, ChangePlan(posted(request), fixed={"plan": found.name}, initial={"name": found.name, **limits(found)}), head,
        submit=gettext("Save"), to=back, cancel=back,
        message=lambda outcome: gettext("The plan %(name)s was changed.") % {"name": outcome.result["plan"]},
    )  # fmt: skip
