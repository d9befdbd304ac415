"""The sign on the door of dns."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability, Page
from gasthof.slices.dns import queries
from gasthof.slices.dns.actions import hooks, moving
from gasthof.slices.dns.apply import apply

CAPABILITY = Capability(
    "dns",
    permissions={"dns.write": OWNERS, "dns.read": OWNERS, "dns.manage": OPERATORS},
    titles={"dns.read": "See DNS records", "dns.write": "Change DNS records"},
    roles={
        "webmaster": frozenset({"dns.read"}),
        "mail administrator": frozenset({"dns.read"}),
        "read only": frozenset({"dns.read"}),
    },
    pages=(
        Page("DNS records", "dns:zone", "dns.read", "domain", "network"),
        Page("Former DNS records", "dns:formers", "dns.read", "customer", "history", whole=True),
    ),
    domain_added=hooks.make_zone,
    domain_removed=hooks.remove_zone,
    domain_moved=hooks.follow,
    health=queries.health,
    export=moving.export,
    restore=moving.restore,
    apply=apply,
)
