"""A running platform for journeys and attacks: `platform` starts one on a prefix and ports of its own, for the whole run."""

import contextlib
import errno
import json
import os
import random
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import idna
import pytest

from gasthof.bootstrap.place import locate
from gasthof.bootstrap.postgres import DATABASE
from gasthof.bootstrap.programs import cluster as postgres
from gasthof.bootstrap.programs import environment
from gasthof.prefix import DEFAULT_PORTS, Prefix
from tests import cluster
from tests.clerk import Clerk

ROOT = Path(__file__).resolve().parent.parent
COMMAND = ROOT / "gasthof"
PATIENCE = 240
# Of this run's processes, which work at the same time, the number of this one. The mail's inner ports (places.py) lie below.
PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = range(16_000 + 2_000 * PROCESS, 18_000 + 2_000 * PROCESS)
LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_given: set[int] = set()  # by this process: whoever has one may be stopped just now


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, on either address. OSError on a machine without ::1.

    Each process of a test run draws from a part of its own, below those that the kernel hands out: it may take a while until a platform listens.
    """
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            port = random.SystemRandom().choice(PORTS)
            if port in _given:
                continue
            _given.add(port)
            if all(_bound(held.enter_context(socket.socket(family)), address, port) for family, address in LOOPBACK):
                ports.append(port)
        return ports


def _bound(held: socket.socket, address: str, port: int) -> bool:
    try:
        held.bind((address, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    return True


class Platform:
    """One prefix. Starts nothing by itself: `up` does."""

    said = ""  # what `up` printed, where a test keeps it

    def __init__(self, root: Path, ports: list[int] | None = None) -> None:
        self._clerk: Clerk | None = None
        self._hiring = threading.Lock()
        self.root = root
        self.ports = dict(zip(DEFAULT_PORTS, ports or free_ports(len(DEFAULT_PORTS)), strict=True))

    @property
    def served(self) -> dict[str, int]:
        """Ports by name, without the demo's card network."""
        return {name: port for name, port in self.ports.items() if name != "cards"}

    @property
    def prefix(self) -> Prefix:
        return Prefix.load(self.root)

    def command(
        self, *words: str, check: bool = True, timeout: float = PATIENCE, **how: Any
    ) -> subprocess.CompletedProcess[str]:
        """./gasthof WORDS on this prefix; AssertionError with its words when it fails."""
        line = [str(COMMAND), *words[:1], "--prefix", str(self.root), *words[1:]]
        done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=timeout, **how)
        assert not check or done.returncode == 0, f"{' '.join(line)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def up(self, *options: str, **how: Any) -> subprocess.CompletedProcess[str]:
        ports = [word for name, port in self.ports.items() for word in ("--port", f"{name}={port}")]
        self._dismiss()
        return self.command("up", "--detach", *ports, *options, **how)

    def down(self) -> None:
        self._dismiss()
        self.command("down")

    def _dismiss(self) -> None:
        """The clerk knows the settings of its start only."""
        with self._hiring:
            if self._clerk:
                self._clerk.leave()
            self._clerk = None

    @property
    def clerk(self) -> Clerk:
        with self._hiring:
            if self._clerk is None:
                given = environment(self.prefix, locate(ROOT, self.root))
                self._clerk = Clerk(given | {"PYTHONPATH": f"{given['PYTHONPATH']}:{ROOT}"})
            return self._clerk

    def status(self) -> dict[str, Any]:
        return json.loads(self.command("status", "--json", check=False).stdout)

    def pending(self) -> int:
        """Objects that nodes have not told of yet. Asked of PostgreSQL itself, for those who wait: `status` takes a second of a processor."""
        told = "SELECT FROM nodes_objectreport r WHERE r.target_id = o.id AND r.revision = o.revision"
        return int(
            postgres(self.prefix).psql(
                f"SELECT count(*) FROM nodes_desiredobject o WHERE NOT EXISTS ({told})", DATABASE
            )
        )

    def held(self) -> bool:
        """Whether a node waits for a person before it removes so much. As `pending`."""
        return postgres(self.prefix).psql("SELECT count(*) FROM nodes_nodecontact WHERE held <> ''", DATABASE) != "0"

    def run(self, verb: str, *, wait: bool = True, actor: str = "operator", **fields: object) -> dict[str, Any]:
        """A verb's result; with `wait` the node has reported it live. The clerk does it; `command("run", ...)` takes a second more."""
        given = [f"{name}={value}" for name, value in fields.items()]
        options = ["--json", "--as", actor, *(["--wait"] if wait else [])]
        said = self.clerk.ask("run", verb, *given, *options, timeout=PATIENCE)
        assert said.code == 0, f"run {verb} {' '.join(given)}: {said.code}\n{said.output}\n{said.errors}"
        return json.loads(said.output)

    def trust(self) -> ssl.SSLContext:
        """The local CA alone."""
        return ssl.create_default_context(cafile=str(self.prefix.ca_certificate))

    def https(
        self, host: str, path: str = "/", *, method: str = "GET", ip: str = "127.0.0.1", **how: Any
    ) -> httpx.Response:
        """One request to a site by U- or A-label; `http2=True` for HTTP/2, the rest goes to httpx (auth, headers, content)."""
        ascii_host, port = idna.encode(host, uts46=True).decode(), self.ports["https"]
        headers = {"Host": f"{ascii_host}:{port}", **how.pop("headers", {})}
        address = f"[{ip}]" if ":" in ip else ip
        with httpx.Client(verify=self.trust(), trust_env=False, http2=how.pop("http2", False), timeout=30) as client:
            url = f"https://{address}:{port}{path}"
            return client.request(method, url, headers=headers, extensions={"sni_hostname": ascii_host}, **how)

    def panel(self, path: str = "/", *, name: str = "localhost", **how: Any) -> httpx.Response:
        with httpx.Client(verify=self.trust(), trust_env=False, timeout=30) as client:
            return client.get(f"https://{name}:{self.ports['panel']}{path}", **how)

    def remove(self) -> None:
        self.down()
        shutil.rmtree(self.root)


@contextlib.contextmanager
def new_platform(*, bare: bool = True) -> Iterator[Platform]:
    """A prefix of its own that is stopped and removed afterwards, whatever happened. If it is not bare, there are tables already: `up` takes
    far longer to make them. Its first steps are proven in src/gasthof/bootstrap/tests."""
    root = Path(tempfile.mkdtemp(prefix="gasthof-platform-"))
    root.chmod(0o755)
    platform = Platform(root)
    if not bare:
        cluster.lay(postgres(platform.prefix))
    try:
        yield platform
    finally:
        platform.remove()


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Up, without the demo. Everybody's: leave other tests' customers alone and give yours names of their own."""
    with new_platform(bare=False) as running:
        running.up("--no-demo")
        yield running
