"""What the slices say of a subscription: how much it takes up, and what is wrong with it."""

from gasthof.kernel import registry
from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.slices.subscriptions.queries import Subscription, SubscriptionRef


@action("subscriptions.usage", permission="subscriptions.read", on="subscription", reads=True)
def usage(call: Call, *, subscription: SubscriptionRef) -> Result:
    """Tell how many bytes a subscription takes up, by kind, as last measured."""
    found = used(subscription)
    return {"subscription": subscription.system_name, "bytes": found, "total": sum(found.values())}


def used(subscription: Subscription) -> dict[str, int]:
    """Kind -> bytes, as last measured."""
    found: dict[str, int] = {}
    for each in registry.capabilities():
        found |= each.usage(subscription) if each.usage is not None else {}
    return found


@action("subscriptions.health", permission="subscriptions.read", on="subscription", reads=True)
def health(call: Call, *, subscription: SubscriptionRef) -> Result:
    """Tell what is wrong with a subscription, by capability."""
    words = complaints(subscription)
    return {"subscription": subscription.system_name, "well": not words, "words": words}


def complaints(subscription: Subscription) -> dict[str, list[str]]:
    """Capability -> what is wrong with its share, for those where something is."""
    asked = {each.name: each.health for each in registry.capabilities() if each.health is not None}
    found = {name: list(hook(subscription)) for name, hook in asked.items()}
    return {name: words for name, words in found.items() if words}
