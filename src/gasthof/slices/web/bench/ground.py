"""What the nginx benchmark measures on: a prefix of its own with N sites, and plain nginx's to compare with. One worker each."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gasthof.kernel.clock import SystemClock
from gasthof.prefix import WEB_USER, Prefix
from gasthof.slices.web import rules
from gasthof.slices.web.node.document import documents, fallback_tls, host_path, tls_directory
from gasthof.slices.web.node.nginx import command, nginx_files, pid_file
from gasthof.slices.web.spec import Php, SiteSpec

PAGE = b"x" * 1024
LINKS = "disable_symlinks if_not_owner from={home};"
PLAIN = """\
daemon off; user {user}; worker_processes 1; worker_rlimit_nofile 16384; pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  include /etc/nginx/mime.types; server_tokens off; sendfile on; tcp_nopush on; access_log {folder}/access.log combined buffer=64k flush=1s;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d;
  scgi_temp_path {folder}/e; ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20; ssl_session_cache shared:tls:10m;
  ssl_certificate {tls}/cert.pem; ssl_certificate_key {tls}/key.pem;
  server {{ listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl http2; root {root}; {links} index index.html; }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A running nginx with one worker."""

    http: int
    https: int
    pid_file: Path

    @property
    def worker(self) -> int:
        master = int(self.pid_file.read_text())
        return int(Path(f"/proc/{master}/task/{master}/children").read_text().split()[0])

    def cpu(self) -> float:
        """Seconds that the worker has had, to the nanosecond (proc(5), schedstat)."""
        return int(Path(f"/proc/{self.worker}/schedstat").read_text().split()[0]) / 1e9

    def resident(self) -> float:
        """MB of the worker, its part of shared memory included (proc(5), VmRSS)."""
        status = Path(f"/proc/{self.worker}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


@dataclass(frozen=True)
class Ground:
    prefix: Prefix
    names: tuple[str, ...]

    def site(self, number: int) -> SiteSpec:
        name = f"bench-{number}.test"
        subscription = f"s{number // 10:06d}"  # ten domains a customer
        php = Php("8.2", rules.php_settings({}))
        return SiteSpec(name, subscription, 1_000_000, f"web/{name}", hosts=(name,), https_redirect=False, php=php)

    @contextlib.contextmanager
    def gasthof(self) -> Iterator[Server]:
        """The real configuration, with one worker."""
        server = Server(self.prefix.ports["http"], self.prefix.ports["https"], pid_file(self.prefix))
        with running(command(self.prefix), server):
            yield server

    @contextlib.contextmanager
    def plain(self, *, links: bool) -> Iterator[Server]:
        """One site with one static certificate."""
        folder = Path(tempfile.mkdtemp(prefix="plain-", dir=self.prefix.root))
        server = Server(free_port(), free_port(), folder / "nginx.pid")
        spec, home = self.site(0), self.prefix.home(self.site(0).subscription)
        text = PLAIN.format(
            user=WEB_USER, folder=folder, http=server.http, https=server.https, root=home / spec.docroot,
            tls=tls_directory(self.prefix, spec.name), links=LINKS.format(home=home) if links else "",
        )  # fmt: skip
        (folder / "nginx.conf").write_text(text)
        with running(["/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], server):
            yield server


@contextlib.contextmanager
def running(arguments: list[str], server: Server) -> Iterator[None]:
    process = subprocess.Popen(arguments, cwd="/", stderr=subprocess.DEVNULL)
    try:
        wait_for_port(server.https)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def laid_out(sites: int) -> Iterator[Ground]:
    """A prefix below /tmp with this many sites: own key, certificate and document each; gone afterwards."""
    root = Path(tempfile.mkdtemp(prefix="gb-", dir="/tmp"))
    root.chmod(0o755)
    ground = Ground(
        Prefix(root, {"panel": 0, "http": free_port(), "https": free_port()}),
        tuple(f"bench-{n}.test" for n in range(sites)),
    )
    try:
        _configure(ground.prefix)
        _fill(ground)
        yield ground
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _configure(prefix: Prefix) -> None:
    prefix.logs.mkdir()
    prefix.nginx_admin.parent.mkdir(parents=True)
    for path, content in nginx_files(prefix).items():
        target = prefix.state / "web" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.replace(b"worker_processes auto", b"worker_processes 1"))


def _fill(ground: Ground) -> None:
    """Documents, keys and certificates for all; files for all, of one customer uid. One signing key for all saves time only."""
    prefix, signer = ground.prefix, generate_private_key(SECP256R1())
    now = SystemClock().now()
    base = (
        x509.CertificateBuilder()
        .issuer_name(_name("bench"))
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=2))
    )
    _write_pair(fallback_tls(prefix), "fallback.test", base, signer)
    for number, name in enumerate(ground.names):
        spec = ground.site(number)
        _write_pair(tls_directory(prefix, name), name, base, signer)
        for host, content in documents(prefix, spec).items():
            _write(host_path(prefix, host), content)
        _write(prefix.home(spec.subscription) / spec.docroot / "page.html", PAGE)


def _write_pair(folder: Path, name: str, base: x509.CertificateBuilder, signer: object) -> None:
    key = generate_private_key(SECP256R1())
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    builder = base.subject_name(_name(name)).public_key(key.public_key()).serial_number(x509.random_serial_number())
    certificate = builder.add_extension(names, critical=False).sign(signer, hashes.SHA256())  # type: ignore[arg-type]
    _write(folder / "key.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(folder / "cert.pem", certificate.public_bytes(Encoding.PEM))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.chown(path, 0, pwd.getpwnam(WEB_USER).pw_gid)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > until:
            raise TimeoutError(f"nothing listens on port {port}")
        time.sleep(0.02)
