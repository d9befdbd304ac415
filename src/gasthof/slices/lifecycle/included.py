"""What is included in a service, and has neither a price nor days of its own: the mail of a hosting, and DNS zones (spec L13, L14).

Nobody orders it. It comes into being with what it is about, hangs below a service whose days it has, and ends with one of the two. A zone
belongs to the domain name of the same name where its customer has that here, else to the service of its subscription. One statement says
so: asked for one zone or one place at once, as that changes, and every night for all, should two changes have passed each other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from gasthof.kernel import rows
from gasthof.kernel.clock import Clocks
from gasthof.kernel.permissions import SYSTEM
from gasthof.slices.lifecycle import policies, settling
from gasthof.slices.lifecycle.models import Service, Termination
from gasthof.slices.lifecycle.rules.policy import ACTIVE
from gasthof.slices.lifecycle.sweeping import today

ZONE, MAIL = "dns", "hosting_mail"
INCLUDED = (ZONE, MAIL)
PACKAGE = "mail"  # an e-mail package, which is a subscription for mail alone
# Closed and deleted with the whole subscription that they stand in.
PLACES = ("hosting", "multihosting", "subserver", PACKAGE)
NAMES = "domain"

# Each with the service that it should hang below. The newest counts, should there be two.
WANTED_ZONES = f"""
SELECT DISTINCT ON (d.id) d.customer_id, d.name, d.unicode, p.id AS parent_id, p.subscription_id, p.unicode AS called
FROM domains_domain d
LEFT JOIN lifecycle_service n ON n.customer_id = d.customer_id AND n.name = d.name AND n.type = '{NAMES}' AND n.ended IS NULL
LEFT JOIN lifecycle_service h ON h.subscription_id = d.subscription_id AND h.customer_id = d.customer_id AND h.type = ANY (%(places)s)
    AND h.ended IS NULL
JOIN lifecycle_service p ON p.id = COALESCE(n.id, h.id)
WHERE {{of}} ORDER BY d.id, p.id DESC"""  # noqa: S608 - of parts that stand here
WANTED_MAILS = """
SELECT p.customer_id, p.name, p.unicode, p.id AS parent_id, p.subscription_id, p.unicode AS called
FROM lifecycle_service p WHERE p.type = ANY (%(places)s) AND p.type <> %(package)s AND p.ended IS NULL
    AND p.subscription_id IS NOT NULL AND {of}"""
SAME_ZONE = f"s.type = '{ZONE}' AND s.customer_id = w.customer_id AND s.name = w.name AND s.ended IS NULL"
SAME_MAIL = f"s.type = '{MAIL}' AND s.parent_id = w.parent_id AND s.ended IS NULL"
ADOPT = """
WITH wanted AS MATERIALIZED ({wanted}), linked AS (
    UPDATE lifecycle_service s SET parent_id = w.parent_id, subscription_id = w.subscription_id FROM wanted w
    WHERE {same} AND (s.parent_id, s.subscription_id) IS DISTINCT FROM (w.parent_id, w.subscription_id)
    RETURNING s.id, s.revision, w.called
), told AS (
    INSERT INTO lifecycle_event (service_id, revision, what, value, due, at)
    SELECT id, revision, 'linked', left(called, 120), %(today)s, %(now)s FROM linked
), made AS (
    INSERT INTO lifecycle_service (customer_id, subscription_id, parent_id, type, tld, name, unicode, policy_id, entry, created,
        spared, keeps, nth, phase, revision)
    SELECT w.customer_id, w.subscription_id, w.parent_id, %(type)s, '', w.name, w.unicode, %(policy)s, %(entry)s, %(now)s,
        0, 0, 0, %(phase)s, 0
    FROM wanted w WHERE NOT EXISTS (SELECT FROM lifecycle_service s WHERE {same}) ON CONFLICT DO NOTHING RETURNING id
)
SELECT id FROM linked UNION ALL SELECT id FROM made"""
FORSAKEN = f"""
SELECT s.id FROM lifecycle_service s WHERE s.type = '{ZONE}' AND s.ended IS NULL AND s.ends_on IS NULL
AND NOT EXISTS (SELECT FROM domains_domain d WHERE d.name = s.name AND d.customer_id = s.customer_id)"""  # noqa: S608


class Of(NamedTuple):
    """Which zones and which places are looked at, as parts of SQL with its values; "": none."""

    zones: str
    places: str
    values: Mapping[str, Any] = {}


ALL = Of("true", "true")


def of_name(customer: int, name: str) -> Of:
    """The customer's zone of that name."""
    return Of("d.name = %(name)s AND d.customer_id = %(customer)s", "", {"name": name, "customer": customer})


def of_place(subscription: int) -> Of:
    """What is in a subscription."""
    both = "subscription_id = %(subscription)s"
    return Of(f"d.{both}", f"p.{both}", {"subscription": subscription})


def of_service(service: Service) -> Of | None:
    """What a service that has just begun may have in it; None: nothing."""
    if service.type == NAMES:
        return of_name(service.customer_id, service.name)
    return of_place(service.subscription_id) if service.type in PLACES and service.subscription_id else None


def adopt(which: Of, now: datetime) -> list[int]:
    """What is missing begins, and what hangs below another service than it should is linked anew. Their numbers; done twice: none."""
    version = policies.newest()
    if version is None:  # no service was ever begun
        return []
    found: list[int] = []
    parts = ((ZONE, which.zones, WANTED_ZONES, SAME_ZONE), (MAIL, which.places, WANTED_MAILS, SAME_MAIL))
    for type_, of, wanted, same in parts:
        if of:
            values = {**which.values, "type": type_, "places": list(PLACES), "policy": version.number, "phase": ACTIVE}
            entry = policies.read(version.text).of(type_).key
            values |= {"package": PACKAGE, "entry": entry, "today": today(now), "now": now}
            rows = settling.query(ADOPT.format(wanted=wanted.format(of=of), same=same), values)
            found += [service for (service,) in rows]
    if found:
        settling.settle(settling.THESE, {"today": today(now), "now": now, "ends": False, "ids": found})
    return found


def end(zones: Sequence[int], by: str, now: datetime) -> None:
    """The domains of these zones were taken away. Nothing is destroyed by it that is not gone already, so no brake is asked; what a hold
    keeps stands until that is lifted."""
    day = today(now)
    known = {*Termination.objects.filter(service__in=zones, revoked=None).values_list("service", flat=True)}
    fresh = Service.objects.filter(pk__in=[each for each in zones if each not in known])
    Termination.objects.bulk_create(
        Termination(service=each, effective=day, by=by, authorised="domains.delete", wished=now) for each in fresh
    )
    settling.refresh(list(zones))
    settling.settle(settling.THESE, {"today": day, "now": now, "ends": True, "ids": list(zones)})


def forsaken() -> list[int]:
    """Zones whose domain is gone and whose end nobody noted."""
    return [service for (service,) in settling.query(FORSAKEN, {})]


def include_all(clocks: Clocks) -> int:
    """As it should be, for all services at once; how many were begun or linked."""
    now = clocks.business.now()
    with rows.staff(), transaction.atomic():
        if left := forsaken():
            end(left, str(SYSTEM), now)
        return len(adopt(ALL, now))
