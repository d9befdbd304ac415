"""Reads of plans and subscriptions."""

import re
from typing import Annotated

from gasthof.kernel.call import Call
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import EVERYWHERE, Actor
from gasthof.kernel.refusal import Refused
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.subscriptions.models import Plan, Subscription

__all__ = ["PlanRef", "Subscription", "SubscriptionRef", "check_changeable", "find_plan", "find_subscription"]


def find_subscription(actor: Actor, text: str) -> Subscription | None:
    """By number, system name, or its customer's name where that leaves only one. Locked: changes to it stand in a queue."""
    rows = Subscription.objects.select_related("customer", "plan", "node__contact").select_for_update(
        of=("self",), no_key=True
    )
    if actor.role not in EVERYWHERE:
        rows = rows.filter(customer=actor.customer)
    digits = text.removeprefix("s") if re.fullmatch(r"s[0-9]{6,9}", text) else text
    by = {"number": int(digits)} if is_number(digits) else {"customer__name": text}
    found = list(rows.filter(**by).order_by("number")[:2])
    return found[0] if len(found) == 1 else None


def find_plan(actor: Actor, text: str) -> Plan | None:
    """By name. Plans are the operator's."""
    return Plan.objects.filter(name=text).first() if actor.role in EVERYWHERE else None


def check_changeable(call: Call, subscription: Subscription) -> None:
    """While a subscription is suspended, its customer changes nothing in it. Raises Refused."""
    if subscription.suspended and call.actor.role not in EVERYWHERE:
        raise Refused("This subscription is suspended.")


_SUBSCRIPTION = Reference(
    "subscription", find_subscription, lambda row: row.customer_id, "number or system name of the subscription"
)
SubscriptionRef = Annotated[Subscription, _SUBSCRIPTION]
_PLAN = Reference("plan", find_plan, lambda row: None, "name of the plan")
PlanRef = Annotated[Plan, _PLAN]
