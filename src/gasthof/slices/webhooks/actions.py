"""Every write about webhooks that somebody asks for. What happens by itself is telling.py's and courier.py's."""

from datetime import timedelta
from typing import Annotated

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Unchanged
from gasthof.kernel.refusal import Refused
from gasthof.kernel.sealing import seal
from gasthof.prefix import Prefix
from gasthof.slices.access.queries import UserRef, name_of, person_acting
from gasthof.slices.webhooks import rules
from gasthof.slices.webhooks.door import Door
from gasthof.slices.webhooks.models import Delivery, Webhook
from gasthof.slices.webhooks.queries import MANAGE, DeliveryRef, WebhookRef, shown, shown_delivery
from gasthof.slices.webhooks.signing import new_secret
from gasthof.slices.webhooks.telling import test_delivery
from gasthof.slices.webhooks.values import EVERY_KIND, EventKinds, Url


@action("webhooks.add", permission=MANAGE, on="user")
def add(
    call: Call,
    *,
    user: UserRef,
    url: Annotated[Url, "address that events are sent to: https://…"],
    events: Annotated[EventKinds, "kinds of events: verb.performed, change.live, change.failed"] = EVERY_KIND,
) -> Result:
    """Send events to an address, as far as that person may see them. The secret that signs them is shown this once."""
    if person_acting(call.actor) not in ("", name_of(user)):
        raise Refused("Everybody adds webhooks for themselves only.").at("user")
    if not user.active:
        raise Refused("This person may not sign in.").at("user")
    if user.webhooks.count() >= rules.MOST_WEBHOOKS:
        raise Refused("One person can have %(most)d webhooks at most.", most=rules.MOST_WEBHOOKS)
    _check_reachable(url)
    secret = new_secret()
    made = Webhook.objects.create(
        user=user, url=url, events=list(events), secret=seal(secret), created=call.clocks.wall.now()
    )
    return {**shown(made), "secret": secret}


@action("webhooks.change", permission=MANAGE, on="webhook")
def change(
    call: Call,
    *,
    webhook: WebhookRef,
    url: Annotated[Url | Unchanged, "address that events are sent to: https://…"] = UNCHANGED,
    events: Annotated[
        EventKinds | Unchanged, "kinds of events: verb.performed, change.live, change.failed"
    ] = UNCHANGED,
) -> Result:
    """Change where events are sent, or which. What waits goes to the new address, too."""
    if url is not UNCHANGED:
        _check_reachable(url)
        webhook.url = url
    if events is not UNCHANGED:
        webhook.events = list(events)
    webhook.save(update_fields=["url", "events"])
    return shown(webhook)


@action("webhooks.rotate_secret", permission=MANAGE, on="webhook")
def rotate_secret(call: Call, *, webhook: WebhookRef) -> Result:
    """Make a new secret, shown this once. For a day both sign, so that nothing is refused meanwhile."""
    secret = new_secret()
    webhook.former, webhook.secret = webhook.secret, seal(secret)
    webhook.former_until = call.clocks.wall.now() + rules.FORMER_FOR
    webhook.save(update_fields=["former", "secret", "former_until"])
    return {**shown(webhook), "secret": secret}


@action("webhooks.switch", permission=MANAGE, on="webhook")
def switch(call: Call, *, webhook: WebhookRef, on: Annotated[bool, "whether events are sent"]) -> Result:
    """Switch a webhook on or off. What happens while it is off is not sent later; what waited already is."""
    if on != webhook.active:
        webhook.active, webhook.off_because = on, "" if on else Webhook.BY_HAND
        webhook.save(update_fields=["active", "off_because"])
    if on:
        webhook.deliveries.filter(state=Delivery.QUEUED).update(due=call.clocks.wall.now(), attempts=0)
    return shown(webhook)


@action("webhooks.remove", permission=MANAGE, on="webhook")
def remove(call: Call, *, webhook: WebhookRef) -> Result:
    """Send no more events to an address, and forget what was sent."""
    told = shown(webhook)
    webhook.delete()
    return told


@action("webhooks.test", permission=MANAGE, on="webhook")
def test(call: Call, *, webhook: WebhookRef) -> Result:
    """Send an event that tells of nothing, once, to see whether it arrives."""
    now = call.clocks.wall.now()
    recent = webhook.deliveries.filter(event=rules.TEST, created__gt=now - timedelta(hours=1))
    if recent.count() >= rules.MOST_TESTS:
        raise Refused("That was tried often enough for now. Please try again in an hour.")
    made = test_delivery(webhook, now)
    made.save()
    return shown_delivery(made)


@action("webhooks.send_again", permission=MANAGE, on="delivery")
def send_again(call: Call, *, delivery: DeliveryRef) -> Result:
    """Send an event once more, under the same id."""
    if not (delivery.webhook.active or delivery.event == rules.TEST):
        raise Refused("This webhook is switched off. Switch it on first.")
    if delivery.state == Delivery.QUEUED and delivery.attempts == 0:
        raise Refused("This is on its way already.")
    delivery.state, delivery.attempts, delivery.ended = Delivery.QUEUED, 0, None
    delivery.due = call.clocks.wall.now()
    delivery.save(update_fields=["state", "attempts", "ended", "due"])
    return shown_delivery(delivery)


def _check_reachable(url: Url) -> None:
    """Of an address in figures at once; where a name leads to is looked up at each delivery, and not here: it may change."""
    if url.host.replace(".", "").isdigit() or ":" in url.host:
        try:
            Door.of(Prefix.current()).addresses(url.host)
        except Refused as refusal:
            raise refusal.at("url") from None
