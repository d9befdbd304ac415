"""200 changes at once while visitors come: nothing is lost, nobody fails."""

import json
import os
import subprocess
import sys

import idna
import pytest

from gasthof.bootstrap.supervisor import wait_until
from tests.customers import Guest, arrive
from tests.platform import ROOT, Platform
from tests.visitors import Visitors, get

pytestmark = pytest.mark.daemons

SITES, CHANGES = 40, 200


def test_200_changesat_once(platform: Platform) -> None:
    guest = arrive(platform, "Vielbeschäftigte GmbH")
    names = [f"änderung-{number}.test" for number in range(SITES)]
    assert (
        at_once(platform, [("domains.add", {"subscription": guest.subscription, "name": name}) for name in names]) == []
    )
    platform.run("domains.add", subscription=guest.subscription, name="fels-in-der-brändung.test")
    rock = f"web/{idna.encode('fels-in-der-brändung.test').decode()}"
    guest.put(f"{rock}/index.html", b"ein Fels")
    for name in names:
        for number in range(CHANGES // SITES):
            guest.put(f"web/{number}/{idna.encode(name).decode()}/index.html", f"{number} {name}".encode())
    changes = [
        ("web.change_site", {"domain": name, "docroot": f"web/{number}/{idna.encode(name).decode()}"})
        for number in range(CHANGES // SITES)
        for name in names
    ]
    with Visitors(platform, {"fels-in-der-brändung.test": b"ein Fels"}) as visitors:
        visitors.more(20)
        assert at_once(platform, changes) == []
        _settle(platform)
        visitors.more(20)
    assert visitors.failed == []
    wanted = _docroots(platform, names)
    trust = platform.trust()
    for name in names:
        number = wanted[name].split("/")[1]
        assert get(platform, trust, idna.encode(name).decode()) == (200, f"{number} {name}".encode())


def test_200_new_domainsat_once(platform: Platform) -> None:
    guest = arrive(platform, "Großeinkauf AG")
    names = [f"großeinkauf-{number}.test" for number in range(CHANGES)]
    assert (
        at_once(platform, [("domains.add", {"subscription": guest.subscription, "name": name}) for name in names]) == []
    )
    _settle(platform)
    trust = platform.trust()
    assert [name for name in names if get(platform, trust, idna.encode(name).decode())[0] != 200] == []
    _delete_under_the_guard(platform, guest)


def _delete_under_the_guard(platform: Platform, guest: Guest) -> None:
    """So many at once wait for a person, and go when one says so."""
    platform.run("subscriptions.delete", subscription=guest.subscription, wait=False)
    assert wait_until(platform.held, 60), platform.status()["nodes"]
    assert (guest.home / "web").exists()
    platform.run("nodes.release", node="local", wait=False)
    _settle(platform)
    assert not guest.home.exists()


def at_once(platform: Platform, calls: list[tuple[str, dict[str, str]]]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bulk", "20"], input=json.dumps(calls), capture_output=True, text=True, check=True,
        cwd=ROOT, env={"GASTHOF_PREFIX": str(platform.root), "PYTHONPATH": "src:.", "PATH": os.environ["PATH"]},
    )  # fmt: skip
    return json.loads(done.stdout)


def _settle(platform: Platform) -> None:
    assert wait_until(lambda: platform.pending() == 0, 120), platform.status()["nodes"]


def _docroots(platform: Platform, names: list[str]) -> dict[str, str]:
    """What the control plane holds in the end, whoever of the five came last."""
    rows = platform.command(
        "manage", "shell", "-c",
        "import json; from gasthof.slices.web.models import Site;"
        "print(json.dumps(dict(Site.objects.values_list('domain__name', 'docroot'))))",
    ).stdout  # fmt: skip
    found = json.loads(rows.strip().splitlines()[-1])
    return {name: found[idna.encode(name).decode()] for name in names}
