"""A node with the agent and the real ProFTPD, and clients that transfer files as customers do."""

import ftplib
import io
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from gasthof.agent.loop import Agent
from gasthof.agent.tests.node import Node
from gasthof.bootstrap.layout import add_user, make_folders, missing_users
from gasthof.kernel.passwords import crypted
from gasthof.prefix import Prefix
from gasthof.slices.ftp.spec import FtpUserSpec
from gasthof.slices.web.tests.nginx_harness import REACHED_AT, free_port

PASSWORD = "Grüße-aus-Köln-1"
HASH = crypted(PASSWORD)
LOGIN, NEIGHBOUR = "s000012-anna", "s000013-nachbar"


@dataclass
class Ftp:
    """Homes 12 (ours) and 13 (the neighbour's), and a user in each when asked for."""

    node: Node
    agent: Agent
    clients: list[ftplib.FTP] = field(default_factory=list)

    @property
    def prefix(self) -> Prefix:
        return self.node.prefix

    def turn(self) -> None:
        self.agent.backoff.waiting.clear()
        self.agent.reach()
        self.agent.fetch()
        self.agent.work()
        self.agent.deliver()

    def put(self, login: str = LOGIN, directory: str = "web", password: str = HASH, **fields: object) -> FtpUserSpec:
        """The user as told to the node, and live."""
        spec = self.tell(login, directory, password, **fields)
        self.turn()
        return spec

    def tell(self, login: str = LOGIN, directory: str = "web", password: str = HASH, **fields: object) -> FtpUserSpec:
        subscription = login.partition("-")[0]
        uid = self.prefix.uid_base + int(subscription[1:])
        spec = FtpUserSpec(login, subscription, uid, directory, password, **fields)  # type: ignore[arg-type]
        self.node.intent.put("ftp.user", login, spec)
        return spec

    def home(self, path: str = "", number: int = 12) -> Path:
        return self.prefix.home(f"s{number:06d}") / path

    def start(self) -> subprocess.Popen[bytes]:
        process = self.node.start("gasthof.slices.ftp.proftpd")
        wait_until(lambda: self.greeting("ftp").startswith(b"220 ") and self.greeting("sftp").startswith(b"SSH-2.0-"))
        return process

    def greeting(self, port: str, address: str = "127.0.0.1") -> bytes:
        try:
            with socket.create_connection((address, self.prefix.ports[port]), 5) as wire:
                return wire.recv(200)
        except OSError:
            return b""

    def plain(self, address: str = "127.0.0.1") -> ftplib.FTP:
        """Connected, without TLS."""
        client = ftplib.FTP(encoding="utf-8", timeout=10)
        self.clients.append(client)
        client.connect(address, self.prefix.ports["ftp"])
        return client

    def secured(self, address: str = "127.0.0.1") -> ftplib.FTP_TLS:
        """Within TLS, the certificate checked against the server's name; not signed in."""
        context = ssl.create_default_context(cafile=str(self.prefix.ca_certificate))
        client = ftplib.FTP_TLS(encoding="utf-8", timeout=10, context=context)
        self.clients.append(client)
        client.connect(address, self.prefix.ports["ftp"])
        client.host = self.prefix.host  # what the certificate must name
        client.auth()
        return client

    def login(self, login: str = LOGIN, password: str = PASSWORD, address: str = "127.0.0.1") -> ftplib.FTP_TLS:
        """Signed in, data protected, too. ftplib.Error or EOFError when refused."""
        client = self.secured(address)
        try:
            client.login(login, password, secure=False)  # it is by now
            client.prot_p()
        except Exception:
            client.close()
            raise
        return client

    def clear(self) -> None:
        """No session of an earlier test is left."""
        while self.clients:
            self.clients.pop().close()
        wait_until(lambda: not self.sessions())

    def words(self, key: str) -> str:
        """What was told of drift, last."""
        found = [one for report in self.node.intent.reports for one in report.reports if one.key == key]
        return next((one.words for one in reversed(found) if one.state == "drift"), "")

    def admits(self, login: str = LOGIN, password: str = PASSWORD) -> bool:
        try:
            self.login(login, password).close()
        except (ftplib.Error, EOFError):
            return False
        return True

    def sftp(self, *commands: str, login: str = LOGIN, password: str = PASSWORD, address: str = "127.0.0.1") -> str:
        """What OpenSSH's client says to these commands; it stops at the first that fails, unless that begins with a hyphen."""
        options = ("-q", "-P", str(self.prefix.ports["sftp"]), *self._ssh_options(), "-b", "-", f"{login}@[{address}]")
        return self._with_password("/usr/bin/sftp", options, password, "\n".join(commands))

    def ssh(self, *arguments: str, login: str = LOGIN, password: str = PASSWORD) -> str:
        """What ssh says when it asks for these, which come after its own options."""
        first = arguments[:-1] if len(arguments) > 1 else ()
        target = (*arguments, f"{login}@127.0.0.1") if first else (f"{login}@127.0.0.1", *arguments)
        return self._with_password(
            "/usr/bin/ssh", ("-p", str(self.prefix.ports["sftp"]), *self._ssh_options(), *target), password, ""
        )

    def _ssh_options(self) -> list[str]:
        options = {
            "BatchMode": "no",  # its first word counts, before sftp's -b
            "StrictHostKeyChecking": "accept-new",
            "PubkeyAuthentication": "no",
            "NumberOfPasswordPrompts": "1",
            "UserKnownHostsFile": str(self.prefix.root / "known_hosts"),
        }
        return ["-F", "/dev/null", *(f"-o{name}={value}" for name, value in options.items())]

    def _with_password(self, program: str, arguments: Iterable[str], password: str, said: str) -> str:
        ask = self.prefix.root / "ask"
        ask.write_text(f"#!/bin/sh\ncat {ask}.txt\n")
        ask.chmod(0o755)
        Path(f"{ask}.txt").write_text(password + "\n")
        done = subprocess.run(
            [program, *arguments],
            env={"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            input=said.encode() + b"\n",
            capture_output=True,
            timeout=30,
            check=False,
        )
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    def sessions(self) -> list[int]:
        """Process ids of sessions that somebody is signed in to."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "root").readlink().is_relative_to(self.prefix.customers):
                    found.append(int(process.name))
        return found


@contextmanager
def ftp_node(root: Path | None = None) -> Iterator[Ftp]:
    """The agent's fixtures applied, both homes made, ProFTPD running."""
    for name in missing_users():
        add_user(name)
    with Node.made(root) as node:
        ports = {name: free_port() for name in node.prefix.ports}
        (node.prefix.root / "config.toml").write_text(
            f'[node]\nipv4 = "{REACHED_AT}"\n[ports]\n' + "".join(f"{name} = {port}\n" for name, port in ports.items())
        )
        node.prefix = Prefix.load(node.prefix.root)
        make_folders(node.prefix)
        agent = node.agent()
        assert agent.fix() == []
        for number in (12, 13):
            node.put_home(number)
        house = Ftp(node, agent)
        house.turn()
        house.start()
        yield house


def wait_until(good: Callable[[], object], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def upload(client: ftplib.FTP, name: str, content: bytes) -> None:
    client.storbinary(f"STOR {name}", io.BytesIO(content))


def download(client: ftplib.FTP, name: str) -> bytes:
    found = io.BytesIO()
    client.retrbinary(f"RETR {name}", found.write)
    return found.getvalue()
