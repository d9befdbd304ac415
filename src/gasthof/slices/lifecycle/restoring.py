"""What has ended comes back as a new service, of what was saved at its end: an ended one is never revived."""

from datetime import date

from gasthof.kernel.actions import Result
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.queries import kept
from gasthof.slices.subscriptions.actions import exports, places
from gasthof.slices.subscriptions.queries import Subscription


def restore(call: Call, service: Service, first_unpaid: date) -> Service:
    """A subscription with all that was in it, open, and the new service that it belongs to."""
    now, saved = call.clocks.business.now(), kept(service)
    if Service.objects.filter(customer=service.customer, type=service.type, name=service.name, ended=None).exists():
        raise Refused("There is a service of this name again already.").at("service")
    made: Result = exports.import_(call, export=saved)
    subscription = Subscription.objects.select_related("customer", "node", "plan").get(number=int(str(made["subscription"])[1:]))  # fmt: skip
    if subscription.suspended:
        places.resume(call, subscription=subscription)
    fresh = changing.begin(
        service.customer, service.type, service.name, now, version=policies.current(now), tld=service.tld,
        first_unpaid=first_unpaid, subscription=subscription.number,
    )  # fmt: skip
    changing.note(service, "restored", str(fresh.pk), now)
    return fresh
