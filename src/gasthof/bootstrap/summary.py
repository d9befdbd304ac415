"""What `up` says at the end: what listens where, and commands to copy."""

import json
from collections.abc import Mapping

from gasthof.bootstrap.endpoints import endpoints
from gasthof.bootstrap.place import Place
from gasthof.prefix import Prefix


def closing_words(prefix: Prefix, place: Place, links: Mapping[str, str]) -> str:
    """`links`: whose password is still to be chosen, and where. They stand here and nowhere else."""
    width = max(len(one.name) for one in endpoints(prefix))
    lines = [f"  {one.name:<{width}}  {one.address}" for one in endpoints(prefix) if one.public]
    parts = ["Gasthof is up.", *lines, f"  {'CA file':<{width}}  {prefix.ca_certificate}", ""]
    if links:
        parts += ["Choose a password in the panel, by a link that works once:", *_ways_in(links), ""]
    parts.append("Try next:")
    parts += [f"  {command}" for command in _commands(prefix, place)]
    if place.why:
        parts += ["", f"State lies in {place.default}, and a copy of the code runs there, because {place.why}."]
    return "\n".join(parts)


def _ways_in(links: Mapping[str, str]) -> list[str]:
    width = max(map(len, links))
    return [f"  {address:<{width}}  {link}" for address, link in links.items()]


def _commands(prefix: Prefix, place: Place) -> list[str]:
    option = "" if prefix.root == place.default else f" --prefix {prefix.root}"
    demo = prefix.root / "demo.json"
    https = prefix.ports["https"]
    commands = [f"./gasthof status{option}", f"./gasthof run --list{option}"]
    if demo.exists():
        told = json.loads(demo.read_text("utf-8"))
        for site in told["sites"]:
            commands.append(_curl(prefix, site["ascii"], f"https://{site['ascii']}:{https}/"))
        guarded = told["protected"]
        user = f"-u '{guarded['user']}:{guarded['password']}'"
        commands.append(_curl(prefix, guarded["ascii"], f"{user} https://{guarded['ascii']}:{https}{guarded['path']}/"))
        commands += _services(prefix, guarded["ascii"], told.get("services", {}))
    return [*commands, f"./gasthof down{option}"]


def _services(prefix: Prefix, domain: str, told: dict[str, dict[str, str]]) -> list[str]:
    """A zone, a mailbox and files, each asked by a client that most machines have."""
    if not told:
        return []
    ports, trust = prefix.ports, f"curl --cacert {prefix.ca_certificate}"
    mail, ftp = told["mail"], told["ftp"]
    imap = f"--resolve mail.{domain}:{ports['imaps']}:127.0.0.1 -u '{mail['user']}:{mail['password']}'"
    files = f"--ssl-reqd --resolve {prefix.host}:{ports['ftp']}:127.0.0.1 -u '{ftp['user']}:{ftp['password']}'"
    return [
        f"dig @{prefix.ipv4 or prefix.ipv6} -p {ports['dns']} {domain} MX",
        f"{trust} {imap} imaps://mail.{domain}:{ports['imaps']}/INBOX",
        f"{trust} {files} ftp://{prefix.host}:{ports['ftp']}/",
    ]


def _curl(prefix: Prefix, host: str, rest: str) -> str:
    return f"curl --cacert {prefix.ca_certificate} --resolve {host}:{prefix.ports['https']}:127.0.0.1 {rest}"
