"""A managed file changed by hand on the machine is noted, shown and restored."""

import os
import signal
import time
import zlib
from itertools import pairwise
from pathlib import Path

import idna
import pytest

from gasthof.bootstrap.supervisor import Supervisor
from tests.customers import arrive
from tests.platform import Platform

pytestmark = pytest.mark.daemons

NAME = "handgemacht-ä.test"
ASCII = idna.encode(NAME).decode()


@pytest.fixture(scope="module")
def document(platform: Platform) -> Path:
    guest = arrive(platform, "Von Hand geändert")
    platform.run("domains.add", subscription=guest.subscription, name=NAME)
    folder = f"{zlib.crc32(ASCII.encode()):08x}"[:2]
    return platform.prefix.state / "web" / "hosts" / folder / f"{ASCII}.json"


SHOWN = {
    "edited": ['-  "suspended": true,', '+  "suspended": false,'],
    "deleted": ["--- /dev/null", '+  "suspended": false,'],
    "opened": [],
}


def test_of_a_healthy_site_a_plan_says_nothing(platform: Platform, document: Path) -> None:
    assert document.exists()
    assert _planned(platform) == []
    shown = platform.command("plan").stdout
    assert not [line for line in shown.splitlines() if line.startswith("!")], shown


@pytest.mark.parametrize("harm", SHOWN)
def test_it_is_noted_shown_and_restored(platform: Platform, document: Path, harm: str) -> None:
    right, mode = document.read_bytes(), document.stat().st_mode
    if harm == "edited":
        document.write_bytes(right.replace(b'"suspended":false', b'"suspended":true'))
    elif harm == "deleted":
        document.unlink()
    else:
        document.chmod(0o666)
    found = _planned(platform)
    assert set(SHOWN[harm]) <= set(found), found
    assert [line for line in found if line.startswith("  /")] == [f"  {document} 0640 root:gasthof-web"]
    before = _noted(platform)
    os.kill(Supervisor(platform.prefix).rpc.getProcessInfo("agent")["pid"], signal.SIGUSR1)
    _until(lambda: document.exists() and document.read_bytes() == right and document.stat().st_mode == mode)
    _until(lambda: _noted(platform) > before)
    assert platform.https(NAME).status_code == 200


def test_a_key_and_a_daemons_own_configuration_are_watched_as_well(platform: Platform, document: Path) -> None:
    web = platform.prefix.state / "web"
    conf, key = web / "nginx.conf", web / "tls" / document.parent.name / ASCII / "key.pem"
    right, before = conf.read_bytes(), (_noted(platform), _noted(platform, "fixture web.nginx"))
    conf.write_bytes(right + b"# by hand\n")
    key.chmod(0o644)
    os.kill(Supervisor(platform.prefix).rpc.getProcessInfo("agent")["pid"], signal.SIGUSR1)
    _until(lambda: conf.read_bytes() == right and key.stat().st_mode & 0o777 == 0o640)
    _until(lambda: _noted(platform) > before[0] and _noted(platform, "fixture web.nginx") > before[1])
    assert platform.https(NAME).status_code == 200


def _planned(platform: Platform) -> list[str]:
    """What a plan says of this site, without its heading."""
    lines = platform.command("plan").stdout.splitlines()
    heads = [number for number, line in enumerate(lines) if line.startswith("# ")] + [len(lines)]
    sections = {lines[head]: lines[head + 1 : end] for head, end in pairwise(heads)}
    return sections.get(f"# web.site {ASCII}", [])


def _noted(platform: Platform, subject: str = ASCII) -> int:
    code = "from gasthof.slices.nodes.models import NodeEvent; print(NodeEvent.objects.filter(subject__contains="
    shown = platform.command("manage", "shell", "-c", f"{code}'{subject}').count())").stdout
    return int(shown.strip().splitlines()[-1])


def _until(true) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.2)
