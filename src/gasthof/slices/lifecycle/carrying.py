"""The outbox' other end: what the sweep wants done to a service is done, by the verbs of those whose things they are.

A piece of work and the verb that does it are one transaction: killed anywhere, it is done once. What has to wait, for an export to be
complete, say, stays open and is looked at again. Of several pieces for one service only the last one counts.
"""

import logging
from collections.abc import Iterator, Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext
from procrastinate.contrib.django import app

from gasthof.kernel import rows
from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.domains.queries import Domain
from gasthof.slices.lifecycle import included, machines
from gasthof.slices.lifecycle.included import MAIL, PLACES, ZONE
from gasthof.slices.lifecycle.knowing import policy_of
from gasthof.slices.lifecycle.models import Service, Work
from gasthof.slices.lifecycle.names import name
from gasthof.slices.lifecycle.outcomes import Driver, Outcome
from gasthof.slices.lifecycle.pricing import DOMAIN
from gasthof.slices.lifecycle.rules import facts
from gasthof.slices.lifecycle.rules.policy import (
    BACK,
    BESIDE,
    BUY_LICENCE,
    ENDING_ACTIONS,
    ERASE,
    RELEASE_LICENCE,
    RENEW,
)
from gasthof.slices.subscriptions.queries import Export, Subscription, saved

AT_ONCE = "lifecycle.carry_out"  # the job that does what is open now
DONE = {
    "open": "opened",
    "suspend": "suspended",
    "delete": "deleted",
    "erase": "archive deleted",
    "lock": "locked",
    "take_out": "taken out of the zone",
    "quarantine": "in quarantine",
    "release": "released",
    "note": "noted",
    RENEW: "renewed",
    BACK: "brought back",
    RELEASE_LICENCE: "licence given back",
    BUY_LICENCE: "licence bought again",
}
log = logging.getLogger("gasthof.lifecycle")


def carry_out(clocks: Clocks) -> Iterator[str]:
    """All that is open, oldest first; what was done, in words. One that breaks holds up no other, and is tried again."""
    last = 0
    while work := _next_after(last):
        last = work
        try:
            words = _one(work, clocks)
        except Exception:
            log.exception("work %d could not be done", work)
            continue
        if words:
            yield words


def go_on_soon() -> None:
    """Hook: a registry answered, and what waited for that need wait for no minute."""
    app.configure_task(AT_ONCE).defer()


def waiting() -> int:
    """Pieces of work that are open."""
    with rows.staff():
        return Work.objects.filter(done=None).count()


def _next_after(number: int) -> int | None:
    with rows.staff():
        return Work.objects.filter(done=None, pk__gt=number).order_by("pk").values_list("pk", flat=True).first()


def _one(number: int, clocks: Clocks) -> str:
    """Empty where somebody else is at it, or nothing was done yet."""
    with transaction.atomic(), rows.staff():
        chosen = Work.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=number, done=None)
        work = chosen.select_related("service__subscription", "service__customer").first()
        if work is None:
            return ""
        outcome = Outcome(True) if _overtaken(work) else _tried(work, clocks)
        if outcome.done and work.action == "delete":
            machines.release_licence(work, clocks.business.now())
        work.words, work.done = outcome.words, clocks.business.now() if outcome.done else None
        work.save(update_fields=["words", "done", "archive"])
        return f"{work.service.customer.name}, {work.service.name}: {outcome.words or DONE[work.action]}"


def _overtaken(work: Work) -> bool:
    """A later phase has come meanwhile; what was begun to be saved is still saved by it. What was paid for is not overtaken by a phase."""
    if work.action in machines.RECORDED:
        return False
    later = Work.objects.filter(service=work.service_id, pk__gt=work.pk)
    if work.action == RENEW:
        return later.filter(action__in=(RENEW, *ENDING_ACTIONS)).exists()
    return later.exclude(action__in=BESIDE).exists()


def _tried(work: Work, clocks: Clocks) -> Outcome:
    try:
        with transaction.atomic():
            driver = recorded if work.action in machines.RECORDED else DRIVERS.get(work.service.type, recorded)
            return driver(work, clocks)
    except ActionRefused as refusal:
        return Outcome(False, "; ".join(error.message for error in refusal.errors))


def recorded(_work: Work, _clocks: Clocks) -> Outcome:
    """For types whose machines are not driven from here: that it was to be done is what is kept."""
    return Outcome(True)


