"""What websites want in the zones of domains."""

from gasthof.kernel.call import Call
from gasthof.kernel.values import DomainName
from gasthof.slices.dns.actions import refresh_zone
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.domains.queries import Domain, claims_within

TTL = 3_600  # seconds


def records(domain: Domain) -> list[RecordSpec]:
    """Addresses (RFC 1035 section 3.4.1, RFC 3596) of every website's name in the domain, whichever site it leads to."""
    found = []
    for claim in claims_within(domain.value):
        node = claim.domain.subscription.node
        for kind, address in (("A", node.ipv4), ("AAAA", node.ipv6)):
            if address:
                found.append(RecordSpec(claim.name, kind, TTL, (address,)))
    return found


def tell_zone(call: Call, name: DomainName) -> None:
    """A website's name came or went: the zone that it stands in, of whichever domain of the house, is made anew."""
    above = Domain.objects.filter(name__in=[name.ascii, *name.above]).select_related("subscription__node")
    domain = max(above, key=lambda each: len(each.name), default=None)
    if domain is not None:
        refresh_zone(call, domain)
