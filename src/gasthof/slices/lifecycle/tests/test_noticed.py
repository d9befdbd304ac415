"""Time deletes nothing but what was told of since nothing keeps it any more, in this unpaid time, and long enough before."""

from datetime import date, datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gasthof.slices.lifecycle import changing
from gasthof.slices.lifecycle.models import Hold, Service
from gasthof.slices.lifecycle.rules import facts
from gasthof.slices.lifecycle.rules.facts import ABUSE, KEEPS, LEGAL, SECURITY
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.lifecycle.tests.conftest import Trade, noon
from gasthof.slices.lifecycle.tests.policies import FIRST, SHIPPED, days

pytestmark = pytest.mark.django_db
STEPS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["told", ABUSE, LEGAL, SECURITY, "lift", "pay"])),
    min_size=3,
    max_size=8,
)


class Memory:
    """What a careful reader of the calendar would remember."""

    def __init__(self) -> None:
        self.told: date | None = None

    def keeps(self, service: Service) -> bool:
        return Hold.objects.filter(service=service, lifted=None, kind__in=KEEPS).exists()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_comes_a_deletion_was_told_of(trade: Trade, steps: list[tuple[int, str]]) -> None:
    with transaction.atomic():
        service, memory, day = trade.begin("mail", FIRST, FIRST - days(9)), Memory(), FIRST - days(9)
        for later, step in steps:
            for _ in range(later):
                day += days(1)
                sweep(noon(day))
                if Service.objects.get(pk=service.pk).ended:
                    assert memory.told is not None and day >= memory.told + days(SHIPPED.notice_days)
                    assert not memory.keeps(service)
                    transaction.set_rollback(True)
                    return
            _taken(service, memory, step, day)
        transaction.set_rollback(True)


def _taken(service: Service, memory: Memory, step: str, day: date) -> None:
    now: datetime = noon(day)
    if step == "told":
        changing.notice_delivered(service, day, now)
        memory.told = memory.told or day
    elif step == "pay":
        before = Service.objects.get(pk=service.pk).first_unpaid
        changing.paid_until(service, day + days(20), now)
        memory.told = None if before and day + days(20) > before else memory.told
    elif step == "lift":
        for held in Hold.objects.filter(service=service, lifted=None):
            memory.told = None if held.kind in KEEPS else memory.told
            changing.lift_hold(held, now)
    else:
        changing.put_hold(service, facts.Hold(step, "staff:anna"), now)
