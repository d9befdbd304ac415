"""Postfix' configuration, rendered from the prefix. Pure but for its own templates, which are part of the program."""

from importlib.resources import files
from itertools import product
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.mail.node import lookups, places
from gasthof.slices.mail.node.sni import CERTIFICATE_QUERY

TEMPLATES = files(__package__).joinpath("etc", "postfix")
DAEMONS = "/usr/lib/postfix/sbin"
_DOMAIN = "substr('%s', instr('%s', '@') + 1)"
# The sender's domain by A-labels, so that a server elsewhere needs no SMTPUTF8 for it.
SPELLING_QUERY = (
    f"SELECT substr('%s', 1, instr('%s', '@')) || ascii FROM domains WHERE name = {_DOMAIN} AND exact AND name <> ascii"
)
# A marked name that nobody has here leaves by its true one, which later look-ups fold: not into a domain that is here.
FOLDED_QUERY = (
    f"SELECT '550 5.1.2 {lookups.FOLDED_WORDS}' FROM domains d"
    f" WHERE d.name = replace(replace({_DOMAIN}, '_sz_', 'ss'), '_fs_', 'σ') AND d.name <> {_DOMAIN} AND d.exact"
    f" AND NOT EXISTS (SELECT 1 FROM domains o WHERE o.name = {_DOMAIN} AND o.exact AND o.active)"
)
OCCURRENCES = 4  # of such a letter in one name that are marked
MAPS = {
    "domains": lookups.DOMAINS_QUERY,
    "mailboxes": lookups.MAILBOXES_QUERY,
    "routes": lookups.ROUTES_QUERY,
    "senders": lookups.SENDERS_QUERY,
    "spellings": SPELLING_QUERY,
    "refused": lookups.REFUSED_QUERY,
    "suspended": lookups.SUSPENDED_QUERY,
    "folded": FOLDED_QUERY,
}


def postfix_files(prefix: Prefix) -> dict[str, bytes]:
    """Path relative to node/mail/postfix/conf -> content. ValueError for a prefix that could not be written down."""
    values = _values(places.checked(prefix))
    database = places.state(prefix) / "lookup-postfix" / "postfix.db"
    certificates = places.state(prefix) / "lookup-certificates" / "certificates.db"
    found = {name: _template(name, values) for name in ("main.cf", "unmark", "kept", "policy")}
    found["master.cf"] = _template("master.cf", values | {"listeners": _listeners(prefix, values)})
    found |= {f"{name}.cf": _map(database, query) for name, query in MAPS.items()}
    found["certificates.cf"] = _map(certificates, CERTIFICATE_QUERY)
    found["mark"] = marking("RCPT TO")
    found["mark-all"] = marking("RCPT TO|MAIL FROM")
    return {name: text.encode() for name, text in found.items()}


def marking(commands: str) -> str:
    """Rules of smtpd_command_filter, a regexp table: one is applied, so there is one for each combination of letters."""
    letters = {**lookups.FOLDING, "ẞ": lookups.FOLDING["ß"]}
    lines = []
    for count in range(OCCURRENCES, 0, -1):
        for found in product(letters, repeat=count):
            pattern = "".join(f"{letter}(.*)" for letter in found)
            result = "".join(f"{letters[letter]}${{{at}}}" for at, letter in enumerate(found, 3))
            lines.append(f"/^(({commands}):[^@]*@.*){pattern}$/ ${{1}}{result}")
    return "\n".join(lines) + "\n"


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


def addresses(prefix: Prefix) -> list[str]:
    """Where the machine takes mail."""
    return list(dict.fromkeys(each for each in ("127.0.0.1", "::1", prefix.ipv4, prefix.ipv6) if each))


def _listeners(prefix: Prefix, values: dict[str, str]) -> str:
    listed = f"  -o virtual_alias_maps=proxy:sqlite:{values['conf']}/routes.cf"  # without unmark, which takes all
    options = f"{_template('submission.options', values)}{listed}"
    wrapped = f"{options}\n  -o smtpd_tls_wrappermode=yes"
    services = {"smtp": listed, "submission": options, "smtps": wrapped}
    return "\n".join(
        f"{_endpoint(address, prefix.ports[name])} inet n - n - - smtpd{_named(name)}{_below(extra)}"
        for name, extra in services.items()
        for address in addresses(prefix)
    )


def _endpoint(address: str, port: int) -> str:
    return f"[{address}]:{int(port)}" if ":" in address else f"{address}:{int(port)}"


def _named(name: str) -> str:
    return "" if name == "smtp" else f"\n  -o syslog_name=postfix/{name}"


def _below(options: str) -> str:
    return f"\n{options}" if options else ""


def _map(database: Path, query: str) -> str:
    return f"dbpath = {database}\nquery = {query}\n"


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
        "addresses": ", ".join(addresses(prefix)),
    }
