"""Reads of services: what holds for each today, why, and what comes. What other slices may read is named here."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any

from django.db.models import Q, QuerySet

from gasthof.kernel import registry
from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import HOUSE, Actor, Place, reaches
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.lifecycle import explaining
from gasthof.slices.lifecycle.drawing import Course
from gasthof.slices.lifecycle.explaining import FEES, TYPES
from gasthof.slices.lifecycle.included import INCLUDED
from gasthof.slices.lifecycle.keeping import (
    ON_SERVERS,
    SUBSERVER,
    by_image,
    check_onto,
    elsewhere,
    kept,
    kept_mail,
    kept_subservers,
    restored_as,
    saved_of,
    servers_for,
)
from gasthof.slices.lifecycle.knowing import decided, facts_of, known_at_once, policy_of, termination_of
from gasthof.slices.lifecycle.models import Hold, PolicyVersion, Service, Sweep, Work
from gasthof.slices.lifecycle.pricing import DOMAIN, open_fees, priced
from gasthof.slices.lifecycle.rules import facts
from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.policy import SERVED, Policy
from gasthof.slices.lifecycle.rules.timeline import Step, as_planned, decisions, timeline, told
from gasthof.slices.lifecycle.wording import day as day_in_words
from gasthof.slices.subscriptions.queries import part_of

__all__ = [
    "DOMAIN",
    "END_AT_ONCE",
    "FEES",
    "FOLLOW",
    "INCLUDED",
    "MANAGE",
    "ON_SERVERS",
    "SEE",
    "SUBSERVER",
    "TYPES",
    "Course",
    "HoldRef",
    "Service",
    "ServiceRef",
    "by_image",
    "check_onto",
    "coming",
    "course",
    "course_if",
    "day_in_words",
    "elsewhere",
    "end_waits",
    "facts_of",
    "fee_to_say",
    "find_service",
    "foreseen",
    "in_services",
    "kept",
    "kept_mail",
    "kept_subservers",
    "known_at_once",
    "next_step",
    "off",
    "open_work",
    "parked_sweep",
    "policy_of",
    "policy_versions",
    "price_missing",
    "priced",
    "restored_as",
    "saved_of",
    "servers_for",
    "services",
    "shown",
    "subservers_from",
    "termination_of",
    "waiting_for_price",
    "waiting_number",
]

SEE, MANAGE, FOLLOW = "lifecycle.read", "lifecycle.manage", "lifecycle.follow"
END_AT_ONCE = "lifecycle.end_at_once"  # nobody's alone: a case has it, once two people have said so (spec L2)


def find_service(actor: Actor, text: str) -> Service | None:
    """By number. Locked for a change."""
    rows = Service.objects.select_related("customer", "subscription", "parent").select_for_update(of=("self",))
    found = rows.filter(pk=int(text)).first() if is_number(text) else None
    return found if found and reaches(actor, found.place) else None


_SERVICE = Reference("service", find_service, lambda row: row.place, "number of the service")
ServiceRef = Annotated[Service, _SERVICE]


def find_hold(actor: Actor, text: str) -> Hold | None:
    """By number, also one that is lifted. Its service is locked for a change."""
    found = Hold.objects.filter(pk=int(text)).first() if is_number(text) else None
    service = find_service(actor, str(found.service_id)) if found else None
    if found is None or service is None:
        return None
    found.service = service
    return found


HoldRef = Annotated[Hold, Reference("hold", find_hold, lambda row: row.service.place, "number of the hold")]


def fee_to_say(service: Service, on: date) -> str:
    """The key of the next fee that its policy gives no amount for, said already or not; "": there is none to come."""
    left_open = open_fees(policy_of(service), service)
    if not left_open or service.ended is not None:
        return ""
    return next((key for step in coming(service, on) for key in step.fees if key in left_open), "")


def off(service: Service) -> bool:
    """Whether time has closed it and may open it again, whatever holds take: a registry's days go on, also without a website."""
    entry = policy_of(service).of(service.type, service.tld)
    return not entry.registry_clock and SERVED not in entry.named(service.phase).can


def end_waits(service: Service, on: date) -> bool:
    """Whether its end is due and was not carried out: the brake has parked it."""
    return any(reason.code == "end_waits" for reason in decided(service, on).explain)


