"""What must hold before anything is changed. Decisions are pure; `check` gathers what they need."""

import errno
import os
import socket
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from gasthof.bootstrap import machine
from gasthof.bootstrap.configuration import UIDS_EACH
from gasthof.bootstrap.machine import Process
from gasthof.bootstrap.refusal import Refusal
from gasthof.prefix import Prefix


def need_root(uid: int) -> None:
    """Raises Refusal."""
    if uid != 0:
        raise Refusal("Gasthof starts daemons for many users and must be run as root: try `sudo ./gasthof ...`.")


def need_debian(release: str) -> None:
    """`release`: the text of /etc/os-release (os-release(5)). Raises Refusal."""
    pairs = (line.partition("=") for line in release.splitlines())
    values = {name: value.strip("\"'") for name, _, value in pairs}
    if (values.get("ID"), values.get("VERSION_ID")) != ("debian", "12"):
        found = values.get("PRETTY_NAME", "something unknown")
        raise Refusal(f"Gasthof runs on Debian 12 (bookworm); this is {found}. Use a Debian 12 machine or container.")


def need_loopback(address: str = "::1") -> None:
    """Raises Refusal on a machine that switched IPv6 off, as containers often do: websites listen on both loopbacks."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind((address, 0))
    except OSError as error:
        if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise
        raise Refusal(
            f"This machine has no {address}, and Gasthof listens on it. `sysctl -w net.ipv6.conf.lo.disable_ipv6=0` gives it "
            "back; a container is started with `--sysctl net.ipv6.conf.all.disable_ipv6=0`."
        ) from None


def need_addresses(ipv4: str, ipv6: str) -> None:
    """What config.toml calls the machine's own; "" for none. Raises Refusal for what is no address, or not this machine's."""
    if not ipv4 and not ipv6:
        raise Refusal("config.toml names no address of this machine: give ipv4 or ipv6 below [node] one.")
    for name, version, text in (("ipv4", 4, ipv4), ("ipv6", 6, ipv6)):
        if text and not _is_address(text, version):
            raise Refusal(f"config.toml says {name} = {text!r} below [node], and that is no address of IPv{version}.")
        if text and not _is_here(text):
            raise Refusal(
                f"config.toml says {name} = {text!r} below [node], and no network interface of this machine has that address: "
                "name server, websites, mail and FTP could not listen there. Name one that `ip -brief address` shows, or give the machine "
                f"this one first, as `ip address add {text} dev lo` does until the next boot."
            )


def _is_address(text: str, version: int) -> bool:
    try:
        return ip_address(text).version == version
    except ValueError:
        return False


def _is_here(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        return False
    return True


def need_uids(uid_map: str, base: int) -> None:
    """`uid_map`: /proc/self/uid_map (user_namespaces(7)). Raises Refusal when customers' uids do not exist here."""
    ranges = [tuple(map(int, line.split())) for line in uid_map.splitlines()]
    if not any(first <= base and base + UIDS_EACH <= first + count for first, _, count in ranges):
        raise Refusal(
            f"This container maps too few user ids: customers need {base} to {base + UIDS_EACH - 1}. "
            "Run it with the machine's full range of uids (no user namespace, or a wider uid map)."
        )


def taken(name: str, port: int, holder: Process | None) -> str:
    """The sentence for a port that somebody else has."""
    who = f"process {holder.pid} ({holder.command})" if holder else "a process that cannot be seen from here"
    return f"Port {port}, meant for {name}, is taken by {who}. Stop it, or choose another: --port {name}=NUMBER."


def need_ports(ports: Mapping[str, int], ours: int | None) -> None:
    """`ours`: the session of this prefix' own processes. Raises Refusal naming who has a port."""
    for name, port in ports.items():
        if machine.listening(port):
            holder = machine.holder(port)
            if holder is None or holder.session != ours:
                raise Refusal(taken(name, port, holder))


def release(path: Path = Path("/etc/os-release")) -> str:
    """ "" where there is no such file."""
    return path.read_text("utf-8", "replace") if path.exists() else ""


def check(prefix: Prefix) -> None:
    """Everything but the ports, which wait until leftovers of an earlier run are gone."""
    need_root(os.geteuid())
    need_debian(release())
    need_loopback()
    need_addresses(prefix.ipv4, prefix.ipv6)
    need_uids(Path("/proc/self/uid_map").read_text(), prefix.uid_base)
