"""The slices of this house, asked by name only: the kernel imports none of them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from gasthof.installed import SLICES
from gasthof.kernel.call import Awaited, Call
from gasthof.kernel.capability import (
    Alarm,
    Bearer,
    Capability,
    Card,
    Door,
    Glance,
    Level,
    Outlook,
    Page,
    Waited,
    WayToPay,
)
from gasthof.kernel.clock import Clocks
from gasthof.kernel.permissions import EVERYWHERE, Actor, Grants, allowed
from gasthof.kernel.refusal import Refused


@cache
def capabilities() -> tuple[Capability, ...]:
    """All capabilities in rank order; reading them registers every slice's verbs."""
    return tuple(_capability(name) for name in SLICES)


def _capability(name: str) -> Capability:
    room = f"gasthof.slices.{name}"
    if find_spec(f"{room}.actions"):
        import_module(f"{room}.actions")
    if find_spec(f"{room}.capability"):
        found: Capability = import_module(f"{room}.capability").CAPABILITY
        return found
    return Capability(name)


@cache
def grants() -> Grants:
    """Each permission with the roles that have it."""
    return {permission: roles for each in capabilities() for permission, roles in each.permissions.items()}


@cache
def standard_roles() -> Mapping[str, frozenset[str]]:
    """Each ready-made role of a customer's users with its permissions. The first, "owner", has all that owners have."""
    found = {"owner": frozenset(permission for permission, roles in grants().items() if "owner" in roles)}
    for each in capabilities():
        for role, permissions in each.roles.items():
            found[role] = found.get(role, frozenset()) | permissions
    return found


def titles() -> Mapping[str, str]:
    """Each permission that roles of customers may name, in words, in rank order."""
    return {permission: title for each in capabilities() for permission, title in each.titles.items()}


def deeds() -> Mapping[str, str]:
    """What the audit trail names beside verbs, in words."""
    return {deed: words for each in capabilities() for deed, words in each.deeds.items()}


def names() -> list[str]:
    """Of the slices, in rank order: what their verbs begin with."""
    return [each.name for each in capabilities()]


def pages(level: Level) -> tuple[Page, ...]:
    """Of all slices, in rank order."""
    return tuple(page for each in capabilities() for page in each.pages if page.level == level)


def announce(hook: str, call: Call, about: object) -> None:
    """Run that hook of every slice that has it, in rank order; when something goes away, in the opposite one."""
    slices = capabilities()
    for each in reversed(slices) if hook.endswith("_removed") else slices:
        function = getattr(each, hook)
        if function is not None:
            function(call, about)


def performed(call: Call, entries: Sequence[Any]) -> None:
    """Tell every slice that follows what verbs change."""
    for each in capabilities():
        if each.performed is not None:
            each.performed(call, entries)


def is_customer(number: int) -> bool:
    """Whether there is a customer of that number."""
    return next(each.is_customer for each in capabilities() if each.is_customer is not None)(number)


def claimed(name: str) -> list[str]:
    """Customers' names that are this host name or lie below it. They stay as they are until the transaction ends."""
    return [one for each in capabilities() if each.claimed is not None for one in each.claimed(name)]


def check_goes(call: Call, subscription: Any, name: str | None, field: str) -> None:
    """Whether who acts may take a subscription away, or a host name of it. Raises Refused, about that field. Staff may."""
    if call.actor.role not in EVERYWHERE:
        refused = (each.keeps(subscription, name) for each in capabilities() if each.keeps is not None)
        _raise_first(refused, field)


def check_comes(call: Call, customer: int, name: str, field: str) -> None:
    """Whether a customer may have a host name or an address anew. Raises Refused, about that field. Staff may give it."""
    if call.actor.role not in EVERYWHERE:
        _raise_first(withheld(customer, name), field)


def withheld(customer: int, name: str) -> Iterator[Refused | None]:
    """What each slice says of a host name or an address that comes anew; None: nothing against it."""
    return (each.withholds(customer, name) for each in capabilities() if each.withholds is not None)


def zone_lock(domain: Any) -> Refused | None:
    """Why the domain's customer may not change the records of its zone now; None: nothing against it."""
    locks = (each.locks_zone(domain) for each in capabilities() if each.locks_zone is not None)
    return next((lock for lock in locks if lock is not None), None)


