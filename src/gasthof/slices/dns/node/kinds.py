"""What zones teach the agent: the zones, and the PowerDNS that serves them."""

from gasthof.agent.kinds import Fixture, Kind
from gasthof.slices.dns.node import facts, plan
from gasthof.slices.dns.node.pdns import PowerDns
from gasthof.slices.dns.spec import ZoneSpec

KINDS = (
    Kind(
        "dns.zone", ZoneSpec, 1, 15, lambda spec: str(spec.subscription),
        facts.zones, plan.zone, facts.present_zones, findings=facts.findings,
    ),
)  # fmt: skip
FIXTURES = (
    Fixture("dns.base", facts.base, plan.base),
    Fixture("dns.keys", facts.kept, plan.kept),
    Fixture("dns.server", facts.server, plan.server),
)
SERVICES = {"pdns": PowerDns.of}
