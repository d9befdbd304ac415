"""The sign on the door of lifecycle."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability
from gasthof.slices.lifecycle.daily import day_began
from gasthof.slices.lifecycle.moving import export, let_go, restore
from gasthof.slices.lifecycle.queries import MANAGE, SEE

CAPABILITY = Capability(
    "lifecycle",
    permissions={SEE: OWNERS, MANAGE: OPERATORS},
    titles={SEE: "See services and what will happen to them"},
    subscription_removed=let_go,
    export=export,
    restore=restore,
    day_began=day_began,
)
