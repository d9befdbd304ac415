"""nginx, the PHP activator, the password verifier and the log splitter, and what they need of the machine."""

from collections.abc import Mapping
from pathlib import Path

from gasthof.agent import probes
from gasthof.agent.daemons import Daemons, Folder, Probe, Program
from gasthof.prefix import VERIFY_USER, WEB_USER, Prefix


def programs(_prefix: Prefix, python: str) -> tuple[Program, ...]:
    """Customers' php-fpm masters are the activator's children and outlive its restart."""
    room = "gasthof.slices.web"
    return (
        Program("verifier", (python, "-m", f"{room}.verifier"), VERIFY_USER),
        Program("activator", (python, "-m", f"{room}.activator"), group=False),
        Program("nginx", (python, "-m", f"{room}.nginx"), stop="QUIT", package="nginx", ports=("http", "https")),
        Program("logsplit", (python, "-m", f"{room}.logsplit")),
    )


def _probes(prefix: Prefix) -> Mapping[str, Probe]:
    return {
        "verifier": lambda: probes.json_line(prefix.verify_socket, {"hash": "", "password": ""}, None),
        "activator": lambda: probes.json_line(prefix.activator_control, {"verb": "list"}, "ok"),
        "nginx": lambda: probes.http_answers(prefix.ports["http"]),
    }


def _sockets(prefix: Prefix) -> Mapping[str, Path]:
    return {
        "nginx-admin": prefix.nginx_admin,
        "verifier": prefix.verify_socket,
        "activator": prefix.activator_control,
    }


DAEMONS = Daemons(
    packages=(
        "nginx",
        "libnginx-mod-http-ndk",
        "libnginx-mod-http-lua",
        "lua-resty-core",
        "lua-resty-lrucache",
        "lua-cjson",
        "php8.2-fpm",
        "php8.2-curl",
        "php8.2-gd",
        "php8.2-intl",
        "php8.2-mbstring",
        "php8.2-opcache",
        "php8.2-sqlite3",
        "php8.2-xml",
        "php8.2-zip",
    ),
    test_packages=("acl", "nghttp2-client", "wrk"),
    users=(WEB_USER, VERIFY_USER),
    folders=(
        Folder("run/nginx-admin", 0o700),
        Folder("run/verify", 0o2750, VERIFY_USER, WEB_USER),
        Folder("run/php", 0o750, "root", WEB_USER),
        Folder("run/activator", 0o700),
        Folder("node/web", 0o750, "root", WEB_USER),
        Folder("node/php", 0o711),
        Folder("node/php/pools", 0o711),
    ),
    private_logs=("access.log", "nginx-error.log"),
    programs=programs,
    probes=_probes,
    listens={"http": "http://*.test:{}", "https": "https://*.test:{}"},
    sockets=_sockets,
)
