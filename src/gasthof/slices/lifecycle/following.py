"""The address of a customer's calendar: who has it can read the days of their services, and nothing else."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import date, datetime

from django.db.models import F, QuerySet
from django.utils import translation
from django.utils.translation import gettext

from gasthof.slices.accounts.queries import Customer
from gasthof.slices.lifecycle import explaining
from gasthof.slices.lifecycle.drawing import named, shown
from gasthof.slices.lifecycle.included import INCLUDED
from gasthof.slices.lifecycle.knowing import known_at_once
from gasthof.slices.lifecycle.models import Calendar, Service
from gasthof.slices.lifecycle.queries import coming, waiting_for_price
from gasthof.slices.lifecycle.rules.icalendar import Entry, calendar
from gasthof.slices.lifecycle.rules.timeline import Step

MOST = 1_000  # services in a calendar; those that are unpaid first
SIGNS = 32  # octets of the secret


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def renew(customer: Customer, now: datetime) -> str:
    """A new secret; the one before counts no more."""
    secret = secrets.token_urlsafe(SIGNS)
    Calendar.objects.update_or_create(customer=customer, defaults={"digest": digest(secret), "made": now})
    return secret


def text(customer: Customer, day: date, now: datetime) -> str:
    """What comes for each service of the customer that has not ended, in their language."""
    rows = list(_standing(customer)[: MOST + 1])
    with translation.override(customer.language):
        waiting = waiting_for_price(rows[:MOST], day)
        entries = [entry for row in rows[:MOST] for entry in _entries(row, day, waiting)]
        more = [_more(day)] if len(rows) > MOST else []
        return calendar(gettext("Services"), more + entries, now)


def _standing(customer: Customer) -> QuerySet[Service]:
    rows = (
        Service.objects.filter(customer=customer, ended=None)
        .exclude(type__in=INCLUDED)
        .prefetch_related(*known_at_once())
    )
    return rows.order_by(F("first_unpaid").asc(nulls_last=True), "-pk")


def _more(day: date) -> Entry:
    """Nobody is to take a part for the whole."""
    said = gettext("There are more services than a calendar holds. These are the ones that have to be paid first; all are in the customer centre.")  # fmt: skip
    return Entry("services-more@gasthof", day, gettext("More services"), said)


def _entries(row: Service, day: date, waiting: Collection[int]) -> list[Entry]:
    name = f"{explaining.TYPES[row.type]} {row.unicode}"
    said = gettext("If nothing is paid until then.")
    return [
        Entry(f"service-{row.pk}-{_uid(step)}@gasthof", step.day, f"{name}: {named(step)}", f"{name}, {shown(step.day)}: {named(step)}. {said}")
        for step in coming(row, day, waiting)[1:]
    ]  # fmt: skip


def _uid(step: Step) -> str:
    return f"{step.phase}-closes" if step.closes else step.phase
