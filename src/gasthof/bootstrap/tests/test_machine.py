"""The process table and listeners, against this very process."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gasthof.bootstrap import machine, preflight
from gasthof.bootstrap.endpoints import endpoints
from gasthof.bootstrap.refusal import Refusal
from gasthof.prefix import DEFAULT_PORTS, Prefix


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_the_holder_of_a_port_is_found(family: int, address: str) -> None:
    with socket.socket(family) as listener:
        listener.bind((address, 0))
        listener.listen()
        port = listener.getsockname()[1]
        found = machine.holder(port)
        assert found is not None and found.pid == os.getpid()
        assert found.command.startswith(sys.executable)
        with pytest.raises(Refusal, match=f"process {os.getpid()} "):
            preflight.need_ports({"panel": port}, None)
        preflight.need_ports({"panel": port}, found.session)
    assert machine.holder(port) is None
    preflight.need_ports({"panel": port}, None)


def test_where_something_listens_is_told_as_people_write_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.9", 0)) as first:
        port = first.getsockname()[1]
        with socket.create_server(("::1", port), family=socket.AF_INET6):
            assert _mail(tmp_path, port) == (f"SMTP, port {port} (127.0.0.9, ::1)", True)
        assert _mail(tmp_path, port) == (f"SMTP, port {port} (127.0.0.9)", True)
    assert _mail(tmp_path, port) == (f"SMTP, port {port}", False)


def _mail(root: Path, port: int) -> tuple[str, bool]:
    found = {one.name: one for one in endpoints(Prefix(root, ports=DEFAULT_PORTS | {"smtp": port}))}["smtp"]
    return found.address, found.listening


def test_a_bound_port_without_listener_is_free() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert machine.listening(bound.getsockname()[1]) == []


def test_this_process_is_in_the_table() -> None:
    own = machine.process(os.getpid())
    assert own is not None and own.parent == os.getppid() and own.uid == os.getuid() and own.session == os.getsid(0)
    assert own in [one for one in machine.processes() if one.pid == os.getpid()]


def test_a_name_with_brackets_and_blanks_is_read() -> None:
    code = "import ctypes, sys; ctypes.CDLL(None).prctl(15, b'a) S 1 (b', 0, 0, 0); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as child:
        found = machine.process(child.pid)
        assert found is not None and found.parent == os.getpid()
        child.communicate()


def test_children_are_descendants_and_zombies_are_none() -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as child:
        assert child.pid in [one.pid for one in machine.descendants(os.getpid(), machine.processes())]
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert machine.process(child.pid) is None


def test_memory_is_told_in_bytes() -> None:
    assert 5_000_000 < machine.memory(os.getpid()) < 2_000_000_000
    assert machine.memory(2**22 + 1) == 0
