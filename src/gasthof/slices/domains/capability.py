"""The sign on the door of domains."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability, Page
from gasthof.slices.domains import actions
from gasthof.slices.domains.apply import apply
from gasthof.slices.domains.cards import count

CAPABILITY = Capability(
    "domains",
    permissions={"domains.write": OWNERS, "domains.read": OWNERS, "domains.manage": OPERATORS},
    titles={"domains.read": "See domains", "domains.write": "Add and delete domains"},
    roles={role: frozenset({"domains.read"}) for role in ("webmaster", "mail administrator", "read only")},
    pages=(
        Page("Domains", "domains:all", "domains.read", "house", "globe"),
        Page("Account overview", "domains:overview", "domains.read", "customer", "globe"),
        Page("Overview", "domains:domain", "domains.read", "domain", "layout-dashboard"),
    ),
    cards={"domains.read": count},
    subscription_removed=actions.remove_all,
    claimed=actions.claimed,
    export=actions.export,
    restore=actions.restore,
    apply=apply,
)
