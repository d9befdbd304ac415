"""Proformas for renewals: issued ahead of the first unpaid day, issued anew when paying costs something else, taken back when it helps no more."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext
from procrastinate.contrib.django import app

from gasthof.kernel import rows
from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused, Refused
from gasthof.slices.billing.rules.money import Money
from gasthof.slices.lifecycle.queries import DOMAIN, FEES, TYPES, Service, coming, end_waits, priced
from gasthof.slices.lifecycle.rules.days import day_of
from gasthof.slices.registrar import rules as registries
from gasthof.slices.renewals import rules
from gasthof.slices.renewals.models import Agreement, Asked, Price, Terms
from gasthof.slices.renewals.queries import agreed_below, share, terms_of

Work = Callable[[int, Clocks], str]
ONE_DAY = timedelta(days=1)
PART = "subserver:"  # key of a line that is paid for with its parent's, and renews nothing by itself
AT_ONCE = "renewals.ask_due"  # the job that asks for what is due
log = logging.getLogger("gasthof.renewals")


@dataclass(frozen=True)
class Wanted:
    """What is asked for beside the price until a day; `fee` None: that has to be asked from somebody first."""

    last: date
    fee: int | None  # minor units, without VAT
    title: str
    waits: bool = False  # its end is due and waits for a person: day by day it can still be paid


def soon(_service: Service) -> None:
    """Hook: another fee is known, so that more can be asked for."""
    app.configure_task(AT_ONCE).defer()


def today(clocks: Clocks) -> date:
    return day_of(clocks.business.now(), settings.TIME_ZONE)


def ask_due(clocks: Clocks) -> Iterator[str]:
    """All that is due today: first what was asked for and is so no more, then what was not asked for yet. What was done, in words."""
    with rows.staff():
        stale = list(_stale(today(clocks)).values_list("pk", flat=True))
    for number in stale:
        yield from _safely(_renew, number, clocks)
    with rows.staff():
        due = list(_due(today(clocks)).values_list("pk", flat=True))
    for number in due:
        yield from _safely(_ask_one, number, clocks)


def ask(service: Service, clocks: Clocks) -> Asked:
    """In a verb's transaction. Raises Refused: there is nothing to pay, or no price, or it was asked for already."""
    if Asked.objects.filter(service=service, standing=True).exists():
        raise Refused("There is an open proforma for this service already.").at("service")
    terms, wanted = terms_of(service), _wanted(service, clocks)
    if terms is None:
        raise Refused("Nobody has said yet what this service costs.").at("service")
    if wanted is None or service.first_unpaid is None:
        raise Refused("There is nothing to pay for this service.").at("service")
    if wanted.fee is None:
        raise Refused("Its fee has to be asked for first: %(fee)s.", fee=wanted.title).at("service")
    if _too_far(service, service.first_unpaid, terms, clocks):
        raise Refused("This would be beyond the longest term of its registry, which ends ten years from today.").at("service")  # fmt: skip
    return _issue(service, service.first_unpaid, terms, wanted, clocks)


def _due(day: date) -> QuerySet[Service]:
    """Services whose time comes and that were not asked for: a proforma that staff took back is not written again by itself, unlike one
    that went with a wish for the end, or was paid in spite of that and given back."""
    priced = Price.objects.filter(Q(tld="") | Q(tld=OuterRef("tld")), type=OuterRef("type"))
    agreed = Agreement.objects.filter(service=OuterRef("pk"))
    asked = Asked.objects.filter(service=OuterRef("pk"), first_unpaid=OuterRef("first_unpaid"))
    without = Q(proforma__state="expired") | Q(proforma__replaced_by__asked__isnull=False)
    known = asked.exclude(without | Q(proforma__receipt__credit_note__isnull=False))
    near = Service.objects.filter(ended=None, first_unpaid__lte=rules.from_now(day))
    wished = Q(ends_on__isnull=True) | Q(ends_on__gt=F("first_unpaid"))
    return near.filter(wished, Exists(priced) | Exists(agreed), ~Exists(known)).order_by("first_unpaid", "pk")


def _stale(day: date) -> QuerySet[Asked]:
    """Proformas whose time or reason has passed."""
    passed = Q(proforma__valid_until__lt=day)
    moved = Q(service__first_unpaid__gt=F("first_unpaid"))
    gone = Q(service__ended__isnull=False) | Q(service__ends_on__lte=F("first_unpaid")) & _wished_before(day)
    found = Asked.objects.filter(passed | moved | gone | ~Q(proforma__state="open"), standing=True)
    return found.order_by("pk").distinct()


def _wished_before(day: date) -> Q:
    """That the wish for the service's end is of an earlier day: one of today may be taken back, and then it is paid by what was asked for."""
    begins = datetime.combine(day, time.min, ZoneInfo(settings.TIME_ZONE))
    return Q(service__terminations__revoked=None, service__terminations__wished__lt=begins)


def _safely(work: Work, number: int, clocks: Clocks) -> Iterator[str]:
    """One that breaks holds up no other."""
    try:
        with transaction.atomic(), rows.staff():
            words = work(number, clocks)
    except ActionRefused as refusal:
        log.warning("service %d: %s", number, "; ".join(error.message for error in refusal.errors))
    except Exception:
        log.exception("renewal %d could not be looked after", number)
    else:
        if words:
            yield words


def _ask_one(number: int, clocks: Clocks) -> str:
    """Empty where somebody was faster, or where nothing is to be paid."""
    service = _locked(number)
    if service is None or service.first_unpaid is None or not _due(today(clocks)).filter(pk=number).exists():
        return ""
    terms, wanted = terms_of(service), _wanted(service, clocks)
    if terms is None or wanted is None or wanted.fee is None or _too_far(service, service.first_unpaid, terms, clocks):
        return ""
    return _said(service, _issue(service, service.first_unpaid, terms, wanted, clocks))


