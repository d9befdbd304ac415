"""From what was done to what is sent: events in the transaction of verbs, deliveries for each webhook whose person may see it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import uuid4

from django.db import transaction

from gasthof.kernel import registry
from gasthof.kernel.call import Awaited, Call
from gasthof.kernel.capability import Waited
from gasthof.kernel.collection import collections
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import Place
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.webhooks import rules
from gasthof.slices.webhooks.models import Delivery, Event, Webhook
from gasthof.slices.webhooks.queries import sees

PORTION = 200  # events at a time
LIVE, FAILED, PENDING = "live", "failed", "pending"
About = tuple[str, int | None]  # a verb, and the number of the customer whose object it was


def note(call: Call, entries: Sequence[AuditEntry]) -> None:
    """Capability's hook: before the commit of verbs that changed something. Without a webhook in the house there is nothing to do."""
    if Webhook.objects.filter(active=True).exists():
        now = call.clocks.wall.now()
        changes = [[each.node, each.kind, each.key, each.revision] for each in call.awaited]
        Event.objects.create(entries=[entry.pk for entry in entries], changes=changes, created=now, due=now)


def hand_out(now: datetime) -> int:
    """Deliveries for what is due of what happened; how many events were looked at. Two at once share them."""
    with transaction.atomic():
        due = Event.objects.filter(due__lte=now).order_by("due").select_for_update(skip_locked=True)
        events = list(due[:PORTION])
        if events:
            _hand_out(events, now)
    return len(events)


def _hand_out(events: Sequence[Event], now: datetime) -> None:
    followers = _Followers(AuditEntry.objects.in_bulk([number for event in events for number in event.entries]))
    made: list[Delivery] = []
    for event in events:
        if not event.told:
            made += followers.told(event, now)
        made += followers.outcome(event, now)
        if event.outcome == LIVE or not followers.of_outcome(event) or now - event.created > rules.FOLLOWED_FOR:
            event.delete()
        else:
            event.told, event.due = True, now + rules.until_next_look(now - event.created)
            event.save(update_fields=["told", "outcome", "due"])
    Delivery.objects.bulk_create(made)


class _Followers:
    """Who is told what, in one look at webhooks, people and their rights."""

    def __init__(self, entries: Mapping[int, AuditEntry]) -> None:
        self.entries = entries
        numbers = {entry.customer for entry in entries.values() if entry.customer is not None}
        self.places: dict[int | None, Place | None] = {None: None}
        self.places |= {row.number: row.place for row in Customer.objects.filter(pk__in=numbers)}
        whose = numbers | {place.reseller for place in self.places.values() if place} - {None}
        rows = Webhook.objects.filter(active=True).select_related("user__customer").order_by("pk")
        self.webhooks = [row for row in rows if row.user.customer_id is None or row.user.customer_id in whose]
        self.sees = cache(lambda webhook, customer: sees(webhook, self.places.get(customer)))

    def told(self, event: Event, now: datetime) -> Iterable[Delivery]:
        for entry in (self.entries[number] for number in event.entries):
            for webhook in self.webhooks:
                if rules.PERFORMED in webhook.events and self.sees(webhook, entry.customer):
                    about = entry.verb, entry.customer
                    yield _delivery(webhook, rules.PERFORMED, about, entry.at, collections()["audit"].shown(entry), now)

    def of_outcome(self, event: Event) -> list[Webhook]:
        """What nodes were told may be about all of the transaction's objects: for those who see each of them."""
        entries = [self.entries[number] for number in event.entries] if event.changes else []
        wanted = (each for each in self.webhooks if {rules.LIVE, rules.FAILED} & set(each.events))
        return [each for each in wanted if entries and all(self.sees(each, entry.customer) for entry in entries)]

    def outcome(self, event: Event, now: datetime) -> Iterable[Delivery]:
        followers = self.of_outcome(event)
        waited = registry.progress([Awaited(*each) for each in event.changes]) if followers else []
        state = _state(waited)
        if not followers or state in (PENDING, event.outcome):
            return
        event.outcome = state
        kind, first = {LIVE: rules.LIVE, FAILED: rules.FAILED}[state], self.entries[event.entries[0]]
        data = {
            "entries": event.entries,
            "customer": first.customer,
            "verb": first.verb,
            "object": first.object,
            "state": state,
            "changes": [{"kind": w.kind, "key": w.key, "state": w.state, "words": w.words} for w in waited],
        }
        for webhook in followers:
            if kind in webhook.events:
                yield _delivery(webhook, kind, (first.verb, first.customer), now, data, now)


def _state(waited: Iterable[Waited]) -> str:
    """One that failed is told before the others are done."""
    states = {each.state for each in waited}
    return FAILED if FAILED in states else PENDING if PENDING in states else LIVE


def test_delivery(webhook: Webhook, now: datetime) -> Delivery:
    """Not yet saved."""
    return _delivery(webhook, rules.TEST, ("", None), now, {"webhook": webhook.pk}, now)


def _delivery(
    webhook: Webhook, kind: str, about: About, at: datetime, data: Mapping[str, Any], now: datetime
) -> Delivery:
    body = json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False)
    made = Delivery(webhook=webhook, uid=f"msg_{uuid4().hex}", event=kind, body=body, created=now, due=now)
    made.about, made.customer = about
    return made
