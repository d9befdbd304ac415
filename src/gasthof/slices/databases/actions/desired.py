"""Telling the node about databases and their users."""

from collections.abc import Iterable

from gasthof.kernel.call import Call
from gasthof.slices.databases import queries
from gasthof.slices.databases.models import Database, DatabaseUser
from gasthof.slices.nodes.actions import desire
from gasthof.slices.subscriptions.queries import Subscription

DATABASE, DATABASE_VERSION = queries.DATABASE, 1
USER, USER_VERSION = queries.USER, 1


def tell_database(call: Call, subscription: Subscription, row: Database) -> None:
    """A database as it is now; its row is saved already."""
    desire(call, subscription.node, DATABASE, row.key, queries.database_spec(subscription, row), DATABASE_VERSION)


def tell_users(call: Call, subscription: Subscription, rows: Iterable[DatabaseUser]) -> None:
    """Users with their rights as they are now."""
    for spec in queries.user_specs(subscription, rows):
        desire(call, subscription.node, USER, f"{spec.server}/{spec.name}", spec, USER_VERSION)


def tell_database_gone(call: Call, subscription: Subscription, key: str) -> None:
    desire(call, subscription.node, DATABASE, key, None, DATABASE_VERSION)


def tell_user_gone(call: Call, subscription: Subscription, key: str) -> None:
    desire(call, subscription.node, USER, key, None, USER_VERSION)
