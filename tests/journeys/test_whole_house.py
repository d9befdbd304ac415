"""One customer with all that a hosting customer has: it works together, stops together, and goes together."""

import ftplib
import io
import time

import pytest

from gasthof.bench.clients import ADDRESS, Ftp
from tests.customers import Guest, arrive
from tests.platform import Platform
from tests.services import PASSWORD, Services

pytestmark = pytest.mark.daemons

NAME = "käse-und-brot.test"
SHOP = """<?php
$shop = new mysqli('127.0.0.1', '{user}', '{password}', '{user}', {port});
echo $shop->query("SELECT 'Käse und Brot'")->fetch_row()[0];
"""
POISON = """
from django.db import transaction
from gasthof.slices.nodes.desired import Desired, put_desired
from gasthof.slices.nodes.models import DesiredObject, Node
kinds = set(DesiredObject.objects.values_list("kind", "spec_version"))
with transaction.atomic():
    put_desired(Node.objects.get().pk, [Desired(kind, f"gift-{n}", version, @SPEC@) for kind, version in kinds for n in range(3)])
"""


@pytest.fixture(scope="module")
def services(platform: Platform) -> Services:
    guest = arrive(platform, "Käse und Brot")
    platform.run("domains.add", subscription=guest.subscription, name=NAME)
    return Services(guest, NAME).furnish()


def test_all_of_it_works(services: Services) -> None:
    assert services.failing() == {}


def test_what_is_uploaded_is_on_the_site_and_reaches_the_database(platform: Platform, services: Services) -> None:
    page = SHOP.format(user=services.database, password=PASSWORD, port=platform.ports["mariadb"])
    client = Ftp(context=services.clients.trust, timeout=20)
    client.connect(ADDRESS, platform.ports["ftp"])
    client.host = platform.prefix.host
    client.login(services.ftp_user, PASSWORD)
    client.prot_p()
    client.storbinary(f"STOR {services.ascii}/laden.php", io.BytesIO(page.encode()))
    client.quit()
    assert platform.https(NAME, "/laden.php").text == "Käse und Brot"


def test_one_that_cannot_be_brought_about_delays_nobody(platform: Platform, services: Services) -> None:
    """A spec of each kind that no agent can carry out, tried again and again."""
    platform.command("manage", "shell", "-c", POISON.replace("@SPEC@", repr('{"name": 5}')))
    try:
        start = time.monotonic()
        platform.run("mail.add_mailbox", domain=NAME, name="eilig", password=PASSWORD)
        platform.run("dns.add_record", domain=NAME, name="eilig", type="A", content="192.0.2.1")
        assert time.monotonic() - start < 20
        assert services.failing() == {}
        told = " ".join(platform.status()["nodes"][0]["errors"])
        assert all(kind in told for kind in ("dns.zone gift-0", "mail.mailbox gift-0", "ftp.user gift-0"))
    finally:
        platform.command("manage", "shell", "-c", POISON.replace("@SPEC@", "None"))


def test_suspended_and_resumed_as_a_whole(platform: Platform, services: Services) -> None:
    mine = {"subscription": services.guest.subscription}
    platform.run("subscriptions.suspend", **mine)
    assert platform.https(NAME).status_code == 503
    refused = services.failing()
    assert set(refused) == {"delivery", "mailbox", "files", "mariadb", "postgres"}
    assert "5.2.1" in refused["delivery"] and ftplib.error_perm.__name__ in refused["files"]
    done = platform.command(
        "run", "dns.add_record", f"domain={NAME}", "name=x", "type=A", "content=192.0.2.1",
        "--as", f"customer:{services.guest.number}", check=False,
    )  # fmt: skip
    assert done.returncode and "suspended" in done.stderr + done.stdout
    platform.run("subscriptions.resume", **mine)
    assert platform.https(NAME, "/laden.php").text == "Käse und Brot"
    assert services.failing() == {}


def test_deleted_as_a_whole(platform: Platform, services: Services) -> None:
    other = _neighbour(platform)
    platform.run("subscriptions.delete", subscription=services.guest.subscription)
    assert set(services.failing()) == {"zone", "delivery", "mailbox", "files", "mariadb", "postgres"}
    assert not services.guest.home.exists()
    assert other.failing() == {}


def _neighbour(platform: Platform) -> Services:
    guest: Guest = arrive(platform, "Nachbarin Müsli")
    platform.run("domains.add", subscription=guest.subscription, name="müsli.test")
    return Services(guest, "müsli.test").furnish()
