"""The wrong moment: a master dies between two looks at it, or no file can be opened.

An adopted master is not the activator's child, so even its number is gone at once.
"""

import os
import resource
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gasthof.prefix import Prefix
from gasthof.slices.web.activator import house
from gasthof.slices.web.activator.house import House
from gasthof.slices.web.activator.listener import refuse_waiting
from gasthof.slices.web.activator.loop import Loop
from gasthof.slices.web.activator.machine import Machine
from gasthof.slices.web.activator.master import Master
from gasthof.slices.web.activator.records import Record

KEY = "8.2/s000001"
BARE = Machine(False, False, False, False, hard_links=False, symlinks=False)


@pytest.fixture
def dead(tmp_path: Path) -> Iterator[Master]:
    """Dead and reaped."""
    process = subprocess.Popen(["/usr/bin/sleep", "600"], start_new_session=True)
    pidfd = os.pidfd_open(process.pid)
    process.kill()
    process.wait()
    yield Master(process.pid, pidfd, None, Record.of(tmp_path, KEY, process.pid))
    os.close(pidfd)


def test_a_dead_master_is_ended_whatever_is_done_to_it(dead: Master) -> None:
    with pytest.raises(ProcessLookupError):
        signal.pidfd_send_signal(dead.pidfd, 0)
    dead.wake()
    dead.look()
    assert dead.drained()
    assert dead.end_if_idle()
    dead.ended = False
    dead.kill()
    assert dead.ended


def test_a_kill_of_a_group_that_has_just_gone_is_none(dead: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without process namespaces the workers are killed by their group."""
    monkeypatch.setattr("gasthof.slices.web.activator.master._first_of_its_namespace", lambda _: False)
    dead.kill()
    assert dead.ended


def test_a_master_that_dies_while_it_is_adopted_is_passed_over(
    dead: Master, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead.record.path.touch()
    monkeypatch.setattr(house, "living", lambda _: iter([dead.record]))
    opened = House(Prefix.load(tmp_path), Loop(), BARE, masters=1, idle=60, sweep=60)
    opened.open()
    assert opened.describe() == {}
    assert not dead.record.path.exists()


def test_visitors_stay_where_they_are_while_no_more_files_can_be_opened(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as visitor:
        listener.bind(str(tmp_path / "pool.sock"))
        listener.listen()
        visitor.connect(str(tmp_path / "pool.sock"))
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            assert refuse_waiting(listener) == 0
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert listener.getblocking()
        assert refuse_waiting(listener) == 1
