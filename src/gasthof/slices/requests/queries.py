"""Reads of requests."""

from datetime import date, datetime
from typing import Annotated, Any

from django.conf import settings
from django.db.models import Exists, Q, QuerySet

from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import HOUSE, Actor, Place, reaches
from gasthof.slices.accounts.queries import Customer, in_customers, is_number
from gasthof.slices.cases.queries import open_cases
from gasthof.slices.lifecycle.queries import INCLUDED, Service
from gasthof.slices.lifecycle.rules.days import day_of
from gasthof.slices.requests import rules
from gasthof.slices.requests.models import Request

READ, WRITE, CONFIRM, VOUCH, MANAGE = (
    "requests.read", "requests.write", "requests.confirm", "requests.vouch", "requests.manage",
)  # fmt: skip


def find_request(actor: Actor, text: str) -> Request | None:
    """By number. Locked for a change."""
    rows = Request.objects.select_related("customer", "service", "case", "proforma").select_for_update(of=("self",))
    found = rows.filter(pk=int(text)).first() if is_number(text) else None
    return found if found and reaches(actor, found.place) else None


RequestRef = Annotated[Request, Reference("request", find_request, lambda row: row.place, "number of the request")]


def in_person(actor: Actor) -> bool:
    """Whether that is the customer. Operators and resellers hold the permission to confirm, since they give it; they do not use it."""
    return actor.role in ("owner", "user") and not actor.behind


def today(now: datetime) -> date:
    return day_of(now, settings.TIME_ZONE)


def services_for(kind: str, customer: int) -> QuerySet[Service]:
    """Services that a request of that kind may be about."""
    rows = Service.objects.filter(customer=customer)
    rows = rows.exclude(type__in=INCLUDED, **({"held": False} if kind == rules.MENDED else {}))
    if kind == rules.RESTORE:
        return rows.exclude(ended=None).order_by("-ended", "-pk")
    if kind == rules.WITHDRAW:
        return rows.filter(ended=None).exclude(ends_on=None).order_by("pk")
    return (rows if kind == rules.BACKUP else rows.filter(ended=None)).order_by("pk")


def kinds_of_use(customer: int) -> set[str]:
    """Of requests: those that there is a service or an open case for, and a message always. One query."""
    asks = {kind: Exists(services_for(kind, customer).order_by()) for kind in rules.OF_SERVICES}
    asks[rules.MENDED] = Exists(open_cases(customer))
    found = Customer.objects.filter(number=customer).values(**asks).get()
    return {rules.MESSAGE, *(kind for kind, some in found.items() if some)}


def shown(request: Request) -> dict[str, Any]:
    quote = request.offered
    return {
        "request": request.pk,
        "customer": request.customer_id,
        "service": request.service_id,
        "case": request.case_id,
        "kind": request.kind,
        "state": request.state,
        "on": request.on.isoformat() if request.on else None,
        "words": request.words,
        "net": quote.total if quote else None,
        "currency": quote.currency if quote else None,
        "drafted": request.drafted.isoformat(timespec="seconds"),
        "confirmed": request.confirmed.isoformat(timespec="seconds") if request.confirmed else None,
        "proforma": request.proforma_id,
        "restored": request.restored_id,
        "onto": request.onto_id,
        "mail": request.mail,
    }


def in_requests(place: Place) -> Q:
    """Requests of customers that lie in that scope."""
    return in_customers(place, "customer__")


@collection("requests", permission=READ, order=("-id",), shown=shown)
def requests(ask: Ask) -> QuerySet[Request]:
    """Requests and messages to support, the newest first; found by a part of their words or of the service’s name."""
    return _found(Request.objects.filter(conjunction(ask.scopes, in_requests)), ask.search)


@collection("waiting_requests", permission=MANAGE, order=("id",), shown=shown)
def waiting_requests(ask: Ask) -> QuerySet[Request]:
    """Requests that wait for staff, the oldest first."""
    rows = Request.objects.filter(state__in=rules.FOR_STAFF)
    return _found(rows, ask.search) if all(HOUSE in scopes for scopes in ask.scopes) else rows.none()


def waiting_number() -> int:
    """For the house's overview."""
    return Request.objects.filter(state__in=rules.FOR_STAFF).count()


def _found(rows: QuerySet[Request], search: str) -> QuerySet[Request]:
    wanted = Q(words__icontains=search) | Q(service__unicode__icontains=search)
    return (rows.filter(wanted) if search else rows).select_related("customer", "service", "case")
