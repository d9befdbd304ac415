"""Reads of plans and subscriptions."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from django.db.models import Q, QuerySet

from gasthof.kernel.call import Call
from gasthof.kernel.collection import Ask, collection, conjunction, narrowed
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import EVERYWHERE, FOR_SALE, Actor, Place, reaches
from gasthof.kernel.refusal import Refused
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.nodes.queries import Progress, failed, findings, progress
from gasthof.slices.subscriptions.models import Export, Plan, Subscription

__all__ = [
    "Export",
    "PlanRef",
    "Subscription",
    "SubscriptionRef",
    "check_changeable",
    "check_loaded",
    "find_plan",
    "find_subscription",
    "home_health",
    "in_subscriptions",
    "locked",
    "locked_subscriptions",
    "part_of",
    "seen_subscription",
    "shown",
]

HOME, TRANSFER = "subscriptions.home", "subscriptions.transfer"


def find_subscription(actor: Actor, text: str) -> Subscription | None:
    """By number, system name, or its customer's name where that leaves only one. Locked: changes to it stand in a queue."""
    rows = locked_subscriptions().filter(conjunction(narrowed(actor), in_subscriptions))
    digits = text.removeprefix("s") if re.fullmatch(r"s[0-9]{6,9}", text) else text
    by = {"number": int(digits)} if is_number(digits) else {"customer__name": text}
    found = list(rows.filter(**by).order_by("number")[:2])
    return found[0] if len(found) == 1 else None


def seen_subscription(name: str) -> Subscription | None:
    """The one of that system name, whoever's it is, as it was a moment ago: whoever asks has yet to see whether the actor reaches it."""
    rows = Subscription.objects.select_related("customer", "plan", "node")
    return rows.filter(number=int(name[1:])).first() if re.fullmatch(r"s[0-9]{6,9}", name) else None


def locked_subscriptions() -> QuerySet[Subscription]:
    """Each row that is read is locked: changes to a subscription stand in a queue."""
    rows = Subscription.objects.select_related("customer", "plan", "node__contact", "source")
    return rows.select_for_update(of=("self",), no_key=True)


def in_subscriptions(place: Place, path: str = "") -> Q:
    """Rows whose subscription (at `path`, such as "subscription__") lies in that scope."""
    whole = place.domain is None and place.mailbox is None
    return part_of(place, path) if whole else Q(pk__in=[])


def part_of(place: Place, path: str = "", customer: str = "") -> Q:
    """The customer, reseller and subscription of a scope as a condition; `customer`: where the table has it itself."""
    customer = customer or f"{path}customer"
    parts = {
        customer: place.customer,
        f"{customer}__reseller": place.reseller,
        f"{path}number": place.subscription,
    }
    return Q(**{name: value for name, value in parts.items() if value is not None})


def shown(subscription: Subscription) -> Mapping[str, object]:
    return {
        "subscription": subscription.system_name,
        "number": subscription.number,
        "customer": subscription.customer_id,
        "plan": subscription.plan.name,
        "node": subscription.node.name,
        "state": subscription.state,
        "withheld": list(subscription.withheld),
    }


@collection("subscriptions", permission="subscriptions.read", order=("number",), shown=shown)
def subscriptions(ask: Ask) -> QuerySet[Subscription]:
    """Subscriptions, found by number, system name, or part of their customer's name."""
    rows = Subscription.objects.filter(conjunction(ask.scopes, in_subscriptions))
    digits = ask.search.removeprefix("s").lstrip("0")
    if is_number(digits):
        rows = rows.filter(number=int(digits))
    elif ask.search:
        rows = rows.filter(customer__name__icontains=ask.search)
    return rows.select_related("customer", "plan", "node")


@collection(
    "plans", permission="subscriptions.plans", order=("name",), shown=lambda row: {"plan": row.name, **limits(row)}
)
def plans(ask: Ask) -> QuerySet[Plan]:
    """Plans with their limits."""
    return (
        Plan.objects.none() if ask.scopes else Plan.objects.filter(name__icontains=ask.search)
    )  # they are the house's


def locked(numbers: Iterable[int]) -> list[Subscription]:
    """Those of these numbers, lower ones first; changes to them stand in a queue."""
    rows = Subscription.objects.select_related("plan", "node").select_for_update(of=("self",), no_key=True)
    return list(rows.filter(number__in=set(numbers)).order_by("number"))


def find_plan(actor: Actor, text: str) -> Plan | None:
    """By name."""
    return Plan.objects.filter(name=text).first() if reaches(actor, FOR_SALE) else None


def check_changeable(call: Call, subscription: Subscription) -> None:
    """While a subscription is suspended, its customer changes nothing in it, unless what closes it leaves them that. Raises Refused."""
    if not subscription.editable and call.actor.role not in EVERYWHERE:
        raise Refused("This subscription is suspended.")


def find_export(actor: Actor, text: str) -> Export | None:
    """By number or name. Locked: changes to it stand in a queue."""
    rows = Export.objects.select_related("customer", "plan", "node").select_for_update(of=("self",), no_key=True)
    digits = text.removeprefix("x") if re.fullmatch(r"x[0-9]{6,9}", text) else text
    found = rows.filter(number=int(digits)).first() if is_number(digits) else None
    return found if found and reaches(actor, found.place) else None


def exports_of(subscription: Subscription) -> list[Export]:
    return list(Export.objects.filter(subscription=subscription.number).select_related("node").order_by("number"))


def with_outcome(exports: list[Export]) -> list[tuple[Export, Progress, dict[str, list[str] | int]]]:
    """Each with how far it is, and what its node says of it."""
    return [(export, saved(export), findings_of(export)) for export in exports]


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
    "subscription", find_subscription, lambda row: row.place, "number or system name of the subscription"
)
SubscriptionRef = Annotated[Subscription, _SUBSCRIPTION]
_PLAN = Reference("plan", find_plan, lambda row: FOR_SALE, "name of the plan")
PlanRef = Annotated[Plan, _PLAN]
_EXPORT = Reference("export", find_export, lambda row: row.place, "name of the export, such as x000007")
ExportRef = Annotated[Export, _EXPORT]
