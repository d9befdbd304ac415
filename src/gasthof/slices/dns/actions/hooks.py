"""What happens to zones when domains come and go, and when machines move."""

from gasthof.kernel.call import Call
from gasthof.slices.dns.actions.former import keep
from gasthof.slices.dns.actions.told import refresh_parent, refresh_zone, tell_gone
from gasthof.slices.dns.models import Zone
from gasthof.slices.domains.queries import Domain


def make_zone(call: Call, domain: Domain) -> None:
    """A new domain has a zone, and a zone above it hands its name over."""
    Zone.objects.create(domain=domain, serial=0, digest="")
    refresh_zone(call, domain)
    refresh_parent(call, domain)


def remove_zone(call: Call, domain: Domain) -> None:
    """The zone goes with its domain, and its key with it: somebody ordered that. What was set in it stays the customer's."""
    keep(call, domain)
    Zone.objects.filter(domain=domain).delete()
    tell_gone(call, domain)
    refresh_parent(call, domain)


def follow(call: Call, domain: Domain) -> None:
    """Name servers and default records may name a machine that has moved, of whichever subscription."""
    refresh_zone(call, domain)
