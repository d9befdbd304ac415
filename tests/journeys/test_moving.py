"""A customer's subscription exported, deleted and imported through the verbs, on the real daemons: every byte and every setting back."""

import json
import os
import time
from typing import Any

import httpx
import idna
import pytest

from gasthof.agent.tests.node import tree
from tests.customers import WHO_AM_I, Guest, arrive
from tests.platform import Platform
from tests.tenants import FILTER, MAIL, PASSWORD, Tenant

pytestmark = pytest.mark.daemons

NAME = "umzug-müller.test"
ROOT = f"web/{idna.encode(NAME).decode()}"


def contents(guest: Guest) -> dict[str, Any]:
    found = tree(guest.home / "web")
    return {path: (mode, owner == guest.uid, group, content) for path, (mode, owner, group, content) in found.items()}


def wait_for(platform: Platform, guest: Guest, export: str) -> dict[str, Any]:
    """The export's row once the node has made it."""
    until = time.monotonic() + 60
    while True:
        rows = platform.run("subscriptions.exports", customer=guest.number, wait=False)["result"]["exports"]
        row = next(row for row in rows if row["export"] == export)
        if row["state"] != "pending" or time.monotonic() > until:
            return dict(row)
        time.sleep(0.2)


@pytest.fixture(scope="module")
def guest(platform: Platform) -> Guest:
    guest = arrive(platform, "Umzug Müller")
    platform.run("domains.add", subscription=guest.subscription, name=NAME)
    guest.put(f"{ROOT}/wer.php", WHO_AM_I)
    guest.put(f"{ROOT}/geheim/plan.txt", b"der Plan")
    guest.put(f"{ROOT}/bild ä.bin", os.urandom(300_000), 0o600)
    (guest.home / ROOT / "link.php").symlink_to("wer.php")
    os.lchown(guest.home / ROOT / "link.php", guest.uid, (guest.home / "web").stat().st_gid)
    (guest.home / ROOT / "index.html").unlink()
    platform.run("web.protect", subscription=guest.subscription, path=f"{ROOT}/geheim", title="Geheim")
    platform.run(
        "web.add_protected_user",
        subscription=guest.subscription, path=f"{ROOT}/geheim", name="jürgen", password=PASSWORD,
    )  # fmt: skip
    platform.run("web.add_alias", domain=NAME, name="umzug-zwei.test")
    platform.run("web.change_site", domain=NAME, php_settings="memory_limit=96M")
    return guest


def test_a_subscription_moves_out_and_in(platform: Platform, guest: Guest) -> None:
    tenant = Tenant(platform, NAME)
    tenant.furnish(guest)
    before, seen = contents(guest), tenant.seen(guest)
    assert 'Grüße \\"vom\\" Strand\n.\n\U0001f3d6' in seen["note"]
    assert seen["filters"] == {"Käse & mehr ACTIVE": FILTER.encode(), "ruht": b"discard;"}
    assert seen["mail"] == [(b"Seen", MAIL)] and seen["mariadb"] == seen["postgres"] == [("Öl & Käse \U0001f9c0", 42)]
    export = platform.run("subscriptions.export", subscription=guest.subscription)["result"]["export"]
    row = wait_for(platform, guest, export)
    assert (row["state"], row["left_out"]) == ("complete", []) and row["bytes"] > 300_000
    platform.run("subscriptions.delete", subscription=guest.subscription)
    assert not guest.home.exists()
    made = platform.run("subscriptions.import", export=export)["result"]
    new = Guest(platform, guest.number, made["subscription"])
    assert new.subscription != guest.subscription and new.uid != 0
    assert contents(new) == before
    assert tenant.seen(guest) == seen
    assert platform.https(NAME, "/wer.php").text.startswith(f"uid={new.uid} ")
    assert platform.https("umzug-zwei.test", "/wer.php").text.endswith("limit=96M")
    assert platform.https(NAME, "/geheim/plan.txt").status_code == 401
    auth = httpx.BasicAuth("jürgen", PASSWORD)
    assert platform.https(NAME, "/geheim/plan.txt", auth=auth).text == "der Plan"
    assert platform.run("subscriptions.health", subscription=new.subscription, wait=False)["result"]["well"]
    settings = json.loads((platform.root / "exports" / export / "settings.json").read_text("utf-8"))
    assert settings["settings"]["domains"] == [idna.encode(NAME).decode()]
    suspended(platform, new)
    platform.run("subscriptions.delete_export", export=export)
    assert not (platform.root / "exports" / export).exists()


def suspended(platform: Platform, guest: Guest) -> None:
    """None of its PHP runs, and all is back afterwards."""
    [socket] = platform.prefix.run.glob(f"php/*/{guest.subscription}.sock")
    platform.run("subscriptions.suspend", subscription=guest.subscription)
    assert platform.https(NAME, "/wer.php").status_code == 503 and not socket.exists()
    platform.run("subscriptions.resume", subscription=guest.subscription)
    assert platform.https(NAME, "/wer.php").text.startswith(f"uid={guest.uid} ")
