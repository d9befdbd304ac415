"""What must hold for all facts whatever, and what other systems got wrong."""

import itertools
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gasthof.slices.lifecycle.rules.evaluate import evaluate, phase_on
from gasthof.slices.lifecycle.rules.facts import ABUSE, LEGAL, SECURITY, TAKES, Decision, Facts, Hold, Termination
from gasthof.slices.lifecycle.rules.policy import CAPABILITIES, ENDS, ERASED, RENEWABLE
from gasthof.slices.lifecycle.rules.timeline import as_planned, decisions, timeline, told
from gasthof.slices.lifecycle.tests.policies import (
    EDGES,
    FIRST,
    FOLLOWERS,
    OWN_DAYS,
    SHIPPED,
    days,
    facts,
    firsts,
    holds,
    offsets,
)  # fmt: skip

GONE = (*ENDS, ERASED)


def order(of: Facts, phase: str) -> int:
    names = [each.name for each in SHIPPED.of(of.type, of.tld).phases]
    return [*names, ERASED].index(phase)


@given(facts(), offsets)
def test_next_at_is_exact(of: Facts, offset: int) -> None:
    on = of.first_unpaid + days(offset)
    found = evaluate(SHIPPED, of, on)
    until = found.next_at or on + days(400)
    assert until > on
    assert {phase_on(SHIPPED, of, on + days(n)) for n in range((until - on).days)} == {found.phase}
    assert found.next_at is None or phase_on(SHIPPED, of, until) == found.next_phase != found.phase


@given(facts(), offsets, st.integers(0, 200))
def test_time_goes_one_way(of: Facts, offset: int, later: int) -> None:
    on = of.first_unpaid + days(offset)
    assert order(of, phase_on(SHIPPED, of, on)) <= order(of, phase_on(SHIPPED, of, on + days(later)))


@given(facts(), offsets, st.integers(0, 200))
def test_stepping_equals_jumping(of: Facts, offset: int, later: int) -> None:
    """By next_at from one phase to the next, or at once."""
    on = of.first_unpaid + days(offset)
    to, found = on + days(later), evaluate(SHIPPED, of, on)
    while found.next_at is not None and found.next_at <= to:
        found = evaluate(SHIPPED, of, found.next_at)
    jumped = evaluate(SHIPPED, of, to)
    assert (found.phase, found.next_at) == (jumped.phase, jumped.next_at)
    assert [each for day, each in decisions(SHIPPED, of, on) if day <= to][-1] == jumped


@given(facts(with_end=False), st.integers(1, 4000))
def test_what_is_paid_is_never_destroyed_by_time(of: Facts, ahead: int) -> None:
    """Whatever notices were delivered and holds put. Registries of some TLDs begin five days before."""
    found = evaluate(SHIPPED, of, of.first_unpaid - days(ahead))
    assert not found.ended
    assert ahead <= 5 or (found.phase == "active" and "non_payment" not in found.holds)


@given(facts(), holds, offsets)
def test_holds_commute(of: Facts, put: frozenset[Hold], offset: int) -> None:
    """Together they take what each takes alone, and none of them what another one does: so their order is of no account."""
    on = of.first_unpaid + days(offset)
    free, together = (evaluate(SHIPPED, replace(of, holds=each), on) for each in (frozenset(), put))
    alone = [evaluate(SHIPPED, replace(of, holds=frozenset({each})), on) for each in put]
    assert together.taken == frozenset[str]().union(*(each.taken for each in alone))
    assume(not any(each.ended for each in (free, together, *alone)))
    assert together.capabilities == free.capabilities.intersection(*(each.capabilities for each in alone))
    assert set(together.holds) == set(free.holds).union(*(each.holds for each in alone))


@given(facts(), holds, offsets)
def test_a_hold_takes_and_never_gives(of: Facts, more: frozenset[Hold], offset: int) -> None:
    on = of.first_unpaid + days(offset)
    without, held = (evaluate(SHIPPED, each, on) for each in (of, replace(of, holds=of.holds | more)))
    assume(without.phase == held.phase)
    assert held.capabilities <= without.capabilities


@given(facts(), st.integers(1, 800), offsets)
def test_a_payment_lifts_the_hold_of_non_payment_and_nothing_else(of: Facts, paid: int, offset: int) -> None:
    on = of.first_unpaid + days(offset)
    before = evaluate(SHIPPED, of, on)
    after = evaluate(SHIPPED, replace(of, first_unpaid=on + days(10 + paid)), on)
    assume(not before.ended and not after.ended)
    assert set(before.holds) - set(after.holds) <= {"non_payment"} and set(after.holds) <= set(before.holds)


@given(facts(), offsets, st.integers(0, 500))
def test_an_ended_service_is_not_revived_by_a_payment(of: Facts, offset: int, paid: int) -> None:
    on = of.first_unpaid + days(offset)
    ended = replace(of, ended=on, first_unpaid=on + days(paid))
    assert phase_on(SHIPPED, ended, on) in GONE and phase_on(SHIPPED, ended, on + days(paid)) in GONE


