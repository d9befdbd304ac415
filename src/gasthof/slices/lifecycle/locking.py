"""Whether a zone's records can be changed now: asked of its service as it stands, so that what opens it counts at once (spec L13)."""

from collections.abc import Sequence

from gasthof.kernel.refusal import Refused
from gasthof.slices.domains.queries import Domain
from gasthof.slices.lifecycle.carrying import withheld
from gasthof.slices.lifecycle.explaining import HOLDS, PHASES, TYPES
from gasthof.slices.lifecycle.included import ZONE
from gasthof.slices.lifecycle.knowing import policy_of
from gasthof.slices.lifecycle.models import Hold, Service
from gasthof.slices.lifecycle.rules.facts import TAKES
from gasthof.slices.lifecycle.rules.policy import EDIT

KINDS = [kind for kind, taken in TAKES.items() if EDIT in taken]


def zone_lock(domain: Domain) -> Refused | None:
    """Hook: by what the zone belongs to, which is not paid, or by a hold on one of the two."""
    rows = Service.objects.filter(customer=domain.customer_id, type=ZONE, name=domain.name, ended=None)
    found = rows.select_related("policy", "parent__parent").first()
    if found is None or EDIT not in withheld(found):
        return None
    chain = _chain(found)
    phase = policy_of(found).of(found.type).named(found.phase)
    return _held(found, chain) if EDIT in phase.can else _unpaid(found, chain)


def _chain(service: Service) -> list[Service]:
    """It, what it belongs to, and what that belongs to."""
    above = service.parent
    return [service, *(_chain(above) if above else [])]


def _unpaid(zone: Service, chain: Sequence[Service]) -> Refused:
    payer = next((each for each in chain if each.first_unpaid), chain[-1])
    return Refused(
        "The records of %(zone)s are locked, since it belongs to a service that is not paid: %(type)s %(name)s, %(phase)s. They go on being served, and can be changed once it is paid.",
        zone=zone.unicode, type=TYPES[payer.type], name=payer.unicode, phase=PHASES[payer.phase],
    )  # fmt: skip


def _held(zone: Service, chain: Sequence[Service]) -> Refused:
    rows = Hold.objects.filter(service__in=chain, lifted=None, kind__in=KINDS).select_related("service")
    found = rows.order_by("pk").first()
    if found is None:  # what it belonged to has ended, and a hold keeps its data
        return Refused("The records of %(zone)s are locked. They go on being served.", zone=zone.unicode)
    return Refused(
        "The records of %(zone)s are locked: %(type)s %(name)s is held (%(why)s, %(case)s). They go on being served.",
        zone=zone.unicode, type=TYPES[found.service.type], name=found.service.unicode, why=HOLDS[found.kind],
        case=found.case or "–",
    )  # fmt: skip
