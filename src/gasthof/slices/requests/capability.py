"""The sign on the door of requests."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability, Page
from gasthof.kernel.permissions import Role
from gasthof.slices.requests.alarming import alarms
from gasthof.slices.requests.cards import requests
from gasthof.slices.requests.carrying import performed, restore_paid
from gasthof.slices.requests.doors import service_doors
from gasthof.slices.requests.queries import CONFIRM, MANAGE, READ, VOUCH, WRITE, waiting_number

PANEL: frozenset[Role] = frozenset({"system"})  # for who has proved something to it

CAPABILITY = Capability(
    "requests",
    permissions={READ: OWNERS, WRITE: OWNERS, CONFIRM: OWNERS, VOUCH: PANEL, MANAGE: OPERATORS},
    titles={
        READ: "See requests and messages to support",
        WRITE: "Write requests and messages to support",
        CONFIRM: "Confirm requests: ends of services, restorations",
    },
    roles={"read only": frozenset({READ})},
    pages=(
        Page("Requests", "requests:waiting", MANAGE, "house", "inbox", section="centre", waiting=waiting_number),
        Page("Support", "requests:of_customer", READ, "customer", "message-circle", whole=True, section="centre"),
    ),
    cards={READ: requests},
    service_doors=service_doors,
    performed=performed,
    alarms=alarms,
    day_began=restore_paid,
)
