"""Reads of websites, and what a node is told about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.values import DomainName
from gasthof.slices.domains.queries import Domain, in_domains
from gasthof.slices.nodes.queries import Progress, failed, findings, progress_of
from gasthof.slices.subscriptions.queries import Subscription, in_subscriptions
from gasthof.slices.web import rules
from gasthof.slices.web.models import Alias, ProtectedDirectory, ProtectedUser, Site
from gasthof.slices.web.spec import Php, SiteSpec
from gasthof.slices.web.spec import ProtectedUser as UserSpec


def sites_of(subscription: Subscription) -> QuerySet[Site]:
    return Site.objects.filter(domain__subscription=subscription).select_related("domain")


def sites_showing(subscription: Subscription, path: str) -> QuerySet[Site]:
    """Sites of whose document root the directory is equal, above or below."""
    above = Q(docroot__in=_with_parents(path))
    return sites_of(subscription).filter(above | Q(docroot__startswith=f"{path}/"))


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]


def directories(subscription: Subscription) -> list[rules.Directory]:
    """All protected directories of the subscription with their users, in a settled order."""
    rows = ProtectedDirectory.objects.filter(subscription=subscription).order_by("path")
    users: dict[int, list[UserSpec]] = {row.pk: [] for row in rows}
    for user in ProtectedUser.objects.filter(directory__subscription=subscription).order_by("name") if users else ():
        users[user.directory_id].append(UserSpec(user.name, user.hash))
    return [rules.Directory(row.path, row.title, tuple(users[row.pk])) for row in rows]


def protected_below(subscription: Subscription, path: str) -> QuerySet[ProtectedDirectory]:
    """Protected directories that are this directory or lie below it."""
    below = Q(path=path) | Q(path__startswith=f"{path}/")
    return ProtectedDirectory.objects.filter(below, subscription=subscription)


@dataclass(frozen=True)
class Standing:
    """A domain's website as its card tells of it."""

    site: Site
    aliases: int
    progress: Progress


def standings(domains: Sequence[Domain]) -> dict[int, Standing]:
    """By the domain's number; a fixed number of queries for each node, however many domains."""
    sites = list(Site.objects.filter(domain__in=domains))
    counted = Alias.objects.filter(site__in=sites).values_list("site").annotate(Count("pk")).order_by()
    aliases = dict(counted)
    names = {domain.pk: (domain.subscription.node_id, "web.site", domain.name, 0) for domain in domains}
    found = progress_of([names[site.domain_id] for site in sites])
    return {
        site.domain_id: Standing(site, aliases.get(site.pk, 0), progress)
        for site, progress in zip(sites, found, strict=True)
    }


def hosts_of(site: Site) -> tuple[str, ...]:
    """The domain's name, then the others by name, as A-labels."""
    return _hosts([site])[site.pk]


def _hosts(sites: Iterable[Site]) -> dict[int, tuple[str, ...]]:
    names: dict[int, tuple[str, ...]] = {site.pk: (site.domain.name,) for site in sites}
    for site, name in Alias.objects.filter(site__in=names).order_by("name").values_list("site_id", "name"):
        names[site] += (name,)
    return names


def site_specs(subscription: Subscription, sites: Iterable[Site]) -> list[SiteSpec]:
    """What the node is told: complete, so that the node looks nothing up."""
    rows = list(sites)
    hosts, protected = _hosts(rows), directories(subscription)
    return [_site_spec(subscription, site, hosts[site.pk], protected) for site in rows]


def _site_spec(
    subscription: Subscription, site: Site, hosts: tuple[str, ...], protected: list[rules.Directory]
) -> SiteSpec:
    return SiteSpec(
        name=site.domain.name,
        subscription=subscription.system_name,
        uid=subscription.uid,
        docroot=site.docroot,
        hosts=hosts,
        preferred=site.preferred,
        https_redirect=site.https_redirect,
        php=Php(site.php_version, rules.php_settings(site.php_settings)) if site.php else None,
        front_controller=site.front_controller,
        protections=rules.protections(site.docroot, protected),
        suspended=subscription.suspended,
    )


def uses_php(subscription: Subscription, version: str) -> bool:
    """Whether a pool of this version should be there; not while the subscription is suspended."""
    return not subscription.suspended and sites_of(subscription).filter(php=True, php_version=version).exists()


def usage(subscription: Subscription) -> dict[str, int]:
    """Hook: what the files of the websites take up, once the node has measured them."""
    name = subscription.system_name
    size = findings(subscription.node, "subscriptions.home", [name]).get(name, {}).get("bytes")
    return {"web": size} if isinstance(size, int) else {}


def health(subscription: Subscription) -> list[str]:
    """Hook: what the node could not do about the sites and pools, in its words."""
    sites = list(sites_of(subscription))
    pools = {f"{site.php_version}/{subscription.system_name}" for site in sites if site.php_version}
    found = failed(subscription.node, "web.site", [site.domain.name for site in sites])
    found += failed(subscription.node, "web.pool", sorted(pools))
    return [f"{DomainName(each.key).unicode if each.kind == 'web.site' else each.key}: {each.words}" for each in found]


def shown(site: Site) -> dict[str, object]:
    return {
        "domain": site.domain.unicode,
        "ascii": site.domain.name,
        "docroot": site.docroot,
        "preferred": site.preferred,
        "aliases": sorted(alias.name for alias in site.aliases.all()),
        "https_redirect": site.https_redirect,
        "php": site.php_version if site.php else None,
        "php_settings": site.php_settings,
        "front_controller": site.front_controller,
    }


@collection("sites", permission="web.read", order=("domain__unicode",), shown=shown)
def sites(ask: Ask) -> QuerySet[Site]:
    """Websites with their settings, found by any part of their domain's name."""
    rows = Site.objects.filter(conjunction(ask.scopes, lambda place: in_domains(place, "domain__")))
    text = ask.search.lower()
    named = Q(domain__unicode__contains=text) | Q(domain__name__contains=text)
    return rows.filter(named if text else Q()).select_related("domain").prefetch_related("aliases")


def shown_directory(directory: ProtectedDirectory) -> dict[str, object]:
    return {
        "subscription": directory.subscription.system_name,
        "path": directory.path,
        "title": directory.title,
        "users": sorted(user.name for user in directory.users.all()),
    }


@collection(
    "protected_directories",
    permission="web.read",
    order=("subscription_id", "path"),
    shown=shown_directory,
)
def protected_directories(ask: Ask) -> QuerySet[ProtectedDirectory]:
    """Protected directories with the names of their users, found by part of their path or title."""
    where = conjunction(ask.scopes, lambda place: in_subscriptions(place, "subscription__"))
    rows = ProtectedDirectory.objects.filter(where).select_related("subscription").prefetch_related("users")
    return rows.filter(Q(path__contains=ask.search) | Q(title__icontains=ask.search)) if ask.search else rows
