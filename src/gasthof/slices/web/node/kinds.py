"""What websites teach the agent: pools, sites, and the nginx that serves them."""

from gasthof.agent.kinds import Fixture, Kind
from gasthof.slices.web.activator.builds import installed_versions
from gasthof.slices.web.node import facts, plan
from gasthof.slices.web.node.services import RELOADS, SERVICES, TOOLS
from gasthof.slices.web.spec import PoolSpec, SiteSpec

__all__ = ["FIXTURES", "KINDS", "OFFERS", "RELOADS", "SERVICES", "TOOLS"]

KINDS = (
    Kind("web.pool", PoolSpec, 1, 20, lambda spec: str(spec.subscription), facts.pools, plan.pool, facts.present_pools),
    Kind("web.site", SiteSpec, 1, 30, lambda spec: str(spec.subscription), facts.sites, plan.site, facts.present_sites),
)
FIXTURES = (
    Fixture("web.base", facts.base, plan.base),
    Fixture("web.nginx", facts.nginx, plan.nginx),
)
OFFERS = {"php": lambda prefix: list(installed_versions(prefix))}
