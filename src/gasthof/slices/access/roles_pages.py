"""Pages of roles: what each allows, as a matrix, and those that a customer has named."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel import registry
from gasthof.kernel.actions import Outcome
from gasthof.slices.access import people_forms as forms
from gasthof.slices.access import queries
from gasthof.slices.access.grants import matrix
from gasthof.slices.access.models import Role
from gasthof.slices.access.people import customer_of
from gasthof.slices.accounts.queries import Customer
from gasthof.ui.changes import Undo
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.standing import below_customer
from gasthof.ui.words import AREAS

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def _list(customer: Customer) -> str:
    return reverse("access_roles", args=[customer.number])


def _head(request: PanelRequest, customer: Customer, title: str) -> Head:
    return below_customer(request, customer, title, Link(_("Roles"), _list(customer)))


def _role(customer: Customer, number: int) -> Role:
    found = Role.objects.filter(customer=customer, pk=number).first() if number < 10**9 else None
    if found is None:
        raise Http404
    return found


@require_safe
def roles(request: PanelRequest, customer: int) -> HttpResponse:
    found = customer_of(request.actor, customer)
    own = queries.roles_of(found.number)
    whole = matrix(own)
    names = [forms.role_name(name) for name in whole]
    areas: dict[str, list[tuple[str, list[tuple[str, bool]]]]] = {}
    for permission, title in registry.titles().items():
        cells = list(zip(names, [permission in held for held in whole.values()], strict=True))
        areas.setdefault(permission.partition(".")[0], []).append((_(title), cells))
    groups = [(AREAS.get(area, area), rows) for area, rows in areas.items()]
    lead = _("A role is given to a user: with everything, or with one subscription, domain or mailbox only.")
    create = Link(_("Create a role"), reverse("access_create_role", args=[found.number]), "plus")
    head = below_customer(request, found, _("Roles"), action=create, lead=lead)
    return show(request, "access/roles.html", head, {"names": names, "groups": groups, "own": own, "customer": found})


@shown_or_sent
def create(request: PanelRequest, customer: int) -> HttpResponse:
    found = customer_of(request.actor, customer)
    form = forms.CreateRole(posted(request), fixed={"customer": found.number})
    return form_page(
        request, form, _head(request, found, _("Create a role")), submit=_("Create role"), to=_list(found), cancel=_list(found),
        message=lambda outcome: _("The role %(name)s was created.") % {"name": outcome.result["name"]},
        undo=lambda outcome: Undo("access.remove_role", {"role": outcome.result["role"]}),
    )  # fmt: skip


@shown_or_sent
def change(request: PanelRequest, customer: int, role: int) -> HttpResponse:
    found = customer_of(request.actor, customer)
    row = _role(found, role)
    before = {"name": row.name, "permissions": list(row.permissions)}
    form = forms.ChangeRole(posted(request), fixed={"role": row.pk}, initial=before)

    def undo(_outcome: Outcome) -> Undo:
        return Undo("access.change_role", {"role": role, **before})

    return form_page(
        request, form, _head(request, found, _("Change the role %(name)s") % {"name": row.name}), submit=_("Save"),
        to=_list(found), cancel=_list(found), message=_("The role was changed, for everybody who has it."), undo=undo,
    )  # fmt: skip


@shown_or_sent
def remove(request: PanelRequest, customer: int, role: int) -> HttpResponse:
    found = customer_of(request.actor, customer)
    row = _role(found, role)
    put_back = {"customer": found.number, "name": row.name, "permissions": list(row.permissions)}
    return question_page(
        request, "access.remove_role", {"role": row.pk},
        _head(request, found, _("Remove the role %(name)s?") % {"name": row.name}),
        Question(_("A role that somebody has cannot be removed."), _("Remove role")),
        to=_list(found), cancel=_list(found), message=_("The role was removed."),
        undo=lambda _outcome: Undo("access.create_role", dict(put_back)),
    )  # fmt: skip
