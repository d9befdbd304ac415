"""What happens to databases when subscriptions go, are suspended, exported and restored."""

from collections.abc import Mapping
from typing import Any

from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.databases import queries, rules
from gasthof.slices.databases.actions.databases import check_limit, remove
from gasthof.slices.databases.actions.desired import tell_database, tell_users
from gasthof.slices.databases.actions.users import check_room
from gasthof.slices.databases.models import Database, DatabaseUser, Grant
from gasthof.slices.subscriptions.queries import Subscription

Json = Mapping[str, Any]


def remove_all(call: Call, subscription: Subscription) -> None:
    """A subscription goes, and its databases and users with it."""
    for row in queries.databases_of(subscription):
        row.subscription = subscription
        remove(call, row)


def tell_all_users(call: Call, subscription: Subscription) -> None:
    """A subscription was suspended or resumed: its users are locked or unlocked."""
    tell_users(call, subscription, queries.users_of(subscription))


def export(subscription: Subscription) -> Json:
    """All databases, users with their passwords' verifiers, and rights."""
    users = queries.user_specs(subscription, queries.users_of(subscription))
    keys = [(row.server, row.name) for row in queries.databases_of(subscription)]
    return {
        "databases": [{"server": server, "name": name} for server, name in keys],
        "users": [
            {
                "server": one.server,
                "name": one.name,
                "verifier": one.verifier,
                "rights": {each.database: each.rights for each in one.access},
            }
            for one in users
        ],
    }


def restore(call: Call, subscription: Subscription, settings: Json) -> Json:
    """The opposite of export, into a subscription without databases; says which contents go into which. Raises Refused.

    Names stay as they were, so that the customer's applications find them, unless they bear the name of a subscription that is
    somebody else's by now; those get this subscription's own.
    """
    databases = {_place(one): _restored_database(call, subscription, one) for one in settings["databases"]}
    users = [_restored_user(subscription, one, databases) for one in settings["users"]]
    tell_users(call, subscription, users)
    return {"databases": [{"server": each[0], "name": each[1], "into": row.name} for each, row in databases.items()]}


def _place(one: Json) -> tuple[str, str]:
    return str(one["server"]), str(one["name"])


def _restored_database(call: Call, subscription: Subscription, one: Json) -> Database:
    server, name = _checked(*_place(one))
    check_limit(subscription)
    row = Database.objects.create(
        subscription=subscription,
        server=server,
        name=_free_name(Database, subscription, server, name),
        created=call.clocks.business.now(),
    )
    tell_database(call, subscription, row)
    return row


def _restored_user(
    subscription: Subscription, one: Json, databases: Mapping[tuple[str, str], Database]
) -> DatabaseUser:
    server, name = _checked(*_place(one))
    rules.check_verifier(server, str(one["verifier"]))
    user = DatabaseUser.objects.create(
        subscription=subscription,
        server=server,
        name=_free_name(DatabaseUser, subscription, server, name),
        verifier=str(one["verifier"]),
    )
    for database, rights in one["rights"].items():
        if (server, database) not in databases or rights not in rules.RIGHTS:
            raise Refused("The export names a database or a right that is not in it.")
        check_room(databases[server, database])
        Grant.objects.create(user=user, database=databases[server, database], rights=rights)
    return user


def _checked(server: str, name: str) -> tuple[str, str]:
    if not rules.KEY.fullmatch(f"{server}/{name}"):
        raise Refused("The export holds a name that is not a database’s.")
    return server, name


def _free_name(model: type[Database] | type[DatabaseUser], subscription: Subscription, server: str, name: str) -> str:
    prefix, _, part = name.partition("_")
    number = int(prefix.removeprefix("s"))
    strangers = Subscription.objects.filter(number=number).exclude(pk=subscription.pk)
    if strangers.exists() or number > subscription.number or _taken(model, server, name):
        name = f"{subscription.system_name}_{part}"
    if _taken(model, server, name):
        raise Refused("This name is in use already.")
    return name


def _taken(model: type[Database] | type[DatabaseUser], server: str, name: str) -> bool:
    return model.objects.filter(server=server, name=name).exists()
