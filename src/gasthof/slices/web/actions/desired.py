"""Telling the node about websites and the PHP pools behind them."""

from collections.abc import Iterable

from gasthof.kernel.call import Call
from gasthof.slices.nodes.actions import desire
from gasthof.slices.subscriptions.queries import Subscription
from gasthof.slices.web import queries
from gasthof.slices.web.models import Site
from gasthof.slices.web.spec import PoolSpec

SITE, SITE_VERSION = "web.site", 1
POOL, POOL_VERSION = "web.pool", 1


def tell_sites(call: Call, subscription: Subscription, sites: Iterable[Site]) -> None:
    """The sites as they are now; their rows are saved already."""
    for spec in queries.site_specs(subscription, sites):
        desire(call, subscription.node, SITE, spec.name, spec, SITE_VERSION)


def tell_gone(call: Call, subscription: Subscription, name: str) -> None:
    desire(call, subscription.node, SITE, name, None, SITE_VERSION)


def tell_pools(call: Call, subscription: Subscription, versions: Iterable[str]) -> None:
    """A pool is there while a site of the subscription uses its version."""
    for version in sorted(set(versions) - {""}):
        tell_pool(call, subscription, version, used=queries.uses_php(subscription, version))


def tell_pool(call: Call, subscription: Subscription, version: str, *, used: bool) -> None:
    key = f"{version}/{subscription.system_name}"
    pool = PoolSpec(subscription.system_name, subscription.uid, version) if used else None
    desire(call, subscription.node, POOL, key, pool, POOL_VERSION)
