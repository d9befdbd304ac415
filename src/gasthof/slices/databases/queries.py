"""Reads of databases and their users, and what a node is told about them."""

from collections.abc import Iterable, Sequence
from typing import Annotated, TypeVar

from django.db.models import QuerySet

from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import Actor, reaches
from gasthof.prefix import Prefix
from gasthof.slices.databases import rules
from gasthof.slices.databases.models import Database, DatabaseUser, Grant
from gasthof.slices.databases.spec import Access, DatabaseSpec, UserSpec
from gasthof.slices.nodes.queries import failed, findings
from gasthof.slices.subscriptions.queries import Subscription, in_subscriptions, locked_subscriptions
from gasthof.slices.subscriptions.rules import SIGN_IN

DATABASE, USER = "databases.database", "databases.user"
Row = TypeVar("Row", Database, DatabaseUser)


def databases_of(subscription: Subscription) -> QuerySet[Database]:
    return Database.objects.filter(subscription=subscription).order_by("server", "name")


def users_of(subscription: Subscription) -> QuerySet[DatabaseUser]:
    return DatabaseUser.objects.filter(subscription=subscription).order_by("server", "name")


def database_spec(subscription: Subscription, row: Database) -> DatabaseSpec:
    return DatabaseSpec(row.server, row.name, subscription.system_name)  # type: ignore[arg-type]


def user_specs(subscription: Subscription, users: Iterable[DatabaseUser]) -> list[UserSpec]:
    """What the node is told: complete, so that it looks nothing up."""
    rows = list(users)
    access: dict[int, list[Access]] = {row.pk: [] for row in rows}
    grants = DatabaseUser.objects.filter(pk__in=access, grants__isnull=False).order_by("grants__database__name")
    for user, name, rights in grants.values_list("pk", "grants__database__name", "grants__rights"):
        access[user].append(Access(name, rights))  # type: ignore[arg-type]
    return [
        UserSpec(
            server=row.server,  # type: ignore[arg-type]
            name=row.name,
            subscription=subscription.system_name,
            verifier=row.verifier,
            access=tuple(access[row.pk]),
            locked=not subscription.can(SIGN_IN),
        )
        for row in rows
    ]


def address(server: str) -> dict[str, str | int]:
    """Where customers' programs reach a server: over TCP, "localhost" would mean a socket to most of them."""
    return {"host": "127.0.0.1", "port": Prefix.current().ports[server]}


def sizes(subscription: Subscription, keys: Sequence[str]) -> dict[str, int]:
    """Key -> bytes on disk, of those that the node has measured."""
    found = {key: one.get("bytes") for key, one in findings(subscription.node, DATABASE, keys).items()}
    return {key: size for key, size in found.items() if isinstance(size, int)}


def only_in(database: Database) -> int:
    """How many users have no other database: they go with it."""
    users = DatabaseUser.objects.filter(grants__database=database)
    return users.exclude(grants__in=Grant.objects.exclude(database=database)).count()


def usage(subscription: Subscription) -> dict[str, int]:
    """Bytes on disk, as the node last measured them."""
    found = findings(subscription.node, DATABASE, [row.key for row in databases_of(subscription)])
    sizes = [one.get("bytes", 0) for one in found.values()]
    return {"databases": sum(size for size in sizes if isinstance(size, int))}


def health(subscription: Subscription) -> list[str]:
    """What the node could not do about databases and users, in its words."""
    found = failed(subscription.node, DATABASE, [row.key for row in databases_of(subscription)])
    found += failed(subscription.node, USER, [row.key for row in users_of(subscription)])
    return [f"{one.key}: {one.words}" for one in found]


def find_database(actor: Actor, text: str) -> Database | None:
    """By "server/name". Its subscription is locked first; a database that goes meanwhile is not found."""
    return _find(Database.objects.all(), actor, text)


def find_user(actor: Actor, text: str) -> DatabaseUser | None:
    """By "server/name", with its subscription locked."""
    return _find(DatabaseUser.objects.all(), actor, text)


def _find(rows: QuerySet[Row], actor: Actor, text: str) -> Row | None:
    match = rules.KEY.fullmatch(text)
    if not match:
        return None
    named = rows.filter(server=match[1], name=match[2])
    row = named.select_related("subscription__customer").first()
    if row is None or not reaches(actor, row.subscription.place):
        return None
    subscription = locked_subscriptions().filter(pk=row.subscription_id).first()
    found = named.filter(subscription=subscription).first() if subscription else None
    if found and subscription:
        found.subscription = subscription
    return found


def shown(database: Database) -> dict[str, object]:
    return {
        "database": database.key,
        "server": database.server,
        "name": database.name,
        "subscription": database.subscription.system_name,
    }


@collection("databases", permission="databases.read", order=("subscription_id", "name", "server"), shown=shown)
def databases(ask: Ask) -> QuerySet[Database]:
    """Databases, found by part of their name."""
    return _listed(Database.objects.all(), ask)


def shown_user(user: DatabaseUser) -> dict[str, object]:
    return {
        "user": user.key,
        "server": user.server,
        "name": user.name,
        "subscription": user.subscription.system_name,
        "rights": {grant.database.key: grant.rights for grant in user.grants.all()},
    }


@collection(
    "database_users",
    permission="databases.read",
    order=("subscription_id", "name", "server"),
    shown=shown_user,
)
def database_users(ask: Ask) -> QuerySet[DatabaseUser]:
    """Database users with their rights, found by part of their name."""
    return _listed(DatabaseUser.objects.all(), ask).prefetch_related("grants__database")


def _listed(rows: QuerySet[Row], ask: Ask) -> QuerySet[Row]:
    where = conjunction(ask.scopes, lambda place: in_subscriptions(place, "subscription__"))
    found = rows.filter(where).select_related("subscription__node")
    return found.filter(name__contains=ask.search.lower()) if ask.search else found


_DATABASE = Reference(
    "database", find_database, lambda row: row.subscription.place, "the database, such as mariadb/s000012_shop"
)
DatabaseRef = Annotated[Database, _DATABASE]
_USER = Reference(
    "database user", find_user, lambda row: row.subscription.place, "the user, such as mariadb/s000012_anna"
)
UserRef = Annotated[DatabaseUser, _USER]
