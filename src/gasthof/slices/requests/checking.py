"""Whether a request can be carried out as things stand, and what it means for its service."""

from datetime import date

from gasthof.kernel.refusal import Refused
from gasthof.slices.cases.queries import open_cases
from gasthof.slices.lifecycle.queries import Service, coming, kept_subservers, policy_of, saved_of, termination_of
from gasthof.slices.lifecycle.rules.policy import RESTORABLE
from gasthof.slices.renewals.queries import terms_of
from gasthof.slices.requests import rules
from gasthof.slices.requests.models import Request


def check(request: Request, today: date) -> None:
    """When it is written down, and again when it is confirmed. Raises Refused."""
    service: Service | None = request.service
    if service is None and request.kind in rules.OF_SERVICES:
        raise Refused("Please say which service this is about.").at("service")
    if not request.words and request.kind in rules.IN_WORDS:
        raise Refused("This must not be empty.").at("words")
    if request.case is not None and request.case.closed is not None:
        raise Refused("This case is closed.").at("case")
    if service is not None and request.kind in CHECKS:
        CHECKS[request.kind](request, service, today)


def settle(request: Request) -> None:
    """What the request leaves open: the day on which what is paid has run out, the price, and the case where it can be but one."""
    service: Service | None = request.service
    if request.kind != rules.MENDED:
        request.case = None
    elif request.case is None:
        found = open_cases(request.customer_id, request.service_id)[:2]
        request.case = found[0] if len(found) == 1 else None
    if request.kind != rules.END:
        request.on = None
    elif request.on is None and service is not None:
        request.on = service.first_unpaid
    if service is not None and request.kind == rules.RESTORE:
        request.offered = _quote(service)


def kept_until(service: Service, today: date) -> date | None:
    """The last day on which what was saved of it can be restored; None: it stands, or nothing can be."""
    steps = coming(service, today) if service.ended else []
    return next((step.last for step in steps if step.renewal == RESTORABLE), None)


def _quote(service: Service) -> rules.Quote:
    policy = policy_of(service)
    fee = policy.fees.get(policy.of(service.type, service.tld).archive.fee)
    terms = terms_of(service)
    renewal = rules.Renewal(terms.months, terms.net, terms.currency, terms.category) if terms else None
    return rules.quote(fee, len(kept_subservers(service)), policy.currency, renewal)


def _end(request: Request, service: Service, today: date) -> None:
    if service.ended is not None:
        raise Refused("This service has ended already.").at("service")
    if termination_of(service) is not None:
        raise Refused("There is a termination of this service already.").at("service")
    if request.on is None:
        raise Refused("This service has no end of its own: say on which day it is to end.").at("on")
    if request.on < today:
        raise Refused("This day has passed.").at("on")


def _withdraw(_request: Request, service: Service, today: date) -> None:
    """Before its day only: an end at once, for a breach, is nobody's wish that could be taken back here."""
    wish = termination_of(service)
    if wish is None or service.ended is not None:
        raise Refused("There is no wish for its end that could be taken back.").at("service")
    if wish.effective <= today:
        raise Refused("Its end has come: it is too late to take that back.").at("service")


def _restore(request: Request, service: Service, _today: date) -> None:
    saved_of(service)
    others = Request.objects.filter(service=service, kind=rules.RESTORE, state__in=(rules.WAITING, rules.ACCEPTED))
    if others.exclude(pk=request.pk).exists():
        raise Refused("Its restoration has been asked for already.").at("service")


CHECKS = {rules.END: _end, rules.WITHDRAW: _withdraw, rules.RESTORE: _restore}
