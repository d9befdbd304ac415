"""The sign on the door of web."""

from gasthof.kernel.capability import OWNERS, Capability
from gasthof.slices.web import queries
from gasthof.slices.web.actions import hooks, moving, zone
from gasthof.slices.web.apply import apply

CAPABILITY = Capability(
    "web",
    permissions={"web.write": OWNERS, "web.read": OWNERS},
    roles={"webmaster": frozenset({"web.read", "web.write"}), "read only": frozenset({"web.read"})},
    domain_added=hooks.make_site,
    domain_removed=hooks.remove_site,
    subscription_suspended=hooks.tell_all,
    subscription_resumed=hooks.tell_all,
    subscription_removed=hooks.remove_protection,
    dns_records=zone.records,
    usage=queries.usage,
    health=queries.health,
    export=moving.export,
    restore=moving.restore,
    apply=apply,
)
