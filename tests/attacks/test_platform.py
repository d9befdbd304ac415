"""The whole platform against its neighbours: what listens, whose address is logged, which secrets two installations share."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gasthof.bootstrap.supervisor import Supervisor
from gasthof.slices.mail.node import places
from tests.customers import Guest, arrive
from tests.listeners import family, listeners
from tests.platform import COMMAND, Platform, new_platform

pytestmark = pytest.mark.daemons

SOURCE = Path(__file__).parents[2] / "src"
COUNT = (
    "from gasthof.slices.accounts.models import Customer; print(Customer.objects.filter(name='Eindringling').count())"
)

SPOOFED = (
    "X-Forwarded-For",
    "X-Real-IP",
    "Forwarded",
    "X-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Cluster-Client-IP",
)


def test_the_ports_on_loopback_and_no_more(platform: Platform) -> None:
    """But for Dovecot's three and what filters send by, on an address that is this installation's own (test_php_ports.py)."""
    pid, inside = Supervisor(platform.prefix).pid, places.inside(platform.prefix)
    assert pid is not None
    wanted = {(address, port) for address in ("127.0.0.1", "::1") for port in platform.served.values()}
    found = {(one.address, one.port) for one in listeners(family(pid)) if one.kind == "tcp"}
    own = (places.IMAP, places.POP3, places.SIEVE, places.FILTERS)
    assert found == wanted | {(inside, port) for port in own}


@pytest.fixture(scope="module")
def guest(platform: Platform) -> Guest:
    made = arrive(platform, "Adressbüro Äpfel")
    platform.run("domains.add", subscription=made.subscription, name="adresse-ä.test")
    return made


TRY_EVERYTHING = b"""<?php
set_time_limit(120);
$ports = [];
foreach (['127.0.0.1', '[::1]'] as $address)
    for ($port = 1; $port < 65536; $port++)
        if ($s = @stream_socket_client("tcp://$address:$port", $e, $m, 0.5)) { $ports[$port] = true; fclose($s); }
$sockets = [];
foreach (explode("\n", $_POST['sockets']) as $path)
    if ($path !== '' && ($s = @stream_socket_client("unix://$path", $e, $m, 0.5))) { $sockets[] = $path; fclose($s); }
echo json_encode(['ports' => array_keys($ports), 'sockets' => $sockets]);
"""


def test_a_customers_php_finds_the_public_ports_and_no_socket(platform: Platform, guest: Guest) -> None:
    guest.put("web/xn--adresse--6wa.test/alles.php", TRY_EVERYTHING)
    platform.run("web.change_site", domain="adresse-ä.test", docroot="web/xn--adresse--6wa.test")
    sockets = [
        line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines() if str(platform.root) in line
    ]
    assert len(sockets) >= 6
    answer = platform.https("adresse-ä.test", "/alles.php", method="POST", data={"sockets": "\n".join(sockets)})
    found = answer.json()
    pid = Supervisor(platform.prefix).pid
    ours = {one.port for one in listeners(family(pid))}
    assert set(found["ports"]) & ours == set(platform.served.values())
    assert found["sockets"] == []


@pytest.mark.parametrize("header", SPOOFED)
def test_a_visitor_cannot_choose_the_address_that_is_logged(platform: Platform, guest: Guest, header: str) -> None:
    path = f"/gefälscht-{header}"
    platform.https("adresse-ä.test", path, headers={header: "203.0.113.9"})
    line = _logged(guest.home / "logs/access.log", header)
    assert line["remote_addr"] == "127.0.0.1"
    assert "203.0.113.9" not in json.dumps(line)


def _logged(log: Path, part: str) -> dict[str, str]:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        lines = log.read_text().splitlines() if log.exists() else []
        if hit := [line for line in lines if part in line]:
            return json.loads(hit[0])
        time.sleep(0.1)
    raise AssertionError(f"{part} is not in {log}")


def test_two_installations_share_no_secret_and_no_uid(platform: Platform) -> None:
    with new_platform(bare=False) as other:
        other.up("--no-demo")
        first, second = secrets(platform), secrets(other)
        assert {"secret", "ca.key", "key.pem"} <= {path.name for path in first}
        assert not set(first.values()) & set(second.values())
        assert platform.prefix.uid_base != other.prefix.uid_base


def secrets(platform: Platform) -> dict[Path, bytes]:
    """Each file that only some may read and that holds a key or secret."""
    named = [path for pattern in ("*secret*", "*.key", "*key*.pem") for path in platform.root.rglob(pattern)]
    return {
        path: path.read_bytes()
        for path in named
        if path.is_file() and path.suffix != ".lua" and path.stat().st_size > 8
    }


@pytest.mark.parametrize("user", ["nobody", "gasthof-web"])
def test_no_other_user_of_the_machine_runs_verbs(platform: Platform, user: str) -> None:
    """Neither by the command, nor by the program behind it: the database knows who asks by their user (peer, pg_hba.conf)."""
    words = ["run", "accounts.create", "name=Eindringling"]
    command = [str(COMMAND), *words, "--prefix", str(platform.root)]
    environment = {"GASTHOF_PREFIX": str(platform.root), "PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"}
    program = [sys.executable, "-m", "gasthof.kernel.commandline", *words]
    for line, given in (
        (command, {}),
        (program, environment),
        (program, environment | {"GASTHOF_DB_ROLE": "gasthof_owner"}),
    ):
        done = subprocess.run(
            line, env=given, cwd="/", check=False, capture_output=True, text=True, user=user, group="nogroup", extra_groups=[]
        )  # fmt: skip
        assert done.returncode != 0, done.stdout
    found = platform.command("manage", "shell", "-c", COUNT).stdout.strip().splitlines()[-1]
    assert found == "0"
