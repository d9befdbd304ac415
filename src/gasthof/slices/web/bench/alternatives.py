"""The spike behind docs/decisions/0001: three ways to route by name, each with the same sites. `python -m gasthof.slices.web.bench.alternatives`.

- blocks: a server block a site, each with its certificate; a new site is a reload.
- links: one block, certificate and document root by variable; a new site is a folder with two links.
- lua: what Gasthof runs.
"""

import contextlib
import json
import os
import signal
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from gasthof.bench.figures import machine
from gasthof.prefix import WEB_USER
from gasthof.slices.web.bench.ground import Ground, Server, free_port, laid_out, running
from gasthof.slices.web.bench.load import handshakes, requests_per_second, visit, zipf
from gasthof.slices.web.node.document import host_path, tls_directory
from gasthof.slices.web.node.services import NginxAdmin

SITES, ADDED = 1_000, 5
HEAD = """\
daemon off; user {user}; worker_processes 1; worker_rlimit_nofile 16384; pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  include /etc/nginx/mime.types; server_tokens off; sendfile on; tcp_nopush on; access_log {folder}/access.log combined buffer=64k flush=1s;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d;
  scgi_temp_path {folder}/e; ssl_session_cache shared:tls:10m; server_names_hash_max_size 65536; server_names_hash_bucket_size 128;
"""
BLOCK = """\
server {{ listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl http2; server_name {name}; root {root}; disable_symlinks if_not_owner from={home};
  ssl_certificate {tls}/cert.pem; ssl_certificate_key {tls}/key.pem; }}
"""
LINKS = """\
map $ssl_server_name $named {{ default none; ~^(?<n>[a-z0-9][a-z0-9.-]*)$ $n; }}
server {{ listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl http2; server_name _; root {folder}/links/$host/docroot;
  disable_symlinks if_not_owner from={folder}/links/$host/docroot;
  ssl_certificate {folder}/links/$named/tls/cert.pem; ssl_certificate_key {folder}/links/$named/tls/key.pem; }}
"""


@dataclass(frozen=True)
class Way:
    server: Server
    add: Callable[[str], None]  # makes one more of the ground's sites known


@contextlib.contextmanager
def blocks(ground: Ground, names: list[str]) -> Iterator[Way]:
    folder = Path(tempfile.mkdtemp(prefix="blocks-", dir=ground.prefix.root))
    server = Server(free_port(), free_port(), folder / "nginx.pid")

    def write(shown: list[str]) -> None:
        text = HEAD.format(user=WEB_USER, folder=folder) + "".join(_block(ground, server, name) for name in shown)
        (folder / "nginx.conf").write_text(text + "}\n")

    def add(name: str) -> None:
        names.append(name)
        write(names)
        os.kill(int(server.pid_file.read_text()), signal.SIGHUP)

    write(names)
    with running(["/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], server):
        yield Way(server, add)


def _block(ground: Ground, server: Server, name: str) -> str:
    spec = ground.site(ground.names.index(name))
    home = ground.prefix.home(spec.subscription)
    return BLOCK.format(
        http=server.http,
        https=server.https,
        name=name,
        root=home / spec.docroot,
        home=home,
        tls=tls_directory(ground.prefix, name),
    )


@contextlib.contextmanager
def links(ground: Ground, names: list[str]) -> Iterator[Way]:
    folder = Path(tempfile.mkdtemp(prefix="links-", dir=ground.prefix.root))
    folder.chmod(0o755)
    server = Server(free_port(), free_port(), folder / "nginx.pid")

    def add(name: str) -> None:
        spec = ground.site(ground.names.index(name))
        place = folder / "links" / name
        place.mkdir(parents=True)
        (place / "docroot").symlink_to(ground.prefix.home(spec.subscription) / spec.docroot)
        (place / "tls").symlink_to(tls_directory(ground.prefix, name))

    for name in names:
        add(name)
    text = HEAD.format(user=WEB_USER, folder=folder) + LINKS.format(folder=folder, http=server.http, https=server.https)
    (folder / "nginx.conf").write_text(text + "}\n")
    with running(["/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], server):
        yield Way(server, add)


@contextlib.contextmanager
def lua(ground: Ground, names: list[str]) -> Iterator[Way]:
    hidden = {name: host_path(ground.prefix, name) for name in ground.names if name not in names}
    for path in hidden.values():
        path.rename(path.with_suffix(".hidden"))

    def add(name: str) -> None:
        hidden[name].with_suffix(".hidden").rename(hidden[name])
        NginxAdmin(ground.prefix.nginx_admin).ask("tell", [name])

    with ground.gasthof() as server:
        yield Way(server, add)


def measure(ground: Ground, way: Way, names: list[str], added: list[str]) -> dict[str, float]:
    """Milliseconds, MB and microseconds for one way."""
    server, drawn = way.server, zipf(names, 6_000, seed=1)
    handshakes(server, drawn[:3_000])
    figures = {"handshake_cpu_ms": handshakes(server, drawn[3_000:])}
    visit(server, names)
    handshakes(server, names)
    figures["worker_mb"] = server.resident()
    rates = [requests_per_second(server, names[0], 2) for _ in range(3)]
    figures["static_cpu_us"] = median(cost for _, cost in rates)
    figures["new_site_ms"] = median(_until_live(way, name) for name in added)
    return figures


def _until_live(way: Way, name: str) -> float:
    begin = time.monotonic()
    way.add(name)
    while not _is_live(way.server.https, name):
        time.sleep(0.001)
    return (time.monotonic() - begin) * 1e3


def _is_live(port: int, name: str) -> bool:
    """Over a new connection: the certificate names it and its page comes."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    request = f"GET /page.html HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode()
    try:
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname=name) as secured,
        ):
            secured.sendall(request)
            shown = secured.getpeercert(binary_form=True) or b""
            return name.encode() in shown and b" 200 " in secured.recv(1024)
    except (ssl.SSLError, ConnectionError):
        return False


def main() -> None:
    with laid_out(SITES + ADDED) as ground:
        names, added = list(ground.names[:SITES]), list(ground.names[SITES:])
        found = {}
        for way in (blocks, links, lua):
            with way(ground, list(names)) as running_way:
                found[way.__name__] = measure(ground, running_way, names, added)
    json.dump({"machine": machine(), "sites": SITES, "ways": found}, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
