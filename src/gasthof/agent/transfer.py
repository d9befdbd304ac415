"""What a slice does with its part of a subscription's contents when that is exported and imported, and who does it.

A program of its own calls these, as root, one after the other in rank order; it may take hours. Any of them may be killed at any
moment and is then called again with the same arguments, so `save` begins in an empty folder, and `load` ends in the same state
however often, and however far, it ran before. Work beneath a customer's folder is done as that customer: agent/sdk/pack.py,
unpack.py.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from gasthof.agent.kinds import Machine
from gasthof.installed import SLICES


class Home(Protocol):
    """Whose contents they are (subscriptions.spec.HomeSpec)."""

    @property
    def name(self) -> str:
        """System name, "s000012". When loading it is the new subscription's."""
        ...

    @property
    def uid(self) -> int: ...


# Machine, home, the slice's settings as its `export` hook gave them (None: it gave none), the slice's folder of the export.
# `load` is given what `restore` gave instead, where it gave something: the names that were chosen. It makes nothing that is not
# there, and touches nothing else. `save` may say, a line each, what it left out. OSError, RuntimeError and ValueError are reported
# with their words.
Save = Callable[[Machine, Home, Any, Path], Iterable[str] | None]
Load = Callable[[Machine, Home, Any, Path], None]


def whole(settings: Any) -> Mapping[str, Any]:
    return {"": settings}


@dataclass(frozen=True)
class Transfer:
    """`TRANSFER` in a slice's node/transfer.py."""

    save: Save  # the contents into the folder, which is root's (0700) and empty
    load: Load  # the opposite; what the slice's objects need is live, or failed, by then
    # Settings -> those of each part by its name, "" for the only one. A part is loaded by itself: one that fails is tried again
    # without touching those that arrived.
    parts: Callable[[Any], Mapping[str, Any]] = whole
    weighs: bool = True  # False: so little that nobody measures it, and the slice needs no `usage`


def installed() -> Mapping[str, Transfer]:
    """Slice -> its part, in rank order; slices whose share is settings alone have none."""
    found: dict[str, Transfer] = {}
    for name in SLICES:
        module = f"gasthof.slices.{name}.node.transfer"
        if find_spec(f"gasthof.slices.{name}.node") and find_spec(module):
            found[name] = import_module(module).TRANSFER
    return found
