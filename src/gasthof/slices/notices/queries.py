"""Reads of notices."""

from typing import Annotated

from django.db.models import Q, QuerySet

from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import Actor, Place, reaches
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.lifecycle.queries import Service, in_services
from gasthof.slices.notices.models import Notice

READ, MANAGE = "notices.read", "notices.manage"


def find_notice(actor: Actor, text: str) -> Notice | None:
    """By number. Locked for a change."""
    if not is_number(text):
        return None
    chosen = Notice.objects.select_related("service__customer").select_for_update(of=("self",), no_key=True)
    found = chosen.filter(pk=int(text)).first()
    return found if found and reaches(actor, found.place) else None


_NOTICE = Reference("notice", find_notice, lambda row: row.place, "number of the notice")
NoticeRef = Annotated[Notice, _NOTICE]


def in_notices(place: Place) -> Q:
    """Notices of services that lie in that scope."""
    parts = {"customer": place.customer, "customer__reseller": place.reseller}
    if place.subscription is None and place.domain is None and place.mailbox is None:
        return Q(**{name: value for name, value in parts.items() if value is not None})
    return Q(service__in=Service.objects.filter(in_services(place)))


def shown(notice: Notice) -> dict[str, object]:
    return {
        "notice": notice.pk,
        "service": notice.service_id,
        "name": notice.name,
        "state": notice.state,
        "due": notice.due.isoformat(),
        "subject": notice.subject,
        "text": notice.text,
        "displayed": notice.displayed.isoformat(timespec="seconds") if notice.displayed else None,
    }


@collection("notices", permission=READ, order=("-id",), shown=shown)
def notices(ask: Ask) -> QuerySet[Notice]:
    """Notices of what will happen to services, the newest first; found by a part of their subject, or a state."""
    rows = Notice.objects.filter(conjunction(ask.scopes, in_notices)).exclude(state=Notice.OVERTAKEN)
    rows = rows.select_related("service", "customer")
    return rows.filter(Q(subject__icontains=ask.search) | Q(state=ask.search)) if ask.search else rows
