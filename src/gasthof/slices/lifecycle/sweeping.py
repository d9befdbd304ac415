"""The sweep: everything that time does to services up to a day, in one transaction, after the brake was asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from gasthof.kernel import rows
from gasthof.slices.lifecycle import settling, witness
from gasthof.slices.lifecycle.models import Sweep
from gasthof.slices.lifecycle.rules.brake import USUAL_DAYS, halt, storm
from gasthof.slices.lifecycle.rules.days import day_of

ONE_AT_A_TIME = 7_305_001  # PostgreSQL's advisory lock: two at once would give back an outage's days twice
ONE_DAY = timedelta(days=1)
Before = Callable[[datetime], None]


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
class Approval:
    """What a person has looked at and lets go on: that day's halt, or so many ends, and nothing else."""

    by: str
    day: date
    reason: str = ""  # rules.brake
    ends: int = 0


NOTHING = Approval("", date.min)


@dataclass(frozen=True)
class Former:
    """Sweeps before this one."""

    last: date | None  # day of the last one that was done
    waits: tuple[date, str, int] | None  # of the last one: day, why it was parked, how many ends wait
    ended: tuple[int, ...]  # services, on each of the last days before this one
    ended_today: int

    def missed(self, day: date) -> int:
        return (day - self.last).days if self.last else 1

    def outage(self, day: date) -> dict[str, date]:
        """`since` and `until`: the first and the last day without a sweep; empty: there were none."""
        if self.last is None or self.last + ONE_DAY >= day:
            return {}
        return {"since": self.last + ONE_DAY, "until": day - ONE_DAY}


def today(now: datetime) -> date:
    """The house's day at a moment of the business clock."""
    return day_of(now, settings.TIME_ZONE)


def sweep(now: datetime, *, approved: Approval | None = None, before: Before | None = None) -> Swept:
    """All that is due at that moment of the business clock; as often a day as one likes. The last day is remembered beside the
    database too (witness.py), as that may be put back to an older state. `before`: what is done first, unless nothing at all is."""
    with rows.staff(), transaction.atomic():
        connection.cursor().execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        day = today(now)
        former = _former(day)
        lets = approved if approved and approved.day == day else NOTHING
        remembered = witness.remembered()
        reason = halt(former.last, day, remembered)
        if reason in {"", lets.reason}:
            if before is not None:
                before(now)
            swept = _done(now, day, former, lets)
            if remembered != day:
                transaction.on_commit(partial(witness.remember, day))
        else:
            swept = Swept(day, 0, 0, parked=reason, done=False)
        _note(swept, former, now, lets.by)
        return swept


def _note(swept: Swept, former: Former, now: datetime, by: str) -> None:
    """What waits is noted once, however often it is tried: people agree to what they have looked at."""
    if swept.parked and not (swept.moved or by) and former.waits == (swept.day, swept.parked, swept.waiting):
        return
    if swept.moved or swept.parked or by or former.last != swept.day:
        Sweep.objects.create(**vars(swept), at=now, approved_by=by)


def _former(day: date) -> Former:
    done = Sweep.objects.filter(done=True)
    by_day = done.filter(day__lt=day).values("day").annotate(count=Sum("ended")).order_by("-day")
    return Former(
        last=done.order_by("-pk").values_list("day", flat=True).first(),
        waits=Sweep.objects.order_by("-pk").values_list("day", "parked", "waiting").first(),
        ended=tuple(by_day.values_list("count", flat=True)[:USUAL_DAYS]),
        ended_today=done.filter(day=day).aggregate(count=Sum("ended"))["count"] or 0,
    )


def _done(now: datetime, day: date, former: Former, lets: Approval) -> Swept:
    """After an outage customers are given its days back: they lose none because the house was down."""
    outage = former.outage(day)
    due, late = (settling.DUE_LATE, settling.LATE) if outage else (settling.DUE, settling.DUE)
    ends = settling.count_ends(due, {"today": day, **outage})
    reason = "" if ends <= lets.ends else storm(ends + former.ended_today, former.ended, former.missed(day))
    settled = settling.settle(late, {"today": day, "now": now, "ends": not reason, **outage})
    return Swept(day, *settled, reason, ends if reason else 0)
