"""The configuration of the nginx that serves customers: one server block for all of them, rendered from the prefix. Pure but for
its own templates, which are part of the program.

A reload may come late and read files that are being swapped. So nginx.conf is swapped last and names the digest, too: a worker
that found the same one in both has read all of them.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gasthof.prefix import WEB_USER, Prefix

TEMPLATES = files(__package__).joinpath("etc", "nginx")
SAFE_PATH = re.compile(r"/[A-Za-z0-9/._-]*")  # what needs no quoting in nginx.conf, lua or a unix: address
DIGEST = b"<<digest>>"  # stands in settings.lua until all files are known
SOCKET_LIMIT = 107  # bytes of a unix socket's path, unix(7)


def nginx_files(prefix: Prefix) -> dict[str, bytes]:
    """Path relative to node/web -> content: nginx.conf, lua/, pages/. ValueError for a prefix that could not be written down."""
    values = _values(prefix)
    found: dict[str, bytes] = {}
    _collect(TEMPLATES, "", found)
    filled = {path: _fill(content, values) for path, content in sorted(found.items())}
    return {path: content.replace(DIGEST, _digest(filled)) for path, content in filled.items()}


def configuration_digest(rendered: Mapping[str, bytes]) -> str:
    """What /configuration on the admin socket answers with once nginx runs with these files (of nginx_files)."""
    found = re.search(rb'digest = "([0-9a-f]{64})"', rendered["lua/gasthof/settings.lua"])
    if not found:
        raise ValueError("settings.lua holds no digest")
    return found[1].decode()


def pid_file(prefix: Prefix) -> Path:
    """The master's: HUP reads the configuration anew, USR1 opens the log anew, QUIT ends after running requests."""
    return prefix.state / "web" / "nginx.pid"


def command(prefix: Prefix) -> list[str]:
    """What a supervisor runs as root; `nginx -t` takes the same with another -p and -c."""
    web = prefix.state / "web"
    return [
        "/usr/sbin/nginx",
        "-p",
        f"{web}/",
        "-c",
        str(web / "nginx.conf"),
        "-e",
        str(prefix.logs / "nginx-error.log"),
    ]


def check_command(prefix: Prefix, staged: str) -> list[str]:
    """`nginx -t` over a folder with the files of nginx_files. It does not run lua: whether that was taken, /configuration says."""
    return ["/usr/sbin/nginx", "-t", "-q", "-p", f"{staged}/", "-c", f"{staged}/nginx.conf", "-e", "stderr"]


def _values(prefix: Prefix) -> dict[str, str]:
    if not SAFE_PATH.fullmatch(str(prefix.root)):
        raise ValueError(
            f"prefix {str(prefix.root)!r}: only letters, digits and / . _ - are safe in nginx's configuration"
        )
    for socket in (prefix.nginx_admin, prefix.verify_socket, prefix.php_socket("8.10", "s000000000")):
        if len(str(socket)) > SOCKET_LIMIT:
            raise ValueError(f"{socket}: longer than a socket's path can be")
    return {
        "user": WEB_USER,
        "web": str(prefix.state / "web"),
        "run": str(prefix.run),
        "logs": str(prefix.logs),
        "customers": str(prefix.customers),
        "admin": str(prefix.nginx_admin),
        "verify": str(prefix.verify_socket),
        "http": str(int(prefix.ports["http"])),
        "https": str(int(prefix.ports["https"])),
        "listens": "\n".join(_listens(prefix)),
        "digest": DIGEST.decode(),
    }


def _listens(prefix: Prefix) -> Iterator[str]:
    for name, kind in (("http", ""), ("https", "ssl http2 ")):
        for place in prefix.listeners(name):
            yield f"        listen {place} {kind}default_server;"


def _collect(folder: Traversable, below: str, found: dict[str, bytes]) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            _collect(entry, f"{below}{entry.name}/", found)
        elif entry.name.endswith((".conf", ".lua", ".html")):
            found[below + entry.name] = entry.read_bytes()


def _fill(content: bytes, values: dict[str, str]) -> bytes:
    return re.sub(rb"<<(\w+)>>", lambda match: values[match[1].decode()].encode(), content)


def _digest(filled: Mapping[str, bytes]) -> bytes:
    whole = hashlib.sha256()
    for path, content in filled.items():
        whole.update(f"{path}\n{len(content)}\n".encode() + content)
    return whole.hexdigest().encode()
