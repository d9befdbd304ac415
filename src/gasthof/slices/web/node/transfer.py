"""The files of a subscription's websites, carried out and in with the customer's rights."""

from pathlib import Path
from typing import Any

from gasthof.agent.kinds import Machine
from gasthof.agent.sdk.pack import pack
from gasthof.agent.sdk.unpack import unpack
from gasthof.agent.transfer import Home, Transfer

FILES = "files.tar"


def save(machine: Machine, home: Home, _settings: Any, folder: Path) -> list[str]:
    """All below web/, whichever site shows it."""
    return pack(machine.prefix.home(home.name) / "web", home.uid, folder / FILES)


def load(machine: Machine, home: Home, _settings: Any, folder: Path) -> None:
    """What lies below web/ becomes what was saved: first pages of the new sites go."""
    unpack(folder / FILES, machine.prefix.home(home.name) / "web", home.uid)


TRANSFER = Transfer(save, load)
