"""The whole life of an installation, with real daemons on prefixes of their own."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.platform import COMMAND, Platform, new_platform

from gasthof.bootstrap import leftovers, machine
from gasthof.bootstrap.supervisor import Supervisor, wait_until

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(600)]


NAMES = "from gasthof.slices.accounts.models import Customer; print([each.name for each in Customer.objects.all()])"


@pytest.fixture
def fresh() -> Iterator[Platform]:
    with new_platform() as platform:
        yield platform


@pytest.fixture(scope="module")
def second() -> Iterator[Platform]:
    """Beside `platform`, for tests that go on from where the one before has left it, as each beginning takes half a minute."""
    with new_platform() as other:
        yield other


def running(platform: Platform) -> list[machine.Process]:
    """Everything on this machine that works for the prefix."""
    return [one for one in machine.processes() if f"{platform.root}/" in one.command]


def stands(platform: Platform) -> bool:
    """As the supervisor says, which is quicker than `status`."""
    states = Supervisor(platform.prefix).states()
    return bool(states) and all(state.up for state in states.values())


def pids(platform: Platform) -> dict[str, int]:
    return {name: state.pid for name, state in Supervisor(platform.prefix).states().items()}


def chosen(platform: Platform) -> list[str]:
    return [word for name, port in platform.ports.items() for word in ("--port", f"{name}={port}")]


def work() -> float:
    """Seconds of a processor that commands have taken so far: what else the machine does is no fault of theirs."""
    times = os.times()
    return times.children_user + times.children_system


def test_killed_in_the_middle_the_next_goes_on(second: Platform) -> None:
    """In each step, and the next one in the step after it, until one is left alone."""
    line = [str(COMMAND), "up", "--prefix", str(second.root), "--no-demo", "--detach", *chosen(second)]
    for during in ("PostgreSQL ...", "database ...", "processes: "):
        with subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as killed:
            assert killed.stderr is not None
            assert any(during in told for told in killed.stderr), during
            time.sleep(0.15)
            killed.kill()
    assert f"https://localhost:{second.ports['panel']}" in second.up("--no-demo").stdout
    assert stands(second)


def test_up_again_has_nothing_to_do_and_down_leaves_nothing(second: Platform) -> None:
    status = second.status()
    assert all(row["up"] for row in status["processes"]), status
    assert all(one["listening"] for one in status["endpoints"]), status
    assert [node["name"] for node in status["nodes"]] == ["local"] and status["nodes"][0]["last_contact"]
    assert status["ca"] == str(second.root / "ca.pem")
    memory = {row["name"]: row["memory"] for row in status["processes"] if row["name"] != "php-fpm"}
    assert all(1_000_000 < size < 1_000_000_000 for size in memory.values()), memory
    assert second.panel("/health").json() == {"database": True}
    before = pids(second)

    begun, worked = time.monotonic(), work()
    again = second.up("--no-demo")
    assert "nothing to do" in again.stderr
    assert work() - worked < 10 and time.monotonic() - begun < 120
    assert pids(second) == before

    second.down()
    assert running(second) == []
    assert all(not machine.listening(port) for port in second.ports.values())
    assert "was running" in second.command("down").stdout

    asleep = second.command("status", "--json", check=False)
    told = json.loads(asleep.stdout)
    assert asleep.returncode == 1 and told["nodes"] is None and not any(row["up"] for row in told["processes"])


def test_ctrl_c_ends_the_foreground_and_everything(second: Platform) -> None:
    line = [str(COMMAND), "up", "--prefix", str(second.root), "--no-demo", *chosen(second)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as shown:
        assert shown.stdout is not None
        assert any("Ctrl-C" in told for told in shown.stdout)
        assert stands(second)
        shown.send_signal(signal.SIGINT)
        shown.stdout.read()
        assert shown.wait(120) == 130
    assert running(second) == []


def test_status_is_quick_and_tells_what_is_dead(platform: Platform) -> None:
    begun, worked = time.monotonic(), work()
    platform.command("status")
    assert work() - worked < 3 and time.monotonic() - begun < 60
    supervisor = Supervisor(platform.prefix)
    supervisor.rpc.stopProcess("postgres")
    try:
        dead = platform.command("status", check=False)
        assert dead.returncode == 1 and "unknown, PostgreSQL does not answer" in dead.stdout
        assert platform.panel("/health").status_code == 503
        assert platform.panel("/").status_code == 302
    finally:
        supervisor.begin("postgres")
        assert wait_until(lambda: platform.panel("/health").status_code == 200, 60)


def test_up_mends_a_process_that_was_stopped(platform: Platform) -> None:
    Supervisor(platform.prefix).rpc.stopProcess("worker")
    assert not stands(platform)
    platform.up("--no-demo")
    assert stands(platform)


def test_logs_and_plan_and_verbs_answer(platform: Platform) -> None:
    assert "connected" in platform.command("logs", "agent").stdout
    assert "agent" in platform.command("logs", "nix", check=False).stderr
    platform.command("plan")
    assert "domains.add" in platform.command("run", "--list").stdout
    made = platform.command("run", "accounts.create", "name=Köhlerei Grün", "--json", "--lang", "de").stdout
    assert (
        json.loads(made)["result"]["customer"]
        and "Köhlerei Grün" in platform.command("manage", "shell", "-c", NAMES).stdout
    )
    assert platform.command("manage", "check").returncode == 0


def test_log_files_are_roots_alone(platform: Platform) -> None:
    logs = platform.root / "logs"
    assert logs.stat().st_mode & 0o777 == 0o711
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in logs.iterdir() if path.stat().st_mode & 0o077} == {}


def test_secrets_are_closed(platform: Platform) -> None:
    for name, mode in (("panel/secret", 0o640), ("panel/tls/key.pem", 0o600), ("node/ca/ca.key", 0o600)):
        assert (platform.root / name).stat().st_mode & 0o777 == mode, name
    for name in ("panel/secret", "node/ca/ca.key", "panel/tls/key.pem", "supervisor/supervisor.sock"):
        reading = ["/usr/bin/head", "-c1", str(platform.root / name)]
        done = subprocess.run(
            reading, check=False, capture_output=True, user="nobody", group="nogroup", extra_groups=[]
        )
        assert done.returncode != 0, name


def test_a_taken_port_names_who_has_it(fresh: Platform) -> None:
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind(("127.0.0.1", fresh.ports["https"]))
        taker.listen()
        done = fresh.up("--no-demo", check=False)
    us = Path("/proc/self/cmdline").read_text().split("\0")[0]
    assert done.returncode == 1
    assert str(fresh.ports["https"]) in done.stderr and f"process {os.getpid()} ({us} " in done.stderr
    assert running(fresh) == []


def test_an_interrupted_up_leaves_a_running_platform_alone(platform: Platform) -> None:
    line = [str(COMMAND), "up", "--prefix", str(platform.root), "--no-demo"]
    for number, during in (
        (signal.SIGINT, "database ..."),
        (signal.SIGTERM, "configuration of the daemons ..."),
    ):
        (platform.root / "supervisor" / "stamp.json").unlink(missing_ok=True)
        before = pids(platform)
        with subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as again:
            assert again.stderr is not None
            assert any(during in told for told in again.stderr), during
            again.send_signal(number)
            assert "goes on" in again.stderr.read(), during
            assert again.wait(120) == 130, during
        assert platform.panel("/health").status_code == 200
        after = pids(platform)
        assert (after["postgres"], after["nginx"]) == (before["postgres"], before["nginx"])
        assert wait_until(lambda: stands(platform), 60)
    platform.up("--no-demo")
    assert stands(platform)


def test_what_is_being_stopped_is_started_when_it_has_ended(platform: Platform) -> None:
    """An interrupt may come while `up` waits for the agent's end."""
    supervisor = Supervisor(platform.prefix)
    before = supervisor.rpc.getProcessInfo("agent")["pid"]
    supervisor.rpc.stopProcess("agent", False)
    supervisor.begin("agent")
    assert wait_until(lambda: supervisor.states()["agent"].up, 60)
    assert supervisor.rpc.getProcessInfo("agent")["pid"] != before


