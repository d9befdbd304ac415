"""The part of a file (docs/apply.md) that says what websites are like, and which directories are protected."""

from collections.abc import Iterator

from gasthof.kernel.sheet import Sheet, Step
from gasthof.kernel.values import DomainName, RelativePath, UserName
from gasthof.slices.domains.queries import described
from gasthof.slices.subscriptions.queries import Subscription
from gasthof.slices.web.models import ProtectedDirectory, Site
from gasthof.slices.web.queries import sites_of

FIELDS = ("docroot", "preferred", "https_redirect", "php", "php_version", "php_settings", "front_controller")


def apply(sheet: Sheet, subscription: Subscription, prune: bool) -> Iterator[Step]:
    """Hook."""
    there = {site.domain.name: site for site in sites_of(subscription)}
    for name, inner in described(sheet):
        yield from _aliases(name, inner, there.get(name.ascii), prune)
        yield from _settings(name, inner, there.get(name.ascii))
    yield from _directories(sheet, subscription, prune)


def _settings(name: DomainName, inner: Sheet, site: Site | None) -> Iterator[Step]:
    given = inner.get("site")
    if given is None:
        return
    now = {field: getattr(site, field) for field in FIELDS} if site else {}
    changed = given.differing("web.change_site", FIELDS, now)
    if changed:
        yield Step("web.change_site", {"domain": name.unicode, **changed}, given.line)


def _aliases(name: DomainName, inner: Sheet, site: Site | None, prune: bool) -> Iterator[Step]:
    """The www name comes with the domain: it stays unless somebody takes it away by hand."""
    given = inner.get("aliases")
    wanted = {each.parsed(DomainName.parse): each.line for each in (given.items() if given else [])}
    there = {DomainName(alias.name) for alias in site.aliases.all()} if site else set()
    for alias, line in wanted.items():
        if alias not in there and (site or alias.ascii != f"www.{name.ascii}"):
            yield Step("web.add_alias", {"domain": name.unicode, "name": alias.unicode}, line)
    if prune:
        for alias in sorted(there - wanted.keys() - {DomainName(f"www.{name.ascii}")}):
            yield Step("web.remove_alias", {"domain": name.unicode, "name": alias.unicode}, inner.line, removes=True)


def _directories(sheet: Sheet, subscription: Subscription, prune: bool) -> Iterator[Step]:
    rows = ProtectedDirectory.objects.filter(subscription=subscription).prefetch_related("users")
    there = {row.path: row for row in rows}
    wanted = sheet.named("directories", RelativePath.parse)
    for path, inner in wanted:
        row = there.get(path)
        place = {"subscription": subscription.system_name, "path": str(path)}
        changed = inner.differing("web.protect", ("title",), {"title": row.title} if row else {})
        if row is None or changed:
            yield Step("web.protect", place | changed, inner.line)
        yield from _users(place, inner, {user.name for user in row.users.all()} if row else set(), prune)
    if prune:
        for gone in sorted(there.keys() - {str(path) for path, _ in wanted}):
            place = {"subscription": subscription.system_name, "path": gone}
            yield Step("web.unprotect", place, sheet.line, removes=True)


def _users(place: dict[str, str], inner: Sheet, there: set[str], prune: bool) -> Iterator[Step]:
    wanted = inner.named("users", UserName.parse)
    for name, user in wanted:
        if name in there:
            user.keeps_password()
        else:
            given = {"name": str(name), "password": user.password()}
            yield Step("web.add_protected_user", place | given, user.line)
    if prune:
        for gone in sorted(there - {str(name) for name, _ in wanted}):
            yield Step("web.remove_protected_user", place | {"name": gone}, inner.line, removes=True)
