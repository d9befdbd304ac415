"""From a paid line to its service: what billing settled is renewed, once, or goes back to the customer's credit."""

import logging
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext

from gasthof.kernel import rows
from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.billing.queries import Settled
from gasthof.slices.lifecycle.queries import Service, off
from gasthof.slices.lifecycle.rules.days import day_of
from gasthof.slices.renewals import rules
from gasthof.slices.renewals.asking import PART, today
from gasthof.slices.renewals.models import Asked, Carried

AT_ONCE = "renewals.carry_over"  # the job that carries over what is paid
OURS = "lifecycle:"
LATELY = timedelta(
    days=7
)  # what is wished for on a day is looked at as the next one begins, or later if the house was down
log = logging.getLogger("gasthof.renewals")


def carry_over(clocks: Clocks) -> Iterator[str]:
    """All paid lines of services that nobody has carried over yet, oldest first, and those that a wish of the same day gives back; what
    came of each, in words."""
    last = 0
    while number := _next_after(last):
        last = number
        yield from _safely(_one, number, clocks)
    with rows.staff():
        lately = list(_unwanted(clocks).values_list("pk", flat=True))
    for number in lately:
        yield from _safely(_taken_back, number, clocks)


def _safely(work: Callable[[int, Clocks], str], number: int, clocks: Clocks) -> Iterator[str]:
    """One that breaks holds up no other."""
    try:
        words = work(number, clocks)
    except Exception:
        log.exception("paid line %d could not be carried over", number)
    else:
        if words:
            yield words


def waiting() -> bool:
    """Whether something is paid and not carried over."""
    return _open().exists()


def _open() -> QuerySet[Settled]:
    return Settled.objects.filter(service__startswith=OURS, carried=None)


def _next_after(number: int) -> int | None:
    with rows.staff():
        return _open().filter(pk__gt=number).order_by("pk").values_list("pk", flat=True).first()


def _one(number: int, clocks: Clocks) -> str:
    """Renewal and its record are one transaction: killed anywhere, it is done once. Empty where somebody else is at it, or the day has to
    be over first."""
    with transaction.atomic(), rows.staff():
        settled = _open().select_for_update(skip_locked=True, of=("self",)).filter(pk=number).first()
        if settled is None:
            return ""
        Asked.objects.filter(proforma=settled.line.proforma_id).update(standing=False)
        service = _locked(settled.service)
        if service is not None and _undecided(settled, service, clocks):
            return ""
        until = _until(settled, service, clocks) if service else None
        outcome, words = _renewed(service, until, clocks) if service and until else (Carried.STAFF, "")
        if outcome != Carried.RENEWED:
            outcome, until = _given_back(settled, clocks), None
        Carried.objects.create(
            settled=settled, service=service, outcome=outcome, until=until, words=words, at=clocks.business.now()
        )
        told = gettext("paid until the day before %(day)s") % {"day": until} if until else gettext("payment given back")
        return f"{service.customer.name}, {service.name}: {told}" if service else ""


def _undecided(settled: Settled, service: Service, clocks: Clocks) -> bool:
    """Paid today, while the end is wished for before the time that it paid for: until tomorrow that wish may be taken back."""
    first, end = service.first_unpaid, service.ends_on
    if first is None or end is None or service.ended is not None:
        return False
    return end <= first <= settled.valid_from and _day(settled.at) >= today(clocks)


def _unwanted(clocks: Clocks) -> QuerySet[Carried]:
    """Lines that renewed a service whose end is wished for before the time that they paid for, the last time first: as if the wish had come
    before them, if it came that day."""
    renewed = Carried.objects.filter(outcome=Carried.RENEWED, at__gt=clocks.business.now() - LATELY)
    return renewed.filter(service__ends_on__lte=F("settled__valid_from")).order_by("-pk")


def _taken_back(number: int, clocks: Clocks) -> str:
    """The payment is credit, and the service paid until where it was before. Empty where somebody was faster, the wish is of another day, or
    its day is not over."""
    with transaction.atomic(), rows.staff():
        row = (
            _unwanted(clocks).select_for_update(of=("self",)).select_related("settled__line").filter(pk=number).first()
        )
        service = _locked(row.settled.service) if row else None
        if row is None or service is None or not (_same_day(row, service) and _is_over(row, service, clocks)):
            return ""
        fields = {"service": service.pk, "first_unpaid": row.settled.valid_from.isoformat()}
        perform(SYSTEM, "lifecycle.set_unpaid", fields, clocks)
        row.outcome, row.until = _given_back(row.settled, clocks), None
        row.save(update_fields=["outcome", "until"])
        told = gettext("payment given back")
        return f"{service.customer.name}, {service.name}: {told}"


def _same_day(row: Carried, service: Service) -> bool:
    wish = service.terminations.filter(revoked=None).first()
    return wish is not None and _day(wish.wished) == _day(row.at)


def _is_over(row: Carried, service: Service, clocks: Clocks) -> bool:
    """Whether nobody can take that wish back on its day any more."""
    return service.ended is not None or _day(row.at) < today(clocks)


def _day(moment: datetime) -> date:
    return day_of(moment, settings.TIME_ZONE)


def _locked(key: str) -> Service | None:
    number = key.removeprefix(OURS)
    chosen = Service.objects.select_related("customer").select_for_update(of=("self",), no_key=True)
    return chosen.filter(pk=int(number)).first() if is_number(number) else None


def _until(settled: Settled, service: Service, clocks: Clocks) -> date | None:
    """First unpaid day, once it is renewed. None: nothing is: it has ended, its end is wished for, or that time is paid already."""
    first = service.first_unpaid
    if first is None or service.ended or (service.ends_on and service.ends_on <= first) or settled.valid_from < first:
        return None
    asked = Asked.objects.filter(proforma=settled.line.proforma_id).first()
    if asked is None:  # written by hand: what it says, and nothing that it does not begin with
        return settled.valid_until + timedelta(days=1) if settled.valid_from == first else None
    until = rules.after(first, asked.months, asked.anchor)  # of an earlier period, where a later one was paid
    return rules.opened_until(until, asked.months, asked.anchor, today(clocks)) if off(service) else until


def _renewed(service: Service, until: date, clocks: Clocks) -> tuple[str, str]:
    """Outcome, and why not in the other slice's words."""
    fields = {"service": service.pk, "first_unpaid": until.isoformat()}
    try:
        with transaction.atomic():
            perform(SYSTEM, "lifecycle.set_paid", fields, clocks)
    except ActionRefused as refusal:
        return Carried.STAFF, "; ".join(error.message for error in refusal.errors)
    return Carried.RENEWED, ""


def _given_back(settled: Settled, clocks: Clocks) -> str:
    """What bought nothing is the customer's credit again; where the proforma bought other things too, a person decides."""
    proforma = settled.line.proforma
    if proforma.lines.exclude(service="").exclude(service__startswith=PART).count() > 1:
        return Carried.STAFF
    try:
        with transaction.atomic():
            perform(SYSTEM, "billing.refund_to_credit", {"proforma": proforma.number}, clocks)
    except ActionRefused:
        return Carried.STAFF
    return Carried.RETURNED
