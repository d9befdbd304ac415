"""A house whose baker has a contact."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from tests.clocks import Clock
from tests.house import House, settle

from gasthof.kernel.actions import Outcome, perform
from gasthof.kernel.clock import Clocks, SystemClock
from gasthof.kernel.permissions import Actor
from gasthof.kernel.values import DomainName
from gasthof.slices.registrar import journal, reading
from gasthof.slices.registrar.models import Operation, Registration
from gasthof.slices.registrar.tests.examples import ADDRESS
from gasthof.slices.registrar.tryout import Registry


@dataclass
class Scene:
    """`clock` is business time, `wall` the other."""

    house: House
    contact: int
    clock: Clock = field(default_factory=lambda: Clock(datetime(2027, 3, 1, 12, tzinfo=UTC)))
    wall: Clock = field(default_factory=lambda: Clock(SystemClock().now() + timedelta(seconds=1)))

    @property
    def registry(self) -> Registry:
        return Registry(self.clock)

    def run(self, verb: str, actor: Actor | None = None, **fields: object) -> Outcome:
        return perform(actor or self.house.baker, f"registrar.{verb}", fields, Clocks(self.wall, self.clock))

    def register(self, name: str = "bäckerei.de") -> Registration:
        self.run("register", customer=self.house.baker.customer, name=name, holder=self.contact)
        self.settle()
        return self.registration(name)

    def ask(self, verb: str, name: str = "bäckerei.de", **fields: object) -> Operation:
        asked = self.run(verb, registration=name, **fields).result["operation"]
        self.settle()
        return Operation.objects.get(pk=asked)

    def registration(self, name: str = "bäckerei.de") -> Registration:
        return Registration.objects.filter(name=DomainName.parse(name).ascii).latest("pk")

    def settle(self) -> None:
        """What is due now, once."""
        for number in journal.due_registrations(self.wall.now()):
            journal.carry_out(number, self.registry, self.wall)

    def later(self, **how: float) -> None:
        """Both clocks go, and jobs run."""
        self.clock.go(**how)
        self.wall.go(**how)
        self.settle()
        reading.poll(self.registry, self.wall)


def set_scene() -> Scene:
    house = settle()
    contact = house.run("registrar.add_contact", customer=house.baker.customer, **ADDRESS).result["contact"]
    return Scene(house, contact)


@pytest.fixture
def scene(db: None) -> Scene:
    return set_scene()
