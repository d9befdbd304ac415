"""What a text would change, before it is taken: for the page, the command line and programs alike."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from gasthof.kernel.actions import Result
from gasthof.slices.lifecycle import policies, rollout, simulating, wording
from gasthof.slices.lifecycle.models import PolicyVersion, Service
from gasthof.slices.lifecycle.rules.policy import policy
from gasthof.slices.lifecycle.rules.prospects import COURSE, EARLIER, OVER, Prospect
from gasthof.slices.lifecycle.simulating import OfMonth, OfType
from gasthof.slices.lifecycle.sweeping import today


def previewed(text: str, now: datetime) -> Result:
    """Digest, differences in words, and the simulation over all services. Raises Refused."""
    before = policies.newest()
    after = policies.successor(text, before)
    simulation = simulating.simulate(text, today(now))
    return {
        "version": after.version,
        "digest": policies.digest(text),
        "changes": [vars(each) for each in wording.differences(policy(before.text) if before else after, after)],
        "services": simulation.count(),
        "over": simulation.count(OVER),
        "moved": simulation.moved,
        "in_course": simulation.count(COURSE),
        "earlier": simulation.count(EARLIER),
        "types": [_of_type(each) for each in simulation.types],
        "months": [_of_month(each) for each in simulation.months],
        "samples": [_sample(row, found) for row, found in simulating.samples(text, today(now), simulation)],
    }


def taken(text: str, now: datetime, by: str) -> PolicyVersion:
    """Kept and compiled; services begin to go over. Raises Refused."""
    policies.successor(text, policies.newest())
    version = policies.take(text, now, by)
    rollout.begin(version, now)
    return version


def _of_type(found: OfType) -> Mapping[str, object]:
    return {
        "entry": found.entry,
        "over": found.fates[OVER],
        "in_course": found.fates[COURSE],
        "earlier": found.fates[EARLIER],
        "next": _by_days(found.next_days),
        "end": _by_days(found.end_days),
    }


def _by_days(counted: Counter[int]) -> list[Mapping[str, int]]:
    return [{"days": days, "services": services} for days, services in sorted(counted.items())]


def _of_month(found: OfMonth) -> Mapping[str, object]:
    return {**vars(found), "month": found.month.isoformat()[:7]}


def _sample(row: Service, found: Prospect) -> Mapping[str, object]:
    said: dict[str, date | None] = {
        name: getattr(found, name) for name in ("next_from", "next_to", "end_from", "end_to")
    }
    return {
        "service": row.pk,
        "name": row.unicode,
        "type": row.type,
        "customer": row.customer_id,
        "customer_name": row.customer.name,
        **{name: day.isoformat() if day else None for name, day in said.items()},
    }
