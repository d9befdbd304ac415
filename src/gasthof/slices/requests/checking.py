"""Whether a request can be carried out as things stand, and what it means for its service."""

from datetime import date

from django.conf import settings

from gasthof.kernel.refusal import Refused
from gasthof.slices.cases.queries import open_cases
from gasthof.slices.lifecycle.queries import (
    Service,
    by_image,
    check_onto,
    coming,
    elsewhere,
    kept_mail,
    kept_subservers,
    policy_of,
    saved_of,
    termination_of,
)
from gasthof.slices.lifecycle.rules.days import day_of
from gasthof.slices.lifecycle.rules.policy import LICENCE, RESTORABLE, Fee, Policy
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


def settle(request: Request, today: date) -> None:
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
    if service is None or request.kind != rules.RESTORE or not elsewhere(service):
        request.onto = None
    if request.onto is None or service is None or not by_image(service):
        request.mail = False
    if service is not None and request.kind == rules.RESTORE:
        request.offered = _on_server(request, service, today) if elsewhere(service) else _quote(service)


def kept_until(service: Service, today: date) -> date | None:
    """The last day on which what was saved of it can be restored; None: it stands, or nothing can be."""
    steps = coming(service, today) if service.ended else []
    return next((step.last for step in steps if step.renewal == RESTORABLE), None)


def _quote(service: Service) -> rules.Quote:
    policy = policy_of(service)
    terms = terms_of(service)
    renewal = rules.Renewal(terms.months, terms.net, terms.currency, terms.category) if terms else None
    subservers = len(kept_subservers(service))
    return rules.quote(_fee(service), subservers, policy.currency, renewal, _licence(policy, service))


def _on_server(request: Request, service: Service, today: date) -> rules.Quote:
    """Its image once, mail for each domain, and the licence: the server itself is ordered and paid already."""
    policy, mails = policy_of(service), kept_mail(service, today) if request.mail else []
    fees = [(fee, count) for fee, count in ((_fee(service), 1), (_licence(policy, service), 1)) if fee]
    fees += [(fee, len(mails)) for fee in {_fee(each) for each in mails} if fee]
    return rules.quote_on_server(fees, policy.currency)


def _fee(service: Service) -> Fee | None:
    policy = policy_of(service)
    return policy.fees.get(policy.of(service.type, service.tld).archive.fee)


def _licence(policy: Policy, service: Service) -> Fee | None:
    """Of buying again what was given back with it; None: it had none."""
    if not policy.of(service.type, service.tld).licence_released:
        return None
    return policy.fees.get(LICENCE, Fee(LICENCE, 0))


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


def image_confirmed(service: Service) -> bool:
    """Whether the house has answered, since its end, that there is an image of it (spec L20)."""
    asked = Request.objects.filter(service=service, kind=rules.BACKUP, state=rules.DONE, confirmed__isnull=False)
    days = [day_of(each.confirmed, settings.TIME_ZONE) for each in asked if each.confirmed]
    return service.ended is not None and any(day >= service.ended for day in days)


def _restore(request: Request, service: Service, today: date) -> None:
    if elsewhere(service):
        _back_on_server(request, service, today)
    else:
        saved_of(service)
    others = Request.objects.filter(service=service, kind=rules.RESTORE, state__in=(rules.WAITING, rules.ACCEPTED))
    if others.exclude(pk=request.pk).exists():
        raise Refused("Its restoration has been asked for already.").at("service")


def _back_on_server(request: Request, service: Service, today: date) -> None:
    if service.ended is not None and by_image(service) and not image_confirmed(service):
        raise Refused("Ask for a backup of it first: images are kept for a while as a rule, and only the house knows whether there is one.").at("service")  # fmt: skip
    check_onto(service, request.onto, today)
    same = Request.objects.filter(onto=request.onto, state__in=(rules.WAITING, rules.ACCEPTED)).exclude(pk=request.pk)
    if by_image(service) and any(by_image(each.service) for each in same if each.service):
        raise Refused("Another image is to be put onto this server already.").at("onto")


CHECKS = {rules.END: _end, rules.WITHDRAW: _withdraw, rules.RESTORE: _restore}
