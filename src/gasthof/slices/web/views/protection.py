"""Pages of protected directories and of who may enter them."""

from dataclasses import replace

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.permissions import Place
from gasthof.slices.subscriptions.queries import Subscription
from gasthof.slices.web.forms import AddProtectedUser, ChangeProtectedUser, Protect, RenameDirectory
from gasthof.slices.web.models import ProtectedDirectory, ProtectedUser
from gasthof.slices.web.views.standing import subscription_for
from gasthof.ui.changes import Undo
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_subscription, may, permit, seen

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def directories(request: PanelRequest, subscription: str) -> HttpResponse:
    found = subscription_for(request, subscription)
    permit(request, "web.read", found.place)
    writes = may(request.actor, "web.write", found.place)
    new = reverse("web:protect", args=[subscription]) if writes else ""
    source = Source("protected_directories", {"path": ("subscription_id", "path")}, Place(subscription=found.number))
    listing = Listing[ProtectedDirectory](
        name="protected", rows=source.rows, key=source.key,
        columns=(
            Column("path", gettext("Directory"), lambda row: row.path, sort=True),
            Column("title", gettext("Title"), lambda row: row.title),
            Column("users", gettext("Users"), lambda row: len(row.users.all()), number=True),
        ),
        link=lambda row: reverse("web:directory", args=[subscription, row.pk]),
        search=gettext("Search directories"),
        empty=Empty(gettext("No protected directory yet"), gettext("A protected directory asks every visitor for a name and a password."),
                    gettext("Protect directory") if writes else "", new, "lock"),
    )  # fmt: skip
    head = below_subscription(request, found, gettext("Protected directories"))
    if writes:
        head = replace(head, action=Link(gettext("Protect directory"), new, "plus"))
    return list_page(request, listing, head)


@shown_or_sent
def protect(request: PanelRequest, subscription: str) -> HttpResponse:
    found = subscription_for(request, subscription)
    permit(request, "web.write", found.place)
    back = reverse("web:protected", args=[subscription])
    return form_page(
        request, Protect(posted(request), fixed={"subscription": subscription}, initial={"path": "web/"}),
        below_subscription(request, found, gettext("Protect directory")),
        submit=gettext("Protect directory"), to=back, cancel=back,
        message=lambda outcome: gettext("%(path)s is protected. Without users it is closed to all: add the first.") % outcome.result,
    )  # fmt: skip


def _found(request: PanelRequest, name: str, number: int, permission: str) -> tuple[Subscription, ProtectedDirectory]:
    """A directory of that subscription. Raises Http404, PermissionDenied."""
    subscription = subscription_for(request, name)
    rows = seen(request.actor, "protected_directories", Place(subscription=subscription.number))
    row = rows.filter(pk=number).first()
    if row is None:
        raise Http404
    permit(request, permission, subscription.place)
    return subscription, row


def _user(row: ProtectedDirectory, number: int) -> ProtectedUser:
    user = row.users.filter(pk=number).first()
    if user is None:
        raise Http404
    return user


@require_safe
def directory(request: PanelRequest, subscription: str, directory: int) -> HttpResponse:
    """Its users: there are 200 at most."""
    found, row = _found(request, subscription, directory, "web.read")
    head = replace(below_subscription(request, found, row.path), lead=row.title)
    writes = may(request.actor, "web.write", found.place)
    if writes:
        new = reverse("web:add_protected_user", args=[subscription, directory])
        head = replace(head, action=Link(gettext("Add user"), new, "user-plus"))
    users = sorted(row.users.all(), key=lambda user: user.name)
    context = {"subscription": found, "directory": row, "users": users, "writes": writes}
    return show(request, "web/directory.html", head, context)


@shown_or_sent
def rename(request: PanelRequest, subscription: str, directory: int) -> HttpResponse:
    found, row = _found(request, subscription, directory, "web.write")
    fixed, back = {"subscription": subscription, "path": row.path}, _back(subscription, row)
    title = row.title
    return form_page(
        request, RenameDirectory(posted(request), fixed=fixed, initial={"title": title}),
        below_subscription(request, found, gettext("Change the title of %(path)s") % {"path": row.path}),
        submit=gettext("Save"), to=back, cancel=back, message=gettext("The title was changed."),
        undo=lambda _: Undo("web.protect", {**fixed, "title": title}),
    )  # fmt: skip


def _back(subscription: str, row: ProtectedDirectory) -> str:
    return reverse("web:directory", args=[subscription, row.pk])


@shown_or_sent
def unprotect(request: PanelRequest, subscription: str, directory: int) -> HttpResponse:
    found, row = _found(request, subscription, directory, "web.write")
    question = Question(
        gettext("Everybody can see what is in it. Its users and their passwords are deleted."),
        gettext("End protection"),
    )
    return question_page(
        request, "web.unprotect", {"subscription": subscription, "path": row.path},
        below_subscription(request, found, gettext("End the protection of %(path)s?") % {"path": row.path}), question,
        to=reverse("web:protected", args=[subscription]), cancel=_back(subscription, row),
        message=gettext("%(path)s is open to all.") % {"path": row.path},
    )  # fmt: skip


@shown_or_sent
def add_user(request: PanelRequest, subscription: str, directory: int) -> HttpResponse:
    found, row = _found(request, subscription, directory, "web.write")
    back = _back(subscription, row)
    return form_page(
        request, AddProtectedUser(posted(request), fixed={"subscription": subscription, "path": row.path}),
        below_subscription(request, found, gettext("Add a user to %(path)s") % {"path": row.path}),
        submit=gettext("Add user"), to=back, cancel=back, message=gettext("The user was added."),
    )  # fmt: skip


@shown_or_sent
def change_user(request: PanelRequest, subscription: str, directory: int, user: int) -> HttpResponse:
    found, row = _found(request, subscription, directory, "web.write")
    chosen, back = _user(row, user), _back(subscription, row)
    fixed = {"subscription": subscription, "path": row.path, "name": chosen.name}
    return form_page(
        request, ChangeProtectedUser(posted(request), fixed=fixed),
        below_subscription(request, found, gettext("New password for %(name)s") % {"name": chosen.name}),
        submit=gettext("Change password"), to=back, cancel=back, message=gettext("The password was changed."),
    )  # fmt: skip


@shown_or_sent
def remove_user(request: PanelRequest, subscription: str, directory: int, user: int) -> HttpResponse:
    found, row = _found(request, subscription, directory, "web.write")
    chosen, back = _user(row, user), _back(subscription, row)
    question = Question(gettext("This user cannot enter the directory any more."), gettext("Remove user"))
    return question_page(
        request, "web.remove_protected_user", {"subscription": subscription, "path": row.path, "name": chosen.name},
        below_subscription(request, found, gettext("Remove the user %(name)s?") % {"name": chosen.name}), question,
        to=back, cancel=back, message=gettext("The user was removed."),
    )  # fmt: skip
