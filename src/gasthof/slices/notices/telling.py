"""Notices from their day to their delivery: made once, mailed, and what mail servers answer taken down."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext, override

from gasthof.kernel import rows
from gasthof.kernel.actions import perform
from gasthof.kernel.call import Call
from gasthof.kernel.clock import Clocks
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import SYSTEM, Actor
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.access.actions import write_to
from gasthof.slices.access.queries import OutgoingMail, people_of
from gasthof.slices.lifecycle.queries import Service, restored_as
from gasthof.slices.lifecycle.rules.days import day_of
from gasthof.slices.lifecycle.rules.facts import KEEPS
from gasthof.slices.lifecycle.rules.policy import ERASED
from gasthof.slices.notices import rules, wording
from gasthof.slices.notices.models import Delivery, Notice, Round

log = logging.getLogger("gasthof.notices")
ONE_DAY = timedelta(days=1)
LONGEST_OUTAGE = timedelta(days=90)
# What an index finds for each of the policy's notices: the cost is that of what is due, not of what there is.
DUE = """
SELECT s.id, s.first_unpaid, n.name, s.first_unpaid + n.at
FROM lifecycle_noticestep n
CROSS JOIN LATERAL (
    SELECT id, first_unpaid FROM lifecycle_service
    WHERE entry = n.entry AND policy_id = n.policy_id AND ended IS NULL
        AND first_unpaid BETWEEN %(since)s::date - n.at AND %(today)s::date - n.at
        AND (ends_on IS NULL OR ends_on > first_unpaid)
) s
WHERE NOT EXISTS (
    SELECT FROM notices_notice x WHERE x.service_id = s.id AND x.first_unpaid = s.first_unpaid AND x.name = n.name
)
ORDER BY s.id, 4"""

# What the policy's notices have all been said of, while it was kept, or so late that the day they named was past: it is told once more. Of what
# stands at its last notice there is little, since most is deleted soon after.
AGAIN = """
SELECT s.id, s.first_unpaid, %(name)s, %(today)s::date
FROM (SELECT policy_id, entry, max(at) AS at FROM lifecycle_noticestep GROUP BY 1, 2) n
CROSS JOIN LATERAL (
    SELECT id, first_unpaid FROM lifecycle_service
    WHERE entry = n.entry AND policy_id = n.policy_id AND ended IS NULL AND first_unpaid < %(today)s::date - n.at
        AND noticed IS NULL AND keeps = 0 AND (ends_on IS NULL OR ends_on > first_unpaid)
) s
WHERE EXISTS (SELECT FROM notices_notice x WHERE x.service_id = s.id AND x.first_unpaid = s.first_unpaid)
AND NOT EXISTS (
    SELECT FROM notices_notice x WHERE x.service_id = s.id AND x.first_unpaid = s.first_unpaid AND x.end_named IS NOT NULL
        AND (x.state <> 'delivered' OR x.end_named >= %(today)s)
        AND x.made >= COALESCE((
            SELECT max(h.lifted) FROM lifecycle_hold h WHERE h.service_id = s.id AND h.kind = ANY (%(keeping)s)
        ), '-infinity')
)
ORDER BY s.id"""
# What has ended, and what of it can be restored for a few days more. What hangs below a service goes with it and is not told of by itself.
AFTER = """
SELECT s.id, COALESCE(s.first_unpaid, s.ended), %(ended)s, s.ended FROM lifecycle_service s
WHERE s.ended BETWEEN %(since)s AND %(today)s AND s.parent_id IS NULL AND s.type <> 'dns'
UNION ALL
SELECT s.id, COALESCE(s.first_unpaid, s.ended), %(last_chance)s, s.due_at - %(days)s FROM lifecycle_service s
WHERE s.due_at BETWEEN %(since)s::date + %(days)s AND %(today)s::date + %(days)s AND s.ended IS NOT NULL AND s.parent_id IS NULL
    AND NOT EXISTS (SELECT FROM lifecycle_event e WHERE e.service_id = s.id AND e.what = 'restored')
