"""A paid unlocking fee lifts its case's lock."""

import logging
from collections.abc import Iterator, Sequence

from django.db import transaction
from procrastinate.contrib.django import app

from gasthof.kernel import rows
from gasthof.kernel.actions import perform
from gasthof.kernel.call import Call
from gasthof.kernel.clock import Clocks
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import SYSTEM
from gasthof.slices.cases.models import Case

AT_ONCE = "cases.unlock_paid"
log = logging.getLogger("gasthof.cases")


def unlock_paid(clocks: Clocks) -> Iterator[str]:
    """Once for each: what is lifted is not found again. One that breaks holds up no other."""
    with rows.staff():
        numbers = list(_paid())
    for number in numbers:
        try:
            with transaction.atomic():
                title = perform(SYSTEM, "cases.lift", {"case": number}, clocks).result["title"]
        except Exception:
            log.exception("case %d could not be unlocked", number)
            continue
        yield f"V-{number}: {title}"


def _paid() -> Iterator[int]:
    held = Case.objects.filter(locked=True) | Case.objects.filter(hold__isnull=False)
    return iter(held.filter(closed=None, proforma__state="paid").order_by("pk").values_list("pk", flat=True))


def performed(_call: Call, entries: Sequence[AuditEntry]) -> None:
    """Hook: a payment waits for no minute."""
    if any(entry.verb.startswith("billing.") for entry in entries) and next(_paid(), None):
        app.configure_task(AT_ONCE).defer()
