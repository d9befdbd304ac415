"""Spec L15, L19: subservers go off, end and come back with what they belong to; what was off before stays off."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from tests.house import OPERATOR, House, all_live, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks, FixedClock, SystemClock
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.lifecycle import queries
from gasthof.slices.lifecycle.daily import day_began
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.subscriptions.models import Subscription

pytestmark = pytest.mark.django_db
FIRST = date(2028, 2, 28)  # the day after is a leap day
NAMES = ("süße-brötchen.test", "grüße-aus-köln.test")


def on(offset: int) -> Clocks:
    return Clocks(SystemClock(), FixedClock(datetime.combine(FIRST + timedelta(days=offset), time(12), UTC)))


class Rack:
    """A parent with two subservers, the second one switched off by hand."""

    def __init__(self, house: House, type_: str) -> None:
        self.house, self.type = house, type_
        perform(OPERATOR, "renewals.set_price", {"type": type_, "months": 12, "net": "600,00"}, on(-40))
        self.parent = self.begin(type=type_, name="Brötchenturm", first_unpaid=FIRST.isoformat())
        self.places = [house.mine, self._place()]
        self.below = [
            self.begin(type="subserver", name=name, parent=self.parent.pk, subscription=place)
            for name, place in zip(NAMES, self.places, strict=True)
        ]
        perform(OPERATOR, "subscriptions.suspend", {"subscription": self.places[1]}, on(-40))

    def _place(self) -> str:
        fields = {"customer": self.house.baker.customer, "plan": "Standard", "node": "local"}
        return str(perform(OPERATOR, "subscriptions.create", fields, on(-40)).result["subscription"])

    def begin(self, **fields: object) -> Service:
        wanted = {"customer": self.house.baker.customer} | fields
        return Service.objects.get(pk=perform(OPERATOR, "lifecycle.begin", wanted, on(-40)).result["service"])

    def phases(self) -> set[str]:
        return set(Service.objects.filter(pk__in=[each.pk for each in self.below]).values_list("phase", flat=True))

    def states(self) -> list[str]:
        found = {each.system_name: each.state for each in Subscription.objects.all()}
        return [found.get(each, "gone") for each in self.places]

    def end(self, days: int) -> None:
        """Unpaid until after its last day."""
        pass_(-1, days - 15)
        perform(OPERATOR, "lifecycle.note_notice", {"service": self.parent.pk}, on(days - 15))
        pass_(days - 14, days)
        all_live()
        pass_(days + 1, days + 1)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gasthof.slices.lifecycle.daily.PATIENCE", 0.0)


def pass_(first: int, last: int) -> None:
    for offset in range(first, last + 1):
        list(day_began(on(offset)))


@pytest.mark.parametrize(("type_", "days"), [("multihosting", 60), ("vms", 30)])
def test_day_by_day_they_go_off_and_end_with_their_parent(type_: str, days: int) -> None:
    rack = Rack(settle(), type_)
    pass_(-2, -1)
    assert (rack.phases(), rack.states()) == ({"active"}, ["active", "suspended"])
    pass_(0, 0)
    assert (rack.phases(), rack.states()) == ({"suspended"}, ["suspended", "suspended"])
    pass_(1, days - 10)
    perform(OPERATOR, "lifecycle.note_notice", {"service": rack.parent.pk}, on(days - 10))
    pass_(days - 9, days - 1)
    assert (rack.phases(), rack.states()) == ({"suspended"}, ["suspended", "suspended"])
    pass_(days, days)
    assert (rack.phases(), rack.states()) == ({"deleted"}, ["suspended", "suspended"]), "saved first"
    all_live()
    pass_(days + 1, days + 1)
    assert rack.states() == ["gone", "gone"]


@pytest.mark.parametrize("type_", ["multihosting", "vms"])
def test_paid_each_ones_former_state_comes_back(type_: str) -> None:
    rack = Rack(settle(), type_)
    pass_(-1, 3)
    perform(OPERATOR, "lifecycle.set_paid", {"service": rack.parent.pk, "first_unpaid": "2029-02-28"}, on(3))
    pass_(4, 4)
    assert (rack.phases(), rack.states()) == ({"active"}, ["active", "suspended"])


def test_a_hold_on_one_subserver_closes_that_one_alone() -> None:
    rack = Rack(settle(), "vms")
    perform(OPERATOR, "subscriptions.resume", {"subscription": rack.places[1]}, on(-40))
    put = {"service": rack.below[0].pk, "kind": "abuse"}
    hold = perform(OPERATOR, "lifecycle.put_hold", put, on(-30)).result["hold"]
    pass_(-30, -30)
    assert rack.states() == ["suspended", "active"]
    pass_(-1, 0)
    perform(OPERATOR, "lifecycle.set_paid", {"service": rack.parent.pk, "first_unpaid": "2029-02-28"}, on(1))
    pass_(1, 1)
    assert rack.states() == ["suspended", "active"], "a payment lifts no hold"
    perform(OPERATOR, "lifecycle.lift_hold", {"hold": hold}, on(2))
    pass_(2, 2)
    assert rack.states() == ["active", "active"]


def test_restored_all_that_is_kept_comes_back_below_the_new_parent() -> None:
    rack = Rack(settle(), "vms")
    with pytest.raises(ActionRefused, match="not ended"):
        perform(OPERATOR, "lifecycle.restore", {"service": rack.below[0].pk, "first_unpaid": "2029-02-28"}, on(0))
    rack.end(30)
    alone = {"service": rack.below[0].pk, "first_unpaid": "2029-02-28"}
    with pytest.raises(ActionRefused, match="first"):
        perform(OPERATOR, "lifecycle.restore", alone, on(32))
    assert [each.pk for each in queries.kept_subservers(rack.parent)] == [each.pk for each in rack.below]
    again = {"service": rack.parent.pk, "first_unpaid": "2029-02-28"}
    result = perform(OPERATOR, "lifecycle.restore", again, on(32)).result
    fresh = Service.objects.get(pk=result["service"])
    found = fresh.children.order_by("pk")
    assert [(each.type, each.unicode, each.phase) for each in found] == [
        ("subserver", name, "active") for name in NAMES
    ]
    assert all(each.subscription and each.first_unpaid is None for each in found)
    assert queries.kept_subservers(rack.parent) == [], "nobody pays for one twice"
    assert [each.subscription.state for each in found] == ["active", "suspended"], "each one’s former state"
    assert result["still_off"] == [NAMES[1]]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"parent": None}, "parent"),
        ({"parent": "hosting"}, "parent"),
        ({"parent": "other"}, "parent"),
        ({"first_unpaid": "2028-02-28"}, "first_unpaid"),
        ({"subscription": None}, "subscription"),
        ({"type": "shop", "first_unpaid": "2028-02-28"}, "parent"),
        ({"type": "shop", "parent": None}, "first_unpaid"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(changed: dict[str, object], field: str) -> None:
    house = settle()
    day = FIRST.isoformat()

    def begin(customer: int | None, type_: str) -> int:
        fields = {"customer": customer, "type": type_, "name": NAMES[1], "first_unpaid": day}
        return int(perform(OPERATOR, "lifecycle.begin", fields, on(-40)).result["service"])

    parents = {
        "own": begin(house.baker.customer, "vms"),
        "hosting": begin(house.baker.customer, "hosting"),
        "other": begin(house.gardener.customer, "vms"),
    }
    fields = {
        "customer": house.baker.customer,
        "type": "subserver",
        "name": NAMES[0],
        "parent": "own",
        "subscription": house.mine,
    }
    fields |= changed
    fields["parent"] = parents.get(str(fields["parent"]))
    with pytest.raises(ActionRefused) as refused:
        perform(
            OPERATOR, "lifecycle.begin", {key: value for key, value in fields.items() if value is not None}, on(-40)
        )
    assert [error.field for error in refused.value.errors] == [field]
