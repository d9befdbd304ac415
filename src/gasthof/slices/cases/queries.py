"""Reads of cases."""

from datetime import datetime
from typing import Annotated, Any

from django.db.models import Q, QuerySet

from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import EVERYWHERE, Actor, Place, reaches
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.cases import rules
from gasthof.slices.cases.models import Case, Step, Terms

__all__ = [
    "MANAGE",
    "READ",
    "WRITE",
    "Case",
    "CaseRef",
    "cases",
    "fee_reasons",
    "find_case",
    "in_cases",
    "open_cases",
    "shown",
    "terms",
    "thread",
]

READ, WRITE, MANAGE = "cases.read", "cases.write", "cases.manage"


def find_case(actor: Actor, text: str) -> Case | None:
    """By number. Locked for a change."""
    rows = Case.objects.select_related("customer", "service", "hold", "proforma").select_for_update(of=("self",))
    found = rows.filter(pk=int(text)).first() if is_number(text) else None
    return found if found and reaches(actor, found.place) else None


CaseRef = Annotated[Case, Reference("case", find_case, lambda row: row.place, "number of the case")]


def open_cases(customer: int, service: int | None = None) -> QuerySet[Case]:
    """The customer's, or those about one service, the oldest first."""
    rows = Case.objects.filter(customer=customer, closed=None).select_related("service").order_by("pk")
    return rows.filter(service=service) if service else rows


def terms() -> rules.Terms:
    """As the house has set them, or as shipped."""
    row = Terms.objects.first()
    return rules.Terms(row.fee, row.currency, row.within, row.signals) if row else rules.Terms()


def fee_reasons(case: Case, now: datetime) -> tuple[str, ...]:
    """Why unlocking costs a fee; empty: it is free."""
    former = Case.objects.filter(customer=case.customer_id, pk__lt=case.pk, unfounded=False).order_by("-pk").first()
    return rules.reasons(case.breach(former.opened if former else None), terms(), now)


def thread(actor: Actor, case: Case) -> list[Step]:
    """What was done, oldest first; evidence and proposals are the house's."""
    steps = case.steps.order_by("pk")
    return list(steps if actor.role in EVERYWHERE else steps.filter(house=False))


def shown(case: Case) -> dict[str, Any]:
    return {
        "case": case.pk,
        "customer": case.customer_id,
        "service": case.service_id,
        "mailbox": case.mailbox,
        "kind": case.kind,
        "severity": case.severity,
        "deliberate": case.deliberate,
        "title": case.title,
        "opened": case.opened.isoformat(timespec="seconds"),
        "deadline": case.deadline.isoformat(timespec="seconds") if case.deadline else None,
        "mended": case.mended is not None,
        "closed": case.closed is not None,
        "held": case.held,
        "proforma": case.proforma_id,
    }


def in_cases(place: Place) -> Q:
    """Cases of customers that lie in that scope as a whole."""
    if place.subscription is not None or place.domain is not None or place.mailbox is not None:
        return Q(pk__in=[])
    parts = {"customer": place.customer, "customer__reseller": place.reseller}
    return Q(**{name: value for name, value in parts.items() if value is not None})


@collection("cases", permission=READ, order=("-id",), shown=shown)
def cases(ask: Ask) -> QuerySet[Case]:
    """Cases of breach and security, the newest first; found by a part of their title."""
    rows = Case.objects.filter(conjunction(ask.scopes, in_cases)).select_related("customer", "service")
    return rows.filter(title__icontains=ask.search) if ask.search else rows
