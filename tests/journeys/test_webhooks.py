"""Webhooks on a running platform: what customers do arrives at their server, and a courier that is killed loses and renames nothing."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from gasthof.agent.sdk import certificate
from gasthof.bootstrap.supervisor import Supervisor
from gasthof.kernel.clock import SystemClock
from gasthof.slices.webhooks.sending import LEASE
from tests.customers import Guest, arrive
from tests.platform import Platform, new_platform
from tests.receivers import Heard, Receiver, receiving

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(900)]
LOOPBACK = '[webhooks]\nnetworks = ["127.0.0.0/8"]\n'


@pytest.fixture(scope="module")
def house() -> Iterator[Platform]:
    """One whose operator lets webhooks reach this machine."""
    with new_platform(bare=False) as running:
        (running.root / "config.toml").write_text(LOOPBACK)
        running.up("--no-demo")
        assert running.prefix.webhook_networks == ("127.0.0.0/8",)
        yield running


@pytest.fixture(scope="module")
def guest(house: Platform) -> Guest:
    found = arrive(house, "Hakenfabrik Müller")
    house.run(
        "access.invite",
        wait=False,
        customer=found.number,
        email="anna@example.org",
        name="Anna Öz",
        mail="no",
        role="owner",
    )
    return found


@pytest.fixture
def receiver(house: Platform, tmp_path: Path) -> Iterator[Receiver]:
    """Known by the platform's own authority."""
    authority, key = certificate.load_authority(house.prefix.ca_key, house.prefix.ca_certificate), certificate.new_key()
    issued = certificate.give_out(authority, key, ["127.0.0.1"], SystemClock().now())
    with receiving(tmp_path, (issued, certificate.key_pem(key))) as found:
        yield found


def made(platform: Platform, verb: str, **fields: object) -> dict[str, object]:
    """A verb's result."""
    return platform.run(verb, wait=False, **fields)["result"]


def told(heard: Heard, secret: str) -> dict[str, object]:
    return Webhook(secret).verify(heard.body, heard.headers)


def test_what_is_done_and_that_it_is_live_arrives(guest: Guest, receiver: Receiver) -> None:
    run = guest.platform.run
    added = made(
        guest.platform, "webhooks.add", user="anna@example.org", url=f"https://127.0.0.1:{receiver.port}/haken"
    )
    receiver.wait_for(1)  # of the webhook itself
    run("domains.add", actor=f"customer:{guest.number}", subscription=guest.subscription, name="grüße-vom-haken.test")
    heard = [told(each, added["secret"]) for each in receiver.wait_for(3)[1:]]
    assert {each["type"] for each in heard} == {"verb.performed", "change.live"}
    assert all(each["data"]["verb"] == "domains.add" and each["data"]["customer"] == guest.number for each in heard)
    run("webhooks.remove", wait=False, webhook=added["webhook"])


def test_a_courier_killed_between_request_and_record_sends_again_under_the_same_id(
    guest: Guest, receiver: Receiver
) -> None:
    supervisor, stuck = Supervisor(guest.platform.prefix), threading.Event()
    receiver.answer = lambda _connection: stuck.wait(300)
    added = made(
        guest.platform,
        "webhooks.add",
        user="anna@example.org",
        url=f"https://127.0.0.1:{receiver.port}/",
        events="change.live",
    )
    test = made(guest.platform, "webhooks.test", webhook=added["webhook"])
    receiver.wait_for(1)
    os.kill(supervisor.rpc.getProcessInfo("courier")["pid"], signal.SIGKILL)
    receiver.answer = None
    before = time.monotonic()
    first, second = receiver.wait_for(2, LEASE.total_seconds() + 30)
    assert time.monotonic() - before > 10, "the same process would not have waited"
    stuck.set()
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == test["id"] and first.body == second.body
    assert told(second, added["secret"])["type"] == "test"
    assert _state(guest.platform, test["delivery"]) == "delivered"


def _state(platform: Platform, delivery: int) -> str:
    """A delivery can be sent again once it is recorded; the answer says what it was."""
    for _ in range(100):
        rows = platform.command("manage", "shell", "-c", (
            "from gasthof.slices.webhooks.models import Delivery;"
            f"print(Delivery.objects.get(pk={delivery}).state)"
        )).stdout.split()  # fmt: skip
        if rows and rows[-1] != "queued":
            return rows[-1]
        time.sleep(0.2)
    return json.dumps(rows)
