"""The sweep: everything that time does to services up to a day, in one transaction, after the brake was asked."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from gasthof.kernel import rows
from gasthof.slices.lifecycle import settling
from gasthof.slices.lifecycle.models import Sweep
from gasthof.slices.lifecycle.rules.brake import USUAL_DAYS, halt, storm
from gasthof.slices.lifecycle.rules.days import day_of

ONE_AT_A_TIME = 7_305_001  # PostgreSQL's advisory lock: two at once would give back an outage's days twice
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Swept:
    day: date
    moved: int
    ended: int
    spared: int = 0  # services that were given back the days of an outage
    parked: str = ""  # rules.brake: why a person is asked
    waiting: int = 0  # ends that wait for that person
    done: bool = True  # False: nothing at all was done


@dataclass(frozen=True)
class Former:
    """Sweeps that were done before."""

    last: date | None
    ended: tuple[int, ...]  # services, on each of the last days before this one
    ended_today: int

    def missed(self, day: date) -> int:
        return (day - self.last).days if self.last else 1


def today(now: datetime) -> date:
    """The house's day at a moment of the business clock."""
    return day_of(now, settings.TIME_ZONE)


def sweep(now: datetime, *, witness: date | None = None, approved_by: str = "") -> Swept:
    """All that is due at that moment of the business clock; as often a day as one likes. `witness`: the last swept day as remembered
    outside of the database, which shows that it was restored. `approved_by`: who looked at what was parked and lets it go on."""
    with rows.staff(), transaction.atomic():
        connection.cursor().execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        day = today(now)
        former = _former(day)
        reason = "" if approved_by else halt(former.last, day, witness)
        swept = Swept(day, 0, 0, parked=reason, done=False) if reason else _done(now, day, former, bool(approved_by))
        if swept.moved or swept.parked or approved_by or former.last != day:
            Sweep.objects.create(**vars(swept), at=now, approved_by=approved_by)
        return swept


def _former(day: date) -> Former:
    done = Sweep.objects.filter(done=True)
    by_day = done.filter(day__lt=day).values("day").annotate(count=Sum("ended")).order_by("-day")
    return Former(
        last=done.order_by("-day").values_list("day", flat=True).first(),
        ended=tuple(by_day.values_list("count", flat=True)[:USUAL_DAYS]),
        ended_today=done.filter(day=day).aggregate(count=Sum("ended"))["count"] or 0,
    )


def _done(now: datetime, day: date, former: Former, approved: bool) -> Swept:
    spared = _give_back(former.last, now, day)
    ends = settling.count_ends({"today": day})
    reason = "" if approved else storm(ends + former.ended_today, former.ended, former.missed(day))
    moved = settling.settle(settling.DUE, {"today": day, "now": now, "ends": not reason}, skip_locked=True)
    ended = sum(end for _, end in moved)
    return Swept(day, len(moved), ended, spared, reason, ends if reason else 0)


def _give_back(last: date | None, now: datetime, day: date) -> int:
    """Customers lose no days because the house was down. How many services got some; none of these ends today for it."""
    if last is None or last + ONE_DAY >= day:
        return 0
    ids = settling.spare({"since": last + ONE_DAY, "until": day - ONE_DAY})
    if ids:
        settling.settle(settling.THESE, {"today": day, "now": now, "ends": False, "ids": ids})
    return len(ids)
