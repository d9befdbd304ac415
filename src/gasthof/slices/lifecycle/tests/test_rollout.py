"""Services go over to a new version of the policy: SQL against the pure rule, in portions, at renewals, killed anywhere."""

from datetime import date

import pytest
from django.db import Error, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.deaths import each_statement

from gasthof.slices.lifecycle import changing, judging, policies, rollout, simulating
from gasthof.slices.lifecycle.auditing import audit
from gasthof.slices.lifecycle.knowing import facts_of, policy_of
from gasthof.slices.lifecycle.models import Event, PolicyVersion, Rollout, Service
from gasthof.slices.lifecycle.rules.facts import ABUSE, Facts, Hold, Termination
from gasthof.slices.lifecycle.rules.policy import Policy, policy
from gasthof.slices.lifecycle.rules.prospects import COURSE, EARLIER, OVER, prospect
from gasthof.slices.lifecycle.rules.timeline import as_planned, timeline
from gasthof.slices.lifecycle.tests.conftest import Trade, noon
from gasthof.slices.lifecycle.tests.policies import FIRST, TEXT, days, facts
from gasthof.slices.lifecycle.tests.test_sweeping import make

pytestmark = pytest.mark.django_db
START = FIRST - days(30)
MAIL = '{ name = "deleted", from = 14, does = "delete", can = [] }'
TLD = '\n[type."domain.ch"]\nregistry_clock = true\nnotices = [{ at = -30, name = "renewal_due" }]\nphases = [\n  { name = "active", can = ["served", "dns_served", "edit", "transfer", "renewable"] },\n  { name = "quarantine", from = 5, does = "quarantine", can = ["renewable"] },\n  { name = "released", from = 45, does = "release", can = [] },\n]\n'  # fmt: skip


def version(number: int, *changes: tuple[str, str]) -> str:
    text = TEXT.replace("version = 1", f"version = {number}", 1)
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    return text


LONGER = version(2, (MAIL, MAIL.replace("14", "21")))
SHORTER = version(2, ("{ at = 13", "{ at = 9"), (MAIL, MAIL.replace("14", "10")))
TEXTS = {
    "longer": LONGER, "shorter": SHORTER,
    "own entry": version(2) + TLD,
    "fees and days": version(2, ("amount = 2000", "amount = 2500"), ('"deleted", from = 60', '"deleted", from = 75')),
    "less notice": version(2, ("notice_days = 7", "notice_days = 5")),
    "later notices": version(2, ('{ at = -30, name = "renewal_due" }, { at = -7, name = "last_days" }, { at = 0, name = "closed" }', '{ at = 0, name = "closed" }')),
}  # fmt: skip


def take(text: str, day: date = START) -> PolicyVersion:
    taken = policies.take(text, noon(day), "staff:anna")
    rollout.begin(taken, noon(day))
    return taken


def roll(day: date = START) -> int:
    """How many portions."""
    portions = 1
    while rollout.go_on(noon(day)):
        portions += 1
    return portions


def known(service: Service, day: date) -> Facts:
    return facts_of(Service.objects.select_related("parent").get(pk=service.pk), day)


def crowd(trade: Trade) -> list[Service]:
    """Of all sorts: umlaut names, followers, holds, wishes, told, free."""
    made = [
        trade.begin(type_, None if first is None else FIRST + days(first), START, tld=tld)
        for type_, tld, first in (("mail", "", 0), ("mail", "", 30), ("mail", "", -80), ("vps", "", 10), ("hosting", "", 0), ("domain", "ch", 3),
            ("domain", "de", 0), ("domain", "xn--vermgensberatung-pwb", 0), ("mail", "", None))
    ]  # fmt: skip
    below = [trade.begin(type_, None, START, parent=made[4]) for type_ in ("hosting_mail", "dns")]
    told, wished, held, kept = (trade.begin("mail", FIRST, START) for _ in range(4))
    changing.notice_delivered(told, START, noon(START))
    changing.terminate(wished, Termination(FIRST + days(16), "owner:köchin", "code"), noon(START))
    changing.terminate(held, Termination(FIRST - days(3), "owner:köchin", "code"), noon(START))
    changing.put_hold(kept, Hold(ABUSE, "staff:anna"), noon(START))
    trade.sweep(START)
    return [*made, *below, told, wished, held, kept]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("day", [START, FIRST - days(4)], ids=str)
