"""Postfix' configuration, rendered from the prefix. Pure but for its own templates, which are part of the program."""

from importlib.resources import files
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.mail.node import lookups, places
from gasthof.slices.mail.node.sni import CERTIFICATE_QUERY

TEMPLATES = files(__package__).joinpath("etc", "postfix")
DAEMONS = "/usr/lib/postfix/sbin"
MAPS = {
    "domains": lookups.DOMAINS_QUERY,
    "mailboxes": lookups.MAILBOXES_QUERY,
    "routes": lookups.ROUTES_QUERY,
    "senders": lookups.SENDERS_QUERY,
    "logins": lookups.LOGINS_QUERY,
    "filters": lookups.FILTERS_QUERY,
    "refused": lookups.REFUSED_QUERY,
    "transports": lookups.TRANSPORTS_QUERY,
    "doubtful": lookups.DOUBTFUL_QUERY,
    "here": lookups.HERE_QUERY,
    "direct": lookups.DIRECT_QUERY,
}


def postfix_files(prefix: Prefix) -> dict[str, bytes]:
    """Path relative to node/mail/postfix/conf -> content. ValueError for a prefix that could not be written down."""
    values = _values(places.checked(prefix))
    database = places.lookup(prefix, "postfix")
    certificates = places.lookup(prefix, "certificates")
    found = {name: _template(name, values) for name in ("main.cf", "beyond-ascii", "whole-only")}
    found["master.cf"] = _template("master.cf", values | {"listeners": _listeners(prefix, values)})
    found |= {f"{name}.cf": _map(database, places.filled(query, values)) for name, query in MAPS.items()}
    found["certificates.cf"] = _map(certificates, CERTIFICATE_QUERY)
    return {name: text.encode() for name, text in found.items()}


def folder(prefix: Prefix) -> Path:
    return places.state(prefix) / "postfix" / "conf"


def pid_file(prefix: Prefix) -> Path:
    """The master's: HUP reads the configuration anew."""
    return places.state(prefix) / "postfix" / "queue" / "pid" / "master.pid"


def command(prefix: Prefix) -> list[str]:
    """The master in the foreground, for a supervisor, as root."""
    return [f"{DAEMONS}/master", "-c", str(folder(prefix)), "-d"]


def check_command(prefix: Prefix) -> list[str]:
    """Makes what is missing of the queue, and complains about what is wrong."""
    return ["/usr/sbin/postfix", "-c", str(folder(prefix)), "check"]


def repair_command(prefix: Prefix) -> list[str]:
    """Sets the queue right after a crash: postsuper(1)."""
    return ["/usr/sbin/postsuper", "-c", str(folder(prefix))]


def _listeners(prefix: Prefix, values: dict[str, str]) -> str:
    options = _template("submission.options", values).rstrip("\n")
    wrapped = f"{options}\n  -o smtpd_tls_wrappermode=yes"
    services = {"smtp": "", "submission": options, "smtps": wrapped}
    return "\n".join(
        f"{place} inet n - n - - smtpd{_named(name)}{_below(extra)}"
        for name, extra in services.items()
        for place in prefix.listeners(name)
    )


def _named(name: str) -> str:
    return "" if name == "smtp" else f"\n  -o syslog_name=postfix/{name}"


def _below(options: str) -> str:
    return f"\n{options}" if options else ""


def _map(database: Path, query: str) -> str:
    """Read-only by its address: smtpd opens its tables while it still is root."""
    return f"dbpath = file:{database}?mode=ro\nquery = {query}\n"


def _template(name: str, values: dict[str, str]) -> str:
    return places.filled(TEMPLATES.joinpath(name).read_text("utf-8"), values)


def _values(prefix: Prefix) -> dict[str, str]:
    return {
        "state": str(places.state(prefix)),
        "run": str(places.run(prefix)),
        "logs": str(prefix.logs),
        "conf": str(folder(prefix)),
        "tls": str(places.tls(prefix)),
        "host": prefix.host,
        "delivery": f"lmtp:unix:{places.delivery_socket(prefix)}",
        "addresses": ", ".join(prefix.addresses),
        "inside": places.inside(prefix),
        "filters": places.filters(prefix),
        "filters_port": str(places.FILTERS),
    }
