"""A customer's PHP against everything else on the machine. What it can do with exec() counts as much as what PHP's functions can.

Each secret is planted readable for all on purpose: the room must hold even where a file mode was forgotten.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from gasthof.slices.web.activator.tests.harness import UID_BASE, Node, ask, node

pytestmark = pytest.mark.daemons

CANARY = "canary-7f3a91"
IDLE = "/usr/bin/sleep 600"


@dataclass(frozen=True)
class House:
    node: Node
    own: str  # the attacker's pool
    other: str  # the neighbour's

    @property
    def home(self) -> Path:
        return self.node.prefix.home(self.own.partition("/")[2])

    @property
    def neighbour(self) -> Path:
        return self.node.prefix.home(self.other.partition("/")[2])

    def php(self, code: str) -> str:
        return self.node.run(self.own, code)

    def program(self, code: str) -> str:
        """What a Python program says that the attacker's PHP starts."""
        path = self.home / "web" / "attack.py"
        path.write_text(code)
        path.chmod(0o644)
        return self.php(f"echo shell_exec('/usr/bin/python3 -I {path} 2>&1');")

    def secrets(self) -> list[Path]:
        prefix = self.node.prefix
        return [
            self.neighbour / "web" / "secret.txt", self.neighbour / "tmp" / "sess_secret", self.neighbour / "logs" / "access.log",
            prefix.state / "agent.db", prefix.state / "web" / "tls" / "00" / "key.pem", prefix.ca_key,
            prefix.state / "web" / "hosts" / "00" / "neighbour.test.json", prefix.root / "config.toml",
            prefix.logs / "access.log", prefix.root / "panel" / "secret", prefix.root / "postgres" / "data" / "secret",
            Path(f"{prefix.state}/php/pools/{self.other}.conf"), Path("/root/gasthof-canary"), Path("/run/gasthof-canary"),
            prefix.root / "mail" / self.home.name / "info" / "own-mail.eml",
        ]  # fmt: skip