def test_the_simulation_is_what_the_pure_function_says_of_each(trade: Trade, text: str, day: date) -> None:
    made, after = crowd(trade), policy(text)
    trade.sweep(day)
    standing = list(Service.objects.filter(ended=None).order_by("pk"))
    before = policy_of(made[0])
    wanted = {each.pk: prospect(before, after, known(each, day), day, [before, after]) for each in standing}
    assert simulating.prospects(text, day, [each.pk for each in made]) == wanted
    found = simulating.simulate(text, day)
    assert [found.count(fate) for fate in (OVER, COURSE, EARLIER)] == [
        sum(each.fate == fate for each in wanted.values()) for fate in (OVER, COURSE, EARLIER)
    ]
    moving = [each for each in wanted.values() if (each.next_from, each.end_from) != (each.next_to, each.end_to)]
    later = sum(each.end_from != each.end_to for each in moving)
    assert (found.moved, sum(of.end_days.total() for of in found.types)) == (len(moving), later)
    assert [sum(each.end_from for each in found.months), sum(each.end_to for each in found.months)] == [later, later]
    assert {row.pk for row, _ in simulating.samples(text, day, found)} <= {each.pk for each in standing}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(facts(FIRST), min_size=1, max_size=5), st.sampled_from(sorted(TEXTS)), st.integers(-40, 20))
def test_and_of_facts_of_all_sorts(trade: Trade, all_of_them: list[Facts], name: str, offset: int) -> None:
    day, text = FIRST + days(offset), TEXTS[name]
    with transaction.atomic():
        made = [make(trade, of) for of in all_of_them]
        trade.sweep(day)
        before, after = policy_of(made[0]), policy(text)
        wanted = {
            each.pk: prospect(before, after, known(each, day), day, [before, after])
            for each in Service.objects.filter(ended=None)
        }
        assert simulating.prospects(text, day, [each.pk for each in made]) == wanted
        transaction.set_rollback(True)


def foreseen(service: Service, day: date) -> list[tuple[str, date]]:
    row = Service.objects.select_related("parent").get(pk=service.pk)
    rule: Policy = policy_of(row)
    return [(step.phase, step.day) for step in timeline(rule, as_planned(rule, known(row, day), day), day)]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_was_simulated_is_what_comes(trade: Trade, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout, "PORTION", 4)
    made = crowd(trade)
    said = simulating.prospects(text, START, [each.pk for each in made])
    before = {each.pk: foreseen(each, START) for each in made}
    taken = take(text)
    assert roll() == 4
    rows = Service.objects.in_bulk([each.pk for each in made])
    assert {pk for pk, row in rows.items() if row.policy == taken} == {
        pk for pk, each in said.items() if each.fate == OVER
    }
    for pk, each in said.items():
        now = dict(foreseen(rows[pk], START))
        if each.fate == OVER and not policy_of(rows[pk]).of(rows[pk].type, rows[pk].tld).follows:
            assert each.end_to == min(
                (day for phase, day in now.items() if phase in ("deleted", "released")), default=None
            )
        if each.fate != OVER:
            assert list(now.items()) == before[pk]
    assert rows[made[5].pk].entry == (
        "domain.ch" if "domain.ch" in taken.text and rows[made[5].pk].policy == taken else "domain"
    )
    assert (audit(START).differences, audit(START).loose) == ((), ())
    done = Rollout.objects.get(policy=taken)
    assert bool(done.moved) is (text != TEXTS["less notice"])
    assert done.done and done.moved == sum(each.fate == OVER for each in said.values())
    assert Event.objects.filter(what="policy", value="2").count() == done.moved


