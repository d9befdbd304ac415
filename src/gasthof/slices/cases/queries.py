"""Reads of cases."""

from datetime import datetime
from typing import Annotated, Any

from django.db.models import Q, QuerySet

from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import EVERYWHERE, Actor, Place, reaches
from gasthof.kernel.refusal import Refused
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.cases import rules
from gasthof.slices.cases.models import Case, Step, Terms
from gasthof.slices.mail.queries import readable

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
    "waiting_number",
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


def fee_owed(case: Case, now: datetime) -> bool:
    """Whether its lock waits for a fee: one that is invoiced and not paid, or one that is yet to be invoiced."""
    state = case.proforma.state if case.proforma else ""
    return case.held and state != "paid" and (state == "open" or bool(fee_reasons(case, now)))


def withholds(customer: int, name: str) -> Refused | None:
    """Hook: an address that a case has locked, or the domain of one, when that mailbox has gone meanwhile."""
    meant = Q(mailbox=name) if "@" in name else Q(mailbox__endswith=f"@{name}")
    found = Case.objects.filter(meant, customer=customer, locked=True).order_by("pk").first()
    if found is None:
        return None
    return Refused(
        "The address %(mailbox)s is locked by the case V-%(number)d: it comes back once that case lets go of it.",
        mailbox=readable(found.mailbox), number=found.pk,
    )  # fmt: skip


def end_proposed_by(case: Case) -> str:
    """Who has proposed an end at once that nobody has confirmed; "" for nobody, and to all but the house."""
    last = case.steps.filter(what__in=("end_proposed", "end_confirmed")).order_by("pk").last()
    return person_of(last.by) if last and last.what == "end_proposed" else ""


def person_of(by: str) -> str:
    """Who acted, by whatever token: two tokens of one person are one person."""
    return by.partition("/")[0]


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


def waiting_number() -> int:
    """Open cases, for the house's overview."""
    return Case.objects.filter(closed=None).count()


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
