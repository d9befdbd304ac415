"""Every line reaches its customer, once: also when the process is killed at any point, and whatever visitors send."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType

import idna
import pytest

from gasthof.prefix import Prefix
from gasthof.slices.web.logsplit.journal import Journal
from gasthof.slices.web.logsplit.lines import by_customer
from gasthof.slices.web.logsplit.source import Source
from gasthof.slices.web.logsplit.split import PIECE, Splitter
from gasthof.slices.web.logsplit.targets import Targets

UID_BASE = 1_710_000


@pytest.fixture
def prefix() -> Iterator[Prefix]:
    root = Path(tempfile.mkdtemp(prefix="gasthof-logs-"))
    root.chmod(0o755)
    for name in ("logs", "customers", "node/web"):
        (root / name).mkdir(parents=True)
    yield Prefix(root)
    shutil.rmtree(root)


def _customer(prefix: Prefix, number: int) -> str:
    name = f"s{number:06}"
    folder = prefix.home(name) / "logs"
    folder.mkdir(parents=True)
    os.chown(folder, 0, UID_BASE + number)
    folder.chmod(0o750)
    return name


def _line(customer: str, number: int, **values: object) -> bytes:
    host = idna.encode("grüße-aus-köln.test", uts46=True).decode()
    return (
        json.dumps(
            {"time": "t", "customer": customer, "host": host, "uri": f"/{number}", "status": 200} | values
        ).encode()
        + b"\n"
    )


def _write(prefix: Prefix, *lines: bytes) -> None:
    with (prefix.logs / "access.log").open("ab") as file:
        file.write(b"".join(lines))


def _splitter(prefix: Prefix, source: int = 2**30, target: int = 2**30, keep: int = 50) -> Splitter:
    made = Source(prefix.logs / "access.log", prefix.state / "web" / "nginx.pid", source)
    return Splitter(made, Targets(prefix.customers, largest=target, keep=keep), Journal(prefix.logs / "split.db"))


def _split(prefix: Prefix, **sizes: int) -> None:
    splitter = _splitter(prefix, **sizes)
    splitter.recover()
    while splitter.step():
        pass


def _got(prefix: Prefix, customer: str) -> list[int]:
    """The numbers of the lines that it has, oldest first."""
    logs = sorted(
        (prefix.home(customer) / "logs").glob("access.log*"), key=lambda path: -int(path.name.partition("log.")[2] or 0)
    )
    return [int(json.loads(line)["uri"][1:]) for log in logs for line in log.read_bytes().splitlines()]


def test_each_customer_gets_its_own_lines_in_order_and_unchanged(prefix: Prefix) -> None:
    one, two = _customer(prefix, 1), _customer(prefix, 2)
    lines = [_line(one if number % 3 else two, number) for number in range(100)]
    _write(prefix, *lines)
    _split(prefix)
    assert _got(prefix, one) == [number for number in range(100) if number % 3]
    assert _got(prefix, two) == [number for number in range(100) if not number % 3]
    assert (prefix.home(two) / "logs" / "access.log").read_bytes() == b"".join(lines[::3])


def test_a_customers_log_is_roots_and_its_own_to_read(prefix: Prefix) -> None:
    one = _customer(prefix, 1)
    _write(prefix, _line(one, 1))
    _split(prefix)
    found = (prefix.home(one) / "logs" / "access.log").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, UID_BASE + 1, 0o640)
    assert (prefix.logs / "split.db").stat().st_mode & 0o777 == 0o600


def test_a_line_that_is_not_whole_yet_waits(prefix: Prefix) -> None:
    one = _customer(prefix, 1)
    whole = _line(one, 2)
    _write(prefix, _line(one, 1), whole[:20])
    _split(prefix)
    assert _got(prefix, one) == [1]
    _write(prefix, whole[20:])
    _split(prefix)
    assert _got(prefix, one) == [1, 2]


HOSTILE = [
    b"", b"\n", b"nonsense\n", b"[]\n", b"null\n", b'"s000001"\n', b"{}\n", b'{"customer":null}\n', b'{"customer":["s000001"]}\n',
    b'{"customer":"../s000001"}\n', b'{"customer":"s000001/../s000001"}\n', b'{"customer":"/etc"}\n', b'{"customer":""}\n',
    b'{"customer":"."}\n', b'{"customer":"S000001"}\n', b'{"customer":"s000001\\n"}\n', b'{"customer":"s000001\\u0000"}\n',
    b'{"customer":"s999999"}\n', b"\x00" * 100 + b"\n", b"[" * 100_000 + b"\n", b'{"customer":"s000001"', b"}\n\n\n",
    b'{"uri":"\\",\\"customer\\":\\"s000001\\"","customer":"s999999"}\n',
]  # fmt: skip


def test_lines_of_nobody_go_nowhere_and_hold_up_nobody(prefix: Prefix) -> None:
    one = _customer(prefix, 1)
    before = {path for path in prefix.root.rglob("*") if prefix.logs not in path.parents}
    for number, hostile in enumerate(HOSTILE):
        _write(prefix, hostile, *([] if hostile.startswith(b'{"customer":"s000001"') else [_line(one, number)]))
    _split(prefix)
    got = (prefix.home(one) / "logs" / "access.log").read_bytes().splitlines()
    assert [line for line in got if line != b'{"customer":"s000001"}'] == [
        _line(one, number).strip() for number, hostile in enumerate(HOSTILE) if not _swallows(hostile)
    ]
    after = {path for path in prefix.root.rglob("*") if prefix.logs not in path.parents}
    assert after - before == {prefix.home(one) / "logs" / "access.log"}


def _swallows(hostile: bytes) -> bool:
    return hostile.startswith(b'{"customer":"s000001"') and not hostile.endswith(b"\n")


def test_bytes_that_are_no_utf8_hide_no_visit(prefix: Prefix) -> None:
    one = _customer(prefix, 1)
    line = _line(one, 1)[:-2] + b',"user_agent":"\xff\xfe\xc3("}\n'
    assert by_customer(line) == {one: line}


def test_a_line_without_end_costs_a_bounded_piece_of_memory(prefix: Prefix) -> None:
    one = _customer(prefix, 1)
    _write(prefix, _line(one, 1), b"x" * (3 * PIECE + 17), b"\n", _line(one, 2))
    _split(prefix)
    assert _got(prefix, one) == [1, 2]


def test_a_link_in_place_of_a_log_is_not_followed(prefix: Prefix) -> None:
    one, two, three = (_customer(prefix, number) for number in (1, 2, 3))
    canary = prefix.root / "canary"
    canary.write_text("mine")
    (prefix.home(one) / "logs" / "access.log").symlink_to(canary)
    os.link(canary, prefix.home(two) / "logs" / "access.log")
    shutil.rmtree(prefix.home(three) / "logs")
    (prefix.home(three) / "logs").symlink_to(prefix.root)
    four = _customer(prefix, 4)
    os.mkfifo(prefix.home(four) / "logs" / "access.log")
    five = _customer(prefix, 5)
    _write(prefix, *(_line(name, 7) for name in (one, two, three, four, five)))
    _split(prefix)
    assert canary.read_text() == "mine"
    assert _got(prefix, five) == [7]
    assert not (prefix.root / "access.log").exists()


def test_customers_logs_rotate_and_the_oldest_goes(prefix: Prefix) -> None:
    one = _customer(prefix, 1)
    for number in range(10):
        _write(prefix, _line(one, number))
        _split(prefix, target=10, keep=3)
    assert sorted(path.name for path in (prefix.home(one) / "logs").iterdir()) == [
        "access.log", "access.log.1", "access.log.2", "access.log.3",
    ]  # fmt: skip
    assert _got(prefix, one) == [6, 7, 8, 9]


def test_the_common_log_rotates_and_no_line_is_lost(prefix: Prefix) -> None:
    one = _customer(prefix, 1)
    for number in range(30):
        _write(prefix, _line(one, number))
        _split(prefix, source=300)
    assert _got(prefix, one) == list(range(30))
    left = sorted(path.name for path in prefix.logs.iterdir() if path.name.startswith("access"))
    assert left == ["access.log"]
    assert (prefix.logs / "access.log").stat().st_mode & 0o777 == 0o600
    assert (prefix.logs / "access.log").stat().st_size < 300 + len(_line(one, 1))


def _killed_after(events: int, work: Callable[[], None]) -> bool:
    """Do it in a child that kills itself at that many lines of the splitter's code. False: it came to its end before."""
    child = os.fork()
    if child == 0:
        left = [events]

        def trace(frame: FrameType, event: str, _: object) -> object:
            if "logsplit" not in frame.f_code.co_filename or "tests" in frame.f_code.co_filename:
                return None
            if event == "line":
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)  # type: ignore[arg-type]
        try:
            work()
        finally:
            sys.settrace(None)
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def _scene(root: Path) -> Prefix:
    """Two customers with lines behind and lines ahead of them; the next split sets aside the log and theirs."""
    made = Prefix(root)
    for name in ("logs", "node/web"):
        (root / name).mkdir(parents=True)
    for number in (1, 2):
        _customer(made, number)
    for first in (0, 4, 8):
        _write(made, *(_line(f"s{1 + number % 2:06}", number) for number in range(first, first + 4)))
        if first < 8:
            _split(made, target=150)
    return made


