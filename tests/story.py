"""A house whose days pass: a customer with hosting and mail, prices, proformas, statements, holds and wishes. By verbs alone."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import pytest

from gasthof.kernel import registry
from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks
from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.tests.statements import Line, mt940
from gasthof.slices.lifecycle.models import Hold, Service, Termination
from gasthof.slices.lifecycle.putting_off import put_off
from gasthof.slices.lifecycle.sweeping import sweep
from tests.clocks import Clock
from tests.house import OPERATOR, House, settle

FIRST = date(2027, 3, 3)  # that is not paid
NAME = "grüße-aus-köln.test"


@dataclass
class Story:
    """It begins 32 days before the first unpaid one."""

    house: House
    clock: Clock = field(default_factory=lambda: Clock(datetime.combine(FIRST - timedelta(days=32), time(12), UTC)))

    @property
    def clocks(self) -> Clocks:
        return Clocks(self.clock, self.clock)

    def do(self, verb: str, **fields: object) -> dict[str, object]:
        return dict(perform(OPERATOR, verb, fields, self.clocks).result)

    @property
    def hosting(self) -> Service:
        return Service.objects.filter(type="hosting").earliest("pk")

    def night(self) -> None:
        """What one hook brings to another is done at once by a job; here it is as good the second time."""
        for _ in range(2):
            for _ in registry.day_began(self.clocks):
                pass

    def pass_days(self, count: int) -> None:
        """Each is swept; what else a day brings comes on the last one."""
        for _ in range(count):
            self.clock.go(days=1)
            sweep(self.clock.at, before=put_off)
        self.night()

    def go(self, offset: int) -> None:
        """To that day, counted from the first unpaid one."""
        self.pass_days((FIRST + timedelta(days=offset) - self.clock.at.date()).days)

    def statement(self, day: str) -> str:
        """It pays all that is asked for, and as people do, again what was paid last."""
        again = list(Proforma.objects.filter(state=Proforma.PAID).order_by("-pk")[:1])
        lines = [
            Line(each.total, f"VS:{each.number}", name="Bäckerei Müller", bank_id=f"{day}-{nth}")
            for nth, each in enumerate([*Proforma.objects.filter(state=Proforma.OPEN).order_by("pk"), *again])
        ]
        return base64.b64encode(mt940(lines, number=day).encode()).decode()

    def pay(self, proforma: Proforma, number: str = "1") -> None:
        line = Line(proforma.total, f"VS:{proforma.number}", iban="", bank_id=f"{number}-{proforma.number}")
        text = mt940([line], number=number)
        self.do("billing.upload_statement", file=base64.b64encode(text.encode()).decode())

    def asked(self, service: Service) -> Proforma:
        """The proforma that it can be paid by."""
        return Proforma.objects.get(asked__service=service, state=Proforma.OPEN)

    def hold(self) -> None:
        if self.hosting.ended is None and not Hold.objects.filter(lifted=None).exists():
            self.do("lifecycle.put_hold", service=self.hosting.pk, kind="abuse")

    def lift(self) -> None:
        for each in Hold.objects.filter(lifted=None):
            self.do("lifecycle.lift_hold", hold=each.pk)

    def wish(self) -> None:
        if self.hosting.ended is None and not Termination.objects.filter(revoked=None).exists():
            on = (self.clock.at + timedelta(days=10)).date().isoformat()
            self.do("lifecycle.terminate", service=self.hosting.pk, authorised="Brief der Köchin", on=on)

    def stay(self) -> None:
        if self.hosting.ended is None and Termination.objects.filter(revoked=None).exists():
            self.do("lifecycle.revoke_termination", service=self.hosting.pk)


def begin() -> Story:
    house = settle()
    house.run("domains.add", subscription=house.mine, name=NAME)
    story = Story(house)
    for type_ in ("hosting", "mail"):
        story.do("renewals.set_price", type=type_, months=12, net="100,00")
    for type_, within in (("hosting", {"subscription": house.mine}), ("mail", {})):
        story.do(
            "lifecycle.begin", customer=house.baker.customer, type=type_, name=NAME, first_unpaid=FIRST.isoformat(), **within
        )  # fmt: skip
    return story


@pytest.fixture(autouse=True)
def nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No node answers here."""
    monkeypatch.setattr("gasthof.slices.lifecycle.daily.PATIENCE", 0.0)
