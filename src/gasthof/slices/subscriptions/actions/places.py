"""What can be done with subscriptions: opened, suspended, resumed, deleted."""

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
from gasthof.slices.subscriptions.spec import HomeSpec

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
    become(call, subscription, Subscription.SUSPENDED, "subscription_suspended")
    return shown(subscription)


@action("subscriptions.resume", permission="subscriptions.manage", on="subscription")
def resume(call: Call, *, subscription: SubscriptionRef) -> Result:
    """End a suspension."""
    become(call, subscription, Subscription.ACTIVE, "subscription_resumed")
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


def become(call: Call, subscription: Subscription, state: str, hook: str) -> None:
    if subscription.state != state:
        subscription.state = state
        subscription.save(update_fields=["state"])
        registry.announce(hook, call, subscription)


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
