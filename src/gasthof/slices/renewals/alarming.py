"""A paid service that is not open a day later alarms staff (spec L6): on the page of what waits, and once by mail."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from gasthof.kernel import rows
from gasthof.kernel.capability import Alarm
from gasthof.kernel.clock import Clocks
from gasthof.slices.access.actions import write_to
from gasthof.slices.access.queries import operators
from gasthof.slices.nodes.queries import status
from gasthof.slices.renewals.models import LateOpening
from gasthof.slices.subscriptions.actions.state import complaints
from gasthof.slices.subscriptions.queries import Subscription

PROMISED = timedelta(hours=24)
MACHINES = timedelta(days=3)  # after its promised time a machine that fails is an alarm of its own
LOOKED_AT = timedelta(days=30)  # what was paid before that and opened then is not looked at any more
REASONS = {
    "carrying": gettext_lazy("The payment was not carried over to the service."),
    "staff": gettext_lazy("The payment could not renew the service, and bought other things as well: a person has to decide."),
    "work": gettext_lazy("What opens it is not done yet."),
    "machine": gettext_lazy("Its machine could not do all of it."),
}  # fmt: skip

# From what was paid in that time, and what an alarm stands for. An index finds each; services that a hold closes are a case's.
LATE = """
WITH chosen AS MATERIALIZED (
    SELECT id FROM billing_settled WHERE at > %(since)s AND at <= %(until)s AND service LIKE 'lifecycle:%%'
    UNION SELECT settled_id FROM renewals_lateopening WHERE ended IS NULL
)
SELECT s.id, v.id, CASE
        WHEN c.settled_id IS NULL THEN CASE WHEN v.ends_on <= v.first_unpaid AND v.ended IS NULL THEN '' ELSE 'carrying' END
        WHEN c.outcome = 'staff' THEN CASE WHEN (v.ended IS NULL AND v.first_unpaid > s.valid_from) OR EXISTS (
            SELECT FROM billing_creditnote n JOIN billing_receipt r ON r.id = n.receipt_id
            JOIN billing_proformaline l ON l.proforma_id = r.proforma_id WHERE l.id = s.line_id
        ) THEN '' ELSE 'staff' END
        WHEN c.outcome <> 'renewed' OR v.ended IS NOT NULL OR v.closed THEN ''
        WHEN w.id IS NOT NULL THEN 'work'
        WHEN v.subscription_id IS NOT NULL AND (s.at > %(lately)s OR l.settled_id IS NOT NULL) AND EXISTS (
            SELECT FROM lifecycle_work o WHERE o.service_id = v.id AND o.action = 'open' AND o.at >= s.at
        ) THEN 'machine'
        ELSE '' END AS reason,
    COALESCE(NULLIF(c.words, ''), w.words, ''), v.subscription_id
FROM chosen JOIN billing_settled s ON s.id = chosen.id
LEFT JOIN renewals_carried c ON c.settled_id = s.id
LEFT JOIN renewals_lateopening l ON l.settled_id = s.id AND l.ended IS NULL
LEFT JOIN lifecycle_service v ON v.id = COALESCE(c.service_id, substring(s.service FROM '^lifecycle:([0-9]{1,9})$')::bigint)
LEFT JOIN LATERAL (
    SELECT o.id, o.words FROM lifecycle_work o
    WHERE o.service_id = v.id AND o.done IS NULL AND o.action IN ('open', 'renew') ORDER BY o.id DESC LIMIT 1
) w ON true
ORDER BY s.id"""


@dataclass(frozen=True)
class Late:
    settled: int
    service: int | None
    reason: str  # REASONS
    words: str
    subscription: int | None


def look(clocks: Clocks) -> Iterator[str]:
    """What is late now, in words; each is mailed once, and gone when it is open. One transaction: killed anywhere, it has not happened."""
    now = clocks.business.now()
    with transaction.atomic(), rows.staff():
        found = {each.settled: each for each in _late(now)}
        LateOpening.objects.filter(ended=None).exclude(pk__in=found).update(ended=now)
        known = LateOpening.objects.in_bulk(found)
        _say_anew([row for row in known.values() if row.ended is None], found)
        fresh = [_row(each, now) for each in found.values() if each.settled not in known]
        LateOpening.objects.bulk_create(fresh)
        if fresh:
            _mail(clocks)
    for row in fresh:
        yield f"paid line {row.settled_id}: {REASONS[row.reason]} {row.words}".strip()


def _say_anew(standing: Iterable[LateOpening], found: Mapping[int, Late]) -> None:
    """Where the reason has become another one."""
    changed = []
    for row in standing:
        late = found[row.settled_id]
        if (row.reason, row.words) != (late.reason, late.words):
            row.reason, row.words = late.reason, late.words
            changed.append(row)
    LateOpening.objects.bulk_update(changed, ["reason", "words"])


def _row(late: Late, now: datetime) -> LateOpening:
    return LateOpening(
        settled_id=late.settled, service_id=late.service, reason=late.reason, words=late.words, found=now
    )


def _late(now: datetime) -> Iterator[Late]:
    with connection.cursor() as cursor:
        until = now - PROMISED
        cursor.execute(LATE, {"until": until, "since": until - LOOKED_AT, "lately": until - MACHINES})
        listed = [Late(*row) for row in cursor.fetchall() if row[2]]
    yield from (each for each in listed if each.reason != "machine")
    yield from _ailing(each for each in listed if each.reason == "machine")


def _ailing(opened: Iterable[Late]) -> Iterator[Late]:
    """Those whose machine says that something of them failed. Each is asked for, but only while some machine says so of anything."""
    listed = list(opened)
    if not listed or not any(node.failed for node in status()):
        return
    places = Subscription.objects.select_related("node").in_bulk([each.subscription for each in listed])
    for each in listed:
        told = complaints(places[each.subscription])
        if told:
            yield replace(each, words="; ".join(word for share in told.values() for word in share))


def _mail(clocks: Clocks) -> None:
    """To each operator, in their language: one mail, however many have come to it now."""
    for user in operators():
        with override(user.language):
            lines = [f"{alarm.title}: {alarm.words}" for alarm in alarms()]
            write_to(
                user,
                _("Paid services are not open"),
                _("these services were paid more than 24 hours ago and are not open:"),
                *lines,
                _("They stand on the page “What waits” until they are open."),
                now=clocks.wall.now(),
            )


def alarms() -> list[Alarm]:
    """Hook: what is late and stands, the oldest payment first."""
    listed = LateOpening.objects.filter(ended=None).select_related("settled__line__proforma__customer", "service")
    return [_alarm(row) for row in listed.order_by("settled__at", "pk")]


def _alarm(row: LateOpening) -> Alarm:
    line = row.settled.line
    name = row.service.unicode if row.service else line.title
    url = reverse("lifecycle:service", args=[row.service.pk]) if row.service else reverse("billing:proforma", args=[line.proforma_id])  # fmt: skip
    title = _("%(service)s of %(customer)s is paid and not open") % {"service": name, "customer": line.proforma.customer.name}  # fmt: skip
    return Alarm(title, " ".join(filter(None, (str(REASONS[row.reason]), row.words))), row.settled.at, url)