@pytest.mark.parametrize("source", [300, 2**30])
@pytest.mark.daemons
def test_killed_at_every_line_of_its_code_it_gives_every_line_once(source: int) -> None:
    kills = 0
    memory = Path(tempfile.mkdtemp(prefix="gasthof-logs-", dir="/dev/shm"))  # hundreds of scenes, nothing to keep
    for events in range(10_000):
        scene = _scene(memory / "scene")
        killed = _killed_after(events, partial(_split, scene, source=source, target=150))
        _write(scene, _line("s000001", 12))
        _split(scene, source=source, target=150)
        assert _got(scene, "s000001") == [0, 2, 4, 6, 8, 10, 12], events
        assert _got(scene, "s000002") == [1, 3, 5, 7, 9, 11], events
        assert not list(scene.logs.glob("access.log.*"))
        shutil.rmtree(scene.root)
        if not killed:
            break
        kills += 1
    memory.rmdir()
    print(f"{kills} kills")
    assert kills > 150


@pytest.mark.daemons
def test_killed_at_random_while_lines_come_in(prefix: Prefix) -> None:
    names = [_customer(prefix, number) for number in range(1, 6)]
    _write(prefix)
    number, end, kills = 0, time.monotonic() + 12, 0
    while time.monotonic() < end:
        process = _start(prefix, "--source", "20000", "--target", "8000", "--keep", "100000")
        stop = time.monotonic() + random.uniform(0.08, 0.5)
        while time.monotonic() < stop:
            _append(prefix, b"".join(_line(names[count % 5], count) for count in range(number, number + 20)))
            number += 20
            time.sleep(0.002)
        process.kill()
        process.wait()
        kills += 1
    process = _start(prefix)
    wanted = [list(range(which, number, 5)) for which in range(5)]
    end = time.monotonic() + 20
    while [_got(prefix, name) for name in names] != wanted and time.monotonic() < end:
        time.sleep(0.1)
    process.terminate()
    assert process.wait(10) == 0
    print(f"{kills} kills, {number} lines")
    assert [_got(prefix, name) for name in names] == wanted


