"""config.toml of a prefix: written once, ports changed only when the operator says so."""

import hashlib
import json
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gasthof.bootstrap.refusal import Refusal
from gasthof.prefix import DEFAULT_PORTS, Prefix

FIRST_UID = 100_000_000  # above the subordinate uids that Debian hands to people
UIDS_EACH = 100_000  # customers' uids of one installation
INSTALLATIONS = 17_000


def uid_base(root: Path) -> int:
    """A range of uids of its own for each path: two installations on a machine share no customer's uid."""
    digest = hashlib.sha256(str(root).encode()).digest()
    return FIRST_UID + int.from_bytes(digest[:8], "big") % INSTALLATIONS * UIDS_EACH


def parse_ports(words: list[str]) -> dict[str, int]:
    """["panel=9443"] as a table. Raises Refusal for a name or number that cannot be."""
    ports = {}
    for word in words:
        name, _, number = word.partition("=")
        if name not in DEFAULT_PORTS or not number.isdigit() or not 1024 <= int(number) <= 65535:
            names = ", ".join(DEFAULT_PORTS)
            raise Refusal(f"--port {word}: it must be NAME=NUMBER, name one of {names}, number from 1024 to 65535.")
        ports[name] = int(number)
    return ports


def render(prefix: Prefix) -> str:
    ports = "".join(f"{name} = {number}\n" for name, number in sorted(prefix.ports.items()))
    node = {
        "name": prefix.node,
        "uid_base": prefix.uid_base,
        "host": prefix.host,
        "ipv4": prefix.ipv4,
        "ipv6": prefix.ipv6,
    }
    own: dict[str, dict[str, object]] = {
        "panel": {"url": prefix.panel_url},
        "mail": {"relay": prefix.mail_relay, "from": prefix.mail_from},
        "webhooks": {"networks": prefix.webhook_networks},
        "cards": {"network": prefix.card_network},
    }
    chosen = {name: {key: value for key, value in values.items() if value} for name, values in own.items()}
    sections: dict[str, Mapping[str, object]] = {
        "node": node,
        **{name: values for name, values in chosen.items() if values},
    }
    return "".join(f"[{name}]\n{_lines(values)}\n" for name, values in sections.items()) + f"[ports]\n{ports}"


def _lines(values: Mapping[str, object]) -> str:
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


def planned(root: Path, ports: dict[str, int]) -> Prefix:
    """The prefix as it will be, nothing written yet. Raises Refusal when two listeners would share a port."""
    prefix = Prefix.load(root)
    if not has_uids(root):
        prefix = replace(prefix, uid_base=uid_base(root))
    merged = {**prefix.ports, **ports}
    if len(set(merged.values())) != len(merged):
        listed = ", ".join(f"{name} {number}" for name, number in merged.items())
        raise Refusal(f"Two listeners cannot share a port: {listed}.")
    return replace(prefix, ports=merged)


def for_tryout(prefix: Prefix) -> Prefix:
    """With the demo comes the card network that moves no money, unless the operator has said which one there is, or "none"."""
    return prefix if prefix.card_network else replace(prefix, card_network="tryout")


def has_uids(root: Path) -> bool:
    path = root / "config.toml"
    return path.exists() and "uid_base" in tomllib.loads(path.read_text("utf-8")).get("node", {})


def write(prefix: Prefix) -> bool:
    """True if something changed."""
    return put(prefix.root / "config.toml", render(prefix), 0o644)


def put(path: Path, text: str, mode: int) -> bool:
    """A whole file or none: a kill leaves the old one. True if something changed."""
    if path.exists() and path.read_text("utf-8") == text:
        return False
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text, "utf-8")
    fresh.chmod(mode)
    fresh.rename(path)
    return True


def new_secret() -> str:
    return secrets.token_urlsafe(48)
