"""Verbs on databases."""

from typing import Annotated, Literal

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.databases import queries, rules
from gasthof.slices.databases.actions.desired import tell_database, tell_database_gone, tell_user_gone, tell_users
from gasthof.slices.databases.models import Database, DatabaseUser
from gasthof.slices.databases.queries import DatabaseRef
from gasthof.slices.databases.values import SqlName
from gasthof.slices.subscriptions.queries import Subscription, SubscriptionRef, check_changeable, check_loaded


@action("databases.create", permission="databases.write", on="subscription")
def create(
    call: Call,
    *,
    subscription: SubscriptionRef,
    server: Annotated[Literal["mariadb", "postgres"], "which database server"],
    name: Annotated[SqlName, "name, which the subscription’s own is put before"],
) -> Result:
    """Make a database."""
    check_changeable(call, subscription)
    check_limit(subscription)
    whole = whole_name(subscription, name)
    if Database.objects.filter(server=server, name=whole).exists():
        raise Refused("This name is in use already.").at("name")
    row = Database.objects.create(
        subscription=subscription, server=server, name=whole, created=call.clocks.business.now()
    )
    tell_database(call, subscription, row)
    return shown(row)


@action("databases.delete", permission="databases.write", on="database")
def delete(call: Call, *, database: DatabaseRef) -> Result:
    """Delete a database with all that is in it; users that have no other go with it."""
    check_changeable(call, database.subscription)
    check_loaded(database.subscription)
    result = shown(database)
    remove(call, database)
    return result


def check_limit(subscription: Subscription) -> None:
    """Raises Refused, about the field "name", if the plan has no room for another database."""
    limit = subscription.plan.databases
    if Database.objects.filter(subscription=subscription).count() >= limit:
        raise Refused("The plan’s limit of databases is reached: %(limit)d.", limit=limit).at("name")


def remove(call: Call, database: Database) -> None:
    """Take it away, and the users that had nothing else."""
    subscription = database.subscription
    concerned = list(DatabaseUser.objects.filter(grants__database=database))
    key = database.key
    Database.objects.filter(pk=database.pk).delete()
    left = set(DatabaseUser.objects.filter(pk__in=[row.pk for row in concerned], grants__isnull=False))
    for row in concerned:
        if row not in left:
            tell_user_gone(call, subscription, row.key)
            DatabaseUser.objects.filter(pk=row.pk).delete()
    tell_users(call, subscription, left)
    tell_database_gone(call, subscription, key)


def whole_name(subscription: Subscription, name: SqlName) -> str:
    """Raises Refused about the field "name"."""
    try:
        return rules.full_name(subscription.system_name, str(name))
    except Refused as refusal:
        raise refusal.at("name") from refusal


def shown(row: Database) -> Result:
    """A database as its verbs answer."""
    users = row.grants.order_by("user__name").values_list("user__name", "rights")
    return {"database": row.key, **queries.address(row.server), "users": dict(users)}