def _append(prefix: Prefix, lines: bytes) -> None:
    """As nginx with its log open for a moment: what is set aside meanwhile still takes the lines."""
    _write(prefix, lines)


def _start(prefix: Prefix, *options: str) -> subprocess.Popen[bytes]:
    environment = {"GASTHOF_PREFIX": str(prefix.root), "PYTHONPATH": ":".join(sys.path)}
    return subprocess.Popen([sys.executable, "-m", "gasthof.slices.web.logsplit", *options], env=environment, cwd="/")


@pytest.mark.daemons
def test_nginx_writes_on_while_its_log_is_set_aside(prefix: Prefix) -> None:
    one = _customer(prefix, 1)
    shutil.chown(prefix.logs, "root")
    prefix.logs.chmod(0o711)
    listening = prefix.root / "nginx.sock"
    conf = prefix.root / "nginx.conf"
    conf.write_text(
        f"daemon off; user gasthof-web; worker_processes 2; pid {prefix.state}/web/nginx.pid; error_log {prefix.root}/error.log;\n"
        "events {}\nhttp {\n"
        f'log_format j escape=json \'{{"customer":"{one}","uri":"$request_uri"}}\';\n'
        f"access_log {prefix.logs}/access.log j buffer=4k flush=100ms;\n"
        f"server {{ listen unix:{listening}; return 204; }} }}\n"
    )
    (prefix.logs / "access.log").touch(mode=0o600)
    nginx = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", str(prefix.root), "-c", str(conf), "-e", f"{prefix.root}/error.log"]
    )
    splitter = _start(prefix, "--source", "3000", "--keep", "1000")
    try:
        for number in range(1500):
            _visit(listening, f"/{number}")
        end = time.monotonic() + 20
        while len(_got(prefix, one)) < 1500 and time.monotonic() < end:
            time.sleep(0.1)
    finally:
        splitter.terminate()
        splitter.wait(10)
        nginx.send_signal(signal.SIGQUIT)
        nginx.wait(10)
    assert sorted(_got(prefix, one)) == list(range(1500))
    assert (prefix.logs / "access.log").stat().st_mode & 0o077 == 0
    assert (prefix.logs / "access.log").stat().st_size < 1500 * 30


