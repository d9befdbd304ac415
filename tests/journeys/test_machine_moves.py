"""A machine gets another name and loses an address: `up`, the worker killed in the middle, and every zone says so."""

import contextlib
import os
import re
import signal
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import idna
import pytest

from gasthof.bootstrap.supervisor import Supervisor, wait_until
from tests.customers import Guest, arrive
from tests.journeys.test_many_changes import at_once
from tests.platform import Platform, new_platform

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(900)]

OLD, NEW = "server.gasthof.test", "wirt.xn--gstehaus-0za.test"  # wirt.gästehaus.test
UMLAUT = "grüße-aus-köln.test"
NAMES = [UMLAUT, *(f"käse-{number}.test" for number in range(70))]


def ask(platform: Platform, name: str, kind: str) -> list[str]:
    question = dns.message.make_query(idna.encode(name).decode(), kind)
    found = dns.query.udp(question, "127.0.0.1", timeout=5, port=platform.ports["dns"])
    return sorted(each.to_text() for part in found.answer for each in part)


def saying(platform: Platform, host: str, ipv6: list[str]) -> int:
    """How many zones say that name and those addresses."""
    wanted = [[f"ns1.{host}.", f"ns2.{host}."], ipv6]
    with contextlib.suppress(dns.exception.Timeout):
        return sum([ask(platform, name, kind) for kind in ("NS", "AAAA")] == wanted for name in NAMES)
    return 0


def furnish(platform: Platform) -> Guest:
    guest = arrive(platform, "Umzug")
    calls = [("domains.add", {"subscription": guest.subscription, "name": one}) for one in NAMES]
    assert at_once(platform, calls) == []
    platform.run("dns.set_records", domain=UMLAUT, name="www", type="AAAA", contents="2001:db8::7")
    platform.run("dns.switch_default", domain=UMLAUT, name="ftp", type="A", on="no")
    assert wait_until(lambda: saying(platform, OLD, ["::1"]) == len(NAMES), 120)
    return guest


def rename(platform: Platform, host: str) -> None:
    """Without IPv6, as a machine may be after a move."""
    path: Path = platform.root / "config.toml"
    text = re.sub(r"(?m)^host = .*$", f'host = "{host}"', path.read_text())
    path.write_text(re.sub(r"(?m)^ipv6 = .*$", 'ipv6 = ""', text))


def kill_worker(platform: Platform) -> None:
    os.kill(Supervisor(platform.prefix).rpc.getProcessInfo("worker")["pid"], signal.SIGKILL)


def test_every_zone_follows_a_machine_that_moves() -> None:
    with new_platform(bare=False) as platform:
        platform.up("--no-demo")
        guest = furnish(platform)
        serial = ask(platform, UMLAUT, "SOA")[0].split()[2]
        assert ask(platform, f"ns1.{OLD}", "AAAA") == ["::1"]
        _not_a_customers(platform)
        rename(platform, NEW)
        assert "nothing to do" not in platform.up("--no-demo").stderr
        assert all(row["up"] for row in platform.status()["processes"])
        for name in (NEW, f"ns1.{NEW}", f"ns2.{NEW}"):
            assert (ask(platform, name, "A"), ask(platform, name, "AAAA")) == (["127.0.0.1"], [])
        assert ask(platform, OLD, "A") == []
        assert wait_until(lambda: saying(platform, NEW, []) > 0, 120), "the worker begins within a minute"
        kill_worker(platform)
        print(f"killed when about {saying(platform, NEW, [])} of {len(NAMES)} zones had followed")
        assert wait_until(lambda: saying(platform, NEW, []) == len(NAMES), 180)
        assert ask(platform, f"www.{UMLAUT}", "AAAA") == ["2001:db8::7"]
        assert ask(platform, f"ftp.{UMLAUT}", "A") == []
        assert ask(platform, f"mail.{UMLAUT}", "A") == ["127.0.0.1"]
        assert ask(platform, UMLAUT, "SOA")[0].split()[2] > serial
        wanted = ("run", "domains.add", f"subscription={guest.subscription}", f"name=ns1.{NEW}")
        said = platform.command(*wanted, check=False)
        assert said.returncode and "servers" in said.stderr + said.stdout, "no customer gets the machine's name"


def _not_a_customers(platform: Platform) -> None:
    """The machine gets no name of a customer's, and nothing stops for who tries."""
    rename(platform, idna.encode(UMLAUT).decode())
    done = platform.up("--no-demo", check=False)
    assert done.returncode and "is a customer's" in done.stderr
    assert all(row["up"] for row in platform.status()["processes"])