@pytest.fixture(scope="module", params=["/tmp", "/var/lib", "/opt"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    os.environ["GASTHOF_CANARY"] = CANARY
    with node(parent=request.param) as made:
        del os.environ["GASTHOF_CANARY"]
        built = House(made, made.customer(1), made.customer(2))
        for key in (built.own, built.other):
            assert made.tell("ensure", key)["ok"]
        for path in built.secrets():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a") as file:
                file.write(f"\n; {CANARY}\n")
            path.chmod(0o644)
        for folder in (built.neighbour, made.prefix.state, made.prefix.run, made.prefix.customers):
            folder.chmod(0o755)
        assert made.run(built.other, "echo 'lives';") == "lives"
        yield built
        for name in ("/root/gasthof-canary", "/run/gasthof-canary"):
            Path(name).unlink()


PHP_WAYS = {
    "plain": "file_get_contents($path)",
    "include": "include $path",
    "stream": "implode('', file('php://filter/read=string.rot13|string.rot13/resource=' . $path))",
    "up and down": "file_get_contents(__DIR__ . '/../../..' . str_repeat('/..', 12) . $path)",
    "link": "(@unlink($l = __DIR__ . '/link') || 1) && symlink($path, $l) ? file_get_contents($l) : ''",
    "own root": "file_get_contents('/proc/self/root' . $path)",
    "first root": "file_get_contents('/proc/1/root' . $path)",
    "copy": "copy($path, __DIR__ . '/copy') ? file_get_contents(__DIR__ . '/copy') : ''",
    "glob": "implode(' ', array_map('file_get_contents', glob(dirname($path) . '/*')))",
}
PROGRAM_WAYS = {
    "plain": "open(path).read()",
    "link": "(os.symlink(path, link), open(link).read())[1]",
    "hard link": "(os.link(path, link), open(link).read())[1]",
    "own root": "open('/proc/self/root' + path).read()",
    "first root": "open('/proc/1/root' + path).read()",
    "first cwd": "open('/proc/1/cwd' + '/..' * 12 + path).read()",
    "open files": "''.join(open(f'/proc/{p}/fd/{f}').read(9999) for p in pids for f in os.listdir(f'/proc/{p}/fd') if int(f) > 0)",
}


@pytest.mark.parametrize("way", PHP_WAYS)
def test_php_reads_nothing_of_others(house: House, way: str) -> None:
    paths = json.dumps([str(path) for path in house.secrets()])
    code = f"foreach (json_decode('{paths}') as $path) {{ try {{ echo @({PHP_WAYS[way]}); }} catch (Error $e) {{}} }} echo 'end';"
    said = house.php(code)
    assert said.endswith("end")
    assert CANARY not in said


@pytest.mark.parametrize("way", PROGRAM_WAYS)
def test_programs_read_nothing_of_others(house: House, way: str) -> None:
    said = house.program(_reading(way, house.home, [str(path) for path in house.secrets()]))
    assert said.endswith("end\n")
    assert CANARY not in said


def _reading(way: str, home: Path, paths: list[str]) -> str:
    return f"""
import os, tempfile
pids = [p for p in os.listdir('/proc') if p.isdigit()]
for path in {paths!r}:
    link = tempfile.mktemp(dir={str(home / "tmp")!r})
    try:
        print({PROGRAM_WAYS[way]})
    except OSError as error:
        print(error)
print('end')
"""


@pytest.mark.parametrize("way", [way for way in PROGRAM_WAYS if way != "open files"])
def test_the_same_ways_do_read_what_is_ones_own(house: House, way: str) -> None:
    """Else the tests above would prove nothing."""
    mine = house.home / "tmp" / "mine"
    mine.write_text(CANARY)
    os.chown(mine, UID_BASE + 1, UID_BASE + 1)
    assert CANARY in house.program(_reading(way, house.home, [str(mine)]))


@pytest.mark.parametrize("way", [way for way in PHP_WAYS if "root" not in way])
def test_the_same_php_does_read_what_is_ones_own(house: House, way: str) -> None:
    mine = house.home / "web" / "own" / "mine"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text(CANARY)
    mine.chmod(0o644)
    said = house.php(f"$path = '{mine}'; try {{ echo {PHP_WAYS[way]}; }} catch (Error $e) {{ echo $e; }}")
    assert CANARY in said


# What all customers share of the distribution holds no names of theirs, and takes half a minute to list where much else runs.
WALK = """
import os
for where, folders, files in os.walk('/'):
    print(where, *folders, *files)
    if where == '/':
        folders.remove('usr')
print('end')
"""


def test_no_folder_shows_a_neighbour(house: House) -> None:
    name = house.other.partition("/")[2]
    said = house.program(WALK)
    assert said.endswith("end\n")
    assert name not in said.replace(f"/{house.node.prefix.customers}/", "")
    assert house.own.partition("/")[2] in said


def test_no_socket_of_the_platform_can_be_reached(house: House) -> None:
    prefix = house.node.prefix
    planted = [
        prefix.nginx_admin,
        prefix.verify_socket,
        prefix.panel_socket,
        prefix.supervisor_socket,
        prefix.postgres_socket / ".s.PGSQL.5432",
    ]
    with contextlib.ExitStack() as stack:
        for path in planted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(path))
            listener.listen()
            path.chmod(0o666)
        real = [prefix.activator_control, house.node.socket(house.other), house.node.socket(house.own)]
        for path in real:
            assert _connects(str(path))
        said = house.program(_connecting([str(path) for path in planted + real]))
    assert said.split() == ["no"] * 8


def _connects(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(path) == 0


def _connecting(paths: list[str]) -> str:
    return f"""
import socket
for path in {paths!r}:
    for place in ('', '/proc/self/root', '/proc/1/root'):
        with socket.socket(socket.AF_UNIX) as connection:
            if connection.connect_ex((place + path)[:107].encode()) == 0:
                print('CONNECTED', place, path)
    print('no')
"""


def test_no_listening_unix_socket_of_the_whole_machine_can_be_reached(house: House) -> None:
    """Those with a path are out of the room; abstract ones belong to the network, and none may be the platform's."""
    listening = [
        line.split(maxsplit=7)[7]
        for line in Path("/proc/net/unix").read_text().splitlines()[1:]
        if len(line.split()) > 7
    ]
    assert any(str(house.node.prefix.activator_control) == path for path in listening)
    said = house.program(_connecting(sorted({path for path in listening if path.startswith("/")})))
    assert "CONNECTED" not in said
    assert not [path for path in listening if path.startswith("@") and "gasthof" in path]


def test_the_activator_listens_on_no_port(house: House) -> None:
    assert house.node.process
    inodes = {link.readlink().name for link in Path(f"/proc/{house.node.process.pid}/fd").iterdir()}
    ports = [
        line.split()
        for name in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    assert not [fields for fields in ports if f"socket:[{fields[9]}]" in inodes]


def test_nobody_elses_process_is_seen_signalled_or_traced(house: House) -> None:
    master = house.node.pools()[house.other]["pid"]
    assert house.node.process
    said = house.program(f"""
import os, ctypes
print(sorted({{os.stat('/proc/' + p).st_uid for p in os.listdir('/proc') if p.isdigit()}}))
for pid in ({master}, {house.node.process.pid}, 1):
    for number in (0, 9, 19) if pid != 1 else (9, 19):
        try:
            os.kill(pid, number)
            print('sent' if pid != 1 else 'in vain')
        except OSError as error:
            print(type(error).__name__)
print([ctypes.CDLL(None, use_errno=True).ptrace(16, pid, 0, 0) for pid in (1, os.getppid(), {master})])
""")
    lines = said.splitlines()
    assert lines[0] == f"[{UID_BASE + 1}]"
    assert lines[1:7] == ["ProcessLookupError"] * 6
    assert lines[7:9] == ["in vain"] * 2
    assert lines[9] == "[-1, -1, -1]"
    assert house.php("echo 'still here';") == "still here"
    assert house.node.pools()[house.other]["pid"] == master


def test_the_environment_tells_nothing(house: House) -> None:
    said = house.php('print_r(getenv()); echo shell_exec(\'/usr/bin/env; cat /proc/*/environ | tr "\\\\0" "\\\\n"\');')
    assert "TMPDIR" in said
    assert CANARY not in said
    assert "GASTHOF" not in said
    assert "PYTHONPATH" not in said


def test_nothing_gives_more_rights(house: House) -> None:
    planted = house.home / "web" / "become-root"
    shutil.copy2("/usr/bin/id", planted)
    os.chown(planted, 0, 0)
    planted.chmod(0o4755)
    assert house.program(
        f"import subprocess; print(subprocess.run(['{planted}', '-u'], capture_output=True, text=True).stdout)"
    ).split() == [str(UID_BASE + 1)]
    status = dict(
        line.split(":\t", 1)
        for line in house.program("print(open('/proc/self/status').read())").splitlines()
        if ":\t" in line
    )
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[kind], 16) == 0
    assert status["Uid"].split() == [str(UID_BASE + 1)] * 4
    assert status["Groups"].split() in ([], [str(UID_BASE + 1)])


def test_setuid_programs_of_the_machine_give_nothing(house: House) -> None:
    found = subprocess.run(
        ["/usr/bin/find", "/usr", "-xdev", "-perm", "-4000"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert found
    mounts = house.program("print(open('/proc/mounts').read())").splitlines()
    assert not [line for line in mounts if line and "nosuid" not in line and not line.startswith("devtmpfs /dev/")]


REFUSED_CALLS = {
    "a user namespace": "libc.unshare(0x10000000)",
    "a mount namespace": "libc.unshare(0x00020000)",
    "a user namespace by clone": "libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)",
    "clone3": "libc.syscall(435, 0, 0)",
    "a mount": "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "a change of root": "libc.chroot(b'/tmp')",
    "bpf": "libc.syscall(321, 0, 0, 0)",
    "perf": "libc.syscall(298, 0, 0, -1, -1, 0)",
    "user faults": "libc.syscall(323, 0)",
    "io_uring": "libc.syscall(425, 1, 0)",
    "keys": "libc.syscall(248, b'user', b'x', b'y', 1, -3)",
    "foreign memory": "libc.syscall(310, 1, 0, 0, 0, 0, 0)",
    "foreign files": "libc.syscall(438, 0, 0, 0)",
    "a handle": "libc.syscall(304, -100, 0, 0)",
    "the hypervisor": "libc.socket(40, 1, 0)",
    "kernel ciphers": "libc.socket(38, 5, 0)",
    "raw packets": "libc.socket(17, 3, 0)",
    "raw internet": "libc.socket(2, 3, 1)",
    "a port of its own": "listening()",
    "a name of IPv4": "bound(socket.AF_INET, 16)",
    "a name of IPv6": "bound(socket.AF_INET6, 28)",
    "the shortest name of IPv6": "bound(socket.AF_INET6, 24)",
    "a name for datagrams": "bound(socket.AF_INET, 16, socket.SOCK_DGRAM)",
    "a name longer than there are": "bound(socket.AF_INET, 128)",
    "a higher uid": "libc.setuid(0)",
    "a device": "libc.mknod(b'/tmp/device', 0o20666, 0x103)",
}

BINDING = """
import ctypes, socket, struct
libc = ctypes.CDLL(None)
def bound(family, length, kind=socket.SOCK_STREAM):
    any_port = struct.pack('=H', family) + bytes(126)
    with socket.socket(family, kind) as one:
        return libc.bind(one.fileno(), any_port, length)
def listening():
    with socket.socket() as one:
        return libc.listen(one.fileno(), 1)
"""


def test_calls_that_open_kernels_are_refused(house: House) -> None:
    tries = "\n".join(
        f"print({name!r} if {call} >= 0 else 'refused', flush=True)" for name, call in REFUSED_CALLS.items()
    )
    said = house.program(f"{BINDING}{tries}")
    assert said.split("\n")[:-1] == ["refused"] * len(REFUSED_CALLS)


def test_outside_the_room_the_same_names_are_given() -> None:
    """Else the test above would prove nothing."""
    code = f"{BINDING}\nprint(bound(socket.AF_INET, 16), bound(socket.AF_INET6, 24), bound(socket.AF_INET, 16, socket.SOCK_DGRAM))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "0 0 0\n"


def test_a_port_of_the_platforms_cannot_be_taken_while_it_restarts(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
    with ThreadPoolExecutor(1) as attacker:
        tries = attacker.submit(house.program, _taking(port))
        while not tries.done():
            for address, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
                socket.create_server((address, port), family=family).close()
            time.sleep(0.001)
        tried, taken = tries.result().split()
    assert int(tried) > 100
    assert int(taken) == 0


def _taking(port: int) -> str:
    return f"""
import socket, time
tried = taken = 0
until = time.monotonic() + 2
while time.monotonic() < until:
    for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
        with socket.socket(family) as one:
            tried += 1
            try:
                one.bind((address, {port}))
                taken += 1
                time.sleep(0.01)
            except OSError:
                pass
print(tried, taken)
"""


def test_what_websites_need_of_sockets_is_left_to_them(house: House) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        datagrams.bind(("127.0.0.1", 0))
        datagrams.settimeout(10)
        port, other = server.getsockname()[1], datagrams.getsockname()[1]
        connect = f"stream_socket_client('tcp://127.0.0.1:{port}', $n, $w, 5, STREAM_CLIENT_CONNECT"
        code = (
            f"var_dump((bool) {connect}), (bool) @{connect}, stream_context_create(['socket' => ['bindto' => '0:0']])));"
            f"fwrite(stream_socket_client('udp://127.0.0.1:{other}'), 'sent'); echo gethostbyname('localhost');"
            "echo ' ', count(stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0));"
        )
        assert house.php(code).split() == ["bool(true)", "bool(true)", "127.0.0.1", "2"]
        assert datagrams.recv(16) == b"sent"
    said = house.program("""
import os, socket
print(bool(socket.getaddrinfo('localhost', 80)), bool(socket.if_nameindex()))
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
    link.bind((0, 0))
    print(link.getsockname()[0] > 0)
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
    own.bind('/tmp/answers')
    os.unlink('/tmp/answers')
    print('short')
""")
    assert said.split() == ["True", "True", "True", "short"]


def test_the_machine_cannot_be_written(house: House) -> None:
    folders = [
        "/",
        "/usr",
        "/usr/bin",
        "/etc",
        "/dev",
        "/proc/sys/kernel",
        str(house.home),
        str(house.home / "logs"),
        str(house.node.prefix.root),
    ]
    code = f"""
import os
for folder in {folders!r}:
    try:
        open(folder + '/planted', 'w')
        print('WROTE', folder)
    except OSError as error:
        print('no')
print(sorted(os.listdir('/dev')))
"""
    said = house.program(code).splitlines()
    assert said[:-1] == ["no"] * len(folders)
    assert said[-1] == str(
        sorted(["fd", "full", "null", "random", "shm", "stderr", "stdin", "stdout", "urandom", "zero"])
    )


def test_temporary_files_and_shared_memory_are_ones_own(house: House) -> None:
    write = (
        f"file_put_contents('/tmp/note', '{CANARY}'); echo shell_exec('echo {CANARY} > /dev/shm/note; echo {CANARY} > /var/tmp/note');"
        f"$m = shmop_open(4711, 'c', 0666, 64); shmop_write($m, '{CANARY}', 0); $q = msg_get_queue(4711, 0666); msg_send($q, 1, '{CANARY}');"
    )
    read = (
        "echo @file_get_contents('/tmp/note'), shell_exec('cat /tmp/note /dev/shm/note /var/tmp/note; ipcs');"
        "$m = @shmop_open(4711, 'a', 0, 0); echo $m ? shmop_read($m, 0, 13) : 'none'; echo msg_queue_exists(4711) ? 'queue' : 'none';"
    )
    house.php(write)
    assert CANARY in house.php(read)
    said = house.node.run(house.other, read)
    assert said.endswith("nonenone")
    assert CANARY not in said


def test_the_code_cache_is_ones_own(house: House) -> None:
    show = "echo json_encode(array_keys(opcache_get_status()['scripts']));"
    house.node.run(house.other, "echo 1;")
    said = house.php(show)
    if said != "[]":
        assert all(path.startswith(str(house.home)) for path in json.loads(said))
    assert str(house.neighbour) not in said


def test_sessions_of_a_neighbour_cannot_be_named(house: House) -> None:
    house.node.run(house.other, f"session_id('abcdef'); session_start(); $_SESSION['x'] = '{CANARY}';")
    assert list((house.neighbour / "tmp").glob("sess_abcdef"))
    path = house.neighbour / "tmp"
    said = house.php(
        f"@session_save_path('{path}'); ini_set('session.save_path', '{path}'); session_id('abcdef'); session_start(); echo 'x', print_r($_SESSION, true);"
    )
    assert CANARY not in said


def test_open_basedir_is_the_second_wall(house: House) -> None:
    said = house.php(
        "echo json_encode([@file_get_contents('/etc/passwd'), @scandir('/'), @scandir('/proc'), @is_dir('/usr/bin')]);"
    )
    assert json.loads(said) == [False, False, False, False]


def test_a_fork_bomb_hurts_its_own_house_only(house: House) -> None:
    bomb = f"""
import subprocess
started = []
try:
    for _ in range(5000):
        started.append(subprocess.Popen({IDLE.split()!r}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
except OSError as error:
    print(len(started), type(error).__name__)
"""
    number, error = house.program(bomb).split()
    assert error == "BlockingIOError"
    assert int(number) < 100
    assert house.node.run(house.other, "echo 'quick';") == "quick"
    assert house.node.tell("drop", house.own) == {"ok": True}
    assert house.node.tell("ensure", house.own) == {"ok": True}
    left = [path for path in Path("/proc").iterdir() if path.name.isdigit() and _owner(path) == UID_BASE + 1]
    assert left == []


def _owner(path: Path) -> int:
    try:
        return path.stat().st_uid
    except OSError:
        return -1


def test_memory_open_files_and_cores_are_limited(house: House) -> None:
    said = house.program("""
import os, resource
try:
    bytearray(3 * 2**30)
    print('3 GB')
except MemoryError:
    print('MemoryError')
files = []
try:
    while True:
        files.append(os.open('/dev/null', 0))
except OSError:
    print(len(files) < 5000)
print(resource.getrlimit(resource.RLIMIT_CORE))
""")
    assert said.splitlines() == ["MemoryError", "True", "(0, 0)"]


def test_shared_memory_files_are_limited(house: House) -> None:
    said = house.program("""
try:
    with open('/dev/shm/big', 'wb', 0) as file:
        for _ in range(200):
            file.write(bytes(2**20))
    print('200 MB')
except OSError as error:
    print(error.strerror)
""")
    assert said == "No space left on device\n"
    house.program("import os; os.unlink('/dev/shm/big')")


def test_what_a_master_holds_open_is_its_own_or_cannot_grow(house: House) -> None:
    """The master runs as the customer, who can write to its memory and so make it do with its files what it likes."""
    assert house.node.run(house.own, "echo 1;") == "1"
    pid = house.node.pools()[house.own]["pid"]
    opened = {link.name: (str(link.readlink()), link) for link in Path(f"/proc/{pid}/fd").iterdir()}
    regular = {name: link for name, (_, link) in opened.items() if link.is_file()}
    allowed = [str(house.home), "/memfd:words", "/tmp/.ZendSem"]
    assert [opened[name][0] for name in regular if not opened[name][0].startswith(tuple(allowed))] == []
    sheet = next(link for name, link in regular.items() if "memfd:words" in opened[name][0])
    with sheet.open("r+b", buffering=0) as file, pytest.raises(OSError):
        file.seek(sheet.stat().st_size)
        file.write(b"more")


def test_a_link_in_the_way_of_the_room_is_not_followed() -> None:
    """Where the prefix lies beneath /tmp, the room's builder (root) meets a folder that the customer can write."""
    with node() as made:
        key = made.customer(1)
        made.tell("ensure", key)
        first = made.prefix.root.parts[2]
        target = made.prefix.root / "elsewhere"
        target.mkdir()
        planted = made.prefix.home("s000001") / "tmp" / first
        planted.symlink_to(target)
        script = made.script(key, "echo 'ran';")
        with pytest.raises(OSError):
            ask(made.socket(key), script)
        assert list(target.iterdir()) == []
        assert made.pools()[key]["state"] == "failed"
        planted.unlink()
        made.tell("restart", key)
        assert ask(made.socket(key), script).body == "ran"


def test_a_folder_swapped_in_a_race_never_bends_the_room() -> None:
    with node("--idle", "0", "--sweep", "0.05") as made:
        key = made.customer(1)
        made.tell("ensure", key)
        script = made.script(key, "echo 'ran';")
        target = made.prefix.root / "elsewhere"
        target.mkdir(mode=0o777)
        before = _tree(target)
        place = made.prefix.home("s000001") / "tmp" / made.prefix.root.parts[2]
        stop = threading.Event()
        swapper = threading.Thread(target=_swap, args=(place, target, stop))
        swapper.start()
        try:
            for _ in range(40):
                with contextlib.suppress(OSError):
                    ask(made.socket(key), script)
                made.tell("restart", key)
        finally:
            stop.set()
            swapper.join()
        assert _tree(target) == before


def _swap(place: Path, target: Path, stop: threading.Event) -> None:
    while not stop.is_set():
        with contextlib.suppress(OSError):
            place.symlink_to(target)
            place.unlink()
            place.mkdir()
            place.rmdir()


def _tree(path: Path) -> list[tuple[str, int, int]]:
    return [(str(found), found.lstat().st_mode, found.lstat().st_ino) for found in sorted([path, *path.rglob("*")])]
