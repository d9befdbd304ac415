"""The program that carries contents out and in, and what it needs of the machine."""

from collections.abc import Mapping
from pathlib import Path

from gasthof.agent import probes
from gasthof.agent.daemons import Daemons, Folder, Probe, Program
from gasthof.prefix import Prefix
from gasthof.slices.subscriptions.node.places import control


def programs(_prefix: Prefix, python: str) -> tuple[Program, ...]:
    return (Program("transfers", (python, "-m", "gasthof.slices.subscriptions.transfers")),)


def _probes(prefix: Prefix) -> Mapping[str, Probe]:
    return {"transfers": lambda: probes.json_line(control(prefix), {"verb": "hello"}, "ok")}


def _sockets(prefix: Prefix) -> Mapping[str, Path]:
    return {"transfers": control(prefix)}


DAEMONS = Daemons(
    folders=(Folder("exports", 0o700), Folder("node/transfers", 0o700), Folder("run/transfers", 0o700)),
    programs=programs,
    probes=_probes,
    sockets=_sockets,
)
