"""What has ended comes back as a new service, of what was saved at its end: an ended one is never revived."""

from datetime import date

from django.db.models import Q

from gasthof.kernel.actions import Result
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.included import INCLUDED
from gasthof.slices.lifecycle.keeping import SUBSERVER, kept_subservers, saved_of
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.subservers import returned_parent
from gasthof.slices.subscriptions.actions import exports, places
from gasthof.slices.subscriptions.queries import Subscription


def restore(call: Call, service: Service, first_unpaid: date) -> Service:
    """A new service, with all that was in its subscription; and each subserver that is still kept (spec L15, L19)."""
    saved_of(service)
    if service.type == SUBSERVER:
        return _again(call, service, None, returned_parent(service))
    fresh = _again(call, service, first_unpaid, None)
    for subserver in kept_subservers(service):
        _again(call, subserver, None, fresh)
    return fresh


def still_off(restored: Service) -> list[Service]:
    """Of what came back those whose places a person had switched off before: they stay so (spec L19)."""
    rows = Service.objects.filter(Q(pk=restored.pk) | Q(parent=restored), subscription__paused=True)
    return list(rows.exclude(type__in=INCLUDED).order_by("pk"))


def _again(call: Call, service: Service, first_unpaid: date | None, parent: Service | None) -> Service:
    now = call.clocks.business.now()
    if Service.objects.filter(customer=service.customer, type=service.type, name=service.name, ended=None).exists():
        raise Refused("There is a service of this name again already.").at("service")
    fresh = changing.begin(
        service.customer, service.type, service.name, now, version=policies.current(now), tld=service.tld,
        first_unpaid=first_unpaid, parent=parent, subscription=_subscription(call, service),
    )  # fmt: skip
    changing.note(service, "restored", str(fresh.pk), now)
    return fresh


def _subscription(call: Call, service: Service) -> int | None:
    """Imported, and open unless a person had switched it off; None: only its subservers have a place."""
    saved = saved_of(service)
    if saved is None:
        return None
    made: Result = exports.import_(call, export=saved)
    subscription = Subscription.objects.select_related("customer", "node", "plan").get(number=int(str(made["subscription"])[1:]))  # fmt: skip
    if subscription.suspended and not saved.paused:
        places.resume(call, subscription=subscription)
    return subscription.number
