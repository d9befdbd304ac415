"""Services go over to a new version of the policy: at once, a portion a transaction, or as they are renewed.

At once go those whose time has not begun and to whom nothing comes earlier (rules.prospects). All others stay with the version by which
they were told, until they are renewed: then what was said for the time before is compared with what is said for the time after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from gasthof.kernel import rows
from gasthof.slices.lifecycle import judging, policies, settling
from gasthof.slices.lifecycle.knowing import facts_of, policy_of
from gasthof.slices.lifecycle.models import Event, PolicyVersion, Rollout, Service
from gasthof.slices.lifecycle.rules.versions import may_go_over
from gasthof.slices.lifecycle.sweeping import today

Versions = tuple[tuple[int, str], ...]
JOB = "lifecycle.go_over"
PORTION = 5_000  # services
THESE = "s.policy_id <> %(version)s AND s.id > %(after)s AND s.id <= %(upto)s"
BELOW = "s.policy_id <> %(version)s AND s.parent_id = ANY (%(parents)s)"
GO_OVER = """, moved AS (
    UPDATE lifecycle_service s SET policy_id = %(version)s, entry = j.fresh
    FROM judged j WHERE j.id = s.id AND j.fate = 'over' RETURNING s.id, s.revision
), told AS (
    INSERT INTO lifecycle_event (service_id, revision, what, value, due, at)
    SELECT id, revision, 'policy', %(version)s::text, %(today)s, %(now)s FROM moved
)
SELECT id FROM moved"""


def begin(version: PolicyVersion, now: datetime) -> None:
    """All services are looked at for that version from now on, and for no older one."""
    Rollout.objects.filter(done=None).update(done=now)
    Rollout.objects.create(policy=version, versions=[number for number, _ in in_use()])


def in_use(known: Sequence[int] | None = None) -> Versions:
    """Numbers and texts of the versions that services are pinned to which have not ended; all services are looked at, unless the numbers
    are known."""
    pinned = Service.objects.filter(ended=None).order_by().values_list("policy_id", flat=True).distinct()
    numbers = list(pinned) if known is None else known
    return tuple(PolicyVersion.objects.filter(number__in=numbers).order_by("number").values_list("number", "text"))


def go_on(now: datetime) -> bool:
    """A portion of services; whether there is more to do. Killed anywhere it has not happened; two at once do one after the other."""
    with rows.staff(), transaction.atomic():
        going = Rollout.objects.select_for_update(of=("self",)).filter(done=None).select_related("policy").first()
        if going is None:
            return False
        numbers = Service.objects.filter(pk__gt=going.reached).order_by("pk").values_list("pk", flat=True)
        portion = list(numbers[:PORTION])
        if portion:
            these = {"after": going.reached, "upto": portion[-1]}
            moved = _moved(going.policy, in_use(going.versions), now, THESE, these)
            going.reached, going.moved = portion[-1], going.moved + len(moved)
        going.done = None if len(portion) == PORTION else now
        going.save()
        return going.done is None


def _moved(version: PolicyVersion, used: Versions, now: datetime, which: str, where: Mapping[str, object]) -> list[int]:
    others = tuple(each for each in used if each[0] != version.number)
    asked = {
        **judging.values(version.text, others),
        **where,
        "version": version.number,
        "today": today(now),
        "now": now,
    }
    moved = [service for (service,) in settling.query(judging.judged(which, judging.LOCKED) + GO_OVER, asked)]
    settling.settle(settling.THESE, {"today": today(now), "now": now, "ends": False, "ids": moved})
    return moved


def at_renewal(service: Service, first_unpaid: date, now: datetime) -> PolicyVersion | None:
    """The version to which it goes over once it is paid until then; None: it stays where it is."""
    version = PolicyVersion.objects.filter(number__gt=service.policy_id).order_by("number").last()
    row = Service.objects.select_related("parent").filter(pk=service.pk, ended=None).first() if version else None
    if version is None or row is None or row.policy_id == version.number:
        return None
    known, on = facts_of(row, today(now)), today(now)
    paid = replace(known, first_unpaid=first_unpaid, noticed=None, spared=0)
    return version if may_go_over(policy_of(row), policies.of_version(version.number), known, on, paid) else None


def pin(service: Service, version: PolicyVersion, now: datetime) -> None:
    """To that version, which `at_renewal` gave."""
    row = Service.objects.get(pk=service.pk)
    entry = policies.of_version(version.number).of(row.type, row.tld).key
    Service.objects.filter(pk=row.pk).update(policy=version, entry=entry)
    Event.objects.create(
        service=row, revision=row.revision, what="policy", value=str(version.number), due=today(now), at=now
    )


def bring_along(parents: Sequence[int], version: PolicyVersion, now: datetime) -> None:
    """What follows them, now that they are open."""
    below = list(parents)
    while Service.objects.filter(parent__in=below, ended=None).exclude(policy=version).exists():
        below = _moved(version, in_use(), now, BELOW, {"parents": below})
