"""Configuration of the nginx that ends TLS for IMAP and POP3, rendered from the prefix. Pure but for its own template."""

from importlib.resources import files
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.mail.node import places

TEMPLATE = files(__package__).joinpath("etc", "nginx", "front.conf")


def front_files(prefix: Prefix) -> dict[str, bytes]:
    """Path relative to node/mail/front -> content. ValueError for a prefix that could not be written down."""
    return {"nginx.conf": places.filled(TEMPLATE.read_text("utf-8"), _values(places.checked(prefix))).encode()}


def folder(prefix: Prefix) -> Path:
    return places.state(prefix) / "front"


def pid_file(prefix: Prefix) -> Path:
    """The master's: HUP reads the configuration anew."""
    return folder(prefix) / "nginx.pid"


def command(prefix: Prefix) -> list[str]:
    """In the foreground, for a supervisor, as root."""
    return _nginx(prefix, folder(prefix))


def check_command(prefix: Prefix, staged: Path) -> list[str]:
    """`nginx -t` over a folder with the files of front_files."""
    return [*_nginx(prefix, staged), "-t", "-q"]


def _nginx(prefix: Prefix, where: Path) -> list[str]:
    log = str(prefix.logs / "mail-front.log")
    return ["/usr/sbin/nginx", "-p", f"{where}/", "-c", f"{where}/nginx.conf", "-e", log]


def _values(prefix: Prefix) -> dict[str, str]:
    return {
        "user": places.FRONT_USER,
        "state": str(places.state(prefix)),
        "logs": str(prefix.logs),
        "tls": str(places.tls(prefix)),
        "inside": places.inside(prefix),
        "front": places.front(prefix),
        "imap": str(places.IMAP),
        "pop3": str(places.POP3),
        "imaps": _listens(prefix, "imaps"),
        "pop3s": _listens(prefix, "pop3s"),
    }


def _listens(prefix: Prefix, name: str) -> str:
    return "\n".join(f"        listen {place} ssl so_keepalive=on;" for place in prefix.listeners(name))
