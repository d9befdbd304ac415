"""What was set in a zone outlives it, in the account of the customer who set it, and can be set again there (spec L13)."""

import msgspec

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.dns import queries
from gasthof.slices.dns.actions.change import about, begin, finish, settled
from gasthof.slices.dns.models import FormerZone
from gasthof.slices.dns.queries import FormerRef
from gasthof.slices.dns.rules.zone import key
from gasthof.slices.domains.queries import Domain, DomainRef

MOST_KEPT = 10  # of one name, for one customer


def keep(call: Call, domain: Domain) -> None:
    """Before its zone goes, or becomes as new. What is kept already is not kept twice."""
    records = msgspec.to_builtins(queries.own_records(queries.zone_of(domain)))
    if not records:
        return
    before = FormerZone.objects.filter(customer=domain.customer_id, name=domain.name)
    before.filter(records=records).delete()
    FormerZone.objects.create(
        customer_id=domain.customer_id, name=domain.name, unicode=domain.unicode, removed=call.clocks.wall.now(), records=records
    )  # fmt: skip
    kept = list(before.order_by("-pk").values_list("pk", flat=True)[:MOST_KEPT])
    before.exclude(pk__in=kept).delete()


@action("dns.reset", permission="dns.manage", on="domain")
def reset(call: Call, *, domain: DomainRef) -> Result:
    """Let a zone be as a new one, with defaults alone. What was set in it stays in the account of its customer, and can be set again."""
    keep(call, domain)
    draft = begin(call, domain)
    draft.own = {}
    return finish(draft, "reset")


@action("dns.restore_former", permission="dns.write", on="domain")
def restore_former(call: Call, *, domain: DomainRef, former: FormerRef) -> Result:
    """Set again what was set in the zone that this domain had before it was deleted or became as new, in place of what is set now."""
    if (former.customer_id, former.name) != (domain.customer_id, domain.name):
        raise Refused("This is no former zone of this domain.").at("former")
    draft = begin(call, domain)
    with about("former"):
        was = [settled(domain.name, each) for each in queries.records_of(former)]
        draft.own = {key(each): each for each in was}
        return finish(draft, "restored")