def place(work: Work, clocks: Clocks) -> Outcome:
    """Hosting, or an e-mail package: the subscription that it stands in, with all its slices."""
    subscription = work.service.subscription
    if work.action == ERASE:
        return _erased(work, clocks)
    if subscription is None:
        return Outcome(True)
    if subscription.customer_id != work.service.customer_id:
        return Outcome(False, gettext("It stands in a subscription of another customer: nothing is done to that."))
    if work.action == "delete":
        return _ended(work, subscription, clocks)
    return _withheld(subscription, clocks)


def mail(work: Work, clocks: Clocks) -> Outcome:
    """Driver of the mail that is included in a hosting: what its place can do. It is saved and deleted with that."""
    subscription = work.service.subscription
    ours = subscription is not None and subscription.customer_id == work.service.customer_id
    if subscription is None or not ours or work.action in (*ENDING_ACTIONS, ERASE):
        return Outcome(True)
    return _withheld(subscription, clocks)


def _withheld(subscription: Subscription, clocks: Clocks) -> Outcome:
    wanted = withheld_of(subscription)
    if sorted(wanted) != sorted(subscription.withheld):
        fields = {"subscription": subscription.system_name, "abilities": list(wanted)}
        perform(SYSTEM, "subscriptions.withhold", fields, clocks)
    return Outcome(True)


def zone(work: Work, clocks: Clocks) -> Outcome:
    """Driver of zones. Whether records can be changed is asked of the service itself (locking.py), so that there is nothing to be told. As its
    domain name ends, they go to their customer's history, and the zone is as a new one; with a hosting its subscription goes."""
    service, above = work.service, work.service.parent
    if work.action != "delete" or above is None or above.type != DOMAIN or above.ended is None:
        return Outcome(True)
    if Domain.objects.filter(name=service.name, customer=service.customer_id).exists():
        perform(SYSTEM, "dns.reset", {"domain": service.name}, clocks)
        included.adopt(included.of_name(service.customer_id, service.name), clocks.business.now())
    return Outcome(True)


def withheld(service: Service) -> tuple[str, ...]:
    """What it may not do as it stands now: by its phase, and by holds."""
    phase = policy_of(service).of(service.type, service.tld).named(service.phase)
    return facts.withheld(phase.can, service.taken)


def withheld_of(subscription: Subscription) -> tuple[str, ...]:
    """What a subscription may not do by all services that stand in it."""
    standing = Service.objects.filter(subscription=subscription, customer=subscription.customer_id, ended=None)
    rows = standing.filter(type__in=(*PLACES, MAIL)).select_related("policy")
    whole = [withheld(row) for row in rows if row.type in PLACES]
    return facts.of_place(whole, [withheld(row) for row in rows if row.type == MAIL])


def _ended(work: Work, subscription: Subscription, clocks: Clocks) -> Outcome:
    """First everything is saved, and only what is saved whole is taken away. By its policy an e-mail package is saved for no day (spec L17)."""
    name = subscription.system_name
    if not policy_of(work.service).of(work.service.type, work.service.tld).archive.days:
        perform(SYSTEM, "subscriptions.delete", {"subscription": name}, clocks)
        return Outcome(True)
    export = _archive(work).filter(subscription=subscription.number).select_related("node").first()
    if export is None:  # not begun, or somebody deleted what was saved
        work.archive = str(perform(SYSTEM, "subscriptions.export", {"subscription": name}, clocks).result["export"])
        return Outcome(False, gettext("being saved before it is deleted"))
    progress = saved(export)
    if progress.state != "live":
        return Outcome(False, progress.words or gettext("being saved before it is deleted"))
    perform(SYSTEM, "subscriptions.delete", {"subscription": name}, clocks)
    return Outcome(True)


def _erased(work: Work, clocks: Clocks) -> Outcome:
    """Never before the end itself is done: what was saved may be all that there is."""
    if Work.objects.filter(service=work.service_id, pk__lt=work.pk, done=None).exists():
        return Outcome(False, gettext("waits until the service is deleted"))
    kept = Work.objects.filter(service=work.service_id, pk__lt=work.pk).exclude(archive="").order_by("pk").last()
    if kept and _archive(kept).exists():
        perform(SYSTEM, "subscriptions.delete_export", {"export": kept.archive, "anyway": True}, clocks)
    return Outcome(True)


def _archive(work: Work) -> QuerySet[Export]:
    """What it has saved, if that is the customer's: in a database that was restored, numbers come again."""
    return Export.objects.filter(number=int(work.archive[1:] or 0), customer=work.service.customer_id)


DRIVERS: Mapping[str, Driver] = {**dict.fromkeys(PLACES, place), MAIL: mail, ZONE: zone, DOMAIN: name}
