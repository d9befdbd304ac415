"""Where everything lies under one prefix, and the ports it listens on. Standard library only: every process reads it."""

import os
import re
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

WEB_USER = "gasthof-web"  # worker of the nginx that serves customers; its group reads documents, keys and sockets
PANEL_USER = "gasthof-panel"  # panel, worker and the panel's own nginx
VERIFY_USER = "gasthof-verify"  # checks passwords of protected directories

DEFAULT_PORTS = {
    "panel": 8443,
    "http": 8080,
    "https": 8444,
    "dns": 8053,
    "smtp": 8025,
    "submission": 8587,
    "smtps": 8465,
    "imaps": 8993,
    "pop3s": 8995,
    "sieve": 8190,
    "ftp": 8021,
    "sftp": 8022,
    "mariadb": 8306,
    "postgres": 8432,
    "cards": 8450,
}
DEFAULT_HOST = "server.gasthof.test"
CARD_NETWORKS = ("tryout", "none", "")
WITH_PASSWORD = re.compile(r"([^:]*://[^:@]*):.*@([^@]*)", re.DOTALL)  # also one with signs that should be encoded

SECTIONS: dict[str, dict[str, type]] = {  # of config.toml
    "node": {"name": str, "uid_base": int, "host": str, "ipv4": str, "ipv6": str},
    "panel": {"url": str},
    "mail": {"relay": str, "from": str},
    "webhooks": {"networks": list},
    "cards": {"network": str},
    "ports": dict.fromkeys(DEFAULT_PORTS, int),
}


class Unreadable(ValueError):
    """A config.toml that nothing can be made of; the words say where."""