def _renew(number: int, clocks: Clocks) -> str:
    """A proforma whose time or reason has passed: where it costs what it did it can be paid for longer, else another one follows it; or it
    is taken back, or was paid anyway."""
    row = Asked.objects.filter(pk=number).first()
    service = _locked(row.service_id) if row else None
    if row is None or service is None or not _stale(today(clocks)).filter(pk=number).exists():
        return ""
    if row.proforma.state != "open":
        _stand_down(row)
        return ""
    wanted = _wanted(service, clocks) if service.first_unpaid == row.first_unpaid else None
    if wanted is not None and (wanted.waits or wanted.fee == _fee_of(row)):
        return _kept_open(service, row, wanted, clocks)
    _stand_down(row)
    if wanted is None or wanted.fee is None:
        perform(SYSTEM, "billing.cancel", {"proforma": row.proforma_id, "why": "expired"}, clocks)
        words = gettext("proforma taken back")
        return f"{service.customer.name}, {service.name}: {words}"
    fields = {"fee": wanted.fee, "title": wanted.title or "–", "valid_until": wanted.last.isoformat()}
    made = perform(SYSTEM, "billing.reissue", {"proforma": row.proforma_id, **fields}, clocks).result["proforma"]
    return _said(service, Asked.objects.create(
        proforma_id=made, service=service, first_unpaid=row.first_unpaid, months=row.months, anchor=row.anchor
    ))  # fmt: skip


def _fee_of(row: Asked) -> int:
    """What it asks for beside the price, in minor units without VAT."""
    return sum(line.net for line in row.proforma.lines.all() if not line.service)


def _stand_down(row: Asked) -> None:
    row.standing = False
    row.save(update_fields=["standing"])


def _kept_open(service: Service, row: Asked, wanted: Wanted, clocks: Clocks) -> str:
    """The same one, with the number that its payer knows."""
    fields = {"proforma": row.proforma_id, "valid_until": wanted.last.isoformat()}
    perform(SYSTEM, "billing.prolong", fields, clocks)
    words = gettext("proforma %(number)d can still be paid") % {"number": row.proforma_id}
    return f"{service.customer.name}, {service.name}: {words}"


def _locked(number: int) -> Service | None:
    chosen = Service.objects.select_related("customer", "parent").select_for_update(of=("self",), no_key=True)
    return chosen.filter(pk=number).first()


def _wanted(service: Service, clocks: Clocks) -> Wanted | None:
    """None: paying does not help, or the end was wished for before the next period."""
    if service.ended or service.first_unpaid is None or (service.ends_on and service.ends_on <= service.first_unpaid):
        return None
    day = today(clocks)
    found = rules.asked(coming(service, day, waiting=()))
    if found is None:
        return None
    policy, terms = priced(service), terms_of(service)
    fees = [policy.fees[key] for key in found.fees]
    same = terms is None or terms.currency == policy.currency  # nothing is converted by us
    amounts = [fee.amount if same or not fee.amount else None for fee in fees]
    known = [amount for amount in amounts if amount is not None]
    with translation.override(service.customer.language):
        title = ", ".join(str(FEES[fee.key]) for fee in fees)
    waits = end_waits(service, day)
    return Wanted(day if waits else found.last, sum(known) if len(known) == len(amounts) else None, title, waits)


def _too_far(service: Service, first: date, terms: Terms, clocks: Clocks) -> bool:
    """Whether its registry would refuse to have it end then."""
    until = rules.after(first, terms.months, _anchor(service, first))
    return service.type == DOMAIN and registries.too_far(until, today(clocks))


def _anchor(service: Service, first: date) -> int:
    earlier = Asked.objects.filter(service=service).order_by("-pk").first()
    return earlier.anchor if earlier else first.day


def _issue(service: Service, first: date, terms: Terms, wanted: Wanted, clocks: Clocks) -> Asked:
    anchor = _anchor(service, first)
    last = rules.after(first, terms.months, anchor) - ONE_DAY
    lines = [_line(f"lifecycle:{service.pk}", _title(service, terms.months), terms, terms.net, first, last)]
    for each in agreed_below(service):
        net, title = share(each).of(terms.months), _title(each.service, terms.months)
        lines.append(_line(f"{PART}{each.service_id}", title, each, net, first, last))
    if wanted.fee:
        lines.append(_line("", wanted.title, terms, wanted.fee, first, last))
    fields = {
        "customer": service.customer_id, "lines": lines, "valid_until": wanted.last.isoformat(), "currency": terms.currency,
    }  # fmt: skip
    made = perform(SYSTEM, "billing.issue", fields, clocks).result["proforma"]
    return Asked.objects.create(
        proforma_id=made, service=service, first_unpaid=first, months=terms.months, anchor=anchor
    )


def _line(key: str, title: str, terms: Terms, net: int, first: date, last: date) -> str:
    amount = Money(net, terms.currency).number
    return f"{key}; {title.replace(';', ',')}; {amount}; {terms.category}; {first.isoformat()}; {last.isoformat()}"


def _title(service: Service, months: int) -> str:
    """In the customer's language."""
    with translation.override(service.customer.language):
        period = gettext("one month") if months == 1 else gettext("%(months)d months") % {"months": months}
        return f"{TYPES[service.type]} {service.unicode}, {period}"


def _said(service: Service, made: Asked) -> str:
    words = gettext("proforma %(number)d issued") % {"number": made.proforma_id}
    return f"{service.customer.name}, {service.name}: {words}"