ORDER BY 1, 4"""
PAGE = "notices/mail.html"
ONCE_MORE = "deletion_near"


def today(clocks: Clocks) -> date:
    return day_of(clocks.business.now(), settings.TIME_ZONE)


def tell(clocks: Clocks) -> Iterator[str]:
    """All that is due today and was not told yet, and what became of what was told; in words."""
    yield from _made(clocks)
    yield from follow(clocks)


def _made(clocks: Clocks) -> Iterator[str]:
    day, by_service = today(clocks), defaultdict[int, list[rules.Due]](list)
    with rows.staff():
        for each in due(day):
            by_service[each.service].append(each)
    broken = False
    for number, listed in by_service.items():
        try:
            words = _one(number, listed, clocks)
        except Exception:
            log.exception("service %d could not be told of", number)
            broken = True
            continue
        if words:
            yield words
    if not broken:
        with rows.staff():
            Round.objects.get_or_create(day=day, defaults={"at": clocks.business.now()})


def due(day: date) -> list[rules.Due]:
    """From the last day on that was looked at as a whole; a service that began meanwhile is not told of what lies before that."""
    last = Round.objects.order_by("-day").values_list("day", flat=True).first()
    since = max(min(last or day, day - ONE_DAY), day - LONGEST_OUTAGE)
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"since": since, "today": day})
        found = [rules.Due(*row) for row in cursor.fetchall()]
        cursor.execute(AGAIN, {"name": ONCE_MORE, "today": day, "keeping": list(KEEPS)})
        found += [rules.Due(*row) for row in cursor.fetchall()]
    told = set(Notice.objects.filter(due__gte=since, name__in=rules.AFTER).values_list("service", "name"))
    return found + [each for each in _after(since, day) if (each.service, each.name) not in told]


def _after(since: date, day: date) -> list[rules.Due]:
    values: dict[str, Any] = {
        "since": since,
        "today": day,
        "ended": rules.ENDED,
        "last_chance": rules.LAST_CHANCE,
        "days": rules.LAST_DAYS,
    }
    with connection.cursor() as cursor:
        cursor.execute(AFTER, values)
        return [rules.Due(*row) for row in cursor.fetchall()]


def performed(call: Call, entries: Sequence[AuditEntry]) -> None:
    """Hook: what was restored is told at once, in the transaction in which it was."""
    for entry in entries:
        if entry.verb == "lifecycle.restore":
            service, day = restored_as(int(entry.object.partition(":")[2])), today(call.clocks)
            _made_of(service, (rules.Due(service.pk, service.first_unpaid or day, rules.RESTORED, day),), call.clocks)


def _one(number: int, listed: list[rules.Due], clocks: Clocks) -> str:
    """One transaction: the notices and their mails, or none. Empty where somebody was faster, or it was paid meanwhile."""
    last, overtaken = rules.worth(listed)
    with transaction.atomic(), rows.staff():
        chosen = Service.objects.select_related("customer", "parent").select_for_update(of=("self",), no_key=True)
        service = chosen.filter(pk=number).first()
        same = Notice.objects.filter(service=service, first_unpaid=last.first_unpaid, name=last.name, due=last.day)
        if service is None or not _true_of(service, last) or same.exists():
            return ""
        return _made_of(service, (*overtaken, last), clocks)


def _true_of(service: Service, due: rules.Due) -> bool:
    """As it is now, under its lock: it may have been paid, or have ended, a moment ago."""
    if due.name in rules.AFTER:
        return service.ended is not None
    return service.ended is None and service.first_unpaid == due.first_unpaid


def _made_of(service: Service, listed: Sequence[rules.Due], clocks: Clocks) -> str:
    """The last one and its mails; the others are noted as overtaken."""
    *overtaken, last = listed
    for each in overtaken:
        _kept(service, each, Notice.OVERTAKEN, clocks)
    notice = _kept(service, last, Notice.WAITING, clocks)
    with override(service.customer.language):
        letter = wording.letter(last.name, service, last.first_unpaid, today(clocks))
    notice.subject, notice.text, notice.end_named = letter.subject, letter.text, letter.end
    if not mailed(notice, service, clocks):
        notice.state = Notice.NOBODY
    notice.save()
    return f"{service.customer.name}: {notice.subject}"


def _kept(service: Service, each: rules.Due, state: str, clocks: Clocks) -> Notice:
    return Notice.objects.create(
        service=service, customer=service.customer, first_unpaid=each.first_unpaid, name=each.name, due=each.day,
        made=clocks.business.now(), state=state,
    )  # fmt: skip


def mailed(notice: Notice, service: Service, clocks: Clocks) -> int:
    """A mail to each who acts as the customer's owner, in their own language; how many. The row is the caller's to save."""
    people = people_of(service.customer_id)
    for user in people:
        with override(user.language):
            letter = wording.letter(notice.name, service, notice.first_unpaid, today(clocks))
            mail = write_to(user, letter.subject, *letter.paragraphs, now=clocks.wall.now(), page=PAGE)
        notice.end_named = letter.end
        Delivery.objects.create(notice=notice, mail=mail, address=user.email)
    return len(people)


def note_displayed(notice: Notice, actor: Actor, clocks: Clocks) -> None:
    """To somebody of the customer, in person: what staff look at was not shown to them."""
    if actor.customer == notice.customer_id and actor.role in ("owner", "user") and not actor.behind:
        with rows.staff():
            Notice.objects.filter(pk=notice.pk, displayed=None).update(displayed=clocks.business.now())


def follow(clocks: Clocks) -> Iterator[str]:
    """What mail servers answered: taken is delivered, refused is tried once more and then has to be seen in the customer centre."""
    with rows.staff():
        ended = Delivery.objects.filter(state="", mail__state__in=(OutgoingMail.SENT, OutgoingMail.FAILED))
        again = Notice.objects.filter(
            state=Notice.REFUSED, service__ended=None, service__first_unpaid=F("first_unpaid")
        )
        numbers = {*ended.values_list("notice", flat=True), *again.values_list("pk", flat=True)}
    for number in sorted(numbers):
        try:
            with transaction.atomic(), rows.staff():
                words = _followed(number, clocks)
        except ActionRefused as refusal:
            log.warning("notice %d: %s", number, refusal)
        except Exception:
            log.exception("notice %d could not be followed", number)
        else:
            if words:
                yield words


def _followed(number: int, clocks: Clocks) -> str:
    notice = _locked(number)
    for each in notice.deliveries.filter(state="", mail__isnull=False).select_related("mail"):
        if each.mail is not None and each.mail.state != OutgoingMail.QUEUED:
            each.state, each.words, each.ended = _outcome(each.mail), each.mail.words, clocks.business.now()
            each.save(update_fields=["state", "words", "ended"])
    before, states = notice.state, set(notice.deliveries.values_list("state", flat=True))
    if before in (Notice.DELIVERED, Notice.OVERTAKEN, Notice.NOBODY):
        return ""
    if Delivery.SENT in states or _seen_enough(notice, clocks):
        return _delivered(notice, clocks)
    if "" not in states:
        notice.state = Notice.REFUSED
        notice.save(update_fields=["state"])
        _once_more(notice, clocks)
    words = gettext("a mail server refused a notice")
    return f"{notice.service.customer.name}: {words}" if notice.state != before else ""


def _locked(number: int) -> Notice:
    """Its service first, as where notices are made: what is paid meanwhile is paid before or after, never in between."""
    chosen = Service.objects.select_related("customer", "parent").select_for_update(of=("self",))
    service = chosen.get(notices=number)
    notice = Notice.objects.select_for_update().get(pk=number)
    notice.service = service
    return notice


def _outcome(mail: OutgoingMail) -> str:
    if mail.state == OutgoingMail.SENT:
        return Delivery.SENT
    return Delivery.REFUSED if rules.refuses(mail.words) else Delivery.GIVEN_UP


def stands(notice: Notice) -> bool:
    """Whether it is still to be said: nothing was paid since, and no later one says it."""
    service = notice.service
    if notice.name in rules.AFTER:
        return notice.name != rules.LAST_CHANCE or service.phase != ERASED
    if service.ended is not None or service.first_unpaid != notice.first_unpaid:
        return False
    later = Notice.objects.filter(service=service, first_unpaid=notice.first_unpaid, due__gt=notice.due)
    return not later.exists()


def _refused(notice: Notice) -> dict[str, set[date]]:
    """Each address, and on which days it was refused."""
    found = defaultdict[str, set[date]](set)
    for address, at in notice.deliveries.filter(state=Delivery.REFUSED).values_list("address", "ended"):
        if at is not None:
            found[address].add(day_of(at, settings.TIME_ZONE))
    return found


def _seen_enough(notice: Notice, clocks: Clocks) -> bool:
    displayed = day_of(notice.displayed, settings.TIME_ZONE) if notice.displayed else None
    return rules.shown_enough(_refused(notice), displayed, today(clocks))


def _once_more(notice: Notice, clocks: Clocks) -> None:
    """On another day, as the address may have been mended by then; for as long as it is true."""
    last = notice.deliveries.order_by("-ended").values_list("ended", flat=True).first()
    if last is None or today(clocks) < day_of(last, settings.TIME_ZONE) + rules.AGAIN_AFTER:
        return
    if not rules.refused_enough(_refused(notice)) and stands(notice):
        mailed(notice, notice.service, clocks)
        notice.save(update_fields=["end_named"])


def _delivered(notice: Notice, clocks: Clocks) -> str:
    """And the service is known to have been told of, if its end was named, is still to come, and it is still the same unpaid time."""
    notice.state = Notice.DELIVERED
    notice.save(update_fields=["state"])
    service = notice.service
    if _tells(notice, clocks) and service.ended is None and service.first_unpaid == notice.first_unpaid:
        perform(SYSTEM, "lifecycle.note_notice", {"service": service.pk}, clocks)
    return ""


def _tells(notice: Notice, clocks: Clocks) -> bool:
    """While it is kept, nothing that was said before tells when it will be deleted."""
    return notice.service.keeps == 0 and rules.tells_of_end(notice.end_named, today(clocks))
