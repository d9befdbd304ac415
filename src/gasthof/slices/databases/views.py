"""Pages of databases and their users, with what an application wants to know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.actions import Outcome
from gasthof.kernel.keyset import Window
from gasthof.kernel.permissions import Actor, Place
from gasthof.slices.databases import forms, queries
from gasthof.slices.databases.models import Database, DatabaseUser
from gasthof.slices.subscriptions.queries import Subscription, seen_subscription
from gasthof.ui.changes import Undo
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.parts import Fact
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_subscription, may, reached

READ, WRITE = "databases.read", "databases.write"
ORDER = ("subscription_id", "name", "server")
shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class Row:
    """A database as the list shows it."""

    database: Database
    size: int | None  # None: not measured yet

    @property
    def words(self) -> str:
        return _("not measured yet") if self.size is None else filesizeformat(self.size)


def _subscription(actor: Actor, name: str, permission: str) -> Subscription:
    return reached(actor, seen_subscription(name), permission)


def _database(actor: Actor, subscription: str, key: tuple[str, str], permission: str) -> Database:
    found = _subscription(actor, subscription, permission)
    row = queries.databases_of(found).filter(server=key[0], name=key[1]).first()
    if row is None:
        raise Http404
    row.subscription = found
    return row


def _user(actor: Actor, subscription: str, key: tuple[str, str], permission: str) -> DatabaseUser:
    found = _subscription(actor, subscription, permission)
    rows = queries.users_of(found).prefetch_related("grants__database")
    row = rows.filter(server=key[0], name=key[1]).first()
    if row is None:
        raise Http404
    row.subscription = found
    return row


def _list(subscription: Subscription, route: str = "databases") -> str:
    return reverse(f"databases:{route}", args=[subscription.system_name])


def _at(route: str, row: Database | DatabaseUser) -> str:
    return reverse(f"databases:{route}", args=[row.subscription.system_name, row.server, row.name])


def _head(request: PanelRequest, subscription: Subscription, title: str, *crumbs: Link) -> Head:
    databases = Link(_("Databases"), _list(subscription))
    return below_subscription(request, subscription, title, databases, *crumbs)


def _tabs(subscription: Subscription, current: str) -> tuple[Link, ...]:
    listed = [("databases", _("Databases"), "database"), ("users", _("Database users"), "users")]
    return tuple(Link(text, _list(subscription, name), icon, name == current) for name, text, icon in listed)


def _listing_head(request: PanelRequest, found: Subscription, current: str, title: str) -> Head:
    writes = may(request.actor, WRITE, found.place)
    action = Link(_("Create a database"), _list(found, "create"), "plus") if writes else None
    return below_subscription(request, found, title, action=action, tabs=_tabs(found, current))


def _source(name: str, subscription: Subscription, more: Callable[[Any], Any] = lambda rows: rows) -> Source:
    return Source(name, {"": ORDER}, Place(subscription=subscription.number), more)


def _rows(subscription: Subscription) -> Any:
    source = _source("databases", subscription, lambda rows: rows.prefetch_related("grants__user"))

    def rows(actor: Actor, window: Window) -> Sequence[Row]:
        databases = source.rows(actor, window)
        sizes = queries.sizes(subscription, [each.key for each in databases])
        return [Row(each, sizes.get(each.key)) for each in databases]

    return rows


def _users(database: Database) -> str:
    return ", ".join(sorted(grant.user.name for grant in database.grants.all())) or "–"


@require_safe
def databases(request: PanelRequest, subscription: str) -> HttpResponse:
    found = _subscription(request.actor, subscription, READ)
    head = _listing_head(request, found, "databases", _("Databases"))
    sentence = _("Shops, blogs and other applications keep their contents in a database.")
    listing: Listing[Row] = Listing(
        name="databases",
        rows=_rows(found),
        key=lambda row, sort: _source("databases", found).key(row.database, sort),
        columns=(
            Column("name", _("Database"), lambda row: row.database.name),
            Column("server", _("Database server"), lambda row: forms.SHORT[row.database.server]),
            Column("size", _("Disk space"), lambda row: row.words, number=True),
            Column("users", _("Users"), lambda row: _users(row.database)),
        ),
        link=lambda row: _at("database", row.database),
        search=_("Search databases"),
        empty=Empty(
            _("No database yet"), sentence, _("Create a database"), head.action.url if head.action else "", "database"
        ),
    )
    return list_page(request, listing, head, "databases/list.html", {"subscription": found})


@require_safe
def users(request: PanelRequest, subscription: str) -> HttpResponse:
    found = _subscription(request.actor, subscription, READ)
    sentence = _("Users are added on the page of a database: an application signs in to it as one of them.")
    source = _source("database_users", found)
    listing: Listing[DatabaseUser] = Listing(
        name="users",
        rows=source.rows,
        key=source.key,
        columns=(
            Column("name", _("User name"), lambda row: row.name),
            Column("server", _("Database server"), lambda row: forms.SHORT[row.server]),
            Column(
                "rights", _("Databases"), lambda row: ", ".join(sorted(each.database.name for each in row.grants.all()))
            ),
        ),
        link=lambda row: _at("user", row),
        search=_("Search database users"),
        empty=Empty(_("No database user yet"), sentence, icon="users"),
    )
    head = _listing_head(request, found, "users", _("Database users"))
    return list_page(request, listing, head, "databases/list.html", {"subscription": found})


@shown_or_sent
def create(request: PanelRequest, subscription: str) -> HttpResponse:
    found = _subscription(request.actor, subscription, WRITE)
    form: Any = forms.Create(posted(request), fixed={"subscription": found.system_name}, initial={"server": "mariadb"})
    form.fields["name"].before = f"{found.system_name}_"

    def to(outcome: Outcome) -> str:
        server, _slash, name = outcome.result["database"].partition("/")
        return reverse("databases:database", args=[found.system_name, server, name])

    return form_page(
        request, form, _head(request, found, _("Create a database")), submit=_("Create database"), to=to, cancel=_list(found),
        message=_("The database was created. Add a user, by which an application signs in."),
    )  # fmt: skip


def _facts(server: str, database: str, user: str) -> list[Fact]:
    where = queries.address(server)
    driver = {"mariadb": "MySQL, MariaDB (mysqli, pdo_mysql)", "postgres": "PostgreSQL (pgsql, pdo_pgsql)"}[server]
    asked = _("one of the users")
    return [
        Fact(_("Kind of database"), driver, copy=False),
        Fact(_("Host"), str(where["host"]), note=_("Not “localhost”: that would mean a socket.")),
        Fact(_("Port"), str(where["port"])),
        *([Fact(_("Database"), database)] if database else []),
        Fact(_("User name"), user or asked, copy=bool(user)),
        Fact(_("Password"), _("that of the user"), copy=False),
    ]


@require_safe
def database(request: PanelRequest, subscription: str, server: str, name: str) -> HttpResponse:
    found = _database(request.actor, subscription, (server, name), READ)
    grants = list(found.grants.select_related("user").order_by("user__name"))
    for grant in grants:
        grant.user.subscription = found.subscription
    size = queries.sizes(found.subscription, [found.key]).get(found.key)
    context = {
        "row": Row(found, size),
        "subscription": found.subscription,
        "grants": [(grant.user.name, forms.RIGHTS[grant.rights], _at("user", grant.user)) for grant in grants],
        "facts": _facts(server, name, grants[0].user.name if len(grants) == 1 else ""),
        "writes": may(request.actor, WRITE, found.subscription.place),
        "add_user": _at("add_user", found),
        "delete": _at("delete", found),
    }
    return show(request, "databases/database.html", _head(request, found.subscription, found.name), context)


@shown_or_sent
def add_user(request: PanelRequest, subscription: str, server: str, name: str) -> HttpResponse:
    found = _database(request.actor, subscription, (server, name), WRITE)
    form: Any = forms.AddUser(posted(request), fixed={"database": found.key}, initial={"rights": "full"})
    form.fields["name"].before = f"{found.subscription.system_name}_"
    back = _at("database", found)
    return form_page(
        request, form, _head(request, found.subscription, _("Add a database user"), Link(found.name, back)),
        submit=_("Add user"), to=back, cancel=back,
        message=lambda outcome: _("The user %(name)s was added.") % {"name": outcome.result["user"].partition("/")[2]},
        undo=lambda outcome: Undo("databases.remove_user", {"user": outcome.result["user"]}),
    )  # fmt: skip


@shown_or_sent
def delete(request: PanelRequest, subscription: str, server: str, name: str) -> HttpResponse:
    """For good: the name has to be typed."""
    found = _database(request.actor, subscription, (server, name), WRITE)
    size = queries.sizes(found.subscription, [found.key]).get(found.key)
    alone = queries.only_in(found)
    goes = [_("All contents") if size is None else _("%(size)s of contents") % {"size": filesizeformat(size)}]
    goes += [_("Users who have no other database: %(number)d") % {"number": alone}] if alone else []  # fmt: skip
    named = {"name": found.name}
    return question_page(
        request, "databases.delete", {"database": found.key},
        _head(request, found.subscription, _("Delete the database %(name)s?") % named),
        Question(_("Everything in it is lost. Applications that use it stop working."), _("Delete database"), goes, found.name),
        to=_list(found.subscription), cancel=_at("database", found),
        message=_("The database %(name)s was deleted.") % named,
    )  # fmt: skip


@require_safe
def user(request: PanelRequest, subscription: str, server: str, name: str) -> HttpResponse:
    found = _user(request.actor, subscription, (server, name), READ)
    grants = sorted(found.grants.all(), key=lambda grant: grant.database.name)
    context = {
        "subscription": found.subscription,
        "grants": [(grant.database.name, forms.RIGHTS[grant.rights]) for grant in grants],
        "facts": _facts(server, grants[0].database.name if len(grants) == 1 else "", found.name),
        "writes": may(request.actor, WRITE, found.subscription.place),
        "rights": _at("rights", found),
        "password": _at("password", found),
        "remove": _at("remove_user", found),
    }
    return show(
        request, "databases/user.html", _head(request, found.subscription, found.name, _to_users(found)), context
    )


def _to_users(user: DatabaseUser) -> Link:
    return Link(_("Database users"), _list(user.subscription, "users"))


@shown_or_sent
def rights(request: PanelRequest, subscription: str, server: str, name: str) -> HttpResponse:
    """In one of the subscription's databases on the same server."""
    found = _user(request.actor, subscription, (server, name), WRITE)
    held = {grant.database.name: grant.rights for grant in found.grants.all()}
    names = list(queries.databases_of(found.subscription).filter(server=server).values_list("name", flat=True))
    asked = request.GET.get("database", "")
    first = asked if asked in names else next(iter(sorted(held)), "")
    initial = {"database": first, "rights": held.get(first, "full")}
    form: Any = forms.Rights(posted(request), fixed={"user": found.key}, initial=initial)
    form.fields["database"].choices = [(each, each) for each in names]
    typed = str(form.data.get("database", "")) if form.is_bound else ""
    before = {"user": found.key, "database": typed, "rights": held.get(typed, "none")}
    return form_page(
        request, form, _head(request, found.subscription, _("Change rights"), _to_users(found), Link(found.name, _at("user", found))),
        submit=_("Save"), to=_at("user", found), cancel=_at("user", found),
        message=_("The rights were changed."), undo=lambda _outcome: Undo("databases.change_user", dict(before)),
    )  # fmt: skip


@shown_or_sent
def password(request: PanelRequest, subscription: str, server: str, name: str) -> HttpResponse:
    found = _user(request.actor, subscription, (server, name), WRITE)
    form = forms.Password(posted(request), fixed={"user": found.key})
    title = _("Change password of %(name)s") % {"name": found.name}
    return form_page(
        request, form, _head(request, found.subscription, title, _to_users(found), Link(found.name, _at("user", found))),
        submit=_("Save"), to=_at("user", found), cancel=_at("user", found),
        message=_("The password was changed. Enter it in the applications that use it."),
    )  # fmt: skip


@shown_or_sent
def remove_user(request: PanelRequest, subscription: str, server: str, name: str) -> HttpResponse:
    found = _user(request.actor, subscription, (server, name), WRITE)
    named = {"name": found.name}
    sentence = _("Applications that sign in by this name stop working. What is in the databases stays.")
    return question_page(
        request, "databases.remove_user", {"user": found.key},
        _head(request, found.subscription, _("Remove %(name)s?") % named, _to_users(found)),
        Question(sentence, _("Remove user")), to=_list(found.subscription, "users"), cancel=_at("user", found),
        message=_("%(name)s was removed.") % named,
    )  # fmt: skip
