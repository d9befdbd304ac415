"""What holds on which day: the spec's rows day by day, and what must hold for all facts whatever."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gasthof.slices.lifecycle.rules.evaluate import PUT, Facts, Hold, Termination, evaluate, phase_on
from gasthof.slices.lifecycle.rules.policy import ABILITIES, policy
from gasthof.slices.lifecycle.rules.timeline import notices, timeline
from gasthof.slices.lifecycle.tests.test_policy import SHIPPED

POLICY = policy(SHIPPED)
FIRSTS = (
    date(2027, 3, 3),
    date(2028, 2, 29),
    date(2026, 12, 31),
    date(2027, 1, 31),
    date(2027, 3, 28),
    date(2027, 10, 31),
)
"""First unpaid days: an ordinary one, a leap day, ends of year and month, both days on which clocks are set."""

# row -> phases with their first and last day; day 0 is the first unpaid one
ROWS: dict[str, list[tuple[str, int | None, int | None]]] = {
    "hosting": [("active", None, -1), ("suspended", 0, 59), ("deleted", 60, None)],
    "multihosting": [("active", None, -1), ("suspended", 0, 59), ("deleted", 60, None)],
    "builder": [("active", None, -1), ("suspended", 0, 59), ("deleted", 60, None)],
    "mail": [("active", None, -1), ("suspended", 0, 13), ("deleted", 14, None)],
    "shop": [("active", None, -1), ("suspended", 0, 59), ("deleted", 60, None)],
    "vms": [("active", None, -1), ("suspended", 0, 29), ("deleted", 30, None)],
    "vps": [("active", None, -1), ("suspended", 0, 29), ("deleted", 30, None)],
    "aps": [("active", None, -1), ("suspended", 0, 29), ("deleted", 30, None)],
    "domain.cz": [("active", None, -1), ("protected", 0, 29), ("out_of_zone", 30, 59), ("released", 60, None)],
    "domain.sk": [("active", None, -1), ("frozen", 0, 39), ("released", 40, None)],
    "domain.de": [("active", None, -6), ("quarantine", -5, 54), ("released", 55, None)],
    "domain.at": [("active", None, -6), ("quarantine", -5, 34), ("released", 35, None)],
    "domain.eu": [("active", None, -6), ("quarantine", -5, 34), ("released", 35, None)],
    "domain.com": [("active", None, -1), ("renewable", 0, 29), ("quarantine", 30, 59), ("pending_delete", 60, 64), ("released", 65, None)],
}  # fmt: skip
SAVED_BY = {  # (type, phase) -> how paying helps there
    ("domain.cz", "out_of_zone"): "renew",
    ("domain.sk", "frozen"): "renew",
    ("domain.de", "quarantine"): "renew_fee",
    ("domain.at", "quarantine"): "renew_fee",
    ("domain.eu", "quarantine"): "renew_fee",
    ("domain.com", "renewable"): "renew",
    ("domain.com", "quarantine"): "renew_fee",
    ("hosting", "suspended"): "renew",
    ("mail", "suspended"): "renew",
}


def days(count: int) -> timedelta:
    return timedelta(days=count)


@pytest.mark.parametrize("first", FIRSTS, ids=str)
@pytest.mark.parametrize("key", ROWS)
def test_each_row_day_by_day(key: str, first: date) -> None:
    facts = Facts(POLICY.of(key), first)
    for offset in range(-40, 80):
        wanted = next(
            name
            for name, start, last in ROWS[key]
            if (start is None or start <= offset) and (last is None or offset <= last)
        )
        decision = evaluate(facts, first + days(offset))
        assert decision.phase == wanted, offset
        later = next((start for _, start, _ in ROWS[key] if start is not None and start > offset), None)
        assert decision.next_at == (None if later is None else first + days(later)), offset


@pytest.mark.parametrize(("key", "phase"), SAVED_BY)
def test_paying_helps_as_the_row_says(key: str, phase: str) -> None:
    found = POLICY.of(key).named(phase)
    assert {"renew", "renew_fee"} & found.can == {SAVED_BY[key, phase]}
    assert bool(found.fee) == (SAVED_BY[key, phase] == "renew_fee")


def test_dns_goes_on_being_served_and_is_locked_with_what_it_is_linked_to() -> None:
    first = FIRSTS[0]
    hosting = Facts(POLICY.of("hosting"), first)
    for day, phase, can in (
        (-1, "active", {"dns", "sign_in", "edit"}),
        (0, "locked", {"dns", "sign_in"}),
        (59, "locked", {"dns", "sign_in"}),
        (60, "deleted", {"restore"}),
    ):
        on = first + days(day)
        found = evaluate(Facts(POLICY.of("dns"), parent=evaluate(hosting, on)), on)
        assert (found.phase, found.can) == (phase, can)


def test_mail_in_hosting_follows_its_60_days_and_a_package_its_14() -> None:
    first = FIRSTS[0]
    on = first + days(20)
    included = Facts(POLICY.of("hosting_mail"), parent=evaluate(Facts(POLICY.of("hosting"), first), on))
    assert evaluate(included, on).phase == "suspended"
    assert evaluate(Facts(POLICY.of("mail"), first), on).phase == "deleted"


def test_a_parents_hold_closes_what_is_below_and_lifts_exactly_itself() -> None:
    on = FIRSTS[0]
    parent = Facts(POLICY.of("multihosting"), on + days(100), holds=frozenset({Hold("abuse", "staff:anna")}))
    own = Hold("security", "rspamd")
    child = Facts(POLICY.of("subserver"), holds=frozenset({own}), parent=evaluate(parent, on))
    closed = evaluate(child, on)
    assert closed.holds == ("security", "parent") and not {"served", "mail", "edit"} & closed.can
    lifted = evaluate(replace(child, parent=evaluate(replace(parent, holds=frozenset()), on)), on)
    assert lifted.holds == ("security",) and "served" in lifted.can and "mail" not in lifted.can


def test_nothing_is_deleted_without_a_delivered_notice_that_is_old_enough() -> None:
    first = FIRSTS[0]
    facts = Facts(POLICY.of("hosting"), first, deletable=None)
    on = first + days(400)
    assert evaluate(facts, on).phase == "suspended" and evaluate(facts, on).next_at is None
    waiting = replace(facts, deletable=first + days(70))
    assert phase_on(waiting, first + days(69)) == "suspended" and phase_on(waiting, first + days(70)) == "deleted"
    assert evaluate(waiting, first + days(10)).next_at == first + days(70)


def test_what_is_held_as_evidence_is_not_deleted() -> None:
    facts = Facts(POLICY.of("hosting"), FIRSTS[0], holds=frozenset({Hold("abuse", "staff:anna", severity=1)}))
    assert phase_on(facts, FIRSTS[0] + days(400)) == "suspended"


def test_a_registrys_impossible_date_changes_nothing_and_is_told() -> None:
    facts = Facts(POLICY.of("domain.com"), FIRSTS[0], registry=date(1969, 12, 31))
    on = FIRSTS[0] - days(20)
    assert evaluate(facts, on) == evaluate(replace(facts, registry=None), on)
    assert "registry_date_impossible" in [reason.code for reason in evaluate(facts, on).explain]


def test_what_has_ended_is_not_revived_by_a_payment() -> None:
    on = FIRSTS[0] + days(90)
    ended = Facts(POLICY.of("hosting"), FIRSTS[0], ended=FIRSTS[0] + days(60))
    assert evaluate(replace(ended, first_unpaid=on + days(365)), on).phase == "deleted"


def test_a_termination_ends_what_is_paid_on_its_day_and_not_once_it_is_revoked() -> None:
    first = FIRSTS[0]
    facts = Facts(POLICY.of("hosting"), first, termination=Termination(first - days(10), "customer:müller"))
    assert evaluate(facts, first - days(11)).next_at == first - days(10)
    assert phase_on(facts, first - days(10)) == "deleted"
    revoked = replace(facts, termination=Termination(first - days(10), "customer:müller", revoked=first - days(12)))
    assert phase_on(revoked, first - days(1)) == "active"


# For all facts whatever

some_days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
some_holds = st.builds(
    Hold, st.sampled_from(PUT), st.sampled_from(["staff:anna", "rspamd"]), severity=st.integers(0, 2)
)
some_terminations = st.builds(Termination, some_days, st.just("customer:1"), revoked=st.none() | some_days)
own_types = st.sampled_from([each for each in POLICY.types.values() if each.follows is None])
some_facts = st.builds(
    Facts,
    own_types,
    st.none() | some_days,
    st.frozensets(some_holds, max_size=3),
    st.none() | some_terminations,
    registry=st.none() | st.dates(),
    deletable=st.none() | st.just(date.min) | some_days,
    ended=st.none() | some_days,
)  # fmt: skip


@given(some_facts, st.dates())
def test_it_answers_for_everything(facts: Facts, on: date) -> None:
    found = evaluate(facts, on)
    assert found.can <= set(ABILITIES) and found.explain
    assert (found.next_at is None) == (found.next_phase == "")


@given(some_facts, some_days)
def test_the_next_day_is_exact(facts: Facts, on: date) -> None:
    """Nothing turns before it, and on it the phase is the one that was told."""
    found = evaluate(facts, on)
    end = found.next_at or on + days(120)
    assume((end - on).days < 1_500)
    for offset in range((end - on).days):
        assert phase_on(facts, on + days(offset)) == found.phase
    if found.next_at:
        assert phase_on(facts, found.next_at) == found.next_phase != found.phase


@given(some_facts, some_days, st.integers(0, 400))
def test_stepping_is_jumping(facts: Facts, on: date, further: int) -> None:
    goal = on + days(further)
    at, decision = on, evaluate(facts, on)
    while decision.next_at and decision.next_at <= goal:
        at, decision = decision.next_at, evaluate(facts, decision.next_at)
    assert decision.phase == phase_on(facts, goal) and at <= goal


@given(some_facts, some_days, st.integers(0, 400))
def test_time_leads_one_way(facts: Facts, on: date, further: int) -> None:
    order = [phase.name for phase in facts.type.phases]
    assert order.index(phase_on(facts, on)) <= order.index(phase_on(facts, on + days(further)))


@given(own_types, some_days, st.integers(6, 4_000), st.frozensets(some_holds, max_size=3))
def test_what_is_paid_is_never_ended_by_time(of: object, on: date, ahead: int, holds: frozenset[Hold]) -> None:
    """Six days ahead: some registries take a name into quarantine before it expires."""
    facts = Facts(of, on + days(ahead), holds)  # type: ignore[arg-type]
    assert evaluate(facts, on).phase == "active"


@given(some_facts, some_days, st.permutations(PUT))
def test_holds_commute_and_lift_exactly_themselves(facts: Facts, on: date, order: list[str]) -> None:
    base = evaluate(replace(facts, holds=frozenset()), on)
    held = facts
    for kind in order:
        held = replace(held, holds=held.holds | {Hold(kind, "case")})  # type: ignore[arg-type]
    assert evaluate(held, on) == evaluate(replace(facts, holds=facts.holds | {Hold(kind, "case") for kind in PUT}), on)
    assert evaluate(replace(held, holds=frozenset()), on) == base


@given(some_facts, some_days)
def test_the_preview_is_what_happens(facts: Facts, on: date) -> None:
    steps = timeline(facts, on)
    assert steps[0].day == on and steps[-1].last is None
    for step in steps:
        decision = evaluate(facts, step.day)
        assert (step.phase, step.renew) == (decision.phase, "renew" in decision.can)
        if step.last and (step.last - step.day).days < 1_500:
            assert {phase_on(facts, step.day + days(n)) for n in range((step.last - step.day).days + 1)} == {step.phase}
    assert evaluate(facts, steps[-1].day).next_at is None
    told = notices(facts, on)
    assert all(each.day >= on and not evaluate(facts, each.day).ended for each in told)


def test_the_example_of_the_spec() -> None:
    """If nothing is paid: 3 March website off, 2 May deleted, backup until 16 May."""
    facts = Facts(POLICY.of("hosting"), date(2027, 3, 3))
    off, gone = timeline(facts, date(2027, 1, 1))[1:]
    assert (off.day, off.lost, off.renew) == (date(2027, 3, 3), ("served", "mail", "edit"), True)
    assert (gone.day, gone.archive_until) == (date(2027, 5, 2), date(2027, 5, 16))
