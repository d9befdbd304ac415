"""The sign on the door of databases."""

from gasthof.kernel.capability import OWNERS, Capability, Page
from gasthof.slices.databases import queries
from gasthof.slices.databases.actions import hooks
from gasthof.slices.databases.apply import apply

CAPABILITY = Capability(
    "databases",
    permissions={"databases.write": OWNERS, "databases.read": OWNERS},
    titles={"databases.read": "See databases", "databases.write": "Change databases"},
    roles={"webmaster": frozenset({"databases.read", "databases.write"}), "read only": frozenset({"databases.read"})},
    pages=(Page("Databases", "databases:databases", "databases.read", "subscription", "database", whole=True),),
    subscription_suspended=hooks.tell_all_users,
    subscription_resumed=hooks.tell_all_users,
    subscription_removed=hooks.remove_all,
    usage=queries.usage,
    health=queries.health,
    export=hooks.export,
    restore=hooks.restore,
    apply=apply,
)
