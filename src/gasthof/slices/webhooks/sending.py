"""What becomes of deliveries: claimed, tried, recorded. Requests run in threads and touch no database; one thread claims and records.

A claim is a due time in the future: who is killed with one loses nothing, the delivery is due again when that time has come.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import WallClock
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import Refused
from gasthof.kernel.sealing import unseal
from gasthof.slices.access.actions import write_to
from gasthof.slices.webhooks import rules, signing
from gasthof.slices.webhooks.door import Door
from gasthof.slices.webhooks.models import Delivery, Webhook
from gasthof.slices.webhooks.posting import WHOLE, Answer
from gasthof.slices.webhooks.queries import may_be_sent
from gasthof.slices.webhooks.values import Url

AT_ONCE = 32  # requests
OF_ONE_WEBHOOK, OF_ONE_PERSON = 2, 4  # at once: who is slow holds up nobody else
LEASE = timedelta(seconds=3 * WHOLE)
Post = Callable[[Url, dict[str, str], bytes, Door], Answer]
Chance = Callable[[], float]  # from 0 to 1


class Sending:
    """`turn` again and again, from one thread."""

    def __init__(self, post: Post, clock: WallClock, chance: Chance = random.random) -> None:
        self.post, self.clock, self.chance = post, clock, chance
        self.threads = ThreadPoolExecutor(AT_ONCE, "post")
        self.under_way: dict[Future[Answer], Delivery] = {}

    def turn(self, door: Door, seconds: float) -> int:
        """Begin what is due and may begin; wait for an answer, at most that long. How many came and are recorded."""
        for delivery in self._claimed(self.clock.now()):
            self._begin(delivery, door)
        return self.settle(seconds)

    def settle(self, seconds: float) -> int:
        done, _running = wait(self.under_way, seconds, FIRST_COMPLETED)
        for each in done:
            record(self.under_way.pop(each), each.result(), self.clock.now(), self.chance())
        return len(done)

    def finish(self, seconds: float) -> None:
        """Begin nothing more; what is not answered by then is due again later."""
        wait(self.under_way, seconds)
        self.settle(0)

    def _begin(self, delivery: Delivery, door: Door) -> None:
        webhook, now = delivery.webhook, self.clock.now()
        if not may_be_sent(delivery):
            words = Refused("Whoever made this webhook may not see this any more.").sentence
            ended = {"state": Delivery.FAILED, "ended": now, "words": words}
            Delivery.objects.filter(pk=delivery.pk).update(**ended)
            return
        body = delivery.body.encode()
        headers = signing.headers(delivery.uid, int(now.timestamp()), body, keys(webhook, now))
        self.under_way[self.threads.submit(self.post, Url(webhook.url), headers, body, door)] = delivery

    def _claimed(self, now: datetime) -> list[Delivery]:
        with transaction.atomic():
            found = list(self._due(now))
            numbers = [each.pk for each in found]
            Delivery.objects.filter(pk__in=numbers).update(due=now + LEASE, attempts=F("attempts") + 1)
        for each in found:
            each.attempts += 1
        return found

    def _due(self, now: datetime) -> Iterator[Delivery]:
        """As many as may begin: of each webhook, of each person, of all."""
        webhooks = Counter(each.webhook_id for each in self.under_way.values())
        people = Counter(each.webhook.user_id for each in self.under_way.values())
        waiting = Q(state=Delivery.QUEUED, due__lte=now) & (Q(webhook__active=True) | Q(event=rules.TEST))
        asked = Delivery.objects.filter(waiting).values_list("webhook", "webhook__user").distinct()
        for webhook, person in sorted(asked, key=lambda pair: (people[pair[1]], self.chance())):
            room = min(OF_ONE_WEBHOOK - webhooks[webhook], OF_ONE_PERSON - people[person], AT_ONCE - people.total())
            if room <= 0:
                continue
            rows = Delivery.objects.filter(waiting, webhook=webhook).select_related("webhook__user__customer")
            for row in rows.order_by("due", "pk").select_for_update(of=("self",), skip_locked=True)[:room]:
                people[person] += 1
                yield row


def keys(webhook: Webhook, now: datetime) -> list[str]:
    """Secrets that sign at that time, the newest first."""
    former = [webhook.former] if webhook.former_until and now < webhook.former_until else []
    return [unseal(sealed) for sealed in (webhook.secret, *former)]


def record(delivery: Delivery, answer: Answer, now: datetime, chance: float) -> None:
    """One transaction; the webhook's row is locked before the delivery's. Either may be gone meanwhile."""
    with transaction.atomic():
        webhooks = Webhook.objects.select_for_update(of=("self",)).select_related("user")
        found = webhooks.filter(pk=delivery.webhook_id).first()
        row = Delivery.objects.select_for_update().filter(pk=delivery.pk, state=Delivery.QUEUED).first()
        if row is None or found is None or row.attempts < delivery.attempts:  # it was sent again by hand meanwhile
            return
        row.status, row.words, row.excerpt = answer.status, answer.words, answer.excerpt
        if answer.good:
            row.state, row.ended = Delivery.DELIVERED, now
            found.last_success = now
            found.save(update_fields=["last_success"])
        else:
            _after_failure(found, row, answer, now, chance)
        row.save(update_fields=["status", "words", "excerpt", "state", "due", "ended"])


def _after_failure(webhook: Webhook, row: Delivery, answer: Answer, now: datetime, chance: float) -> None:
    pause = None if row.event == rules.TEST else rules.until_next_attempt(row.attempts, chance)
    reason = _reason_to_stop(webhook, row, answer, given_up=pause is None)
    if pause is None or reason == Webhook.GONE:
        row.state, row.ended = Delivery.FAILED, now
    else:
        row.due = now + pause
    if reason and webhook.active:
        switch_off(webhook, reason, now)


def _reason_to_stop(webhook: Webhook, row: Delivery, answer: Answer, *, given_up: bool) -> str:
    """A delivery that was given up says little of its webhook when others arrived meanwhile."""
    if row.event == rules.TEST:
        return ""
    if answer.status == 410:
        return Webhook.GONE
    if given_up and (webhook.last_success is None or webhook.last_success < row.created):
        return Webhook.NO_ANSWER
    waiting = webhook.deliveries.filter(state=Delivery.QUEUED).count()
    return Webhook.TOO_MANY if waiting > rules.MOST_WAITING else ""


def switch_off(webhook: Webhook, reason: str, now: datetime) -> None:
    """In the trail as the system's doing, and its person is told by mail."""
    perform(SYSTEM, "webhooks.switch", {"webhook": str(webhook.pk), "on": "no"})
    Webhook.objects.filter(pk=webhook.pk).update(off_because=reason)
    with override(webhook.user.language):
        write_to(
            webhook.user,
            _("A webhook was switched off"),
            _("events could not be sent to this address, and are not sent there any more:"),
            webhook.shown_url,
            _(
                "What was not taken is kept for 30 days. When the receiver works again, switch the webhook on in the panel."
            ),
            now=now,
        )
