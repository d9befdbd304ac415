"""Pages of exports: made, brought in again as a new subscription, deleted."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from gasthof.slices.accounts.queries import Customer
from gasthof.slices.subscriptions.forms import DeleteExport, ImportExport
from gasthof.slices.subscriptions.models import Export, Plan
from gasthof.slices.subscriptions.views.subscriptions import found_for
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.request import PanelRequest
from gasthof.ui.standing import below_customer, below_subscription, known, permit

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


@shown_or_sent
def export(request: PanelRequest, subscription: str) -> HttpResponse:
    found = found_for(request, subscription, "subscriptions.manage")
    back = reverse("subscriptions:subscription", args=[subscription])
    question = Question(
        gettext("Its settings as they are now, and its files, mail and databases are saved in a folder of the server. Nothing is changed."),
        gettext("Make export"),
        calm=True,
    )  # fmt: skip
    return question_page(
        request, "subscriptions.export", {"subscription": found.system_name},
        below_subscription(request, found, gettext("Export subscription %(name)s?") % {"name": found.system_name}),
        question, to=back, cancel=back,
        message=lambda outcome: gettext("The export %(name)s is being made.") % {"name": outcome.result["export"]},
    )  # fmt: skip


def _found(request: PanelRequest, customer: int, name: str) -> tuple[Export, Customer]:
    """Of a customer whom the actor may know."""
    owner: Customer = known(request, "customers", number=customer)
    permit(request, "subscriptions.manage", owner.place)
    digits = name.removeprefix("x")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
    found = Export.objects.filter(customer=owner, number=number).select_related("plan").first()
    if found is None:
        raise Http404
    return found, owner


@shown_or_sent
def restore(request: PanelRequest, customer: int, export: str) -> HttpResponse:
    """A new subscription for the same customer."""
    found, owner = _found(request, customer, export)
    form = ImportExport(posted(request), fixed={"export": found.name}, initial={"plan": found.plan.name})
    form.fields["plan"].choices = [(plan.name, plan.name) for plan in Plan.objects.order_by("name")]  # type: ignore[attr-defined]
    head = below_customer(
        request, owner, gettext("Import %(name)s") % {"name": found.name},
        lead=gettext("A new subscription is made of it. What the export holds must be free: delete the old subscription first if there still is one."),
    )  # fmt: skip
    return form_page(
        request, form, head, submit=gettext("Import"), cancel=reverse("accounts:customer", args=[customer]),
        to=lambda outcome: reverse("subscriptions:subscription", args=[outcome.result["subscription"]]),
        message=lambda outcome: gettext("The subscription %(name)s is being made of the export.") % {"name": outcome.result["subscription"]},
    )  # fmt: skip


@shown_or_sent
def delete(request: PanelRequest, customer: int, export: str) -> HttpResponse:
    found, owner = _found(request, customer, export)
    back = reverse("accounts:customer", args=[customer])
    head = below_customer(
        request, owner, gettext("Delete the export %(name)s?") % {"name": found.name},
        lead=gettext("All that it holds is deleted at once and cannot be brought back."),
    )  # fmt: skip
    form = DeleteExport(posted(request), fixed={"export": found.name})
    message = gettext("The export %(name)s was deleted.") % {"name": found.name}
    return form_page(request, form, head, submit=gettext("Delete export"), to=back, cancel=back, message=message,
                     context={"tone": "danger"})  # fmt: skip