@given(facts(with_end=False), st.integers(-60, 2000))
def test_time_deletes_nothing_without_a_notice_that_is_old_enough(of: Facts, offset: int) -> None:
    on = of.first_unpaid + days(offset)
    if of.noticed is None or (on - of.noticed).days < SHIPPED.notice_days:
        assert phase_on(SHIPPED, of, on) not in GONE


@given(st.sampled_from(FOLLOWERS), facts(), holds, offsets)
def test_a_child_is_not_served_while_its_parent_is_gone(
    child: str, of: Facts, own: frozenset[Hold], offset: int
) -> None:
    on = of.first_unpaid + days(offset)
    parent = evaluate(SHIPPED, of, on)
    below = evaluate(SHIPPED, Facts(child, holds=own, parent=parent), on)
    with_own_days = evaluate(SHIPPED, Facts("shop", "", on + days(100), parent=parent), on)
    if parent.ended:
        assert "served" not in below.capabilities | with_own_days.capabilities and set(below.holds) >= PARENT_TOLD
    assert not parent.taken & below.capabilities or below.ended


PARENT_TOLD = {"parent"}


@given(st.sampled_from(FOLLOWERS), facts(), holds, holds, offsets)
def test_a_parents_hold_takes_and_gives_back_exactly_its_own(
    child: str, of: Facts, own: frozenset[Hold], put: frozenset[Hold], offset: int
) -> None:
    on = of.first_unpaid + days(offset)
    above = [evaluate(SHIPPED, replace(of, holds=each), on) for each in (frozenset(), put)]
    assume(above[0].phase == above[1].phase)  # what is kept as evidence ends later
    lifted, held = (evaluate(SHIPPED, Facts(child, holds=own, parent=each), on) for each in above)
    took = frozenset[str]().union(*(TAKES[each.kind] for each in put))
    assert held.taken == lifted.taken | took
    assert lifted.ended or held.capabilities == lifted.capabilities - took
    assert set(held.holds) - PARENT_TOLD == set(lifted.holds) - PARENT_TOLD


def below(child: str, above: Facts, on: date) -> Facts:
    """Facts of a child, whose parent's course is known."""
    now, *later = decisions(SHIPPED, above, on)
    return Facts(child, parent=now[1], ahead=tuple(later))


@given(st.sampled_from(FOLLOWERS), st.sampled_from([None, *FOLLOWERS]), facts(), st.integers(-60, 100))
def test_a_childs_course_is_what_follows_from_its_parents_day_by_day(
    child: str, between: str | None, of: Facts, offset: int
) -> None:
    """All of it, not only what comes next: below a service with days of its own, and below what follows such a one."""
    on = of.first_unpaid + days(offset)
    parent = of if between is None else below(between, of, on)
    known = below(child, parent, on)

    def above(day: date) -> Decision:
        own = evaluate(SHIPPED, of, day)
        return own if between is None else evaluate(SHIPPED, Facts(between, parent=own), day)

    seen = [phase_on(SHIPPED, Facts(child, parent=above(on + days(n))), on + days(n)) for n in range(260)]
    said = [(step.day, step.phase) for step in timeline(SHIPPED, known, on) if step.day < on + days(260)]
    assert said == [(on + days(n), phase) for n, phase in enumerate(seen) if n == 0 or seen[n - 1] != phase]


@given(facts(), st.integers(-60, 100))
def test_the_timeline_is_what_stepping_day_by_day_shows(of: Facts, offset: int) -> None:
    on = of.first_unpaid + days(offset)
    planned = as_planned(SHIPPED, of, on)
    steps, before = timeline(SHIPPED, planned, on), evaluate(SHIPPED, planned, on)
    seen = [(on, before.phase)]
    for n in range(1, 260):
        now = evaluate(SHIPPED, planned, on + days(n))
        if (now.phase, now.capabilities) != (before.phase, before.capabilities):
            seen.append((on + days(n), now.phase))
            step = next(each for each in steps if each.day == on + days(n))
            assert set(step.lost) == before.capabilities - now.capabilities
            assert set(step.gained) == now.capabilities - before.capabilities
        before = now
    assert [(step.day, step.phase) for step in steps if step.day <= on + days(259)] == seen
    assert all(
        step.last is None or step.last + days(1) == following.day for step, following in itertools.pairwise(steps)
    )


def test_what_is_told_of_a_machine_that_is_not_paid() -> None:
    planned = as_planned(SHIPPED, Facts("vps", "", FIRST), FIRST - days(40))
    steps = timeline(SHIPPED, planned, FIRST - days(40))
    assert [(step.day - FIRST).days for step in steps] == [-40, 0, 30, 44]
    assert [step.renewal for step in steps] == ["renewable", "renewable", "restorable", ""]
    assert [step.fees for step in steps] == [(), (), ("restore",), ()]
    assert [step.saved for step in steps] == [(), (), ("image",), ()]
    assert [each.notice.name for each in told(SHIPPED, planned, FIRST)] == [
        "closed",
        "deletion_near",
        "deletion_tomorrow",
    ]