def test_two_installations_share_nothing(platform: Platform, second: Platform) -> None:
    second.up("--no-demo")
    assert stands(second)
    assert stands(platform)
    one, other = second.prefix, platform.prefix
    assert one.uid_base != other.uid_base
    for name in ("panel/secret", "node/ca/ca.key", "ca.pem"):
        assert (one.root / name).read_bytes() != (other.root / name).read_bytes()


def test_other_ports_take_over(second: Platform) -> None:
    before = dict(second.ports)
    second.ports = Platform(second.root).ports
    second.up("--no-demo")
    assert second.panel("/health").status_code == 200
    assert all(one["listening"] for one in second.status()["endpoints"])
    assert not any(machine.listening(port) for port in before.values())


def test_a_killed_supervisor_leaves_nothing_that_disturbs(platform: Platform, second: Platform) -> None:
    pid = Supervisor(second.prefix).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: machine.process(pid) is None, 20)
    assert leftovers.orphans(second.prefix)
    again = second.up("--no-demo")
    assert "lost their supervisor" in again.stderr
    assert stands(second)
    pid = Supervisor(second.prefix).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: machine.process(pid) is None, 20)
    second.down()
    assert running(second) == []
    assert stands(platform)


def test_a_closed_prefix_is_refused(fresh: Platform) -> None:
    fresh.root.chmod(0o700)
    inner = Platform(Path(fresh.root) / "inner")
    done = inner.up("--no-demo", check=False)
    assert done.returncode == 1 and f"chmod o+x {fresh.root}" in done.stderr
