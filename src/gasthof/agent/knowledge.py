"""Which kinds and fixtures the installed slices teach: node/kinds.py of each, where there is one."""

from importlib import import_module
from importlib.util import find_spec

from gasthof.agent.kinds import Fixture, Kind, Knowledge
from gasthof.installed import SLICES


def installed() -> Knowledge:
    """What all slices of this house teach, fixtures in the slices' order."""
    kinds: dict[str, Kind] = {}
    fixtures: list[Fixture] = []
    found = Knowledge({})
    for name in SLICES:
        module = f"gasthof.slices.{name}.node.kinds"
        if not find_spec(module):
            continue
        taught = import_module(module)
        kinds |= {kind.name: kind for kind in taught.KINDS}
        fixtures += getattr(taught, "FIXTURES", ())
        found = Knowledge(kinds, tuple(fixtures), {**found.offers, **getattr(taught, "OFFERS", {})})
    return found
