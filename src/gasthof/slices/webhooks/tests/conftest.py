"""A house in which the baker's Anna has a webhook at a receiver of this process."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.clocks import Clock
from tests.house import House, settle
from tests.programs import people
from tests.receivers import Receiver, receiving

from gasthof.slices.access.models import User
from gasthof.slices.webhooks.models import Delivery, Event, Webhook
from gasthof.slices.webhooks.posting import post
from gasthof.slices.webhooks.sending import Sending
from gasthof.slices.webhooks.telling import hand_out


@dataclass
class Scene:
    house: House
    anna: User
    receiver: Receiver
    clock: Clock
    sending: Sending
    secret: str = ""

    def add(self, user: User | None = None, url: str = "", **more: object) -> Webhook:
        made = self.house.run("webhooks.add", user=(user or self.anna).pk, url=url or self.receiver.url, **more).result
        self.secret = str(made["secret"])
        Event.objects.all().delete()  # which tells of the webhook itself
        return Webhook.objects.get(pk=made["webhook"])

    def turn(self) -> None:
        """Hand out and send until nothing is under way."""
        hand_out(self.clock.now())
        self.sending.turn(self.receiver.door(), 20)
        while self.sending.under_way:
            self.sending.settle(20)

    def sent(self) -> Delivery:
        return Delivery.objects.latest("pk")


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as found:
        yield found


@pytest.fixture
def scene(db: None, receiver: Receiver) -> Scene:
    house, clock = settle(), Clock(datetime.now(UTC) + timedelta(seconds=1))
    anna = people(User.MEMBER, house.baker.customer, "anna")
    return Scene(house, anna, receiver, clock, Sending(post, clock, lambda: 0.5))
