"""Reads of plans and subscriptions."""

import re
from collections.abc import Iterable
from typing import Annotated

from gasthof.kernel.call import Call
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import EVERYWHERE, Actor, reaches
from gasthof.kernel.refusal import Refused
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.nodes.queries import Progress, failed, findings, progress
from gasthof.slices.subscriptions.models import Export, Plan, Subscription

__all__ = [
    "PlanRef",
    "Subscription",
    "SubscriptionRef",
    "check_changeable",
    "check_loaded",
    "find_plan",
    "find_subscription",
    "home_health",
    "locked",
]

HOME, TRANSFER = "subscriptions.home", "subscriptions.transfer"


def find_subscription(actor: Actor, text: str) -> Subscription | None:
    """By number, system name, or its customer's name where that leaves only one. Locked: changes to it stand in a queue."""
    rows = Subscription.objects.select_related("customer", "plan", "node__contact", "source").select_for_update(
        of=("self",), no_key=True
    )
    if actor.role not in EVERYWHERE:
        rows = rows.filter(customer=actor.customer)
    digits = text.removeprefix("s") if re.fullmatch(r"s[0-9]{6,9}", text) else text
    by = {"number": int(digits)} if is_number(digits) else {"customer__name": text}
    found = list(rows.filter(**by).order_by("number")[:2])
    return found[0] if len(found) == 1 else None


def locked(numbers: Iterable[int]) -> list[Subscription]:
    """Those of these numbers, lower ones first; changes to them stand in a queue."""
    rows = Subscription.objects.select_related("plan", "node").select_for_update(of=("self",), no_key=True)
    return list(rows.filter(number__in=set(numbers)).order_by("number"))


def find_plan(actor: Actor, text: str) -> Plan | None:
    """By name. Plans are the operator's."""
    return Plan.objects.filter(name=text).first() if actor.role in EVERYWHERE else None


def check_changeable(call: Call, subscription: Subscription) -> None:
    """While a subscription is suspended, its customer changes nothing in it. Raises Refused."""
    if subscription.suspended and call.actor.role not in EVERYWHERE:
        raise Refused("This subscription is suspended.")


def find_export(actor: Actor, text: str) -> Export | None:
    """By number or name. Locked: changes to it stand in a queue."""
    rows = Export.objects.select_related("customer", "plan", "node").select_for_update(of=("self",), no_key=True)
    digits = text.removeprefix("x") if re.fullmatch(r"x[0-9]{6,9}", text) else text
    found = rows.filter(number=int(digits)).first() if is_number(digits) else None
    return found if found and reaches(actor, found.customer_id) else None


def exports_of(subscription: Subscription) -> list[Export]:
    return list(Export.objects.filter(subscription=subscription.number).select_related("node").order_by("number"))


def load_key(export: Export, subscription: Subscription) -> str:
    return f"{export.name}/{subscription.system_name}"


def saved(export: Export) -> Progress:
    """Whether its contents are on its node: live, failed, pending."""
    return progress(export.node_id, TRANSFER, export.name, 0)


def loaded(export: Export, subscription: Subscription) -> Progress:
    """Whether its contents are in the subscription's place."""
    return progress(export.node_id, TRANSFER, load_key(export, subscription), 0)


def check_loaded(subscription: Subscription) -> None:
    """What it was made of is all in its place: nothing will write into what is taken away now. Raises Refused."""
    progress = loaded(subscription.source, subscription) if subscription.source else Progress("live")
    name = subscription.source.name if subscription.source else ""
    if progress.state == "pending":
        raise Refused("The import of %(name)s into this subscription is still under way.", name=name)
    if progress.state == "failed":
        raise Refused("The import of %(name)s failed and is tried again; delete the export %(name)s first.", name=name)


def findings_of(export: Export) -> dict[str, list[str] | int]:
    """What the node says of what it saved: bytes, left_out."""
    return findings(export.node, TRANSFER, [export.name]).get(export.name, {})


def limits(plan: Plan) -> dict[str, int | bool]:
    """What the plan allows at most, by field."""
    return {field.name: getattr(plan, field.name) for field in Plan._meta.fields if field.name not in ("id", "name")}


def home_health(subscription: Subscription) -> list[str]:
    """What the node could not do about the subscription's place, exports and imports, in its words."""
    transfers = [export.name for export in exports_of(subscription)]
    transfers += [load_key(subscription.source, subscription)] if subscription.source else []
    found = failed(subscription.node, HOME, [subscription.system_name])
    found += failed(subscription.node, TRANSFER, transfers)
    return [f"{each.key}: {each.words}" for each in found]


_SUBSCRIPTION = Reference(
    "subscription", find_subscription, lambda row: row.customer_id, "number or system name of the subscription"
)
SubscriptionRef = Annotated[Subscription, _SUBSCRIPTION]
_PLAN = Reference("plan", find_plan, lambda row: None, "name of the plan")
PlanRef = Annotated[Plan, _PLAN]
_EXPORT = Reference("export", find_export, lambda row: row.customer_id, "name of the export, such as x000007")
ExportRef = Annotated[Export, _EXPORT]
