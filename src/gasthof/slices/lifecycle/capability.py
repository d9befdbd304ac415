"""The sign on the door of lifecycle."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability, Page
from gasthof.kernel.permissions import Role
from gasthof.slices.lifecycle.cards import services
from gasthof.slices.lifecycle.carrying import go_on_soon
from gasthof.slices.lifecycle.daily import day_began
from gasthof.slices.lifecycle.locking import zone_lock
from gasthof.slices.lifecycle.moving import export, keeps, let_go, restore, withholds, zone_comes, zone_goes
from gasthof.slices.lifecycle.outlook import outlooks
from gasthof.slices.lifecycle.queries import END_AT_ONCE, FOLLOW, MANAGE, SEE, waiting_number
from gasthof.slices.lifecycle.unsaid import alarms

CASES: frozenset[Role] = frozenset({"system"})

CAPABILITY = Capability(
    "lifecycle",
    permissions={SEE: OWNERS, MANAGE: OPERATORS, FOLLOW: OWNERS, END_AT_ONCE: CASES},
    titles={SEE: "See services and what will happen to them", FOLLOW: "Have the services’ days in a calendar program"},
    pages=(
        Page("What waits", "lifecycle:work", MANAGE, "house", "hourglass", section="centre", waiting=waiting_number),
        Page("Services", "lifecycle:everybodys", MANAGE, "house", "calendar-clock", section="centre"),
        Page("Policy", "lifecycle:policy", MANAGE, "house", "scale", section="centre"),
        Page("Services", "lifecycle:services", SEE, "customer", "calendar-clock", whole=True, section="centre"),
    ),
    roles={"accountant": frozenset({SEE}), "read only": frozenset({SEE})},
    cards={SEE: services},
    outlooks=outlooks,
    subscription_removed=let_go,
    domain_added=zone_comes,
    domain_removed=zone_goes,
    keeps=keeps,
    withholds=withholds,
    locks_zone=zone_lock,
    export=export,
    restore=restore,
    day_began=day_began,
    registry_answered=go_on_soon,
    alarms=alarms,
)
