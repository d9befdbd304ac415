"""The registry of the try-out against tables of what becomes of names, over any course of orders and days."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.clocks import Clock

from gasthof.slices.registrar import rules
from gasthof.slices.registrar.driver import (
    Acknowledge,
    Answer,
    Cancel,
    Check,
    Contacts,
    Create,
    Info,
    Poll,
    Release,
    Renew,
    Request,
    Restore,
    RestoreQuote,
    RestoreReport,
    Transfer,
    Update,
)
from gasthof.slices.registrar.models import RegistryAccount
from gasthof.slices.registrar.tests.test_rules import UNPAID
from gasthof.slices.registrar.tryout import FUNDS, NO_MONEY, OTHER_DATE, Registry

WHO = Contacts("GH-1")
NAMES = [f"bäckerei.{tld}".encode("idna").decode() for tld in ("de", "at", "eu", "com", "mobi", "test")] + [
    "pekarna.cz",
    "pekaren.sk",
]
# Days from the deletion that the holder wished, as UNPAID in test_rules.py.
CANCELLED = {
    "cz": [(0, 9999, "free")],
    "sk": [(0, 39, "redemption"), (40, 9999, "free")],
    "de": [(0, 29, "redemption"), (30, 9999, "free")],
    "at": [(0, 39, "quarantine"), (40, 9999, "free")],
    "eu": [(0, 39, "quarantine"), (40, 9999, "free")],
} | {tld: [(0, 29, "redemption"), (30, 34, "pending delete"), (35, 9999, "free")] for tld in ("com", "mobi", "test")}
WAYS = {"redemption": "restore", "quarantine": "restore", "pending delete": "", "free": ""}


class Course(RuleBasedStateMachine):
    """What the registry says and takes is what the tables say, day after day."""

    def __init__(self) -> None:
        super().__init__()
        self.undone: Any = transaction.atomic()
        self.undone.__enter__()
        self.held: dict[str, dict[str, Any]] = {}
        self.spent = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @initialize(day=st.dates(date(2027, 1, 1), date(2029, 1, 1)))
    def begin(self, day: date) -> None:
        self.clock = Clock(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
        self.registry = Registry(self.clock)

    def send(self, request: Request) -> Answer:
        return self.registry.send("gh-course", request)

    @property
    def today(self) -> date:
        return self.clock.at.date()

    def phase(self, name: str) -> str:
        one = self.held.get(name)
        if one is None:
            return "free"
        if one["report"] and self.today <= one["report"]:
            return "restored"
        table, start = (CANCELLED, one["deleted"]) if one["deleted"] else (UNPAID, one["ends"])
        passed = (self.today - start).days
        rows_ = table[rules.tld_of(name)]
        return next(
            (phase for first, last, phase in rows_ if first <= passed <= last), "free" if passed > 0 else "active"
        )

    def way(self, name: str) -> str:
        if name in self.held and not self.held[name]["ours"]:
            return ""
        return WAYS.get(self.phase(name), "renew")

    @rule(days=st.sampled_from([1, 4, 5, 6, 7, 8, 25, 29, 30, 31, 35, 40, 59, 60, 65, 300, 360, 365]))
    def days_pass(self, days: int) -> None:
        self.clock.go(days=days)

    @rule(name=st.sampled_from(NAMES), years=st.integers(1, 3))
    def create(self, name: str, years: int) -> None:
        free = self.phase(name) == "free"
        assert (self.send(Create(name, years, WHO)).state == "done") == free
        if free:
            ends = rules.years_later(self.today, years)
            self.held[name] = {"ends": ends, "deleted": None, "report": None, "ours": True}
            self.spent += years * rules.rules_of(name).year

    @rule(name=st.sampled_from(NAMES), years=st.integers(1, 3))
    def renew_twice(self, name: str, years: int) -> None:
        ends = self.held[name]["ends"] if name in self.held else self.today
        possible = self.way(name) == "renew" and rules.years_later(ends, years) <= rules.years_later(self.today, 10)
        assert (self.send(Renew(name, ends, years)).state == "done") == possible
        if possible:
            self.held[name]["ends"] = rules.years_later(ends, years)
            self.spent += years * rules.rules_of(name).year
            again = self.send(Renew(name, ends, years))
            assert again.state == "refused"
            assert again.words == OTHER_DATE or self.way(name) != "renew"

    @rule(name=st.sampled_from(NAMES))
    def cancel(self, name: str) -> None:
        possible = self.way(name) != "" and not self.held[name]["deleted"]
        assert self.send(Cancel(name, "")).state == "refused"
        assert (self.send(Cancel(name, "Brief")).state == "done") == possible
        if possible:
            self.held[name]["deleted"] = self.today

    @rule(name=st.sampled_from(NAMES))
    def release(self, name: str) -> None:
        possible = rules.tld_of(name) in ("de", "at") and self.way(name) != ""
        assert (self.send(Release(name)).state == "done") == possible
        if possible:
            self.held[name]["ours"] = False

    @rule(name=st.sampled_from(NAMES), reported=st.booleans())
    def restore(self, name: str, reported: bool) -> None:
        possible, quote = self.way(name) == "restore", self.send(RestoreQuote(name))
        assert (quote.state == "done") == possible
        assert (self.send(Restore(name)).state == "done") == possible
        if not possible:
            return
        assert quote.cents
        self.spent += quote.cents
        if rules.tld_of(name) in ("de", "at", "eu", "sk"):
            self.back(name)
            return
        self.held[name]["report"] = self.today + timedelta(days=7)
        if reported:
            assert self.send(RestoreReport(name, "Versehen")).state == "done"
            self.back(name)

    def back(self, name: str) -> None:
        one = self.held[name]
        later = rules.years_later(one["ends"], 1)
        fits = later <= rules.years_later(self.today, 10)
        one.update(ends=later if fits else one["ends"], deleted=None, report=None)

    @invariant()
    def the_registry_says_what_the_tables_say(self) -> None:
        for name in self.held:
            told, phase = self.send(Info(name)).held, self.phase(name)
            assert self.send(Check(name)).free == (phase == "free")
            assert (told is None) == (phase == "free")
            if told is None or phase == "free":
                continue
            expected = ("pendingRestore",) if phase == "restored" else rules.STATUSES[phase]  # type: ignore[index]
            assert (told.ends, told.statuses, told.ours) == (
                self.held[name]["ends"],
                expected,
                self.held[name]["ours"],
            )

    @invariant()
    def it_was_paid_for_once(self) -> None:
        account = RegistryAccount.objects.first()
        assert account is None or account.cents == FUNDS - self.spent


@pytest.mark.django_db
@pytest.mark.timeout(300)
def test_any_course() -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Course, settings=settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=quiet)
    )


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2028, 2, 29, 12, tzinfo=UTC))


@pytest.fixture
def registry(db: None, clock: Clock) -> Registry:
    return Registry(clock)


NAME = NAMES[3]


def test_another_process_finds_the_same(registry: Registry, clock: Clock) -> None:
    registry.send("gh-1", Create(NAME, 1, WHO))
    assert Registry(clock).send("gh-2", Info(NAME)) == registry.send("gh-3", Info(NAME))


def test_a_leap_day_is_renewed_to_the_28th(registry: Registry) -> None:
    assert registry.send("gh-1", Create(NAME, 1, WHO)).held.ends == date(2029, 2, 28)  # type: ignore[union-attr]


def test_without_money_nothing_is_done(registry: Registry) -> None:
    registry.send("gh-1", Create(NAME, 1, WHO))
    RegistryAccount.objects.update(cents=1099)
    assert registry.send("gh-2", Renew(NAME, date(2029, 2, 28), 1)) == Answer("refused", NO_MONEY)
    assert registry.send("gh-3", Info(NAME)).held.ends == date(2029, 2, 28)  # type: ignore[union-attr]
    assert RegistryAccount.objects.get().cents == 1099


def test_faults_come_in_their_order_and_once(registry: Registry) -> None:
    registry.fail("create", "down")
    registry.fail("create", "refused")
    registry.fail("create", "lost")
    states = [registry.send("gh-1", Create(NAME, 1, WHO)).state for _ in range(2)]
    assert states == ["unknown", "refused"] and registry.send("gh-2", Info(NAME)).held is None
    assert registry.send("gh-1", Create(NAME, 1, WHO)).state == "unknown"
    assert registry.send("gh-2", Info(NAME)).held


def test_a_message_comes_until_it_is_acknowledged(registry: Registry, clock: Clock) -> None:
    registry.fail("create", "pending")
    registry.fail("acknowledge", "again")
    assert registry.send("gh-1", Create(NAME, 1, WHO)).state == "pending"
    assert registry.send("gh-2", Poll()).message is None
    clock.go(days=1)
    told = registry.send("gh-2", Poll()).message
    assert told and (told.operation, told.name, told.done) == ("gh-1", NAME, True)
    for _ in range(2):
        assert registry.send("gh-3", Poll()).message == told
        registry.send("gh-4", Acknowledge(told.number))
    assert registry.send("gh-5", Poll()).message is None


def test_a_locked_name_is_not_moved_and_a_frozen_one_not_changed(registry: Registry, clock: Clock) -> None:
    registry.plant("pekaren.sk", "geheim-1", date(2029, 1, 1))
    assert registry.send("gh-1", Transfer("pekaren.sk", "geheim-1")).state == "done"
    assert registry.send("gh-2", Update("pekaren.sk", locked=True)).state == "done"
    assert "clientTransferProhibited" in registry.send("gh-3", Info("pekaren.sk")).held.statuses  # type: ignore[union-attr]
    assert registry.send("gh-4", Transfer("pekaren.sk", "geheim-1")).state == "refused"
    clock.at = datetime(2030, 1, 1, tzinfo=UTC)
    assert registry.send("gh-5", Update("pekaren.sk", contacts=Contacts("GH-2"))).state == "refused"
