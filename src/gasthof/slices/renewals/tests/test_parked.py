"""While the brake parks an end that is due, everything is still there, and can be paid for."""

from datetime import timedelta

import pytest
from tests.readers import owner

from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.billing.models import Proforma
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.queries import facts_of, foreseen, parked_sweep, policy_of, why
from gasthof.slices.lifecycle.rules.brake import FEW, STORM
from gasthof.slices.lifecycle.sweeping import Swept, sweep
from gasthof.slices.renewals.tests.test_renewals import EXPIRES, Desk, desk, noon, open_proforma, paid_until

__all__ = ["desk"]  # fixture
END = 14  # days after the first unpaid one, of mail


def day(desk: Desk, offset: int) -> Swept:
    """As the worker does it."""
    desk.clock.at = noon(EXPIRES + timedelta(days=offset))
    swept = sweep(desk.clock.at)
    desk.go(desk.clock.at.date())
    return swept


@pytest.fixture
def parked(desk: Desk) -> Service:
    """One of many whose end is due, and waits for a person."""
    service, *_ = (desk.begin("mail") for _ in range(FEW + 1))
    day(desk, END - 1)
    assert open_proforma(service).valid_until == EXPIRES + timedelta(days=END - 1)
    return service


def test_its_proforma_stays_the_same_and_can_be_paid(desk: Desk, parked: Service) -> None:
    asked = open_proforma(parked)
    for offset in (END, END + 1, END + 2):
        assert day(desk, offset).parked == STORM
        asked.refresh_from_db()
        assert (asked.state, asked.valid_until) == (Proforma.OPEN, desk.clock.at.date())
    desk.pay(asked)
    desk.go(desk.clock.at.date())
    assert paid_until(parked) is not None and parked.phase == "active" and parked.ended is None


def test_what_was_never_asked_for_is_asked_for_then(desk: Desk, parked: Service) -> None:
    Proforma.objects.update(state=Proforma.EXPIRED)
    day(desk, END)
    assert open_proforma(parked).valid_until == EXPIRES + timedelta(days=END)
    desk.pay(open_proforma(parked))
    desk.go(desk.clock.at.date())
    parked.refresh_from_db()
    assert parked.phase == "active"


def test_once_a_person_agrees_it_ends_and_is_asked_for_no_more(desk: Desk, parked: Service) -> None:
    day(desk, END)
    waits = parked_sweep()
    assert waits is not None
    desk.do("lifecycle.approve_sweep", sweep=waits.pk)
    desk.go(desk.clock.at.date())
    parked.refresh_from_db()
    assert parked.phase == "deleted" and not Proforma.objects.filter(state=Proforma.OPEN).exists()


def test_its_page_says_that_it_is_there_and_why(desk: Desk, parked: Service) -> None:
    day(desk, END)
    parked.refresh_from_db()
    on = desk.clock.at.date()
    (step,) = foreseen(parked, on)["steps"]
    assert (step["phase"], step["renewal"]) == ("suspended", "renewable")
    assert any("until somebody has looked at it" in words for words in why(policy_of(parked), facts_of(parked, on), on))
    assert owner(desk.house).get(f"/services/{parked.pk}/").status_code == 200


def test_a_proforma_is_made_no_shorter_and_none_is_revived(desk: Desk, parked: Service) -> None:
    asked = open_proforma(parked)
    for until in (asked.valid_until - timedelta(days=1), asked.valid_until):
        with pytest.raises(ActionRefused, match="until then already"):
            desk.do("billing.prolong", proforma=asked.number, valid_until=until.isoformat())
    desk.do("billing.prolong", proforma=asked.number, valid_until="2027-12-24")
    assert open_proforma(parked).valid_until.isoformat() == "2027-12-24"
    desk.do("billing.cancel", proforma=asked.number)
    with pytest.raises(ActionRefused, match="not open any more"):
        desk.do("billing.prolong", proforma=asked.number, valid_until="2028-01-01")
