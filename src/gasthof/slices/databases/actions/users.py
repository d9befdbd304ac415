"""Verbs on the users of databases."""

from typing import Annotated, Literal

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import NewPassword
from gasthof.slices.databases import queries, rules
from gasthof.slices.databases.actions.databases import whole_name
from gasthof.slices.databases.actions.desired import tell_user_gone, tell_users
from gasthof.slices.databases.actions.verifiers import verifier
from gasthof.slices.databases.models import Database, DatabaseUser, Grant
from gasthof.slices.databases.queries import DatabaseRef, UserRef
from gasthof.slices.databases.values import SqlName
from gasthof.slices.subscriptions.queries import check_changeable

HELP = "full: structure and rows, data: rows only, read: reading only"


@action("databases.add_user", permission="databases.write", on="database")
def add_user(
    call: Call,
    *,
    database: DatabaseRef,
    name: Annotated[SqlName, "name of the user, which the subscription’s own is put before"],
    password: Annotated[NewPassword, "lower and upper case, digits and other signs, at least 10"],
    rights: Annotated[Literal["full", "data", "read"], HELP] = "full",
) -> Result:
    """Make a user of a database."""
    check_changeable(call, database.subscription)
    whole = whole_name(database.subscription, name)
    if DatabaseUser.objects.filter(server=database.server, name=whole).exists():
        raise Refused("There is a user of this name already.").at("name")
    check_room(database)
    user = DatabaseUser.objects.create(
        subscription=database.subscription,
        server=database.server,
        name=whole,
        verifier=verifier(database.server, whole, password),
    )
    Grant.objects.create(user=user, database=database, rights=rights)
    return _told(call, user)


@action("databases.change_user", permission="databases.write", on="user")
def change_user(
    call: Call,
    *,
    user: UserRef,
    database: Annotated[SqlName, "name of the database, on the user’s server"],
    rights: Annotated[Literal["full", "data", "read", "none"], f"{HELP}; none: no access"],
) -> Result:
    """Say what a user may do in a database, in a further one too."""
    check_changeable(call, user.subscription)
    found = _beside(user, str(database))
    grants = Grant.objects.filter(user=user)
    if rights == "none":
        if not grants.exclude(database=found).exists():
            raise Refused("A user needs at least one database. Remove the user instead.").at("rights")
        grants.filter(database=found).delete()
    elif not grants.filter(database=found).update(rights=rights):
        check_room(found)
        Grant.objects.create(user=user, database=found, rights=rights)
    return _told(call, user)


@action("databases.set_password", permission="databases.write", on="user")
def set_password(
    call: Call,
    *,
    user: UserRef,
    password: Annotated[NewPassword, "the new password"],
) -> Result:
    """Give a database user a new password; connections with the old one end."""
    check_changeable(call, user.subscription)
    user.verifier = verifier(user.server, user.name, password)
    user.save(update_fields=["verifier"])
    return _told(call, user)


@action("databases.remove_user", permission="databases.write", on="user")
def remove_user(call: Call, *, user: UserRef) -> Result:
    """Remove a database user; what the user made stays in the database."""
    check_changeable(call, user.subscription)
    result = shown(user)
    DatabaseUser.objects.filter(pk=user.pk).delete()
    tell_user_gone(call, user.subscription, user.key)
    return result


def _beside(user: DatabaseUser, name: str) -> Database:
    """A database of the same subscription on the same server, by its whole name or its own part of it. Raises Refused."""
    names = [name, f"{user.subscription.system_name}_{name}"]
    rows = Database.objects.filter(subscription=user.subscription, server=user.server, name__in=names)
    found = rows.order_by("name").first()
    if found is None:
        raise Refused("There is no such object.").at("database")
    return found


def check_room(database: Database) -> None:
    """Raises Refused, about the field "database", if it has as many users as it may have."""
    if Grant.objects.filter(database=database).count() >= rules.MOST_USERS:
        raise Refused("The limit of users of a database is reached: %(limit)d.", limit=rules.MOST_USERS).at("database")


def _told(call: Call, user: DatabaseUser) -> Result:
    tell_users(call, user.subscription, [user])
    return shown(user)


def shown(user: DatabaseUser) -> Result:
    """A user as its verbs answer."""
    rights = user.grants.order_by("database__name").values_list("database__name", "rights")
    return {"user": user.key, **queries.address(user.server), "rights": dict(rights)}
