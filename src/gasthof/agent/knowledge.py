"""What the installed slices teach: node/kinds.py of each, where there is one."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from gasthof.agent.kinds import Knowledge
from gasthof.installed import SLICES


def installed() -> Knowledge:
    """What all slices of this house teach, fixtures in the slices' order. ValueError when two teach the same name."""
    found = list(_taught())
    return Knowledge(
        kinds=_joined("kinds", ({kind.name: kind for kind in one.KINDS} for one in found)),
        fixtures=tuple(fixture for one in found for fixture in getattr(one, "FIXTURES", ())),
        offers=_joined("offers", (getattr(one, "OFFERS", {}) for one in found)),
        services=_joined("services", (getattr(one, "SERVICES", {}) for one in found)),
        tools=_joined("tools", (getattr(one, "TOOLS", {}) for one in found)),
        reloads=_joined("reloads", (getattr(one, "RELOADS", {}) for one in found)),
    )


def _taught() -> Iterator[ModuleType]:
    for name in SLICES:
        module = f"gasthof.slices.{name}.node.kinds"
        if find_spec(f"gasthof.slices.{name}.node") and find_spec(module):
            yield import_module(module)


def _joined(what: str, parts: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        twice = [name for name in found.keys() & part.keys() if found[name] != part[name]]
        if twice:
            raise ValueError(f"two slices teach {what} named {', '.join(sorted(twice))}")
        found |= part
    return found
