"""Reads of webhooks and of their deliveries."""

from typing import Annotated

from django.db.models import Q, QuerySet

from gasthof.kernel import registry
from gasthof.kernel.collection import Ask, collection
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import Actor, Place, allowed, reaches
from gasthof.slices.access.queries import actor_of, is_theirs, theirs
from gasthof.slices.accounts.queries import Customer, is_number
from gasthof.slices.webhooks.models import Delivery, Webhook
from gasthof.slices.webhooks.rules import TEST

MANAGE, SEE = "webhooks.manage", "accounts.audit"


def find_webhook(actor: Actor, text: str) -> Webhook | None:
    """By number: one's own, and for the house and its operators anybody's. Locked for a change."""
    if not is_number(text):
        return None
    rows = Webhook.objects.select_related("user__customer").select_for_update(of=("self",))
    found = rows.filter(pk=int(text)).first()
    return found if found and reaches(actor, found.place) and is_theirs(actor, found.user) else None


def find_delivery(actor: Actor, text: str) -> Delivery | None:
    """By number; its webhook's row is locked before its own."""
    row = Delivery.objects.filter(pk=int(text)).first() if is_number(text) else None
    if row is None or find_webhook(actor, str(row.webhook_id)) is None:
        return None
    rows = Delivery.objects.select_related("webhook__user__customer").select_for_update(of=("self",))
    return rows.filter(pk=row.pk).first()


_WEBHOOK = Reference("webhook", find_webhook, lambda row: row.place, "number of the webhook")
WebhookRef = Annotated[Webhook, _WEBHOOK]
_DELIVERY = Reference("delivery", find_delivery, lambda row: row.webhook.place, "number of the delivery")
DeliveryRef = Annotated[Delivery, _DELIVERY]


def sees(webhook: Webhook, place: Place | None) -> bool:
    """Whether its person may, at this moment, have webhooks and read what is done there."""
    actor = actor_of(webhook.user)
    return allowed(actor, MANAGE, webhook.place, registry.grants()) and allowed(actor, SEE, place, registry.grants())


def may_be_sent(delivery: Delivery) -> bool:
    """The same for what waits to be sent: it may have been theirs to see when it happened, and not any more."""
    webhook = delivery.webhook
    if delivery.event == TEST:
        return allowed(actor_of(webhook.user), MANAGE, webhook.place, registry.grants())
    customer = Customer.objects.filter(pk=delivery.customer).first() if delivery.customer else None
    return sees(webhook, customer.place if customer else None)


def shown(webhook: Webhook) -> dict[str, object]:
    return {
        "webhook": webhook.pk,
        "user": webhook.user_id,
        "url": webhook.shown_url,
        "events": webhook.events,
        "active": webhook.active,
        "off_because": webhook.off_because,
        "created": webhook.created.isoformat(timespec="seconds"),
        "last_success": webhook.last_success.isoformat(timespec="seconds") if webhook.last_success else None,
    }


def shown_delivery(delivery: Delivery) -> dict[str, object]:
    return {
        "delivery": delivery.pk,
        "webhook": delivery.webhook_id,
        "id": delivery.uid,
        "event": delivery.event,
        "about": delivery.about,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "words": delivery.words,
        "excerpt": delivery.excerpt,
        "created": delivery.created.isoformat(timespec="seconds"),
        "due": delivery.due.isoformat(timespec="seconds") if delivery.state == Delivery.QUEUED else None,
        "ended": delivery.ended.isoformat(timespec="seconds") if delivery.ended else None,
    }


@collection("webhooks", permission=MANAGE, order=("id",), shown=shown)
def webhooks(ask: Ask) -> QuerySet[Webhook]:
    """Webhooks: one's own, for operators everybody's; found by part of their address."""
    return Webhook.objects.filter(theirs(ask), url__icontains=ask.search).select_related("user__customer")


@collection("webhook_deliveries", permission=MANAGE, order=("-id",), shown=shown_delivery)
def deliveries(ask: Ask) -> QuerySet[Delivery]:
    """What was sent to one's webhooks, the newest first; found by a webhook's number or a delivery's id."""
    rows = Delivery.objects.filter(webhook__in=Webhook.objects.filter(theirs(ask)))
    wanted = Q(webhook=int(ask.search)) if is_number(ask.search) else Q(uid=ask.search)
    return rows.filter(wanted) if ask.search else rows
