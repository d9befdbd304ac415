"""Nothing is suspended that could not have been paid: while nobody has said what a service costs, its first unpaid day is put off.

A registry waits for nobody's price: what goes by its clock is not put off, and staff see it a month ahead (renewals.unpriced).
"""

from datetime import datetime, timedelta

from gasthof.kernel import registry
from gasthof.slices.lifecycle import changing
from gasthof.slices.lifecycle.knowing import policy_of
from gasthof.slices.lifecycle.models import Event, Service
from gasthof.slices.lifecycle.sweeping import today

TO_PAY = timedelta(days=10)  # before the first unpaid day, in which a customer is to be asked at the latest
PUT_OFF = timedelta(days=21)  # from the day on which it was still unknown


def put_off(now: datetime) -> None:
    """All that is due for it, in the sweep's transaction; what was suspended meanwhile is open again."""
    day = today(now)
    rows = Service.objects.filter(pk__in=registry.unpayable(day + TO_PAY), ended=None).select_related("policy")
    found = [row for row in rows.select_for_update(of=("self",), no_key=True).order_by("pk") if not _of_registry(row)]
    if not found:
        return
    numbers, until = [row.pk for row in found], day + PUT_OFF
    Service.objects.filter(pk__in=numbers).update(first_unpaid=until, noticed=None, spared=0)
    Event.objects.bulk_create(
        Event(service=row, revision=row.revision, what="put_off", value=until.isoformat(), due=day, at=now)
        for row in found
    )
    changing.follow(numbers, now)


def _of_registry(service: Service) -> bool:
    return policy_of(service).of(service.type, service.tld).registry_clock
