"""The navigation and the doors on cards: loops over the pages that slices declare, left out what the actor may not do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext

from gasthof.kernel import permissions, registry
from gasthof.kernel.capability import Level, Page, Section
from gasthof.kernel.permissions import EVERYWHERE, Actor, holds, scopes
from gasthof.kernel.values import DomainName


@dataclass(frozen=True)
class Place:
    """Where a page stands: whose it is, in which subscription, about which domain."""

    owner: int | None = None  # the customer's number
    where: permissions.Place | None = None  # for who may act; without it, all that the customer has
    customer: str = ""  # that customer's name
    subscription: str = ""  # system name
    domain: str = ""  # A-label

    @property
    def label(self) -> str:
        """What the reader is in, for the selector."""
        return DomainName(self.domain).unicode if self.domain else self.subscription or self.customer


HOUSE = Place()


@dataclass(frozen=True)
class Entry:
    title: str
    url: str
    icon: str
    current: bool = False
    section: Section = "hosting"


@dataclass(frozen=True)
class Pile:
    """What waits for people of the house on one page, and how much."""

    entry: Entry
    number: int


@dataclass(frozen=True)
class Group:
    title: str
    entries: tuple[Entry, ...]


def groups(actor: Actor, place: Place, path: str) -> tuple[Group, ...]:
    """The navigation, from the house in to the domain. The entry that is nearest to the path is the current one."""
    listed = [group for group in _groups(actor, place) if group.entries]
    urls = [entry.url for group in listed for entry in group.entries]
    nearest = max((url for url in urls if _within(path, url)), key=len, default=None)
    return tuple(replace(group, entries=_marked(group.entries, nearest)) for group in listed)


def doors(actor: Actor, place: Place, level: Level) -> tuple[Entry, ...]:
    """What can be done with it: the pages of one level that the actor may use there."""
    key = {
        "account": "",
        "house": "",
        "customer": place.owner,
        "subscription": place.subscription,
        "domain": place.domain,
    }[level]
    where = _upto(level, place.where or permissions.Place(customer=place.owner))
    return tuple(_entries(actor, level, key, where)) if key or level in ("account", "house") else ()


def piles(actor: Actor) -> tuple[Pile, ...]:
    """What the house has to look after, of what the actor may; nothing of what is done."""
    counts = {reverse(page.url): page.waiting for page in registry.pages("house") if page.waiting}
    shown = [entry for entry in doors(actor, HOUSE, "house") if entry.url in counts]
    found = (Pile(entry, counts[entry.url]()) for entry in shown)
    return tuple(pile for pile in found if pile.number)


def _groups(actor: Actor, place: Place) -> Iterator[Group]:
    whose = replace(place, owner=actor.customer) if place.owner is None else place
    yield from _sections(gettext("House"), doors(actor, whose, "house"))
    yield from _sections(whose.customer or gettext("Account"), doors(actor, whose, "customer"))
    yield Group(gettext("Subscription %(name)s") % {"name": whose.subscription}, doors(actor, whose, "subscription"))
    if whose.domain:
        yield Group(DomainName(whose.domain).unicode, doors(actor, whose, "domain"))


def _sections(title: str, entries: tuple[Entry, ...]) -> Iterator[Group]:
    """What belongs to hosting stands under the level's own title."""
    titles: dict[Section, str] = {
        "hosting": title,
        "centre": gettext("Customer centre"),
        "money": gettext("Invoices & payments"),
    }
    for section, name in titles.items():
        yield Group(name, tuple(entry for entry in entries if entry.section == section))


def _upto(level: Level, where: permissions.Place) -> permissions.Place:
    """The place of the level's own object, which the page's object lies in."""
    if level == "customer":
        return replace(where, subscription=None, domain=None, mailbox=None)
    return replace(where, domain=None, mailbox=None) if level == "subscription" else where


def _here(actor: Actor, page: Page, where: permissions.Place) -> bool:
    """Whether the page holds anything for the actor: a list of a subscription also for who may act in one of its domains."""
    if page.level == "account":
        return actor.role in EVERYWHERE or any(scope.contains(where) for scope in scopes(actor, page.permission))
    if page.level == "house":
        return actor.role in EVERYWHERE or actor.role == "reseller"
    found = scopes(actor, page.permission)
    return any(scope.contains(where) if page.whole else scope.overlaps(where) for scope in found)


def _entries(actor: Actor, level: Level, key: str | int | None, where: permissions.Place) -> Iterator[Entry]:
    grants = registry.grants()
    for page in registry.pages(level):
        if holds(actor, page.permission, grants) and _here(actor, page, where):
            yield Entry(
                gettext(page.title), reverse(page.url, args=[key] if key else []), page.icon, section=page.section
            )


def _within(path: str, url: str) -> bool:
    return path == url or path.startswith(url.rstrip("/") + "/")


def _marked(entries: Iterable[Entry], nearest: str | None) -> tuple[Entry, ...]:
    return tuple(replace(entry, current=entry.url == nearest) for entry in entries)