def coming(service: Service, on: date, waiting: Collection[int] | None = None) -> list[Step]:
    """What time does to it from that day on, if nothing is paid and the next notices are delivered. `waiting`: as `waiting_for_price`
    said of many; None: it is asked."""
    waiting = waiting_for_price([service], on) if waiting is None else waiting
    return _steps(service, facts_of(service, on), on, waiting)


@dataclass(frozen=True)
class Next:
    day: date
    phase: str


def next_step(service: Service, on: date, waiting: Collection[int] = ()) -> Next | None:
    """The first of what comes after that day; None: nothing does. `waiting`: as `waiting_for_price` said; nothing comes to those by time."""
    decision = evaluate(policy_of(service), _planned(service, facts_of(service, on), on, waiting), on)
    return Next(decision.next_at, decision.next_phase) if decision.next_at else None


def course(service: Service, on: date, price: str = "") -> Course:
    """The same, to be drawn and told in words."""
    return _course(service, facts_of(service, on), on, price)


def course_if(service: Service, on: date, wish: facts.Termination | None, price: str = "") -> Course:
    """What would come if that were the wish for its end, and no other; None: without any."""
    return _course(service, replace(facts_of(service, on), termination=wish), on, price)


def _course(service: Service, known: facts.Facts, on: date, price: str) -> Course:
    waiting = waiting_for_price([service], on)
    steps, first, end = _steps(service, known, on, waiting), service.first_unpaid, known.wished_end
    waits = service.pk in waiting and (end is None or first is None or end > first)
    return Course(steps, priced(service), price, _belongs_to(service), waits)


def waiting_for_price(services: Iterable[Service], on: date) -> frozenset[int]:
    """Of these and of what they belong to, by their numbers, those whose first unpaid day is to come and is put off until somebody has said
    what they cost."""
    above = [each.parent for each in services if each.parent]
    dated = {
        each.pk: each.first_unpaid
        for each in (*services, *above)
        if each.first_unpaid and each.first_unpaid > on and _can_wait(each)
    }
    return frozenset(registry.unpayable(max(dated.values()), list(dated)) if dated else ())


def _can_wait(service: Service) -> bool:
    """A registry waits for nobody's price."""
    return service.ended is None and not policy_of(service).of(service.type, service.tld).registry_clock


def _belongs_to(service: Service) -> str:
    """What it follows, as people call it; "": its days are its own."""
    parent = service.parent if policy_of(service).of(service.type, service.tld).follows else None
    return f"{TYPES[parent.type]} {parent.unicode}" if parent else ""


def _steps(service: Service, known: facts.Facts, on: date, waiting: Collection[int]) -> list[Step]:
    return timeline(policy_of(service), _planned(service, known, on, waiting), on)


def _planned(service: Service, known: facts.Facts, on: date, waiting: Collection[int] = ()) -> facts.Facts:
    """With all that is to come to what it belongs to, by the version that that is pinned to. Of what waits for a price no day comes by time."""
    if service.pk in waiting:
        known = replace(known, first_unpaid=None)
    planned, parent = as_planned(policy_of(service), known, on), service.parent
    if parent is None:
        return planned
    _, *ahead = decisions(policy_of(parent), _planned(parent, facts_of(parent, on), on, waiting), on)
    return replace(planned, ahead=tuple(ahead))


def subservers_from(service: Service, first: date | None) -> QuerySet[Service]:
    """Its subservers that stand and go on in the time from that day on: whose end is not wished for by then."""
    goes_on = Q(ends_on=None) | Q(ends_on__gt=first) if first else Q()
    return Service.objects.filter(goes_on, parent=service, type=SUBSERVER, ended=None).order_by("pk")


def shown(service: Service) -> dict[str, object]:
    return {
        "service": service.pk,
        "type": service.type,
        "name": service.unicode,
        "customer": service.customer_id,
        "subscription": service.subscription.system_name if service.subscription else None,
        "server_class": service.server_class,
        "phase": service.phase,
        "closed": service.closed,
        "first_unpaid": service.first_unpaid.isoformat() if service.first_unpaid else None,
        "next": service.due_at.isoformat() if service.due_at else None,
    }


