"""What can be done with subscriptions: opened, suspended, resumed, deleted."""

from collections.abc import Sequence
from typing import Annotated

from gasthof.kernel import registry
from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.accounts.queries import Customer, CustomerRef
from gasthof.slices.nodes.actions import desire
from gasthof.slices.nodes.queries import NodeRef
from gasthof.slices.subscriptions.actions.told import tell_unloaded
from gasthof.slices.subscriptions.models import Export, Plan, Subscription
from gasthof.slices.subscriptions.queries import PlanRef, SubscriptionRef, check_loaded, exports_of, saved, shown
from gasthof.slices.subscriptions.rules import ABILITIES, SERVED
from gasthof.slices.subscriptions.spec import HomeSpec
from gasthof.slices.subscriptions.values import Abilities

HOME = "subscriptions.home"
VERSION = 1  # of HomeSpec


@action("subscriptions.create", permission="subscriptions.manage", on="customer")
def create(
    call: Call,
    *,
    customer: CustomerRef,
    plan: PlanRef,
    node: NodeRef,
) -> Result:
    """Open a subscription for a customer."""
    return shown(open_place(call, customer, plan, node))


@action("subscriptions.suspend", permission="subscriptions.manage", on="subscription")
def suspend(call: Call, *, subscription: SubscriptionRef) -> Result:
    """Suspend a subscription: its websites show a page that says so."""
    become(call, subscription, paused=True)
    return shown(subscription)


@action("subscriptions.resume", permission="subscriptions.manage", on="subscription")
def resume(call: Call, *, subscription: SubscriptionRef) -> Result:
    """End a suspension."""
    if subscription.withheld and not subscription.paused:
        raise Refused("What closes it is its service: that is paid for, or the hold on it lifted.").at("subscription")
    become(call, subscription, paused=False)
    return shown(subscription)


@action("subscriptions.withhold", permission="subscriptions.withhold", on="subscription")
def withhold(
    call: Call,
    *,
    subscription: SubscriptionRef,
    abilities: Annotated[
        Abilities,
        "served, mail_delivered, sign_in, edit, of its mail alone mail_sign_in, mail_edit; empty: nothing is withheld any more",
    ],
) -> Result:
    """Withhold from a subscription what its service may not do now, and give back what it may. A suspension by hand stays."""
    become(call, subscription, withheld=abilities)
    return shown(subscription)


@action("subscriptions.delete", permission="subscriptions.manage", on="subscription")
def delete(call: Call, *, subscription: SubscriptionRef) -> Result:
    """Delete a subscription with all its domains, websites and files."""
    _check_nothing_under_way(subscription)
    registry.check_goes(call, subscription, None, "subscription")
    result = {**shown(subscription), "state": "deleted"}
    registry.announce("subscription_removed", call, subscription)
    desire(call, subscription.node, HOME, subscription.system_name, None, VERSION)
    if subscription.source:
        tell_unloaded(call, subscription.source, subscription)
    Subscription.objects.filter(pk=subscription.pk).delete()
    return result


def open_place(call: Call, customer: Customer, plan: Plan, node: NodeRef, source: Export | None = None) -> Subscription:
    """A new subscription with a folder and a uid of its own, told to all slices."""
    subscription = Subscription.objects.create(
        customer=customer, plan=plan, node=node, created=call.clocks.business.now(), source=source
    )
    home = HomeSpec(subscription.system_name, subscription.uid)
    desire(call, node, HOME, subscription.system_name, home, VERSION)
    registry.announce("subscription_created", call, subscription)
    return subscription


def become(
    call: Call, subscription: Subscription, *, paused: bool | None = None, withheld: Sequence[str] | None = None
) -> None:
    """Slices hear of it if it can do more or less than before, and look by `can` for what is theirs."""
    before = _abilities(subscription)
    subscription.paused = subscription.paused if paused is None else paused
    subscription.withheld = subscription.withheld if withheld is None else list(withheld)
    subscription.state = Subscription.ACTIVE if subscription.can(SERVED) else Subscription.SUSPENDED
    subscription.save(update_fields=["paused", "withheld", "state"])
    now = _abilities(subscription)
    if now != before:
        registry.announce("subscription_suspended" if before - now else "subscription_resumed", call, subscription)


def _abilities(subscription: Subscription) -> set[str]:
    return {each for each in ABILITIES if subscription.can(each)}


def _check_nothing_under_way(subscription: Subscription) -> None:
    """An export would save half of what goes, an import bring back what has gone; what failed is tried again."""
    for export in exports_of(subscription):
        state = saved(export).state
        if state == "pending":
            raise Refused("The export %(name)s of this subscription is still under way.", name=export.name).at(
                "subscription"
            )
        if state == "failed":
            raise Refused(
                "The export %(name)s of this subscription failed and is tried again; delete it first.", name=export.name
            ).at("subscription")
    try:
        check_loaded(subscription)
    except Refused as refusal:
        raise refusal.at("subscription") from refusal
