"""Services of all types for a benchmark, written by one statement, and the loop over rows that the sweep is measured against."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import connection, transaction

from gasthof.bootstrap.postgres import DATABASE
from gasthof.bootstrap.programs import cluster
from gasthof.prefix import Prefix
from gasthof.slices.lifecycle.models import Event, PolicyVersion, Service, Work
from gasthof.slices.lifecycle.policies import of_version
from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import Decision, Facts, Hold, Termination
from gasthof.slices.lifecycle.rules.policy import Policy

CUSTOMERS = 10_000
ENTRIES = (
    "hosting", "mail", "domain.de", "domain.cz", "domain.com", "vps", "hosting", "shop", "domain", "multihosting", "builder",
    "domain.eu",
)  # fmt: skip
# Each day of a year as many expire; whoever does not pay was told long before.
FILL = """
WITH customers AS (
    INSERT INTO accounts_customer (name, language, created, resells)
    SELECT 'Köchin ' || n, 'de', %(now)s, false FROM generate_series(1, %(customers)s) n RETURNING number
), numbered AS (SELECT array_agg(number) AS numbers FROM customers)
INSERT INTO lifecycle_service (customer_id, type, tld, name, unicode, policy_id, entry, created, first_unpaid, noticed, spared, keeps, nth, phase,
    due_at, revision)
SELECT numbers[1 + n %% %(customers)s], split_part(e.entry, '.', 1), split_part(e.entry, '.', 2), 'xn--kche-0ra-' || n || '.test', 'küche-' || n || '.test',
    %(policy)s, e.entry, %(now)s, %(today)s + n %% 365 - 90, %(today)s - 100, 0, 0, 0, 'active', %(today)s, 0
FROM numbered, generate_series(1, %(services)s) n, LATERAL (SELECT (%(entries)s::text[])[1 + (n / 365) %% %(kinds)s] AS entry) e"""

PAY = """
UPDATE lifecycle_service SET noticed = NULL, spared = 0, nth = 0, phase = 'active', first_unpaid = first_unpaid + 365,
    due_at = first_unpaid + 365 WHERE ended IS NULL"""


def fill(prefix: Prefix, services: int, version: PolicyVersion, now: datetime, today: date) -> None:
    """All stand at their beginning, so that a first sweep brings each to its day. PostgreSQL is told what there is, as it would know."""
    values: dict[str, Any] = {
        "customers": min(CUSTOMERS, services), "services": services, "policy": version.number, "now": now, "today": today,
        "entries": list(ENTRIES), "kinds": len(ENTRIES),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(FILL, values)
    settle(prefix)


def pay(prefix: Prefix) -> None:
    """Of those that have not ended each is paid for a year more and was told nothing since, so that its time has not begun."""
    with connection.cursor() as cursor:
        cursor.execute(PAY)
    settle(prefix)


def settle(prefix: Prefix) -> None:
    """What autovacuum does a while after much was written."""
    cluster(prefix).psql("VACUUM ANALYZE", DATABASE)


def loop(now: datetime, today: date) -> int:
    """A day as billing systems do it: row by row, each in a transaction of its own. How many moved."""
    due = list(Service.objects.filter(due_at__lte=today).order_by("pk").values_list("pk", flat=True))
    version = cache(of_version)
    return sum(_one(number, version, now, today) for number in due)


@transaction.atomic
def _one(number: int, version: Callable[[int], Policy], now: datetime, today: date) -> bool:
    service = Service.objects.select_for_update().get(pk=number)
    policy = version(service.policy_id)
    decision = evaluate(policy, _facts(service), today)
    moved = decision.phase != service.phase
    _write(service, policy, decision, now, today)
    return moved


def _facts(service: Service) -> Facts:
    wish = service.terminations.filter(revoked=None).first()
    return Facts(
        type=service.type,
        tld=service.tld,
        first_unpaid=service.first_unpaid,
        holds=frozenset(Hold(hold.kind, hold.source) for hold in service.holds.filter(lifted=None)),
        termination=Termination(wish.effective, wish.by, wish.authorised) if wish else None,
        noticed=service.noticed,
        spared=service.spared,
        ended=service.ended,
    )


def _write(service: Service, policy: Policy, decision: Decision, now: datetime, today: date) -> None:
    phases = policy.of(service.type, service.tld).phases
    names = [phase.name for phase in phases]
    service.nth = names.index(decision.phase) if decision.phase in names else len(names)
    does = phases[service.nth].does if service.nth < len(phases) else "erase"
    service.phase, service.ended, service.due_at = decision.phase, decision.ended_on, decision.next_at
    service.revision += 1
    service.save()
    Event.objects.create(
        service=service, revision=service.revision, what="phase", value=service.phase, due=today, at=now
    )
    Work.objects.create(service=service, revision=service.revision, action=does, target=service.type, at=now)