@pytest.mark.daemons
def test_nginx_errors_do_not_grow_without_end(prefix: Prefix) -> None:
    """A customer's PHP can make nginx write to them, and a full disk is everybody's. Killed in between, it goes on."""
    errors, conf, listening = prefix.logs / "nginx-error.log", prefix.root / "nginx.conf", prefix.root / "nginx.sock"
    older = errors.with_name("nginx-error.log.1")
    conf.write_text(
        f"daemon off; user root; worker_processes 1; pid {prefix.state}/web/nginx.pid; error_log {errors} info;\n"
        f"events {{}}\nhttp {{ access_log off; server {{ listen unix:{listening}; root {prefix.root}/nowhere; }} }}\n"
    )
    nginx = subprocess.Popen(["/usr/sbin/nginx", "-p", str(prefix.root), "-c", str(conf), "-e", str(errors)])
    splitter = _start(prefix, "--source", "20000")
    try:
        for _ in range(3):
            older.unlink(missing_ok=True)
            _until(lambda: _ask_for_nothing(listening) or older.exists())
            splitter.kill()
            splitter.wait(10)
            splitter = _start(prefix, "--source", "20000")
            _until(lambda: _ask_for_nothing(listening) or (errors.exists() and 0 < errors.stat().st_size < 20_000))
            assert errors.stat().st_mode & 0o077 == 0
    finally:
        splitter.kill()
        splitter.wait(10)
        nginx.send_signal(signal.SIGQUIT)
        nginx.wait(10)


@pytest.mark.daemons
def test_a_full_disk_is_waited_out(prefix: Prefix) -> None:
    one = _customer(prefix, 1)
    subprocess.run(["/usr/bin/mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(prefix.logs)], check=True)
    splitter = None
    try:
        (prefix.logs / "access.log").touch(mode=0o600)
        splitter = _start(prefix)
        _until((prefix.logs / "split.db").exists)
        time.sleep(1)
        splitter.send_signal(signal.SIGSTOP)
        _write(prefix, *(_line(one, number) for number in range(100)))
        filler = prefix.logs / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 512)
        splitter.send_signal(signal.SIGCONT)
        time.sleep(7)
        assert splitter.poll() is None
        filler.unlink()
        _until(lambda: _got(prefix, one) == list(range(100)))
    finally:
        if splitter:
            splitter.kill()
            splitter.wait(10)
        subprocess.run(["/usr/bin/umount", "-l", str(prefix.logs)], check=True)


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


def _ask_for_nothing(listening: Path) -> None:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(listening))
        connection.sendall(b"GET /gibts-nicht HTTP/1.0\r\n\r\n")
        connection.recv(1000)


def _visit(path: Path, uri: str) -> None:
    for _ in range(100):
        with socket.socket(socket.AF_UNIX) as connection:
            if connection.connect_ex(str(path)) == 0:
                connection.sendall(f"GET {uri} HTTP/1.0\r\n\r\n".encode())
                assert b"204" in connection.recv(1000)
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not answer")


@pytest.mark.daemons
def test_two_thousand_customers_in_little_memory_and_few_files(prefix: Prefix) -> None:
    names = [_customer(prefix, number) for number in range(1, 2001)]
    _write(prefix, *(_line(names[number % 2000], number, user_agent="Mozilla/5.0 " * 8) for number in range(40_000)))
    started = time.monotonic()
    process = _start(prefix)
    while sum(len(_got(prefix, name)) for name in (names[0], names[-1])) < 40:
        assert time.monotonic() - started < 60
        time.sleep(0.05)
    taken = time.monotonic() - started
    resident = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4096 / 1e6
    used = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
    process.terminate()
    process.wait(10)
    print(f"40,000 lines of 2,000 customers in {taken:.1f} s, {resident:.0f} MB, {used} open files")
    assert resident < 60
    assert used < 40
