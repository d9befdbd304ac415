"""What happens to websites when domains and subscriptions come, go and are suspended."""

from gasthof.kernel.call import Call
from gasthof.kernel.values import DomainName
from gasthof.slices.domains.actions import claim
from gasthof.slices.domains.queries import Domain, in_use
from gasthof.slices.nodes.queries import php_versions
from gasthof.slices.subscriptions.queries import Subscription
from gasthof.slices.web import queries, rules
from gasthof.slices.web.actions.desired import tell_gone, tell_pool, tell_pools, tell_sites
from gasthof.slices.web.actions.zone import tell_zone
from gasthof.slices.web.models import Alias, ProtectedDirectory, Site


def make_site(call: Call, domain: Domain) -> None:
    """A new domain has a website, with its www name where that is free, and the newest PHP."""
    subscription = domain.subscription
    version = rules.newest(php_versions(subscription.node)) if subscription.plan.php else None
    site = Site.objects.create(
        domain=domain, docroot=rules.default_docroot(domain.name), php=version is not None, php_version=version or ""
    )
    _add_www(site)
    tell_sites(call, subscription, [site])
    if version is not None:
        tell_pool(call, subscription, version, used=not subscription.suspended)


def _add_www(site: Site) -> None:
    """Nobody else can have it: names below the domain's were looked at when that was claimed."""
    name = rules.www_name(site.domain.name)
    if name is None or in_use(DomainName(name)):
        return
    claim(site.domain, DomainName(name))
    Alias.objects.create(site=site, name=name)


def remove_site(call: Call, domain: Domain) -> None:
    """The website goes with its domain, and so does the protection of what only it showed."""
    subscription = domain.subscription
    site = Site.objects.get(domain=domain)
    for name in Alias.objects.filter(site=site).values_list("name", flat=True):
        tell_zone(call, DomainName(name))
    site.delete()
    if not queries.sites_showing(subscription, site.docroot).exists():
        queries.protected_below(subscription, site.docroot).delete()
    tell_gone(call, subscription, domain.name)
    tell_pools(call, subscription, [site.php_version])


def remove_protection(call: Call, subscription: Subscription) -> None:
    """A subscription goes; its domains take the websites with them."""
    ProtectedDirectory.objects.filter(subscription=subscription).delete()


def tell_all(call: Call, subscription: Subscription) -> None:
    """A subscription was suspended or resumed: suspended, its sites say so, and none of its PHP runs."""
    sites = list(queries.sites_of(subscription))
    tell_sites(call, subscription, sites)
    tell_pools(call, subscription, [site.php_version for site in sites if site.php])
