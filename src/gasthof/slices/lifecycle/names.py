"""Domain names: each that a registry keeps for a customer is a service, and what becomes of that is asked of its registry.

A registry lets a name run out by itself. What it has to be asked for is to renew it, to restore it, and to take it back.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Subquery
from django.utils.translation import gettext

from gasthof.kernel import registry, rows
from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks
from gasthof.kernel.permissions import SYSTEM
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.models import Service, Work
from gasthof.slices.lifecycle.outcomes import Outcome
from gasthof.slices.lifecycle.pricing import DOMAIN, REGISTRY_FEE, priced
from gasthof.slices.lifecycle.rules.days import day_of
from gasthof.slices.lifecycle.rules.policy import RENEW
from gasthof.slices.registrar import rules
from gasthof.slices.registrar.queries import Operation, Registration, last_quote, open_operation

AGAIN_AFTER = timedelta(
    hours=1
)  # what a registry refused is asked again, since money may have come to the account there
REASON = "The renewal was paid late."  # to registries, in the language that all of them read


def adopt(clocks: Clocks) -> Iterator[str]:
    """Names that registries keep become services, paid until their registry's date; and services learn that date anew."""
    with rows.staff():
        same = Service.objects.filter(
            type=DOMAIN, name=OuterRef("name"), customer=OuterRef("customer"), created__gte=OuterRef("created")
        )
        held = Registration.objects.filter(~Exists(same), state=Registration.HELD, ends__isnull=False)
        numbers = list(held.order_by("pk").values_list("pk", flat=True))
        ends = Registration.objects.filter(
            name=OuterRef("name"), customer=OuterRef("customer"), state=Registration.HELD
        )
        known = Service.objects.filter(type=DOMAIN, ended=None).annotate(told=Subquery(ends.values("ends")[:1]))
        known.filter(told__isnull=False).exclude(registry_date=F("told")).update(registry_date=F("told"))
    for number in numbers:
        if made := _adopted(number, clocks):
            words = gettext("a service from now on")
            yield f"{made.customer.name}, {made.name}: {words}"


def _adopted(number: int, clocks: Clocks) -> Service | None:
    """None: somebody was faster."""
    now = clocks.business.now()
    with transaction.atomic(), rows.staff():
        row = Registration.objects.select_related("customer").select_for_update(of=("self",)).get(pk=number)
        same = Service.objects.filter(type=DOMAIN, name=row.name, customer=row.customer, created__gte=row.created)
        if same.exists() or row.ends is None:
            return None
        version = policies.current(now)
        made = changing.begin(row.customer, DOMAIN, row.name, now, version=version, tld=row.tld, first_unpaid=row.ends)
        Service.objects.filter(pk=made.pk).update(registry_date=row.ends)
        return made


def name(work: Work, clocks: Clocks) -> Outcome:
    """Driver of domain names."""
    found = Registration.objects.filter(name=work.service.name, customer=work.service.customer_id)
    row = found.exclude(state=Registration.GONE).select_for_update().first()
    if row is None:
        return Outcome(True, gettext("The registry does not keep this name for the customer any more."))
    if work.action in ("open", RENEW):
        return _paid(row, work.service.first_unpaid, clocks)
    if work.action == "quarantine":
        return _quoted(work.service, row, clocks)
    if work.action == "release" and rules.rules_of(row.name).released:
        return _released(row, clocks)
    return Outcome(True)


def _released(row: Registration, clocks: Clocks) -> Outcome:
    """A registry that refuses has let it go by itself, or goes on with its holder already."""
    last = row.operations.filter(verb="release").order_by("-pk").first()
    if last is not None and last.state == Operation.REFUSED:
        return Outcome(True, gettext("The registry refused: %(words)s") % {"words": last.words})
    return _asked(row, "registrar.release", {}, clocks)


def _paid(row: Registration, until: date | None, clocks: Clocks) -> Outcome:
    """Done once the registry's own date says so."""
    if row.ends is None or until is None or row.ends >= until:
        return Outcome(True)
    recourse = _recourse(row, clocks)
    if recourse == "renew":
        return _asked(row, "registrar.renew", {"years": _years(row, until)}, clocks)
    if recourse == "nothing":
        return Outcome(False, gettext("It is paid, but its registry gives it back to nobody any more."))
    if last_quote(row) is None:
        return _asked(row, "registrar.restore_quote", {}, clocks)
    return _asked(row, "registrar.restore", {"reason": REASON}, clocks)


def _recourse(row: Registration, clocks: Clocks) -> str:
    """What its registry takes today to go on with it."""
    if row.ends is None:
        return "nothing"
    on = day_of(clocks.business.now(), settings.TIME_ZONE)
    return rules.RECOURSE[rules.phase_of(rules.rules_of(row.name), row.ends, None, on)]


def _quoted(service: Service, row: Registration, clocks: Clocks) -> Outcome:
    """What having it back costs is asked before anybody has to pay it."""
    fee = priced(service).fees.get(REGISTRY_FEE)
    if fee is None or fee.amount is not None or _recourse(row, clocks) in ("renew", "nothing"):
        registry.fee_known(service)
        return Outcome(True)
    return _asked(row, "registrar.restore_quote", {}, clocks)


def _years(row: Registration, until: date) -> int:
    """As many as are missing, as far as the registry takes so many at a time."""
    missing = 1
    while row.ends and rules.years_later(row.ends, missing) < until:
        missing += 1
    return min(missing, rules.rules_of(row.name).longest)


def _asked(row: Registration, verb: str, fields: dict[str, object], clocks: Clocks) -> Outcome:
    """Never done by being asked: what the registry answers is looked at the next time."""
    if open_operation(row):
        return Outcome(False, gettext("The registry is being asked."))
    last = row.operations.order_by("-pk").first()
    failed = last is not None and last.state in (Operation.REFUSED, Operation.STUCK)
    if last is not None and failed and last.created > clocks.wall.now() - AGAIN_AFTER:
        return Outcome(False, gettext("The registry refused: %(words)s") % {"words": last.words})
    perform(SYSTEM, verb, {"registration": row.name} | fields, clocks)
    return Outcome(False, gettext("The registry is being asked."))
