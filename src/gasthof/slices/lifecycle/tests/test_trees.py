"""SQL against the pure function for services that hang on others, from first days where counting is easily wrong, swept around midnight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as house_settings
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gasthof.slices.lifecycle import changing
from gasthof.slices.lifecycle.auditing import audit
from gasthof.slices.lifecycle.included import MAIL
from gasthof.slices.lifecycle.models import Event, Hold, Service, Work
from gasthof.slices.lifecycle.rules import facts
from gasthof.slices.lifecycle.rules.facts import PUT, Termination
from gasthof.slices.lifecycle.sweeping import sweep, today
from gasthof.slices.lifecycle.tests.conftest import Trade, noon
from gasthof.slices.lifecycle.tests.policies import EDGES, FOLLOWERS, OWN_DAYS, days

pytestmark = pytest.mark.django_db
DB = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
CLOCK = st.sampled_from(
    [time(0, 0), time(0, 1), time(2, 30), time(12, 0), time(23, 59)]
)  # 2:30 is not, or twice, when clocks are set
DOES = ("sweep", "pay", "hold", "lift", "wish", "revoke", "notice")


@dataclass(frozen=True)
class Act:
    """Days later, at an hour, to the service of that place in the tree."""

    later: int
    at: time
    what: str
    to: int
    kind: str  # of a hold


ACTS = st.lists(
    st.builds(Act, st.integers(0, 25), CLOCK, st.sampled_from(DOES), st.integers(0, 4), st.sampled_from(PUT)),
    min_size=2,
    max_size=9,
)
BELOW = st.lists(st.tuples(st.sampled_from([*FOLLOWERS, "shop", "mail"]), st.integers(0, 3)), min_size=1, max_size=4)


def moment(day: date, at: time) -> datetime:
    """Of the house's own clock on the wall."""
    found = datetime.combine(day, at, ZoneInfo(house_settings.TIME_ZONE)).astimezone(UTC)
    assert today(found) == day
    return found


def grown(trade: Trade, kind: tuple[str, str], below: Sequence[tuple[str, int]], first: date) -> list[Service]:
    """The first one has days of its own, and all others hang on one before them."""
    begun = first - days(40)
    made = [trade.begin(kind[0], first, begun, tld=kind[1])]
    for type_, above in below:
        own, parent = None if type_ in FOLLOWERS else first + days(9), made[above % len(made)]
        second = type_ == MAIL and parent.children.filter(type=MAIL).exists()  # there is one of it
        made.append(trade.begin("subserver" if second else type_, own, begun, parent=parent))
    return made


def act(tree: Sequence[Service], one: Act, now: datetime) -> None:
    service = Service.objects.get(pk=tree[one.to % len(tree)].pk)
    if one.what == "pay" and service.first_unpaid:
        changing.paid_until(service, service.first_unpaid + days(30), now)
    elif one.what == "hold" and not service.ended:
        changing.put_hold(service, facts.Hold(one.kind, "staff:anna"), now)
    elif one.what == "lift":
        for held in Hold.objects.filter(service=service, lifted=None)[:1]:
            changing.lift_hold(held, now)
    elif one.what == "wish" and not service.ended and not service.terminations.filter(revoked=None).exists():
        changing.terminate(service, Termination(today(now) + days(one.to * 3), "owner:köchin", "code"), now)
    elif one.what == "revoke":
        for wish in service.terminations.filter(revoked=None):
            changing.revoke(wish, now)
    elif one.what == "notice":
        changing.notice_delivered(service, today(now), now)


def written() -> list[list[Mapping[str, object]]]:
    return [list(model.objects.order_by("pk").values()) for model in (Service, Event, Work)]


@DB
@given(st.sampled_from(OWN_DAYS), BELOW, ACTS, st.sampled_from(EDGES))
def test_sql_equals_python_for_what_hangs_on_others(
    trade: Trade, kind: tuple[str, str], below: list[tuple[str, int]], acts: list[Act], first: date
) -> None:
    """And twice swept it is swept once, and nothing is open below what has ended."""
    with transaction.atomic():
        tree, day = grown(trade, kind, below, first), first - days(9)
        for one in acts:
            day += days(one.later)
            now = moment(day, one.at)
            assert sweep(now).parked == ""
            act(tree, one, now)
            found = audit(day)
            assert (found.differences, found.loose) == ((), ()), one
            sweep(now)
            before = written()
            assert (sweep(now).moved, written()) == (0, before)
            assert not Service.objects.filter(parent__ended__isnull=False, ended=None, closed=False).exists()
        transaction.set_rollback(True)


FIELDS = ("phase", "closed", "held", "taken", "takes", "keeps", "due_at", "ended")


def standing(services: Sequence[Service]) -> list[tuple[object, ...]]:
    return [Service.objects.values_list(*FIELDS).get(pk=each.pk) for each in services]


@DB
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(PUT), st.booleans()), max_size=5),
    st.randoms(use_true_random=False),
)
def test_holds_commute_and_each_lifts_exactly_itself(
    trade: Trade, holds: list[tuple[int, str, bool]], chance: object
) -> None:
    """Put in any order, some of them lifted in any other, on a service or on what it belongs to: as if the others alone had been put."""
    begun = noon(EDGES[0])
    with transaction.atomic():
        found, wanted = (_three(trade) for _ in range(2))
        chance.shuffle(holds)
        put = [
            (changing.put_hold(found[to], facts.Hold(kind, f"staff:{nth}"), begun), lifted)
            for nth, (to, kind, lifted) in enumerate(holds)
        ]
        chance.shuffle(put)
        for held, lifted in put:
            if lifted:
                changing.lift_hold(held, begun)
        for to, kind, lifted in sorted(holds):
            if not lifted:
                changing.put_hold(wanted[to], facts.Hold(kind, "staff:anna"), begun)
        assert standing(found) == standing(wanted)
        assert audit(EDGES[0]).differences == ()
        transaction.set_rollback(True)


def _three(trade: Trade) -> list[Service]:
    first = EDGES[0]
    parent = trade.begin("multihosting", first + days(30), first)
    child = trade.begin("subserver", None, first, parent=parent)
    return [parent, child, trade.begin("dns", None, first, parent=child)]
