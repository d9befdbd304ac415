"""Dovecot's configuration, rendered from the prefix. Pure but for its own templates, which are part of the program."""

from importlib.resources import files
from pathlib import Path
from zlib import crc32

from gasthof.prefix import Prefix
from gasthof.slices.mail.node import lookups, places, sieve

TEMPLATES = files(__package__).joinpath("etc", "dovecot")


def dovecot_files(prefix: Prefix) -> dict[str, bytes]:
    """Path relative to node/mail/dovecot -> content. ValueError for a prefix that could not be written down."""
    values = _values(places.checked(prefix))
    filled = {name: places.filled(_template(name), values) for name in ("dovecot.conf", "sql.conf", "users.lua")}
    return {name: text.encode() for name, text in (filled | {"submit.py": _template("submit.py")}).items()}


def _template(name: str) -> str:
    return TEMPLATES.joinpath(name).read_text("utf-8")


def folder(prefix: Prefix) -> Path:
    return places.state(prefix) / "dovecot"


def pid_file(prefix: Prefix) -> Path:
    """The master's: HUP reads the configuration anew."""
    return places.run(prefix) / "dovecot" / "master.pid"


def command(prefix: Prefix) -> list[str]:
    """In the foreground, for a supervisor, as root."""
    return ["/usr/sbin/dovecot", "-F", "-c", str(folder(prefix) / "dovecot.conf")]


def _values(prefix: Prefix) -> dict[str, str]:
    return {
        "state": str(places.state(prefix)),
        "run": str(places.run(prefix)),
        "logs": str(prefix.logs),
        "conf": str(folder(prefix)),
        "host": prefix.host,
        "instance": f"{crc32(str(prefix.root).encode()):08x}",
        "inside": places.inside(prefix),
        "front": places.front(prefix),
        "filters": places.filters(prefix),
        "filters_port": str(places.FILTERS),
        "imap": str(places.IMAP),
        "pop3": str(places.POP3),
        "sieve": str(places.SIEVE),
        "extensions": " ".join(sieve.EXTENSIONS),
        "database": str(places.lookup(prefix, "dovecot")),
        "password_query": lookups.PASSWORD_QUERY,
        "user_query": lookups.USER_QUERY,
        "spelled_query": lookups.SPELLED_QUERY,
        "iterate_query": lookups.ITERATE_QUERY,
    }