def why(policy: Policy, known: facts.Facts, on: date) -> list[str]:
    """It stands as it does, in the reader's language."""
    return [explaining.in_words(reason) for reason in evaluate(policy, known, on).explain]


def price_missing(drawn: Course) -> list[str]:
    """That its days wait for a price; of what a registry does not wait for nothing is said."""
    return [str(explaining.SENTENCES["unpriced"])] if drawn.waits else []


def foreseen(service: Service, on: date) -> dict[str, Any]:
    """What holds that day and why, and what comes if nothing is done."""
    policy, known = policy_of(service), facts_of(service, on)
    drawn = course(service, on, registry.renewal_price(service))
    return {
        **shown(service),
        "next": drawn.steps[1].day.isoformat() if len(drawn.steps) > 1 else None,
        "on": on.isoformat(),
        "sentence": drawn.sentence,
        "why": why(policy, known, on) + price_missing(drawn),
        "steps": [
            {
                "day": step.day.isoformat(),
                "last": step.last.isoformat() if step.last else None,
                "phase": step.phase,
                "words": told_of["words"],
                "lost": list(step.lost),
                "gained": list(step.gained),
                "renewal": step.renewal,
                "fees": list(step.fees),
                "saved": list(step.saved),
                "conditions": told_of["conditions"],
                "cost": told_of["cost"],
            }
            for step, told_of in zip(drawn.steps, drawn.told, strict=True)
        ],
        "notices": [{"day": each.day.isoformat(), "notice": each.notice.name} for each in told(policy, known, on)],
    }


@collection("services", permission=SEE, order=("id",), shown=shown)
def services(ask: Ask) -> QuerySet[Service]:
    """Services, each with its phase and the next day on which time does something; found by part of the name."""
    rows = Service.objects.filter(conjunction(ask.scopes, in_services))
    wanted = Q(unicode__icontains=ask.search) | Q(name__icontains=ask.search)
    rows = rows.filter(wanted) if ask.search else rows
    return rows.select_related("subscription", "customer", "parent")


def shown_work(work: Work) -> dict[str, object]:
    return {
        "work": work.pk,
        "service": work.service_id,
        "name": work.service.unicode,
        "customer": work.service.customer_id,
        "action": work.action,
        "since": work.at.isoformat(timespec="seconds"),
        "words": work.words,
    }


@collection("open_work", permission=MANAGE, order=("id",), shown=shown_work)
def open_work(ask: Ask) -> QuerySet[Work]:
    """What is to be done to services and is not done yet, with why it waits; found by a part of the service’s name."""
    rows = Work.objects.filter(done=None).select_related("service__customer")
    if not all(HOUSE in scopes for scopes in ask.scopes):
        return rows.none()
    return rows.filter(service__unicode__icontains=ask.search) if ask.search else rows


def shown_version(version: PolicyVersion) -> dict[str, object]:
    rollout = getattr(version, "rollout", None)
    return {
        "version": version.number,
        "taken": version.taken.isoformat(timespec="seconds"),
        "by": version.by,
        "moved": rollout.moved if rollout else 0,
        "rolled_out": rollout.done is not None if rollout else True,
    }


@collection("policy_versions", permission=MANAGE, order=("number",), shown=shown_version)
def policy_versions(ask: Ask) -> QuerySet[PolicyVersion]:
    """Versions of the policy: who took each when, and how many services went over to it at once."""
    rows = PolicyVersion.objects.select_related("rollout")
    return rows if all(HOUSE in scopes for scopes in ask.scopes) else rows.none()


def parked_sweep() -> Sweep | None:
    """The last sweep, if it waits for a person."""
    last = Sweep.objects.order_by("-pk").first()
    return last if last is not None and last.parked else None


def waiting_number() -> int:
    """Alarms, work and a parked sweep, for the house's overview."""
    return Work.objects.filter(done=None).count() + len(registry.alarms()) + (parked_sweep() is not None)


def in_services(place: Place) -> Q:
    """Services that lie in that scope: a domain's or a mailbox' own holds none."""
    whole = place.domain is None and place.mailbox is None
    return part_of(place, "subscription__", "customer") if whole else Q(pk__in=[])
