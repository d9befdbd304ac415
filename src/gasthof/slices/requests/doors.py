"""What its customer can ask for about a service: doors on that service's page."""

from datetime import date

from django.urls import reverse

from gasthof.kernel import registry
from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.capability import Door
from gasthof.kernel.permissions import EVERYWHERE, Actor, allowed
from gasthof.slices.lifecycle.queries import INCLUDED, Service, by_image
from gasthof.slices.requests import rules, wording
from gasthof.slices.requests.checking import image_confirmed, kept_until
from gasthof.slices.requests.queries import WRITE, today


def service_doors(actor: Actor, service: Service) -> list[Door]:
    """Hook. Staff have verbs of their own."""
    if actor.role in EVERYWHERE or not allowed(actor, WRITE, service.customer.place, registry.grants()):
        return []
    if service.type in INCLUDED:  # all but its own hold is asked of what it belongs to
        kinds = [rules.MENDED] if service.held and service.ended is None else []
    else:
        kinds = kinds_for(service, today(SYSTEM_CLOCKS.business.now()))
    return [Door(str(wording.KINDS[kind]), _new(service, kind), wording.SIGNS[kind]) for kind in kinds]


def kinds_for(service: Service, day: date) -> list[str]:
    """What can be asked for about it as it stands, the nearest first; a message always."""
    if service.ended is not None:
        asked_first = by_image(service) and not image_confirmed(service)
        restorable = [rules.RESTORE] if kept_until(service, day) and not asked_first else []
        return [*restorable, rules.BACKUP, rules.MESSAGE]
    mended = [rules.MENDED] if service.held else []
    return [*mended, rules.WITHDRAW if service.ends_on else rules.END, rules.BACKUP, rules.MESSAGE]


def _new(service: Service, kind: str) -> str:
    return f"{reverse('requests:new', args=[service.customer_id, kind])}?service={service.pk}"
