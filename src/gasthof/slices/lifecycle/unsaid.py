"""Fees that a policy leaves open and nobody has said yet, of services that wait for them: staff are told (spec L10)."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from gasthof.kernel.capability import Alarm
from gasthof.slices.lifecycle import explaining
from gasthof.slices.lifecycle.knowing import policy_of
from gasthof.slices.lifecycle.models import PolicyVersion, Service
from gasthof.slices.lifecycle.policies import read
from gasthof.slices.lifecycle.pricing import REGISTRY_FEE, priced


def alarms() -> list[Alarm]:
    """Hook: the longest unpaid first. What a registry quotes by itself is not among them."""
    where = _waiting()
    if not where:
        return []
    rows = Service.objects.filter(where, ended=None).select_related("customer", "policy")
    return [_alarm(row, fee) for row in rows.order_by("first_unpaid", "pk") if (fee := _unsaid(row))]


def _waiting() -> Q:
    """Phases in which such a fee is asked; empty: no policy has one."""
    found = Q()
    for version in PolicyVersion.objects.order_by("number"):
        policy = read(version.text)
        for entry in policy.entries.values():
            for phase in entry.phases:
                if phase.fee not in ("", REGISTRY_FEE) and policy.fees[phase.fee].amount is None:
                    found |= Q(policy=version, entry=entry.key, phase=phase.name)
    return found


def _unsaid(service: Service) -> str:
    key = _phase_fee(service)
    return key if priced(service).fees[key].amount is None else ""


def _phase_fee(service: Service) -> str:
    return policy_of(service).of(service.type, service.tld).named(service.phase).fee


def _alarm(service: Service, fee: str) -> Alarm:
    start = policy_of(service).of(service.type, service.tld).named(service.phase).start or 0
    day = (service.first_unpaid or service.created.date()) + timedelta(days=start)
    named = {"service": service.unicode, "customer": service.customer.name}
    return Alarm(
        _("Nobody has said what this fee is: %(fee)s") % {"fee": explaining.FEES.get(fee, fee)},
        _("%(service)s of %(customer)s cannot be paid before: ask the registry, and say it.") % named,
        datetime.combine(day, time.min, ZoneInfo(settings.TIME_ZONE)),
        reverse("lifecycle:say_fee", args=[service.pk]),
    )
