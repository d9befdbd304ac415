"""A house with a policy, whose days are told by hand."""

from datetime import UTC, date, datetime, time

import pytest
from tests.house import House, settle

from gasthof.slices.accounts.models import Customer
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.auditing import audit
from gasthof.slices.lifecycle.included import ZONE
from gasthof.slices.lifecycle.models import PolicyVersion, Service
from gasthof.slices.lifecycle.sweeping import Swept, sweep
from gasthof.slices.lifecycle.tests.policies import TEXT


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


class Trade:
    """Services of one customer."""

    def __init__(self, house: House) -> None:
        self.customer = Customer.objects.get(number=house.baker.customer)
        self.version: PolicyVersion = policies.take(TEXT, noon(date(2026, 1, 1)))

    def begin(self, type_: str, first_unpaid: date | None, day: date, **more: object) -> Service:
        """Of a name there is one zone, so each has its own; all others are called alike."""
        more = {"tld": "", "version": self.version} | more
        name = "xn--bckerei-mller-bfb28a.test"
        if type_ == ZONE:
            name = f"z{Service.objects.filter(type=ZONE).count()}.{name}"
        return changing.begin(self.customer, type_, name, noon(day), first_unpaid=first_unpaid, **more)

    def sweep(self, day: date, **more: object) -> Swept:
        """And what SQL has done is what the pure function says, for all services."""
        swept = sweep(noon(day), **more)
        found = audit(day)
        assert (found.differences, found.loose) == ((), ())
        return swept


@pytest.fixture
def trade(db: None) -> Trade:
    return Trade(settle())
