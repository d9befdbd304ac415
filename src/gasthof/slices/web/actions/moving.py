"""The settings of a subscription's websites as an export holds them, and made anew of one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName, RelativePath
from gasthof.slices.domains.actions import check_free, claim, unclaim
from gasthof.slices.subscriptions.queries import Subscription
from gasthof.slices.web import queries, rules
from gasthof.slices.web.actions.desired import tell_pools, tell_sites
from gasthof.slices.web.actions.sites import check_aliases
from gasthof.slices.web.actions.zone import tell_zone
from gasthof.slices.web.models import Alias, ProtectedDirectory, ProtectedUser, Site

FIELDS = ("docroot", "preferred", "https_redirect", "php", "php_version", "php_settings", "front_controller")
Settings = dict[str, Any]


def export(subscription: Subscription) -> Settings:
    """Hook: sites by domain with their further names, and protected directories with hashes."""
    sites = queries.sites_of(subscription).order_by("domain__pk")
    return {
        "sites": {site.domain.name: _site(site) for site in sites},
        "protected": [
            {"path": each.path, "title": each.title, "users": {user.name: user.hash for user in each.users}}
            for each in queries.directories(subscription)
        ],
    }


def _site(site: Site) -> Settings:
    aliases = [name for name in queries.hosts_of(site) if name != site.domain.name]
    return {field: getattr(site, field) for field in FIELDS} | {"aliases": aliases}


def restore(call: Call, subscription: Subscription, settings: Settings) -> None:
    """Hook: the sites that came with their domains become as they were. Raises Refused, about the part of that name.

    A PHP version that the node has no longer stays chosen, as it would have.
    """
    sites = {site.domain.name: site for site in queries.sites_of(subscription)}
    versions = {site.php_version for site in sites.values()}
    for name, wanted in settings["sites"].items():
        _give_up_names(call, sites[name], wanted["aliases"])
    for name, wanted in settings["sites"].items():
        with _about(DomainName(name).unicode):
            _become(call, subscription, sites[name], wanted)
    _protect(subscription, settings["protected"])
    tell_sites(call, subscription, sites.values())
    tell_pools(call, subscription, versions | {site.php_version for site in sites.values()})


@contextmanager
def _about(part: str) -> Iterator[None]:
    try:
        yield
    except Refused as refusal:
        refusal.part = part
        raise


def _give_up_names(call: Call, site: Site, wanted: list[str]) -> None:
    """Before any is claimed: a new site's www name may be another one's alias."""
    for name in set(queries.hosts_of(site)) - {site.domain.name, *wanted}:
        unclaim(site.domain, DomainName(name))
        Alias.objects.filter(site=site, name=name).delete()
        tell_zone(call, DomainName(name))


def _become(call: Call, subscription: Subscription, site: Site, wanted: Settings) -> None:
    rules.check_docroot(RelativePath.parse(wanted["docroot"]))
    rules.php_settings(wanted["php_settings"])
    if wanted["php"] and not subscription.plan.php:
        raise Refused("The plan does not include PHP.")
    site.domain.subscription = subscription
    own = {name for name in wanted["aliases"] if name != rules.www_name(site.domain.name)}
    check_aliases(subscription, len(own))
    for name in sorted(set(wanted["aliases"]) - set(queries.hosts_of(site))):
        check_free(call, subscription.customer_id, DomainName(name))
        claim(site.domain, DomainName(name))
        Alias.objects.create(site=site, name=name)
        tell_zone(call, DomainName(name))
    for field in FIELDS:
        setattr(site, field, wanted[field])
    site.save()


def _protect(subscription: Subscription, directories: list[Settings]) -> None:
    limit = subscription.plan.protected_directories
    if len(directories) > limit:
        raise Refused("The plan’s limit of protected directories is reached: %(limit)d.", limit=limit)
    for each in directories:
        with _about(each["path"]):
            path = rules.check_protected(RelativePath.parse(each["path"]))
        row = ProtectedDirectory.objects.create(subscription=subscription, path=path, title=each["title"])
        ProtectedUser.objects.bulk_create(
            ProtectedUser(directory=row, name=name, hash=hash_) for name, hash_ in each["users"].items()
        )
