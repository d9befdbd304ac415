"""A restoration that was paid and is not done a day later alarms staff, as a paid service does that is not open (spec L6)."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.capability import Alarm
from gasthof.slices.requests import rules
from gasthof.slices.requests.models import Request

PROMISED = timedelta(hours=24)


def alarms() -> list[Alarm]:
    """Hook: the oldest payment first. One that failed waits among requests, with the reason."""
    until = SYSTEM_CLOCKS.business.now() - PROMISED
    late = Request.objects.filter(state=rules.ACCEPTED, proforma__state="paid", proforma__ended__lte=until)
    rows = late.select_related("customer", "proforma").order_by("proforma__ended", "pk")
    return [_alarm(row, paid) for row in rows if (paid := row.proforma and row.proforma.ended)]


def _alarm(row: Request, since: datetime) -> Alarm:
    values = {"request": row, "customer": row.customer.name}
    return Alarm(
        _("%(request)s of %(customer)s is paid and not restored") % values,
        _("What restores it breaks each time: the worker’s log tells why."),
        since, reverse("requests:request", args=[row.pk]),
    )  # fmt: skip
