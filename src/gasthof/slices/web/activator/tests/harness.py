"""A prefix with customers, the real activator, and a small FastCGI client (FastCGI specification 1.0, sections 3 and 5)."""

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.platform import PROCESS

from gasthof.prefix import Prefix
from gasthof.slices.web.node.pool import pool_files
from gasthof.slices.web.spec import PoolSpec

# It is asked what still runs as one of them: customers of another process of the test run are others.
UID_BASE = 3_000_000 + 10_000 * PROCESS


@dataclass(frozen=True)
class Answer:
    body: str
    errors: str
    headers: str

    @property
    def status(self) -> int:
        line = next((line for line in self.headers.splitlines() if line.lower().startswith("status:")), "Status: 200")
        return int(line.split()[1])


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def _pair(name: str, value: str) -> bytes:
    sizes = b"".join(struct.pack(">I", len(text) | 0x80000000) for text in (name.encode(), value.encode()))
    return sizes + name.encode() + value.encode()


def ask(path: Path | str, script: Path | str, *, body: bytes = b"", timeout: float = 30, **parameters: str) -> Answer:
    """One request; OSError or ConnectionError when it is not answered in full."""
    values = {
        "REQUEST_METHOD": "POST" if body else "GET", "SCRIPT_FILENAME": str(script), "SCRIPT_NAME": "/x.php",
        "REQUEST_URI": "/x.php", "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1", "GATEWAY_INTERFACE": "CGI/1.1",
        "DOCUMENT_ROOT": str(Path(script).parent), "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/octet-stream" if body else "",
    } | parameters  # fmt: skip
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(_record(1, struct.pack(">HB5x", 1, 0)))
        connection.sendall(_record(4, b"".join(_pair(*item) for item in values.items())) + _record(4, b""))
        connection.sendall((_record(5, body) if body else b"") + _record(5, b""))
        return _answer(connection)


def _answer(connection: socket.socket) -> Answer:
    streams = {6: b"", 7: b""}
    with connection.makefile("rb") as source:
        while True:
            head = source.read(8)
            if len(head) < 8:
                raise ConnectionError("closed before the end of the answer")
            _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", head)
            content = source.read(length)
            source.read(padding)
            if kind == 3:
                break
            streams[kind] += content
    headers, _, body = streams[6].partition(b"\r\n\r\n")
    return Answer(
        body.decode("utf-8", "replace"), streams[7].decode("utf-8", "replace"), headers.decode("utf-8", "replace")
    )


@dataclass
class Node:
    """A prefix, its activator's process, and what a test does with them."""

    prefix: Prefix
    options: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    module: str = "gasthof.slices.web.activator"

    def customer(self, number: int, *, version: str = "8.2", max_children: int = 5) -> str:
        """A home by docs/architecture.md's table and a pool's files; returns the pool's key."""
        name, uid = f"s{number:06}", UID_BASE + number
        home = self.prefix.home(name)
        _folder(home, 0o710, 0, _web())
        subprocess.run(["/usr/bin/setfacl", "-m", f"u:{uid}:--x", str(home)], check=True)
        _folder(home / "web", 0o2750, uid, _web())
        _folder(home / "tmp", 0o700, uid, uid)
        _folder(home / "logs", 0o750, 0, uid)
        _folder(home / "logs" / "php", 0o700, uid, uid)
        self.write_pool(PoolSpec(name, uid, version, max_children))
        return f"{version}/{name}"

    def customer_files(self, number: int) -> str:
        """The pool alone: enough to be listened for."""
        name = f"s{number:06}"
        self.write_pool(PoolSpec(name, UID_BASE + number, "8.2"))
        return f"8.2/{name}"

    def write_pool(self, spec: PoolSpec) -> None:
        for path, content in pool_files(self.prefix, spec).items():
            path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o644)

    def script(self, key: str, code: str, name: str = "x.php", folder: str = "web") -> Path:
        """A page of the customer's own."""
        subscription = key.partition("/")[2]
        uid = UID_BASE + int(subscription[1:])
        path = self.prefix.home(subscription) / folder / name
        for made in [path.parent] if not path.parent.exists() else []:
            _folder(made, 0o2750, uid, _web())
        path.write_text(f"<?php {code}")
        os.chown(path, uid, _web())
        path.chmod(0o640)
        return path

    def socket(self, key: str) -> Path:
        return self.prefix.php_socket(*key.split("/"))

    def run(self, key: str, code: str, **parameters: str) -> str:
        """What that customer's PHP prints."""
        return ask(self.socket(key), self.script(key, code), **parameters).body

    def tell(self, verb: str, pool: object = None) -> dict[str, object]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self.prefix.activator_control))
            request = {"verb": verb} | ({} if pool is None else {"pool": pool})
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as replies:
                answer = json.loads(replies.readline())
        assert isinstance(answer, dict)
        return answer

    def pools(self) -> dict[str, dict[str, object]]:
        pools = self.tell("list")["pools"]
        assert isinstance(pools, dict)
        return pools

    def start(self) -> None:
        log = (self.prefix.root / "activator.log").open("ab")
        self.prefix.activator_control.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, *self.options], stdout=log, stderr=log, cwd="/",
            env={"GASTHOF_PREFIX": str(self.prefix.root), "PYTHONPATH": ":".join(sys.path)},
        )  # fmt: skip
        self.until(self._answers, 60)

    def _answers(self) -> bool:
        try:
            return bool(self.tell("list")["ok"])
        except OSError:
            return False

    def signal(self, number: int) -> None:
        assert self.process
        self.process.send_signal(number)
        self.process.wait(60)

    @property
    def log(self) -> str:
        return (self.prefix.root / "activator.log").read_text()

    @staticmethod
    def until(condition: Callable[[], object], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not come true"
            time.sleep(0.01)


@contextmanager
def node(*options: str, parent: str = "/tmp", module: str = Node.module) -> Iterator[Node]:
    """A running activator on a prefix of its own, gone at the end with all its masters."""
    root = Path(tempfile.mkdtemp(prefix="gasthof-php-", dir=parent))
    root.chmod(0o755)
    for name, mode in (("customers", 0o711), ("node", 0o755), ("logs", 0o711), ("run", 0o755)):
        _folder(root / name, mode, 0, 0)
    (root / "config.toml").write_text(f"[node]\nuid_base = {UID_BASE}\n")
    made = Node(Prefix.load(root), list(options), module=module)
    try:
        made.start()
        yield made
    finally:
        if made.process and made.process.poll() is not None:
            made.start()  # it was killed: the next one ends what it left
        made.signal(signal.SIGTERM)
        shutil.rmtree(root)


SHUTTING_DOWN = """
import os, socket
for name in os.listdir('/proc/self/fd'):
    try:
        found = socket.socket(fileno=int(name))
        if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            found.shutdown(socket.SHUT_RDWR)
            print('shut')
        found.detach()
    except OSError:
        pass
"""


def shutting_down(made: Node, key: str) -> str:
    """PHP that has a program shut down the listener which a worker hands to all that it starts; it says "shut" then."""
    program = made.prefix.home(key.partition("/")[2]) / "web" / "shut.py"
    program.write_text(SHUTTING_DOWN)
    program.chmod(0o644)
    return f"echo shell_exec('/usr/bin/python3 -I {program} 2>&1');"


def _folder(path: Path, mode: int, uid: int, gid: int) -> None:
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, uid, gid)
    path.chmod(mode)


def _web() -> int:
    import grp

    return grp.getgrnam("gasthof-web").gr_gid
