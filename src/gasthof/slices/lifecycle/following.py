"""The address of a customer's calendar: who has it can read the days of their services, and nothing else."""

import hashlib
import secrets
from datetime import date, datetime

from django.utils import translation
from django.utils.translation import gettext

from gasthof.slices.accounts.queries import Customer
from gasthof.slices.lifecycle import explaining
from gasthof.slices.lifecycle.drawing import shown, words
from gasthof.slices.lifecycle.models import Calendar, Service
from gasthof.slices.lifecycle.queries import coming
from gasthof.slices.lifecycle.rules.icalendar import Entry, calendar

MOST = 500  # services in a calendar
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
    rows = Service.objects.filter(customer=customer, ended=None).select_related("parent").order_by("-pk")[:MOST]
    with translation.override(customer.language):
        return calendar(gettext("Services"), [entry for row in rows for entry in _entries(row, day)], now)


def _entries(row: Service, day: date) -> list[Entry]:
    name = f"{explaining.TYPES[row.type]} {row.unicode}"
    said = gettext("If nothing is paid until then.")
    return [
        Entry(f"service-{row.pk}-{step.phase}@gasthof", step.day, f"{name}: {words(step)}", f"{name}, {shown(step.day)}: {words(step)}. {said}")
        for step in coming(row, day)[1:]
    ]  # fmt: skip
