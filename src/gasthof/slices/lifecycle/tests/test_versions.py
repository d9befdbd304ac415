"""A new version of a policy: what differs, who may go over to it, what it would do."""

from hypothesis import given
from hypothesis import strategies as st

from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import Facts
from gasthof.slices.lifecycle.rules.policy import policy
from gasthof.slices.lifecycle.rules.timeline import as_planned
from gasthof.slices.lifecycle.rules.versions import diff, may_go_over
from gasthof.slices.lifecycle.tests.policies import FIRST, SHIPPED, TEXT, days, facts, offsets

MAIL = '{ name = "deleted", from = 14, does = "delete", can = [] }'
LONGER = policy(TEXT.replace(MAIL, MAIL.replace("14", "21")))
SHORTER = policy(TEXT.replace('{ at = 6, name = "deletion_near" }, { at = 13, name = "deletion_tomorrow" },', "").replace(MAIL, MAIL.replace("14", "10")))  # fmt: skip
DEARER = policy(TEXT.replace("amount = 4000", "amount = 5000"))


def test_a_diff_names_what_differs_and_nothing_else() -> None:
    assert diff(SHIPPED, SHIPPED) == []
    (change,) = diff(SHIPPED, LONGER)
    assert (change.entry, change.what, change.before.start, change.after.start) == ("mail", "phase deleted", 14, 21)
    (fee,) = diff(SHIPPED, DEARER)
    assert (fee.entry, fee.before.amount, fee.after.amount) == ("unlock", 4000, 5000)
    assert [change.what for change in diff(SHIPPED, SHORTER)] == ["notices", "phase deleted"]
    (days_,) = diff(SHIPPED, policy(TEXT.replace("notice_days = 7", "notice_days = 9")))
    assert (days_.what, days_.before, days_.after) == ("notice_days", 7, 9)
    (tld,) = diff(SHIPPED, policy(TEXT.replace('also = ["net", ', 'also = ["ch", "net", ')))
    assert (tld.entry, tld.what, tld.before) == ("domain.ch", "entry", None)


def test_a_service_goes_over_to_longer_days_and_stays_with_its_own_instead_of_shorter_ones() -> None:
    mail = Facts("mail", "", FIRST, noticed=FIRST - days(20))
    assert may_go_over(SHIPPED, LONGER, mail, FIRST) and not may_go_over(SHIPPED, SHORTER, mail, FIRST)
    assert may_go_over(SHIPPED, SHORTER, Facts("shop", "", FIRST), FIRST)


@given(facts(), offsets, st.sampled_from([(SHIPPED, LONGER), (SHIPPED, SHORTER), (LONGER, SHORTER), (SHORTER, LONGER)]))
def test_going_over_moves_no_end_earlier(of: Facts, offset: int, versions: tuple) -> None:
    on = of.first_unpaid + days(offset)
    before, after = versions
    if may_go_over(before, after, of, on):
        old, new = as_planned(before, of, on), as_planned(after, of, on)
        for n in range(120):
            if not evaluate(before, old, on + days(n)).ended:
                assert not evaluate(after, new, on + days(n)).ended


@given(facts(), offsets)
def test_one_may_always_go_over_to_the_same(of: Facts, offset: int) -> None:
    assert may_go_over(SHIPPED, SHIPPED, of, of.first_unpaid + days(offset))


def test_what_asks_more_for_saving_it_is_worse() -> None:
    vps = Facts("vps", "", FIRST, noticed=FIRST - days(20))
    dearer = policy(TEXT.replace("[fee.restore]  # L11\namount = 2000", "[fee.restore]\namount = 2500"))
    asked = policy(TEXT.replace("[fee.restore]  # L11\namount = 2000", "[fee.restore]"))
    assert dearer.fees["restore"].amount == 2500 and asked.fees["restore"].amount is None
    for before, after, may in (
        (SHIPPED, dearer, False),
        (dearer, SHIPPED, True),
        (SHIPPED, asked, False),
        (asked, SHIPPED, True),
        (asked, asked, True),
    ):
        assert may_go_over(before, after, vps, FIRST) is may


def test_an_end_that_takes_nothing_more_away_is_still_an_end() -> None:
    """Where nothing works and nothing helps any more, the day of the deletion still counts."""
    end = '{ name = "released", from = 60, does = "release", can = [] },\n]\n\n[type.domain]'
    assert TEXT.count(end) == 1
    lost = '{ name = "pending_delete", from = 50, does = "note", can = [] },\n  '
    long, short = policy(TEXT.replace(end, lost + end.replace("60", "65"))), policy(TEXT.replace(end, lost + end))
    of = Facts("domain", "com", FIRST, noticed=FIRST - days(20))
    assert may_go_over(short, long, of, FIRST) and not may_go_over(long, short, of, FIRST)