def test_a_renewal_brings_over_who_was_told_before(trade: Trade) -> None:
    """A shorter one, too: what was said until now lies before what is said from then on. What follows comes along."""
    mail, soon = trade.begin("mail", FIRST, START), trade.begin("mail", FIRST, START)
    hosting = trade.begin("hosting", FIRST, START)
    below = trade.begin("hosting_mail", None, START, parent=hosting)
    trade.sweep(FIRST)
    taken = take(SHORTER, FIRST)
    assert roll(FIRST) == 1 and not Service.objects.filter(policy=taken).exists()
    assert changing.paid_until(soon, FIRST + days(3), noon(FIRST))
    for each in (mail, hosting):
        assert changing.paid_until(each, FIRST + days(365), noon(FIRST))
    pinned = dict(Service.objects.values_list("pk", "policy_id"))
    assert pinned == {mail.pk: 2, soon.pk: 1, hosting.pk: 2, below.pk: 2}
    assert foreseen(mail, FIRST)[-1] == ("deleted", FIRST + days(375))
    assert list(Event.objects.filter(service=mail).order_by("pk").values_list("what", flat=True)) == [
        "phase",
        "paid",
        "policy",
        "phase",
    ]
    assert audit(FIRST).differences == ()


def test_what_takes_from_a_service_in_use_is_for_new_ones(trade: Trade) -> None:
    """It is paid for under the old terms until its first unpaid day."""
    ahead = '{ name = "active", can = ["served", "sign_in", "edit", "renewable"] },\n  { name = "suspended", from = 0, does = "suspend", can = ["renewable"] },\n  { name = "deleted", from = 60'
    service = trade.begin("shop", FIRST, START)
    take(version(2, (ahead, ahead.replace('"edit", ', ""))))
    assert roll() == 1 and changing.paid_until(service, FIRST + days(365), noon(START))
    assert Service.objects.get(pk=service.pk).policy_id == 1


def test_a_newer_version_takes_the_place_of_one_that_is_under_way(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollout, "PORTION", 1)
    first, second = (trade.begin("mail", FIRST, START) for _ in range(2))
    take(LONGER)
    assert rollout.go_on(noon(START))
    take(version(3, (MAIL, MAIL.replace("14", "30"))))
    roll()
    assert [Service.objects.get(pk=each.pk).policy_id for each in (first, second)] == [3, 3]
    assert not rollout.go_on(noon(START)) and not Rollout.objects.filter(done=None).exists()


def test_killed_anywhere_a_portion_has_not_happened(trade: Trade) -> None:
    made = crowd(trade)
    take(LONGER)

    def state() -> list[object]:
        return [list(model.objects.order_by("pk").values()) for model in (Service, Event, Rollout)]

    before = state()
    with transaction.atomic():
        rollout.go_on(noon(START))
        wanted = [[{name: value for name, value in row.items() if name != "id"} for row in rows] for rows in state()]
        transaction.set_rollback(True)
    assert state() == before
    assert each_statement(lambda: rollout.go_on(noon(START))) > 5
    assert [
        [{name: value for name, value in row.items() if name != "id"} for row in rows] for rows in state()
    ] == wanted
    assert len(made) == len(wanted[0])


def test_versions_are_written_once(trade: Trade) -> None:
    for change in (
        lambda: PolicyVersion.objects.update(text="x"),
        lambda: PolicyVersion.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            change()


def test_each_entry_of_each_version_has_its_rows() -> None:
    """A service finds exactly one, whatever its TLD: with an entry of its own before, after, both, neither."""
    before, after = policy(TEXT), policy(version(2) + TLD)
    rows = list(judging.pairs(after, {1: before}))
    assert len({(row["version"], row["entry"], row["fresh"]) for row in rows}) == len(rows)
    assert {row["fresh"] for row in rows if row["entry"] == "domain"} == {"domain", "domain.ch"}
    back = [row for row in judging.pairs(before, {2: after}) if row["entry"] == "domain.ch"]
    assert [(row["fresh"], row["fits"]) for row in back] == [("domain", False)]
