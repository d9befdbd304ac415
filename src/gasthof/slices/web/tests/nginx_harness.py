"""A node's web part for tests: the real nginx and verifier under a prefix of its own, documents written directly.

    with WebNode.started() as node:
        node.put(site("a.test"))              # folder, certificate, documents; told to nginx
        node.get("a.test", "/").status

`ask` on the node is the admin socket. Every process it starts ends with it.
"""

import contextlib
import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gasthof.prefix import VERIFY_USER, WEB_USER, Prefix
from gasthof.slices.web.node.document import digest_of, documents, fallback_tls, host_path, tls_directory
from gasthof.slices.web.node.nginx import nginx_files, pid_file
from gasthof.slices.web.spec import SiteSpec
from gasthof.slices.web.tests.authority import Authority
from gasthof.slices.web.tests.client import Answer, request

SOURCE = Path(__file__).parents[4]
REACHED_AT = "127.0.0.9"  # as if by the world


def ensure_users() -> None:
    for name in (WEB_USER, VERIFY_USER):
        try:
            pwd.getpwnam(name)
        except KeyError:
            options = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
            subprocess.run(["/usr/sbin/useradd", *options], check=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def site(name: str, **fields: Any) -> SiteSpec:
    """A plain site without HTTPS redirect, of the first subscription unless said otherwise."""
    number = fields.pop("number", 1)
    defaults: dict[str, Any] = {
        "subscription": f"s{number:06d}", "uid": 1_000_000 + number, "docroot": f"web/{name}", "hosts": (name,), "https_redirect": False,
    }  # fmt: skip
    return SiteSpec(name=name, **(defaults | fields))


@dataclass
class WebNode:
    prefix: Prefix
    authority: Authority
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)  # of php-fpm masters, whose children outlive them

    @classmethod
    @contextlib.contextmanager
    def started(cls, workers: int = 2, verifier: bool = True) -> Iterator["WebNode"]:
        ensure_users()
        root = Path(tempfile.mkdtemp(prefix="gw-", dir="/tmp"))
        root.chmod(0o755)
        prefix = Prefix(root, ports={"panel": 0, "http": free_port(), "https": free_port()}, ipv4=REACHED_AT)
        node = cls(prefix, Authority())
        try:
            node.lay_out(workers)
            if verifier:
                node.start_verifier()
            node.start_nginx()
            yield node
        finally:
            node.stop()
            shutil.rmtree(root, ignore_errors=True)

    def lay_out(self, workers: int) -> None:
        """Folders, configuration, fallback certificate: what bootstrap and the agent's fixtures do."""
        group = pwd.getpwnam(WEB_USER).pw_gid
        web = self.prefix.state / "web"
        for folder, mode in (
            (web, 0o750),
            (self.prefix.customers, 0o711),
            (self.prefix.logs, 0o711),
            (self.prefix.run, 0o755),
        ):
            folder.mkdir(parents=True)
            folder.chmod(mode)
        self.prefix.nginx_admin.parent.mkdir(mode=0o700)
        (self.prefix.run / "php").mkdir()
        for folder in (web, web / "hosts", web / "tls"):
            folder.mkdir(exist_ok=True)
            os.chown(folder, 0, group)
            folder.chmod(0o750)
        (self.prefix.root / "config.toml").write_text(
            f'[node]\nipv4 = "{REACHED_AT}"\n'
            f"[ports]\nhttp = {self.prefix.ports['http']}\nhttps = {self.prefix.ports['https']}\n"
        )
        for path, content in nginx_files(self.prefix).items():
            target = web / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.replace(b"worker_processes auto", b"worker_processes %d" % workers))
        self.write_certificate(fallback_tls(self.prefix), ("fallback.invalid",))

    def write(self, path: Path, content: bytes, mode: int = 0o640) -> None:
        """A file of root's that nginx may read, swapped in as the agent does."""
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(path.name + ".new")
        staged.write_bytes(content)
        os.chown(staged, 0, pwd.getpwnam(WEB_USER).pw_gid)
        staged.chmod(mode)
        staged.rename(path)

    def write_certificate(self, directory: Path, names: Sequence[str]) -> None:
        certificate, key = self.authority.issue(names)
        self.write(directory / "key.pem", key)
        self.write(directory / "cert.pem", certificate)

    def environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(SOURCE), "GASTHOF_PREFIX": str(self.prefix.root)}

    def start_verifier(self) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-m", "gasthof.slices.web.verifier"]
        process = subprocess.Popen(arguments, env=self.environment(), cwd="/")
        self.processes.append(process)
        wait_for(lambda: connects(self.prefix.verify_socket))
        return process

    def start_nginx(self) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-m", "gasthof.slices.web.nginx"]
        words = (self.prefix.root / "nginx.stderr").open("ab")
        process = subprocess.Popen(arguments, env=self.environment(), cwd="/", stderr=words)
        self.processes.append(process)
        wait_for(lambda: connects(self.prefix.nginx_admin), process)
        return process

    def start_php(self, spec: SiteSpec) -> subprocess.Popen[bytes]:
        """A plain php-fpm on the socket that the activator would listen on."""
        assert spec.php
        path = self.prefix.php_socket(spec.php.version, spec.subscription)
        path.parent.mkdir(parents=True, exist_ok=True)
        conf = self.prefix.root / f"fpm-{spec.subscription}.conf"
        conf.write_text(
            f"[global]\nerror_log = {self.prefix.logs}/fpm.log\ndaemonize = no\n[pool]\nuser = {spec.uid}\ngroup = {spec.uid}\n"
            f"listen = {path}\nlisten.owner = root\nlisten.group = {WEB_USER}\nlisten.mode = 0660\n"
            "pm = static\npm.max_children = 2\nsecurity.limit_extensions = .php\n"
            "php_admin_flag[cgi.fix_pathinfo] = on\n"  # as in customers' pools: it decides what a script is told of itself
        )
        process = subprocess.Popen(
            [f"/usr/sbin/php-fpm{spec.php.version}", "-F", "-y", str(conf)], cwd="/", start_new_session=True
        )
        self.processes.append(process)
        self.groups.append(process.pid)
        wait_for(lambda: connects(path), process)
        return process

    def stop(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()
                process.wait()
        for group in self.groups:
            end_group(group)

    def home(self, spec: SiteSpec) -> Path:
        """The customer's folder, made as docs/architecture.md says."""
        home, group = self.prefix.home(spec.subscription), pwd.getpwnam(WEB_USER).pw_gid
        if not home.exists():
            home.mkdir(mode=0o710)
            os.chown(home, 0, group)
            subprocess.run(["/usr/bin/setfacl", "-m", f"u:{spec.uid}:x", str(home)], check=True)
            web = home / "web"
            web.mkdir()
            os.chown(web, spec.uid, group)
            web.chmod(0o2750)
        return home

    def docroot(self, spec: SiteSpec) -> Path:
        docroot = self.home(spec) / spec.docroot
        docroot.mkdir(parents=True, exist_ok=True)
        os.chown(docroot, spec.uid, -1)
        return docroot

    def file(self, spec: SiteSpec, path: str, content: bytes | str) -> Path:
        """A file of the customer's below the document root."""
        target = self.docroot(spec) / path
        for folder in reversed(target.relative_to(self.docroot(spec)).parents):
            (self.docroot(spec) / folder).mkdir(exist_ok=True)
            os.chown(self.docroot(spec) / folder, spec.uid, -1)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        os.chown(target, spec.uid, -1)
        target.chmod(0o644)
        return target

    def put(self, spec: SiteSpec, *, tell: bool = True) -> dict[str, str]:
        """Folder, certificate (once) and documents; host -> digest."""
        self.docroot(spec)
        directory = tls_directory(self.prefix, spec.name)
        if not (directory / "cert.pem").exists():
            self.write_certificate(directory, spec.hosts)
        made = documents(self.prefix, spec)
        for host, content in made.items():
            self.write(host_path(self.prefix, host), content)
        if tell:
            self.tell(*made)
        return {host: digest_of(content) for host, content in made.items()}

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One request on the admin socket: status and decoded JSON."""
        connection = http.client.HTTPConnection("admin")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(20)
        connection.sock.connect(str(self.prefix.nginx_admin))
        text = body if isinstance(body, str) else json.dumps(body)
        connection.request(method, path, text if body is not None else None)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content) if content.startswith(b"{") else content

    def tell(self, *hosts: str) -> dict[str, str | None]:
        status, answer = self.ask("POST", "/tell", {"hosts": list(hosts)})
        assert status == 200, answer
        return dict(answer["serving"])

    def check(self, *paths: Path) -> dict[str, str]:
        status, answer = self.ask("POST", "/check", {"documents": [str(path) for path in paths]})
        assert status == 200, answer
        return dict(answer["errors"])

    def get(self, host: str, path: str = "/", *, secure: bool = False, **options: Any) -> Answer:
        """One request over a new connection; options as in client.request."""
        port = self.prefix.ports["https" if secure else "http"]
        return request(host, path, port=port, authority=self.authority if secure else None, **options)

    def reload(self) -> None:
        os.kill(int(pid_file(self.prefix).read_text()), 1)

    def log(self) -> list[Mapping[str, Any]]:
        """The access log, once nginx has flushed it."""
        time.sleep(1.3)
        lines = (self.prefix.logs / "access.log").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]


def end_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def wait_for(condition: Any, process: subprocess.Popen[bytes] | None = None, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, "ended"
        assert time.monotonic() < until, "timed out"
        time.sleep(0.01)
