"""Pages of FTP and SFTP users, with what FileZilla and WinSCP want to know."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.actions import Outcome
from gasthof.kernel.permissions import Actor, Place
from gasthof.slices.ftp import forms, queries
from gasthof.slices.ftp.models import FtpUser
from gasthof.slices.nodes.queries import sftp_fingerprints
from gasthof.slices.subscriptions.queries import Subscription, seen_subscription
from gasthof.ui.changes import Undo
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.parts import Fact
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_subscription, may, reached

READ, WRITE = "ftp.read", "ftp.write"
shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def _subscription(actor: Actor, name: str, permission: str) -> Subscription:
    return reached(actor, seen_subscription(name), permission)


def _user(actor: Actor, subscription: str, name: str, permission: str) -> FtpUser:
    found = _subscription(actor, subscription, permission)
    user = queries.users_of(found).filter(name=name).first()
    if user is None:
        raise Http404
    user.subscription = found
    return user


def _list(subscription: Subscription) -> str:
    return reverse("ftp:users", args=[subscription.system_name])


def _at(route: str, user: FtpUser) -> str:
    return reverse(f"ftp:{route}", args=[user.subscription.system_name, user.name])


def _head(request: PanelRequest, subscription: Subscription, title: str, *crumbs: Link) -> Head:
    users = Link(_("FTP users"), _list(subscription))
    return below_subscription(request, subscription, title, users, *crumbs)


def _facts(subscription: Subscription, user: str) -> list[Fact]:
    host, ports = queries.server(subscription)
    sftp, ftp = ports["sftp"], ports["ftp"]
    return [
        Fact(_("Server"), host),
        Fact(_("User name"), user or _("that of the list above"), copy=bool(user)),
        Fact(_("SFTP (recommended)"), str(sftp), note=_("Port for the protocol “SFTP – SSH File Transfer Protocol”.")),
        Fact(_("FTP with encryption"), str(ftp), note=_("Port for the protocol “FTP” with “explicit FTP over TLS” (WinSCP: TLS/SSL explicit).")),
        Fact(_("Password"), _("that of the user; logon type “normal”"), copy=False),
        *(Fact(_("Fingerprint of the server"), each, note=_compare(algorithm)) for algorithm, each in sftp_fingerprints(subscription.node)),
    ]  # fmt: skip


def _compare(algorithm: str) -> str:
    return _(
        "FileZilla and WinSCP show it at the first connection by SFTP (%(algorithm)s). Trust the server only if it is the same."
    ) % {"algorithm": algorithm}


@require_safe
def users(request: PanelRequest, subscription: str) -> HttpResponse:
    found = _subscription(request.actor, subscription, READ)
    add = reverse("ftp:add", args=[found.system_name]) if may(request.actor, WRITE, found.place) else ""
    sentence = _("An FTP user transfers files to and from one directory of this subscription, by FTP and by SFTP.")
    source = Source("ftp_users", {"": ("subscription_id", "name")}, Place(subscription=found.number))
    listing: Listing[FtpUser] = Listing(
        name="users",
        rows=source.rows,
        key=source.key,
        columns=(
            Column("name", _("User name"), lambda row: row.login),
            Column("directory", _("Directory"), lambda row: row.directory),
        ),
        link=lambda row: _at("user", row),
        search=_("Search FTP users"),
        empty=Empty(_("No FTP user yet"), sentence, _("Add an FTP user"), add, "folder-up"),
    )
    action = Link(_("Add an FTP user"), add, "plus") if add else None
    head = below_subscription(request, found, _("FTP users"), action=action)
    return list_page(request, listing, head, "ftp/users.html", {"facts": _facts(found, ""), "subscription": found})


@require_safe
def user(request: PanelRequest, subscription: str, name: str) -> HttpResponse:
    found = _user(request.actor, subscription, name, READ)
    context = {
        "user_shown": found, "subscription": found.subscription, "facts": _facts(found.subscription, found.login),
        "writes": may(request.actor, WRITE, found.subscription.place),
    }  # fmt: skip
    return show(request, "ftp/user.html", _head(request, found.subscription, found.login), context)


@shown_or_sent
def add(request: PanelRequest, subscription: str) -> HttpResponse:
    found = _subscription(request.actor, subscription, WRITE)
    form = forms.AddUser(posted(request), fixed={"subscription": found.system_name}, initial={"directory": "web"})
    _before(form, found)
    return form_page(
        request, form, _head(request, found, _("Add an FTP user")), submit=_("Add user"), to=_list(found), cancel=_list(found),
        message=lambda outcome: _("The FTP user %(name)s was added.") % {"name": outcome.result["user"]},
        undo=lambda outcome: Undo("ftp.remove_user", {"user": outcome.result["user"]}),
    )  # fmt: skip


def _before(form: Any, subscription: Subscription) -> None:
    """What the login begins with."""
    form.fields["name"].before = f"{subscription.system_name}-"


@shown_or_sent
def change(request: PanelRequest, subscription: str, name: str) -> HttpResponse:
    found = _user(request.actor, subscription, name, WRITE)
    before = {"name": found.name, "directory": found.directory}
    form = forms.ChangeUser(posted(request), fixed={"user": found.login}, initial=before)
    _before(form, found.subscription)

    def undo(outcome: Outcome) -> Undo:
        return Undo("ftp.change_user", {"user": outcome.result["user"], **before})

    return form_page(
        request, form, _head(request, found.subscription, _("Change FTP user"), Link(found.login, _at("user", found))),
        submit=_("Save"), to=_list(found.subscription), cancel=_at("user", found),
        message=_("The FTP user was changed."), undo=undo,
    )  # fmt: skip


@shown_or_sent
def password(request: PanelRequest, subscription: str, name: str) -> HttpResponse:
    found = _user(request.actor, subscription, name, WRITE)
    form = forms.Password(posted(request), fixed={"user": found.login})
    title = _("Change password of %(name)s") % {"name": found.login}
    return form_page(
        request, form, _head(request, found.subscription, title, Link(found.login, _at("user", found))),
        submit=_("Save"), to=_at("user", found), cancel=_at("user", found),
        message=_("The password was changed. Open connections end."),
    )  # fmt: skip


@shown_or_sent
def remove(request: PanelRequest, subscription: str, name: str) -> HttpResponse:
    found = _user(request.actor, subscription, name, WRITE)
    sentence = _("Nobody can transfer files under this name any more. The files stay.")
    named = {"name": found.login}
    return question_page(
        request, "ftp.remove_user", {"user": found.login}, _head(request, found.subscription, _("Remove %(name)s?") % named),
        Question(sentence, _("Remove FTP user")), to=_list(found.subscription), cancel=_at("user", found),
        message=_("%(name)s was removed.") % named,
    )  # fmt: skip
