"""Subscriptions carried out of the house and in again: loops over the slices, whichever there are."""

from typing import Annotated, Any

from gasthof.kernel import registry
from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Unchanged
from gasthof.kernel.refusal import Refused
from gasthof.slices.accounts.queries import CustomerRef
from gasthof.slices.subscriptions.actions.places import become, open_place
from gasthof.slices.subscriptions.actions.state import used
from gasthof.slices.subscriptions.actions.told import tell_gone, tell_load, tell_save, tell_unloaded
from gasthof.slices.subscriptions.models import Export, Subscription
from gasthof.slices.subscriptions.queries import (
    ExportRef,
    PlanRef,
    SubscriptionRef,
    findings_of,
    limits,
    loaded,
    saved,
)
from gasthof.slices.subscriptions.queries import shown as subscription_shown

FORMAT = 1  # of an export's settings.json


@action("subscriptions.export", permission="subscriptions.manage", on="subscription")
def export(call: Call, *, subscription: SubscriptionRef) -> Result:
    """Export a subscription: its settings now, its contents as the node finds them."""
    made = Export.objects.create(
        customer=subscription.customer,
        node=subscription.node,
        plan=subscription.plan,
        subscription=subscription.number,
        suspended=subscription.suspended,
        paused=subscription.paused,
        limits=limits(subscription.plan),
        settings=_gathered(subscription),
        created=call.clocks.business.now(),
    )
    tell_save(call, made, subscription, _document(made), sum(used(subscription).values()))
    return shown(made)


def _gathered(subscription: Subscription) -> dict[str, Any]:
    return {each.name: each.export(subscription) for each in registry.capabilities() if each.export is not None}


def _document(made: Export) -> dict[str, Any]:
    return {
        "format": FORMAT,
        **shown(made),
        "created": made.created.isoformat(),
        "limits": made.limits,
        "settings": made.settings,
    }


@action("subscriptions.import", permission="subscriptions.manage", on="export")
def import_(
    call: Call,
    *,
    export: ExportRef,
    plan: PlanRef | Unchanged = UNCHANGED,
) -> Result:
    """Make a new subscription of an export, for the same customer, on the plan it had or another."""
    _check_complete(export)
    subscription = open_place(call, export.customer, export.plan if plan is UNCHANGED else plan, export.node, export)
    try:
        chosen = _restored(call, subscription, export.settings)
    except Refused as refusal:
        raise refusal.at("export") from refusal
    if export.paused or (
        export.suspended and not subscription.suspended
    ):  # a service that has moved in again closes it by itself
        become(call, subscription, paused=True)
    tell_load(call, export, subscription, chosen)
    return {**subscription_shown(subscription), "export": export.name}


def _check_complete(export: Export) -> None:
    progress = saved(export)
    if progress.state == "pending":
        raise Refused("This export is not complete yet.").at("export")
    if progress.state == "failed":
        raise Refused("This export could not be made: %(words)s", words=progress.words).at("export")


def _restored(call: Call, subscription: Subscription, settings: dict[str, Any]) -> dict[str, Any]:
    """In rank order, all or nothing; slice -> what it chose, where it did."""
    restoring = {each.name: each.restore for each in registry.capabilities() if each.restore is not None}
    unknown = sorted(settings.keys() - restoring.keys())
    if unknown:
        raise Refused("Nobody here can restore this part of the export: %(part)s.", part=unknown[0])
    chosen = {name: hook(call, subscription, settings[name]) for name, hook in restoring.items() if name in settings}
    return {name: choice for name, choice in chosen.items() if choice is not None}


@action("subscriptions.delete_export", permission="subscriptions.manage", on="export")
def delete_export(
    call: Call,
    *,
    export: ExportRef,
    anyway: Annotated[bool, "also while it is imported: what has not arrived by then never will"] = False,
) -> Result:
    """Delete an export with all that it holds."""
    made_of_it = list(Subscription.objects.filter(source=export).select_related("node").order_by("number"))
    if not anyway and any(loaded(export, each).state == "pending" for each in made_of_it):
        raise Refused("An import of this export is still under way.").at("export")
    result = {**shown(export), "state": "deleted"}
    for each in made_of_it:
        tell_unloaded(call, export, each)
    tell_gone(call, export)
    Subscription.objects.filter(source=export).update(source=None)
    Export.objects.filter(pk=export.pk).delete()
    return result


@action("subscriptions.exports", permission="subscriptions.manage", on="customer", reads=True)
def exports(call: Call, *, customer: CustomerRef) -> Result:
    """List a customer's exports: how far each is, its size, what could not be saved."""
    rows = Export.objects.filter(customer=customer).select_related("node", "plan").order_by("number")
    return {"exports": [{**shown(each), **_outcome(each)} for each in rows]}


def _outcome(export: Export) -> dict[str, Any]:
    progress, found = saved(export), findings_of(export)
    return {
        "state": "complete" if progress.state == "live" else progress.state,
        "words": progress.words,
        "bytes": found.get("bytes"),
        "left_out": found.get("left_out", []),
    }


def shown(export: Export) -> dict[str, Any]:
    return {
        "export": export.name,
        "customer": export.customer_id,
        "node": export.node.name,
        "plan": export.plan.name,
        "subscription": export.system_name,
        "suspended": export.suspended,
        "paused": export.paused,
        "created": export.created.date().isoformat(),
    }
