"""Who goes over to a new version of the policy: nothing comes earlier by it, and what was said of days that have passed stays true."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import ABUSE, Decision, Facts, Hold, Termination
from gasthof.slices.lifecycle.rules.policy import ENDS, ERASED, PHASES, Policy, policy
from gasthof.slices.lifecycle.rules.prospects import COURSE, EARLIER, OVER, Prospect, never_earlier, prospect
from gasthof.slices.lifecycle.rules.timeline import as_planned
from gasthof.slices.lifecycle.rules.versions import STAGES
from gasthof.slices.lifecycle.tests.policies import FIRST, FOLLOWERS, SHIPPED, TEXT, changed, days, successors, versions

pytestmark = pytest.mark.long

MAIL = '{ name = "deleted", from = 14, does = "delete", can = [] }'
LONGER = changed(MAIL, MAIL.replace("14", "21"))
KINDER = policy(
    TEXT.replace('"deleted", from = 60', '"deleted", from = 75')
    .replace('"deleted", from = 40', '"deleted", from = 44')
    .replace(MAIL, MAIL.replace("14", "21"))
)
KINDS = [("mail", ""), ("vps", ""), ("domain", "de"), ("domain", "xn--vermgensberatung-pwb")]
whens = st.none() | st.integers(-130, 90)


@st.composite
def eventualities(draw: st.DrawFn, facts: Facts, on: date) -> Facts:
    """What may become of it from that day on: a notice late or early, a wish, a case."""
    noticed, wish = draw(whens), draw(whens)
    return replace(
        facts,
        noticed=None if noticed is None else max(FIRST + days(noticed), on),
        termination=None if wish is None else Termination(max(FIRST + days(wish), on), "owner:köchin", "code"),
        holds=draw(st.sampled_from([frozenset(), frozenset([Hold(ABUSE, "staff:anna")])])),
    )


def stage(decision: Decision) -> int:
    return STAGES.get(decision.phase, 1)


@given(st.data(), versions(), st.sampled_from(KINDS), st.integers(-120, -1))
def test_whoever_goes_over_meets_nothing_earlier(
    data: st.DataObject, before: Policy, kind: tuple[str, str], offset: int
) -> None:
    after = data.draw(successors(before))
    facts, on = Facts(*kind, FIRST), FIRST + days(offset)
    found = prospect(before, after, facts, on)
    if found.fate != OVER:
        return
    assert (found.next_from or date.max) <= (found.next_to or date.max)
    assert (found.end_from or date.max) <= (found.end_to or date.max)
    facts = data.draw(eventualities(facts, on))
    for n in range(offset, 200):
        old, new = (evaluate(each, facts, FIRST + days(n)) for each in (before, after))
        assert stage(new) <= stage(old) and old.capabilities <= new.capabilities | {"renewable_by_fee", "restorable"}
        assert not old.capabilities & {"renewable", "renewable_by_fee"} or new.capabilities & {
            "renewable",
            "renewable_by_fee",
        }


@given(st.data(), versions(), st.sampled_from(KINDS), st.integers(-120, -1))
def test_what_was_said_of_days_that_have_passed_is_still_said(
    data: st.DataObject, before: Policy, kind: tuple[str, str], offset: int
) -> None:
    after = data.draw(successors(before))
    facts, on = Facts(*kind, FIRST), FIRST + days(offset)
    if prospect(before, after, facts, on).fate == OVER:
        for n in range(-130, offset + 1):
            old, new = (evaluate(each, facts, FIRST + days(n)) for each in (before, after))
            assert (old.phase, old.holds, old.explain) == (new.phase, new.holds, new.explain)


@given(versions(), versions(), st.sampled_from(KINDS))
def test_who_stays_would_have_met_something_earlier(before: Policy, after: Policy, kind: tuple[str, str]) -> None:
    """On some day, with some notice or wish, some days given back, or its fee: the rule keeps nobody without a cause."""
    if never_earlier(before, after, *kind):
        return
    cases = [replace(Facts(*kind, FIRST), noticed=FIRST + days(n)) for n in (-110, 40, 80)]
    cases.append(replace(cases[0], termination=Termination(FIRST - days(100), "", "")))
    cases += [replace(each, spared=3) for each in cases]
    assert any(_differ(before, after, facts) for facts in cases) or any(
        as_planned(before, Facts(*kind, FIRST), FIRST + days(n)) != as_planned(after, Facts(*kind, FIRST), FIRST + days(n)) for n in range(-120, 0)
    )  # fmt: skip


def _differ(before: Policy, after: Policy, facts: Facts) -> bool:
    old, new = ([evaluate(each, facts, FIRST + days(n)) for n in range(-120, 300)] for each in (before, after))
    dearer = any(before.fees[key].amount != fee.amount for key, fee in after.fees.items())
    return dearer or any(then.phase != now.phase or then.capabilities != now.capabilities for then, now in zip(old, new, strict=True))  # fmt: skip


def test_whose_time_has_begun_stays_as_it_was_told() -> None:
    unpaid = Facts("mail", "", FIRST)
    assert prospect(SHIPPED, LONGER, unpaid, FIRST - days(1)).fate == OVER
    assert prospect(SHIPPED, LONGER, unpaid, FIRST).fate == COURSE
    assert prospect(SHIPPED, LONGER, replace(unpaid, noticed=FIRST - days(30)), FIRST - days(29)).fate == COURSE
    assert prospect(SHIPPED, LONGER, Facts("domain", "de", FIRST), FIRST - days(5)).fate == COURSE
    assert prospect(LONGER, SHIPPED, unpaid, FIRST - days(1)).fate == EARLIER


def test_days_move_from_when_to_when() -> None:
    found = prospect(SHIPPED, LONGER, Facts("mail", "", FIRST), FIRST - days(60))
    assert found == Prospect(OVER, FIRST, FIRST, FIRST + days(14), FIRST + days(21))
    wished = Facts("mail", "", FIRST, termination=Termination(FIRST - days(20), "owner:köchin", "code"))
    ends = FIRST - days(20)
    assert prospect(SHIPPED, LONGER, wished, FIRST - days(60)) == Prospect(OVER, ends, ends, ends, ends)


def test_less_notice_and_a_shorter_archive_come_earlier_to_somebody() -> None:
    assert never_earlier(SHIPPED, changed("notice_days = 7", "notice_days = 8"), "mail")
    assert not never_earlier(SHIPPED, changed("notice_days = 7", "notice_days = 6"), "mail")
    vps = 'archive = { days = 14, keeps = ["image"], fee = "restore", loses = ["backup_storage"] }'
    shorter = policy(TEXT.replace(vps, vps.replace("14", "4")).replace('"deleted", from = 30', '"deleted", from = 80'))
    assert shorter.of("vps").end.start == 80 and not never_earlier(SHIPPED, shorter, "vps")


def test_an_outage_is_given_back_as_before() -> None:
    ours = changed("[type.mail]  # L17", "[type.mail]\nregistry_clock = true")
    assert never_earlier(ours, SHIPPED, "mail") and not never_earlier(SHIPPED, ours, "mail")


def test_what_follows_is_judged_in_each_phase_of_what_it_follows() -> None:
    open_ = changed('follows = { active = "active", deleted = "deleted", released = "deleted", "*" = "locked" }',
                    'follows = { active = "active", frozen = "active", deleted = "deleted", released = "deleted", "*" = "locked" }')  # fmt: skip
    assert never_earlier(SHIPPED, open_, "dns") and not never_earlier(open_, SHIPPED, "dns")
    assert prospect(SHIPPED, open_, Facts("dns"), FIRST) == Prospect(OVER)
    assert all(never_earlier(SHIPPED, SHIPPED, each) for each in FOLLOWERS)
    for kind in (("mail",), ("hosting",), ("domain", "sk")):
        assert never_earlier(SHIPPED, KINDER, *kind, below=[SHIPPED, KINDER]), kind


def test_a_service_stays_where_what_follows_it_would_lose_something() -> None:
    """Domains of .sk get a better phase, under which an own rule of DNS takes more than under the one before."""
    frozen = '{ name = "frozen", from = 0, does = "take_out", can = ["renewable"] }'
    better = changed(frozen, frozen.replace("frozen", "protected").replace('["', '["served", "dns_served", "'))
    rule = '"*" = "locked" }'
    harsh = changed(rule, 'protected = "deleted", ' + rule)
    assert never_earlier(SHIPPED, better, "domain", "sk", [SHIPPED, better])
    assert not never_earlier(SHIPPED, better, "domain", "sk", [SHIPPED, better, harsh])
    assert not {*ENDS, ERASED} - {*PHASES, ERASED}
