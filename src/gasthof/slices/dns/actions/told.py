"""Telling the node about zones, at the end of a verb: by then every slice has said what it wants in them."""

from dataclasses import replace
from hashlib import sha256

import msgspec

from gasthof.kernel.call import Call
from gasthof.slices.dns import queries
from gasthof.slices.dns.models import Zone
from gasthof.slices.dns.queries import ZONE
from gasthof.slices.dns.rules.zone import next_serial
from gasthof.slices.domains.queries import Domain
from gasthof.slices.nodes.actions import desire

ZONE_VERSION = 1
_SCRATCH = "dns.zones"


def refresh_zone(call: Call, domain: Domain) -> None:
    """The domain's zone is made anew at the end of this call. Slices say so when what they want in it may have changed."""
    wanted: set[int] = call.scratch.setdefault(_SCRATCH, set())
    if not wanted:
        call.before_commit(lambda: _tell(call))
    wanted.add(domain.pk)


def refresh_parent(call: Call, domain: Domain) -> None:
    """A zone with a domain of this house below it hands that name over."""
    parent = queries.parent_of(domain)
    if parent is not None:
        refresh_zone(call, parent)


def tell_gone(call: Call, domain: Domain) -> None:
    desire(call, domain.subscription.node, ZONE, domain.name, None, ZONE_VERSION)


def _tell(call: Call) -> None:
    """A zone that went away meanwhile is not found."""
    for zone in queries.locked_zones(call.scratch.pop(_SCRATCH)):
        _tell_one(call, zone)


def _tell_one(call: Call, zone: Zone) -> None:
    """The serial rises with every difference; what did not change is not told."""
    spec = replace(queries.zone_spec(zone, queries.ground(zone)), serial=0)
    digest = sha256(msgspec.json.encode(spec, order="deterministic")).hexdigest()
    if digest != zone.digest:
        zone.serial = next_serial(zone.serial, call.clocks.business.now().date())
        zone.digest = digest
        zone.save(update_fields=["serial", "digest"])
    node = zone.domain.subscription.node
    desire(call, node, ZONE, spec.name, replace(spec, serial=zone.serial), ZONE_VERSION)
