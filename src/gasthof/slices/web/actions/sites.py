"""Verbs on websites and their further names."""

from typing import Annotated

from gasthof.kernel import registry
from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Unchanged
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName, RelativePath
from gasthof.slices.domains.actions import check_free, claim, unclaim
from gasthof.slices.domains.queries import Domain, DomainRef
from gasthof.slices.nodes.queries import php_versions
from gasthof.slices.subscriptions.queries import Subscription, check_changeable
from gasthof.slices.web import queries, rules
from gasthof.slices.web.actions.desired import tell_pools, tell_sites
from gasthof.slices.web.actions.zone import tell_zone
from gasthof.slices.web.models import Alias, Site
from gasthof.slices.web.values import PhpSettings, PhpVersion


@action("web.change_site", permission="web.write", on="domain")
def change_site(
    call: Call,
    *,
    domain: DomainRef,
    docroot: Annotated[RelativePath | Unchanged, "document root, below web/"] = UNCHANGED,
    preferred: Annotated[DomainName | Unchanged | None, "host name that the others lead to; empty: none"] = UNCHANGED,
    https_redirect: Annotated[bool | Unchanged, "lead visitors from http to https"] = UNCHANGED,
    php: Annotated[bool | Unchanged, "run PHP"] = UNCHANGED,
    php_version: Annotated[PhpVersion | Unchanged, "PHP version, one that the node offers"] = UNCHANGED,
    php_settings: Annotated[PhpSettings | Unchanged, "name=value, …; an empty value is the default"] = UNCHANGED,
    front_controller: Annotated[bool | Unchanged, "hand what is not a file to index.php"] = UNCHANGED,
) -> Result:
    """Change the settings of a website; what is not given stays."""
    site = _site(call, domain)
    before = site.php_version
    if docroot is not UNCHANGED:
        site.docroot = _docroot(str(docroot))
    if preferred is not UNCHANGED:
        site.preferred = _preferred(site, preferred)
    if https_redirect is not UNCHANGED:
        site.https_redirect = https_redirect
    if front_controller is not UNCHANGED:
        site.front_controller = front_controller
    if php_settings is not UNCHANGED:
        merged = site.php_settings | php_settings
        site.php_settings = {name: value for name, value in merged.items() if value is not None}
    _choose_php(site, php, php_version)
    site.save()
    tell_sites(call, domain.subscription, [site])
    tell_pools(call, domain.subscription, {before, site.php_version})
    return shown(site)


@action("web.add_alias", permission="web.write", on="domain")
def add_alias(
    call: Call,
    *,
    domain: DomainRef,
    name: Annotated[DomainName, "further host name"],
) -> Result:
    """Let a website answer to a further host name."""
    site = _site(call, domain)
    own = Alias.objects.filter(site=site).exclude(name=rules.www_name(domain.name) or "")
    check_aliases(domain.subscription, own.count() + 1)
    registry.check_comes(call, domain.subscription.customer_id, name.ascii, "name")
    check_free(call, domain.subscription.customer_id, name)
    claim(domain, name)
    Alias.objects.create(site=site, name=name.ascii)
    tell_zone(call, name)
    tell_sites(call, domain.subscription, [site])
    return shown(site)


@action("web.remove_alias", permission="web.write", on="domain")
def remove_alias(
    call: Call,
    *,
    domain: DomainRef,
    name: Annotated[DomainName, "further host name, or the www name"],
) -> Result:
    """Take a further host name away from a website."""
    site = _site(call, domain)
    registry.check_goes(call, domain.subscription, name.ascii, "name")
    if not unclaim(domain, name):
        raise Refused("The website has no such further name.").at("name")
    Alias.objects.filter(site=site, name=name.ascii).delete()
    tell_zone(call, name)
    if site.preferred == name.ascii:
        site.preferred = None
        site.save(update_fields=["preferred"])
    tell_sites(call, domain.subscription, [site])
    return shown(site)


def check_aliases(subscription: Subscription, count: int) -> None:
    """Whether a site may have so many further names besides its www name. Raises Refused."""
    limit = subscription.plan.aliases
    if count > limit:
        raise Refused("The plan’s limit of further names is reached: %(limit)d.", limit=limit).at("name")


def _site(call: Call, domain: Domain) -> Site:
    check_changeable(call, domain.subscription)
    site = Site.objects.get(domain=domain)
    site.domain = domain
    return site


def _docroot(path: str) -> str:
    try:
        return rules.check_docroot(path)
    except Refused as refusal:
        raise refusal.at("docroot") from refusal


def _preferred(site: Site, name: DomainName | None) -> str | None:
    if name is not None and name.ascii not in queries.hosts_of(site):
        raise Refused("The website has no such name.").at("preferred")
    return name.ascii if name else None


def _choose_php(site: Site, php: bool | Unchanged, version: str | Unchanged) -> None:
    """Only what is asked for is checked: a version that left the node does not hold up other changes."""
    if php is not UNCHANGED:
        site.php = php
    if version is not UNCHANGED:
        site.php_version = str(version)
    if not site.php or (php is UNCHANGED and version is UNCHANGED):
        return
    subscription = site.domain.subscription
    offered = php_versions(subscription.node)
    site.php_version = site.php_version or rules.newest(offered) or ""
    if not subscription.plan.php:
        raise Refused("The plan does not include PHP.").at("php")
    if site.php_version not in offered:
        raise Refused("The node offers these PHP versions: %(versions)s.", versions=", ".join(offered) or "–").at(
            "php_version"
        )


def shown(site: Site) -> Result:
    """A site as its verbs answer, names as people read them."""
    return {
        "domain": site.domain.value.unicode,
        "names": [DomainName(name).unicode for name in queries.hosts_of(site)],
        "docroot": site.docroot,
        "preferred": DomainName(site.preferred).unicode if site.preferred else None,
        "https_redirect": site.https_redirect,
        "php": site.php_version if site.php else None,
        "php_settings": dict(site.php_settings),
        "front_controller": site.front_controller,
    }