@dataclass(frozen=True)
class Prefix:
    """One installation's folder. Paths only; nothing is created here. Those that each object's paths begin with are made once."""

    root: Path
    ports: dict[str, int] = field(default_factory=lambda: dict(DEFAULT_PORTS))
    node: str = "local"
    uid_base: int = 1_000_000
    host: str = DEFAULT_HOST  # A-labels: what mail and FTP clients, and name servers, call the machine
    ipv4: str = "127.0.0.1"  # where the world reaches it; "" for none
    ipv6: str = "::1"
    panel_url: str = ""  # where people reach the panel, when that is not its own port on localhost
    mail_relay: str = ""  # smtp://user@host:port, its password in `relay_secret`; "" for the node's own Postfix
    webhook_networks: tuple[str, ...] = ()  # not public ones that webhooks may reach, as 127.0.0.0/8 in a trial
    card_network: str = ""  # "tryout", the stand-in that moves no money; "" or "none": cards are not taken
    mail_from: str = ""  # whom the panel's mails are from, when that is not the machine's postmaster

    @classmethod
    def load(cls, root: Path) -> "Prefix":
        """Read config.toml below root; its defaults hold where it has no say. Raises Unreadable."""
        path = root / "config.toml"
        data = _read(path) if path.exists() else {}
        node, panel, mail, webhooks, cards = (
            data.get(name, {}) for name in ("node", "panel", "mail", "webhooks", "cards")
        )
        return cls(
            root=root,
            ports=DEFAULT_PORTS | data.get("ports", {}),
            node=node.get("name", "local"),
            uid_base=node.get("uid_base", 1_000_000),
            host=node.get("host", DEFAULT_HOST),
            ipv4=node.get("ipv4", "127.0.0.1"),
            ipv6=node.get("ipv6", "::1"),
            panel_url=panel.get("url", "").rstrip("/"),
            mail_relay=mail.get("relay", ""),
            mail_from=mail.get("from", ""),
            webhook_networks=tuple(webhooks.get("networks", ())),
            card_network=cards.get("network", ""),
        )

    @classmethod
    def current(cls) -> "Prefix":
        """The prefix this process was started for (environment variable GASTHOF_PREFIX)."""
        return cls.load(Path(os.environ["GASTHOF_PREFIX"]))

    @property
    def panel_address(self) -> str:
        """What links to the panel begin with: never what a request says of itself."""
        return self.panel_url or f"https://localhost:{self.ports['panel']}"

    @property
    def mail_sender(self) -> str:
        return self.mail_from or f"postmaster@{self.host}"

    @property
    def addresses(self) -> list[str]:
        """What the daemons that customers' names lead to listen on: both loopbacks, and where the world reaches the machine.

        ValueError for what is no address.
        """
        own = (str(ip_address(each)) for each in (self.ipv4, self.ipv6) if each)
        return list(dict.fromkeys(("127.0.0.1", "::1", *own)))

    def listeners(self, name: str) -> list[str]:
        """The same with the port of that name: "127.0.0.1:8080", "[::1]:8080"."""
        return [f"{f'[{each}]' if ':' in each else each}:{int(self.ports[name])}" for each in self.addresses]

    @property
    def relay_secret(self) -> Path:
        """`mail_relay` with its password, for the panel's processes only: every user of the machine may read config.toml."""
        return self.root / "panel" / "relay"

    @property
    def moved(self) -> Path:
        """How many days a try-out's business time is ahead; missing for none."""
        return self.root / "panel" / "moved"

    @property
    def demo(self) -> Path:
        """What the demo consists of. With it this is a try-out, whose time may be moved."""
        return self.root / "demo.json"

    @property
    def takes_cards(self) -> bool:
        return self.card_network not in ("", "none")

    @cached_property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def postgres_data(self) -> Path:
        return self.root / "postgres" / "data"

    @property
    def postgres_socket(self) -> Path:
        return self.root / "postgres" / "run"

    @cached_property
    def state(self) -> Path:
        """What the agent alone writes: its journal, the web documents, keys, pools."""
        return self.root / "node"

    @cached_property
    def customers(self) -> Path:
        """One folder a subscription: root's, entered by its own uid and by nginx only."""
        return self.root / "customers"

    @cached_property
    def ca_certificate(self) -> Path:
        """The try-out's local certificate authority, for browsers and clients to trust."""
        return self.root / "ca.pem"

    @property
    def ca_key(self) -> Path:
        return self.state / "ca" / "ca.key"

    @property
    def nginx_admin(self) -> Path:
        return self.run / "nginx-admin" / "admin.sock"

    @property
    def verify_socket(self) -> Path:
        return self.run / "verify" / "verify.sock"

    @property
    def activator_control(self) -> Path:
        return self.run / "activator" / "control.sock"

    @property
    def panel_socket(self) -> Path:
        return self.run / "panel" / "panel.sock"

    @property
    def server_tls(self) -> Path:
        """key.pem and cert.pem for the machine's own name."""
        return self.state / "tls" / "server"

    @property
    def supervisor_socket(self) -> Path:
        return self.root / "supervisor" / "supervisor.sock"

    def php_socket(self, version: str, subscription: str) -> Path:
        return self.run / "php" / version / f"{subscription}.sock"

    def home(self, subscription: str) -> Path:
        return self.customers / subscription


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """What nobody would heed is refused: `up` writes the file anew, and would drop it."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise Unreadable(f"{path} cannot be read: {error}") from error
    for section, values in data.items():
        if section not in SECTIONS or not isinstance(values, dict):
            raise Unreadable(f"{path} has no place for {section!r}: its sections are {', '.join(SECTIONS)}.")
        for name, value in values.items():
            wanted = SECTIONS[section].get(name)
            if wanted is None:
                raise Unreadable(
                    f"{path} has no place for {name!r} below [{section}]: there is {', '.join(SECTIONS[section])}."
                )
            if type(value) is not wanted:
                form = {int: "a number", list: "a list"}.get(wanted, "text in quotes")
                raise Unreadable(f"{path}: {name} below [{section}] must be {form}.")
    _check_networks(path, data.get("webhooks", {}).get("networks", []))
    if data.get("cards", {}).get("network", "") not in CARD_NETWORKS:
        raise Unreadable(f"{path}: network below [cards] is one of: {', '.join(CARD_NETWORKS)}.")
    return data


def _check_networks(path: Path, networks: list[Any]) -> None:
    for each in networks:
        try:
            ip_network(str(each))
        except ValueError as error:
            raise Unreadable(f"{path}: networks below [webhooks]: {error}.") from error


def without_password(address: str) -> str:
    """smtp://user:password@host:port as smtp://user@host:port."""
    return WITH_PASSWORD.sub(r"\1@\2", address)
