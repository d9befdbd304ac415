"""Benchmark "sweep": the daily sweep over 1,000,000 services on PostgreSQL.

- day_s: one day's sweep with all that belongs to it, median of three days.
- audit_s: the nightly audit of all services against the pure function.
- ratio_to_row_loop: a day by a loop over its rows, against a day by the sweep, each by the services that it moved.
- preview_s: what a new version of the policy would do to all services, from its text to the figures; median of three.
A sweep after nine days without one is told beside them, and how long all services take to go over to that version.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from gasthof.bench.figures import case, machine, target
from gasthof.bench.platform import fresh, stop_agent
from gasthof.prefix import Prefix

SERVICES, SMALL = 1_000_000, 5_000
DAYS = 3
NOON = datetime(2027, 2, 1, 12, 0, tzinfo=UTC)
LIMITS = {"day_s": 1.0, "audit_s": 5.0, "preview_s": 10.0}
LEAST_RATIO = 20
PERSON = "bench"


def run(small: bool) -> dict[str, Any]:
    """{"bench", "machine", "cases", "targets"}; at full size some six minutes. RuntimeError: the audit found a difference."""
    services = SMALL if small else SERVICES
    with fresh() as prefix:
        stop_agent(prefix)
        return _measured(prefix, services)


def _measured(prefix: Prefix, services: int) -> dict[str, Any]:
    from gasthof.bench import services as ground
    from gasthof.slices.lifecycle import policies
    from gasthof.slices.lifecycle.sweeping import today

    version = policies.take(policies.shipped(), NOON)
    filling, _ = _timed(lambda: ground.fill(prefix, services, version, NOON, today(NOON)))
    beginning, _ = _swept(0)
    ground.settle(prefix)
    days = [_swept(day) for day in range(1, DAYS + 1)]
    loop, looped = _timed(lambda: ground.loop(_at(DAYS + 1), today(_at(DAYS + 1))))
    _swept(DAYS + 1)
    outage, missed = _swept(DAYS + 1 + 10)
    audits = [_audited(today(_at(DAYS + 1 + 10))) for _ in range(DAYS)]
    ground.pay(prefix)
    previews, rolled, portions = _new_version(_at(DAYS + 1 + 10))
    each = median(seconds / moved for seconds, moved in days)
    cases = [
        case("writing the services", [filling], "s"),
        case("first sweep, which brings each to its day", [beginning], "s"),
        case("one day", [seconds for seconds, _ in days], "s"),
        case("one day, services moved", [moved for _, moved in days], ""),
        case("one day by a loop over its rows", [loop], "s"),
        case("one day by a loop, services moved", [looped], ""),
        case("after nine days without a sweep", [outage], "s"),
        case("after nine days, services moved", [missed], ""),
        case("audit of all", audits, "s"),
        case("preview of a new version of the policy", previews, "s"),
        case("going over to it, all services", [sum(portions)], "s"),
        case("going over to it, a portion", portions, "s"),
        case("going over to it, services that did", [rolled], ""),
    ]
    targets = [
        target(f"day_s@{services}", median(seconds for seconds, _ in days), LIMITS["day_s"]),
        target(f"audit_s@{services}", median(audits), LIMITS["audit_s"]),
        target(f"preview_s@{services}", median(previews), LIMITS["preview_s"]),
        target("ratio_to_row_loop", loop / looped / each, LEAST_RATIO, least=True),
    ]
    return {"bench": "sweep", "machine": machine(), "cases": cases, "targets": targets}


def _new_version(now: datetime) -> tuple[list[float], int, list[float]]:
    """Seconds of each preview, services that went over, seconds of each portion. E-mail packages are kept for a week longer."""
    from gasthof.slices.lifecycle import policies, previewing, rollout
    from gasthof.slices.lifecycle.models import Rollout

    text = policies.draft(policies.shipped()).replace("from = 14,", "from = 21,")
    previews = [_timed(lambda: previewing.previewed(text, now))[0] for _ in range(DAYS)]
    rollout.begin(policies.take(text, now, PERSON), now)
    portions, more = [], True
    while more:
        seconds, more = _timed(lambda: rollout.go_on(now))
        portions.append(seconds)
    return previews, Rollout.objects.get(policy=policies.newest()).moved, portions


def _at(day: int) -> datetime:
    return NOON + timedelta(days=day)


def _swept(day: int) -> tuple[float, int]:
    """Seconds, and how many moved. A person agrees beforehand: what is usual is not known yet."""
    from gasthof.slices.lifecycle.rules.brake import JUMP
    from gasthof.slices.lifecycle.sweeping import Approval, sweep, today

    agreed = Approval(PERSON, today(_at(day)), JUMP, SERVICES)
    seconds, swept = _timed(lambda: sweep(_at(day), approved=agreed))
    return seconds, swept.moved


def _audited(day: date) -> float:
    from gasthof.slices.lifecycle.auditing import audit
    from gasthof.slices.lifecycle.models import Service

    seconds, found = _timed(lambda: audit(day))
    if found.differences or found.loose or found.services != Service.objects.count() or found.late:
        raise RuntimeError(f"the audit found {found}")
    return seconds


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found
