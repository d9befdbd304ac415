"""The sign on the door of web."""

from gasthof.kernel.capability import OWNERS, Capability, Page
from gasthof.slices.web import queries
from gasthof.slices.web.actions import hooks, moving, zone
from gasthof.slices.web.apply import apply

CAPABILITY = Capability(
    "web",
    permissions={"web.write": OWNERS, "web.read": OWNERS},
    titles={"web.read": "See websites", "web.write": "Change websites"},
    roles={"webmaster": frozenset({"web.read", "web.write"}), "read only": frozenset({"web.read"})},
    pages=(
        Page("Websites & domains", "web:websites", "domains.read", "subscription", "globe"),
        Page("Protected directories", "web:protected", "web.read", "subscription", "lock", whole=True),
        Page("Hosting settings", "web:hosting", "web.write", "domain", "settings-2"),
        Page("PHP", "web:php", "web.write", "domain", "code"),
        Page("Further names", "web:aliases", "web.read", "domain", "at-sign"),
        Page("Add subdomain", "web:subdomain", "domains.write", "domain", "git-branch"),
    ),
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