def _raise_first(refused: Iterable[Refused | None], field: str) -> None:
    for refusal in refused:
        if refusal is not None:
            raise refusal.at(field)


def called(actors: Iterable[str]) -> Mapping[str, str]:
    """Who acted, as the audit trail has them -> how people call them; those of whom no slice knows are left out."""
    listed = list(actors)
    return {actor: name for each in capabilities() if each.called for actor, name in each.called(listed).items()}


def glances(actor: Actor, domains: Sequence[Any]) -> dict[int, list[Glance]]:
    """What the cards of these domains tell of each slice's things, in rank order; a fixed number of queries."""
    found: dict[int, list[Glance]] = {}
    for look in (each.glances for each in capabilities() if each.glances is not None):
        for number, glance in look(actor, domains).items():
            found.setdefault(number, []).append(glance)
    return found


def cards(actor: Actor, customer: Any) -> list[Card]:
    """What a customer's page tells of each slice's things, of those that the actor may know as a whole, in rank order."""
    asked = [(permission, card) for each in capabilities() for permission, card in each.cards.items()]
    return [card(customer) for permission, card in asked if allowed(actor, permission, customer.place, grants())]


def named(actor: Actor, text: str) -> list[str]:
    """People whom the actor may know by that part of a name or an address, as the audit trail has them."""
    return [one for each in capabilities() if each.named is not None for one in each.named(actor, text)]


def wait(change: Awaited, seconds: float) -> Waited:
    """Until the slice that knows says what became of it."""
    waiting = next(each.wait for each in capabilities() if each.wait is not None)
    return waiting(change, seconds)


def bearer(token: str, request: Any, now: datetime) -> Bearer | None:
    """Who shows that token in that request; None: it is worth nothing. Raises TooManyAttempts."""
    known = next(each.bearer for each in capabilities() if each.bearer is not None)
    return known(token, request, now)


def day_began(clocks: Clocks) -> Iterator[str]:
    """Do what is due on this business day, slice by slice in rank order; what was done, in words."""
    for each in capabilities():
        if each.day_began is not None:
            yield from each.day_began(clocks)


def ways_to_pay(actor: Actor, proforma: Any) -> list[WayToPay]:
    """What a payer can choose beside the bank transfer."""
    return [way for each in capabilities() if each.ways_to_pay is not None for way in each.ways_to_pay(actor, proforma)]


def alarms() -> list[Alarm]:
    """What waits for a person, of all slices, in rank order."""
    return [alarm for each in capabilities() if each.alarms is not None for alarm in each.alarms()]


def unpayable(day: date, among: Collection[int] | None = None) -> list[int]:
    """Services whose unpaid time begins by that day, and that nobody can pay, by their numbers. `among`: of these alone,
    also where their end is wished for before; None: of all."""
    return [number for each in capabilities() if each.unpayable for number in each.unpayable(day, among)]


def renewal_price(service: Any) -> str:
    """Of a service, in words; "": nobody has said."""
    return next((words for each in capabilities() if each.renewal_price and (words := each.renewal_price(service))), "")


def registry_answered() -> None:
    """To all slices: what some registry was asked has ended."""
    for each in capabilities():
        if each.registry_answered is not None:
            each.registry_answered()


def fee_known(service: Any) -> None:
    """To all slices: what it costs to have that service back was asked for, and is known."""
    for each in capabilities():
        if each.fee_known is not None:
            each.fee_known(service)


def service_doors(actor: Actor, service: Any) -> list[Door]:
    """What can be asked for about that service, in rank order."""
    return [door for each in capabilities() if each.service_doors for door in each.service_doors(actor, service)]


def outlooks(actor: Actor, subscription: Any) -> list[Outlook]:
    """What comes to that subscription soon, in rank order."""
    return [found for each in capabilities() if each.outlooks for found in each.outlooks(actor, subscription)]


def speaks(request: Any, language: str) -> None:
    """Who asks has chosen that language."""
    for each in capabilities():
        if each.speaks is not None:
            each.speaks(request, language)


def progress(changes: Sequence[Awaited]) -> list[Waited]:
    """What has become of each until now, in their order."""
    return next(each.progress for each in capabilities() if each.progress is not None)(changes)


def find_subscription(actor: Actor, text: str) -> Any:
    """The subscription that the actor calls so; None: there is none, or not for them."""
    return next(each.find_subscription for each in capabilities() if each.find_subscription is not None)(actor, text)