def test_de_can_be_renewed_by_fee_from_five_days_before_its_expiry() -> None:
    steps = timeline(SHIPPED, Facts("domain", "de", FIRST, noticed=FIRST - days(30)), FIRST - days(10))
    assert [((step.day - FIRST).days, step.renewal, step.fees) for step in steps] == [
        (-10, "renewable", ()), (-5, "renewable_by_fee", ("registry",)), (55, "", ()),
    ]  # fmt: skip


@given(facts(), st.dates())
def test_it_answers_for_every_day_of_the_calendar(of: Facts, on: date) -> None:
    found = evaluate(SHIPPED, of, on)
    assert found.capabilities <= set(CAPABILITIES) and found.explain


@pytest.mark.parametrize("first", [date.min, date.max])
@pytest.mark.parametrize(("type_", "tld"), OWN_DAYS)
def test_the_calendars_ends_do_no_harm(type_: str, tld: str, first: date) -> None:
    for on in (date.min, date.max, *EDGES):
        assert evaluate(SHIPPED, Facts(type_, tld, first, noticed=first, ended=None), on).phase


# What other systems shipped


def test_a_registry_date_of_1969_changes_nothing_and_is_told() -> None:
    of = Facts("domain", "de", FIRST, noticed=FIRST)
    on = FIRST - days(100)
    plain, odd = evaluate(SHIPPED, of, on), evaluate(SHIPPED, replace(of, registry=date(1969, 12, 31)), on)
    assert plain == odd and [reason.code for reason in odd.explain] == ["paid", "registry_date_impossible"]


def test_grace_is_not_counted_twice() -> None:
    """A later look, or a hold that came and went, adds no days."""
    of = Facts("hosting", "", FIRST, noticed=FIRST)
    held = replace(of, holds=frozenset({Hold(ABUSE, "staff:anna")}))
    assert evaluate(SHIPPED, held, FIRST + days(90)).phase == "suspended"
    assert evaluate(SHIPPED, replace(held, holds=frozenset()), FIRST + days(90)).phase == "erased"
    assert evaluate(SHIPPED, of, FIRST + days(59)).next_at == FIRST + days(60)


def test_a_paid_service_under_abuse_is_held_and_never_deleted() -> None:
    of = Facts("hosting", "", FIRST, noticed=FIRST - days(900), holds=frozenset({Hold(ABUSE, "staff:anna", "V-7", 1)}))
    found = evaluate(SHIPPED, of, FIRST - days(1))
    assert (found.phase, found.holds) == ("active", ("abuse",)) and "served" not in found.capabilities
    assert found.next_phase == "suspended"


def test_a_wish_to_end_that_was_withdrawn_blocks_no_renewal() -> None:
    wish = Termination(FIRST, "owner:köchin", "second factor", revoked=FIRST - days(3))
    of = Facts("hosting", "", FIRST, termination=wish)
    assert RENEWABLE in evaluate(SHIPPED, of, FIRST).capabilities
    assert evaluate(SHIPPED, replace(of, first_unpaid=FIRST + days(365)), FIRST + days(1)).phase == "active"


def test_suspending_first_refuses_no_payment() -> None:
    for type_, tld in OWN_DAYS:
        of = Facts(type_, tld, FIRST, noticed=FIRST - days(60), holds=frozenset({Hold(SECURITY, "rspamd")}))
        for phase in SHIPPED.of(type_, tld).phases[1:-1]:
            can = evaluate(SHIPPED, of, FIRST + days(phase.start or 0)).capabilities
            assert {"renewable", "renewable_by_fee"} & can


def test_evidence_is_not_deleted_even_by_a_wish() -> None:
    wish = Termination(FIRST, "owner:köchin", "second factor")
    of = Facts("hosting", "", FIRST, termination=wish, holds=frozenset({Hold(LEGAL, "gericht", "12 O 7/27")}))
    assert evaluate(SHIPPED, of, FIRST + days(900)).phase == "suspended"
    assert evaluate(SHIPPED, replace(of, holds=frozenset()), FIRST).phase == "deleted"


def test_a_severe_breach_ends_at_once() -> None:
    wish = Termination(FIRST, "staff:anna", "two people")
    of = Facts(
        "hosting", "", FIRST + days(300), termination=wish, holds=frozenset({Hold(ABUSE, "staff:anna", "V-7", 2)})
    )
    assert evaluate(SHIPPED, of, FIRST).phase == "deleted"


@given(firsts, st.integers(0, 30))
def test_days_that_the_house_was_down_are_given_back(first: date, spared: int) -> None:
    of = Facts("hosting", "", first, noticed=first, spared=spared)
    assert evaluate(SHIPPED, of, first).next_at == first + days(60 + spared)
    registry = replace(of, type="domain", tld="cz")
    assert phase_on(SHIPPED, registry, first + days(60)) == "released"
