"""What comes in on one day, in any order and as often as one likes: statements, a card network's word, requests, sweeps. It ends the same.

And whatever is paid, uploaded again and looked at again on many days: one settlement renews once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.habits.furnished import made_once
from tests.house import House
from tests.programs import people
from tests.story import FIRST, Story, begin, nothing_waits

from gasthof.kernel.actions import perform
from gasthof.kernel.permissions import SYSTEM
from gasthof.slices.access.models import User
from gasthof.slices.billing import books
from gasthof.slices.billing.models import Proforma, Settled
from gasthof.slices.billing.tests.test_billing import check
from gasthof.slices.cards.following import follow
from gasthof.slices.cards.models import CardPayment
from gasthof.slices.cards.telling import take
from gasthof.slices.cards.tests.network import Direct
from gasthof.slices.lifecycle.auditing import audit
from gasthof.slices.lifecycle.models import Event, Service
from gasthof.slices.lifecycle.putting_off import put_off
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.renewals.carrying import carry_over
from gasthof.slices.renewals.models import Asked, Carried
from gasthof.slices.renewals.rules import after
from gasthof.slices.requests.models import Request

__all__ = ["nothing_waits"]  # fixture
pytestmark = pytest.mark.django_db
DB = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
ACTS = ["statement", "statement", "told", "told", "card", "request", "sweep", "night", "carry"]
BEFORE, BEHIND = "before what was paid for begins", "behind its beginning"
YEAR = date(2028, 3, 3)  # first unpaid day, once it is renewed


def asked_for() -> House:
    """Ten days before the first unpaid one; the proforma is out."""
    story = begin()
    people(User.MEMBER, story.house.baker.customer, "baeckerin")
    story.go(-10)
    return story.house


furnished_once, house = made_once(asked_for)


@dataclass
class Day:
    """Of one customer, who has begun to pay by card and to write a request."""

    story: Story
    network: Direct
    wish: date | None

    def __post_init__(self) -> None:
        self.proforma = self.story.asked(self.story.hosting)
        self.row = self._begun()
        self.draft = self._drafted() if self.wish else None

    def _begun(self) -> CardPayment:
        fields = {"proforma": self.proforma.number}
        number = perform(self.story.house.baker, "cards.begin", fields, self.story.clocks).result["card_payment"]
        follow(number, self.network, self.story.clocks)
        row = CardPayment.objects.get(pk=number)
        self.network.choose(row.operation, "pay")
        return row

    def _drafted(self) -> Request:
        fields = {
            "customer": self.proforma.customer_id, "kind": "end", "service": self.story.hosting.pk, "on": str(self.wish),
        }  # fmt: skip
        drafted = perform(self.story.house.baker, "requests.draft", fields, self.story.clocks)
        return Request.objects.get(pk=drafted.result["request"])

    def statement(self) -> None:
        self.story.pay(self.proforma)

    def told(self) -> None:
        """By the network, again and again."""
        (event,) = self.network.told()
        take(self.network, self.network.sign(event.body), event.body, self.story.clocks)

    def card(self) -> None:
        """The network is asked."""
        follow(self.row.pk, self.network, self.story.clocks)

    def request(self) -> None:
        """Confirmed, as by a second factor."""
        if self.draft is not None:
            seen = {"request": self.draft.pk, "user": User.objects.get().pk, "seen": self.draft.contents.hex()}
            perform(SYSTEM, "requests.vouch", seen, self.story.clocks)

    def sweep(self) -> None:
        sweep(self.story.clock.at, before=put_off)

    def carry(self) -> None:
        list(carry_over(self.story.clocks))

    def night(self) -> None:
        self.story.night()


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as found:
        yield Path(found)


def days_of(house: House, folder: Path, offset: int) -> tuple[Story, Direct]:
    """On that day, counted from the first unpaid one."""
    place = folder / str(len(list(folder.iterdir())))
    place.mkdir()
    network = Direct(place)
    story = Story(house, network.clock)
    story.clock.at = Story(house).clock.at + timedelta(days=22)
    story.go(offset)
    return story, network


@DB
@given(
    st.permutations(ACTS),
    st.sampled_from([(), ("statement",), ("told", "card"), ("card",), ("statement", "told")]),
    st.sampled_from([(-9, BEFORE), (-9, None), (-1, BEHIND), (0, BEFORE), (0, None), (6, BEHIND), (6, None)]),
)
def test_any_order_of_a_day_ends_the_same(
    house: House, folder: Path, order: list[str], paid: tuple[str, ...], when: tuple[int, str | None]
) -> None:
    offset, end = when
    with transaction.atomic():
        story, network = days_of(house, folder, offset)
        wish = {BEFORE: FIRST, BEHIND: FIRST + timedelta(days=30), None: None}[end]
        day = Day(story, network, wish)
        for one in order:
            if one in paid or one not in {"statement", "told", "card"}:
                getattr(day, one)()
        story.night()
        story.pass_days(1)  # what a wish gives back is given back once its day is over
        ways = ("statement" in paid) + bool({"told", "card"} & {*paid})
        renewed = ways > 0 and end != BEFORE
        gone = end == BEFORE and offset == 0
        service = story.hosting
        phase = "deleted" if gone else "active" if renewed or offset < -1 else "suspended"
        assert (service.phase, service.first_unpaid, service.ends_on, service.closed) == (
            phase, YEAR if renewed else FIRST, wish, False,
        )  # fmt: skip
        assert books.credit(day.proforma.customer_id, "EUR") == (ways - renewed) * day.proforma.total
        assert Carried.objects.filter(outcome=Carried.RENEWED).count() == renewed
        assert audit(story.clock.at.date()).differences == ()
        check()
        transaction.set_rollback(True)


STEPS = st.lists(
    st.sampled_from(["pay", "pay", "again", "carry", "night", "ask", "sweep", 1, 5, 30]), min_size=3, max_size=12
)


@DB
@given(STEPS)
def test_one_settlement_renews_once(house: House, folder: Path, steps: list[str | int]) -> None:
    """For each period that is paid one renewal, however often its statement comes and whoever looks at it when."""
    with transaction.atomic():
        story, _ = days_of(house, folder, -9)
        service, files = story.hosting, list[str]()
        for step in steps:
            _step(story, service, files, step)
            renewed = Carried.objects.filter(service=service, outcome=Carried.RENEWED).count()
            service.refresh_from_db()
            assert service.first_unpaid == after(FIRST, 12 * renewed, FIRST.day)
            assert Event.objects.filter(service=service, what="paid").count() == renewed
        list(carry_over(story.clocks))
        key = f"lifecycle:{service.pk}"
        periods = list(Settled.objects.filter(service=key).order_by("valid_from").values_list("valid_from", flat=True))
        assert periods == [after(FIRST, 12 * nth, FIRST.day) for nth in range(len(periods))]
        assert Carried.objects.filter(service=service).count() == len(periods)
        assert books.credit(service.customer_id, "EUR") == 0
        check()
        transaction.set_rollback(True)


def _step(story: Story, service: Service, files: list[str], step: str | int) -> None:
    if isinstance(step, int):
        story.pass_days(step)
    elif step == "pay":
        for asked in Asked.objects.filter(service=service, proforma__state=Proforma.OPEN).select_related("proforma"):
            story.pay(asked.proforma, str(len(files) + 1))
            files.append(str(asked.proforma_id))
    elif step == "again":
        for nth, number in enumerate(files, 1):
            story.pay(Proforma.objects.get(pk=number), str(nth))
    elif step == "ask" and not Asked.objects.filter(service=service, standing=True).exists():
        story.do("renewals.ask", service=service.pk)
    elif step == "carry":
        list(carry_over(story.clocks))
    elif step == "night":
        story.night()
    elif step == "sweep":
        sweep(story.clock.at, before=put_off)
