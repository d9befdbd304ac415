"""Services that are to be paid soon and cannot be, since nobody has said what they cost: they are put off, and staff are told."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.capability import Alarm
from gasthof.kernel.clock import Clocks
from gasthof.slices.billing.queries import asked_by_hand
from gasthof.slices.lifecycle.queries import Service, policy_of
from gasthof.slices.renewals import rules
from gasthof.slices.renewals.asking import today
from gasthof.slices.renewals.carrying import OURS
from gasthof.slices.renewals.models import Agreement, Asked, Price
from gasthof.slices.renewals.wording import called

LEAD = timedelta(days=rules.LEAD)
GOES_ON = Q(ends_on__isnull=True) | Q(ends_on__gt=F("first_unpaid"))
Kind = tuple[str, str]  # type, TLD as an A-label


def unpayable(day: date, among: Collection[int] | None = None) -> list[int]:
    """Hook: services by their number whose unpaid time begins by that day; `among`: of these alone, also where their end is wished for before."""
    return [service.pk for service in _unpriced(day, GOES_ON if among is None else Q(pk__in=among))]


def alarms(clocks: Clocks = SYSTEM_CLOCKS) -> list[Alarm]:
    """A month ahead, one for each kind of service, those first that have to be paid first."""
    kinds: dict[Kind, list[Service]] = {}
    for service in _unpriced(rules.from_now(today(clocks))):
        kinds.setdefault((service.type, service.tld), []).append(service)
    return [_alarm(kind, listed) for kind, listed in kinds.items()]


def _unpriced(day: date, which: Q = GOES_ON) -> list[Service]:
    """Neither the list nor an agreement has a price, and no proforma has asked for one."""
    priced = Price.objects.filter(Q(tld="") | Q(tld=OuterRef("tld")), type=OuterRef("type"))
    agreed = Agreement.objects.filter(service=OuterRef("pk"))
    asked = Asked.objects.filter(service=OuterRef("pk"), first_unpaid=OuterRef("first_unpaid"))
    near = Service.objects.filter(which, ended=None, first_unpaid__lte=day)
    rows = near.filter(~Exists(priced), ~Exists(agreed), ~Exists(asked)).select_related("policy")
    found = list(rows.order_by("first_unpaid", "pk"))
    by_hand = asked_by_hand([f"{OURS}{row.pk}" for row in found])
    return [row for row in found if (f"{OURS}{row.pk}", row.first_unpaid) not in by_hand]


def _alarm(kind: Kind, listed: list[Service]) -> Alarm:
    first = listed[0]
    day = first.first_unpaid or date.max
    known = {"day": date_format(day, "DATE_FORMAT"), "count": len(listed)}
    if len(listed) == 1:
        said = _("One service has to be paid from %(day)s on, and nobody can pay it.") % known
    else:
        said = _("%(count)d services have to be paid, the first from %(day)s on, and nobody can pay them.") % known
    waits = not policy_of(first).of(*kind).registry_clock
    then = (
        _("Until there is a price, that day is put off.") if waits else _("Their registry does not wait for a price.")
    )
    since = datetime.combine(day - LEAD, time.min, ZoneInfo(settings.TIME_ZONE))
    title = _("Nobody has said what this costs: %(kind)s") % {"kind": called(*kind)}
    return Alarm(title, f"{said} {then}", since, reverse("renewals:set_price"))
