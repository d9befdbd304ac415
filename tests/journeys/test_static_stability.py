"""Services outlive the control plane: PostgreSQL, panel, worker and agent dead, and neither visitor nor customer notices."""

import os
import signal
import time

import pytest

from gasthof.bootstrap.supervisor import Supervisor
from tests.customers import WHO_AM_I, Guest, arrive
from tests.platform import Platform
from tests.services import Services
from tests.visitors import Visitors, get

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(600)]

STOPPED = ("postgres", "panel", "worker", "agent")


def test_no_visitor_notices_that_the_control_plane_is_dead(platform: Platform) -> None:
    guest = _site(platform, "Unermüdlich", "unermüdlich.test")
    cold = _site(platform, "Kaltstart", "kaltstärt.test")
    services = Services(guest, "unermüdlich.test").furnish()
    with Visitors(platform, {"unermüdlich.test": f"uid={guest.uid} ".encode()}) as visitors:
        visitors.more(50)
        _kill(platform)
        try:
            visitors.more(300)
            status, body = get(platform, platform.trust(), "xn--kaltstrt-5za.test")
            assert (status, f"uid={cold.uid} ".encode() in body) == (200, True), "PHP that nobody had asked for yet"
            assert services.failing() == {}, "mail, zone, files or databases"
            assert {one["name"] for one in platform.status()["processes"] if not one["up"]} >= set(STOPPED)
            _says_that_it_rests(platform)
        finally:
            _start(platform)
        platform.run("web.change_site", domain="unermüdlich.test", php_settings="memory_limit=77M")
        visitors.more(50)
    assert visitors.failed == []
    assert b"limit=77M" in get(platform, platform.trust(), "xn--unermdlich-eeb.test")[1]


def _site(platform: Platform, name: str, domain: str) -> Guest:
    guest = arrive(platform, name)
    platform.run("domains.add", subscription=guest.subscription, name=domain)
    folder = next(path for path in (guest.home / "web").iterdir())
    (folder / "index.html").unlink(missing_ok=True)
    guest.put(f"web/{folder.name}/index.php", WHO_AM_I)
    return guest


def _says_that_it_rests(platform: Platform) -> None:
    """To people as a page, to programs as RFC 9457 wants it."""
    page, problem = platform.panel("/domains"), platform.panel("/api/v1/domains")
    assert page.status_code == problem.status_code == 503
    assert "macht eine Pause" in page.text
    assert problem.headers["content-type"] == "application/problem+json" and problem.headers["retry-after"] == "5"
    assert problem.json()["status"] == 503


def _kill(platform: Platform) -> None:
    """Hard, and kept down."""
    rpc = Supervisor(platform.prefix).rpc
    for name in STOPPED:
        pid = rpc.getProcessInfo(name)["pid"]
        rpc.stopProcess(name, False)
        os.kill(pid, signal.SIGKILL)
    for _ in range(100):
        if not any(rpc.getProcessInfo(name)["pid"] for name in STOPPED):
            return
        time.sleep(0.1)
    raise AssertionError("they do not stop")


def _start(platform: Platform) -> None:
    platform.up("--no-demo")
