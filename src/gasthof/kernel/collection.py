"""Lists that people and programs read page by page: the same rows, in the same order, under the same permissions.

    @collection("domains", permission="domains.read")
    def domains(ask: Ask) -> QuerySet[Domain] ...

A page is found by where the last one ended (keyset), never by counting from the start.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import getdoc
from typing import Any

from django.db.models import Model, Q, QuerySet

from gasthof.kernel import registry, rows
from gasthof.kernel.actions import not_allowed
from gasthof.kernel.keyset import Window, cut
from gasthof.kernel.parsing import tell
from gasthof.kernel.permissions import HOUSE, Actor, Place, holds, may_perform, scopes
from gasthof.kernel.refusal import ActionRefused, Refused

LONGEST_SEARCH = 100  # characters
LARGEST_PAGE = 200  # rows
Row = Mapping[str, Any]  # ready for JSON


@dataclass(frozen=True)
class Filter:
    """By what else a collection can be narrowed. `parse` raises Refused; `schema` is JSON Schema's, for programs."""

    parse: Callable[[str], Any]
    help: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string", "maxLength": LONGEST_SEARCH})


@dataclass(frozen=True)
class Ask:
    """What a reader wants to see of a collection. `scopes`: a row must lie in one of each. `filters`: as they were parsed."""

    actor: Actor
    scopes: tuple[tuple[Place, ...], ...]
    search: str = ""
    filters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Collection:
    name: str
    permission: str
    order: tuple[str, ...]  # the columns that it is sorted by; together they are unique, and indexed
    find: Callable[[Ask], QuerySet[Any]]
    shown: Callable[[Any], Row]
    help: str
    filters: Mapping[str, Filter]

    @property
    def fields(self) -> tuple[str, ...]:
        """The order's columns without their direction, which is the same for all."""
        return tuple(column.removeprefix("-") for column in self.order)

    @property
    def descending(self) -> bool:
        return self.order[0].startswith("-")

    @property
    def verb(self) -> str:
        """How a token names the right to read it."""
        return f"{self.name}.list"


@dataclass(frozen=True)
class Page:
    """Rows, with the model's rows that they were made of, and where the next page begins; "" when there is none."""

    rows: tuple[Row, ...]
    objects: tuple[Any, ...]
    after: str


_collections: dict[str, Collection] = {}
Find = Callable[[Ask], QuerySet[Any]]


def collection(
    name: str,
    *,
    permission: str,
    order: Sequence[str],
    shown: Callable[[Any], Row],
    filters: Mapping[str, Filter] | None = None,
) -> Callable[[Find], Find]:
    """Register a list. The function gives the rows that lie in all of the scopes and fit the search, unsorted."""

    def register(find: Find) -> Find:
        words = (getdoc(find) or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")
        _collections[name] = Collection(name, permission, tuple(order), find, shown, words, filters or {})
        return find

    return register


def collections() -> Mapping[str, Collection]:
    """All of them by name."""
    registry.capabilities()
    return dict(sorted(_collections.items()))


def read(
    actor: Actor,
    name: str,
    *,
    search: str = "",
    after: str = "",
    limit: int = 50,
    within: Place = HOUSE,
    filters: Mapping[str, str] | None = None,
) -> Page:
    """A page of those that the actor may see, within that place. Raises ActionRefused; KeyError: there is no such collection."""
    chosen = collections()[name]
    limit = max(1, min(limit, LARGEST_PAGE))
    with rows.of(actor):
        found = select(actor, name, search=search, within=within, filters=filters)
        values = tuple(_values(chosen.fields, after)) if after else ()
        try:
            objects = list(cut(found, chosen.fields, Window("", "", chosen.descending, values, limit + 1)))
        except ValueError as wrong:  # text in the place of a number
            raise _refused("after", Refused("This page does not exist.")) from wrong
        kept = objects[:limit]
        more = _cursor(chosen.fields, kept[-1]) if len(objects) > limit else ""
        return Page(tuple(chosen.shown(each) for each in kept), tuple(kept), more)


def select(
    actor: Actor, name: str, *, search: str = "", within: Place = HOUSE, filters: Mapping[str, str] | None = None
) -> QuerySet[Any]:
    """All rows that the actor may see and that fit search and filters, unsorted. Raises ActionRefused."""
    chosen = collections()[name]
    if not (may_perform(actor, chosen.verb) and holds(actor, chosen.permission, registry.grants())):
        raise not_allowed()
    if not _searchable(search):
        raise _refused("search", Refused("This cannot be searched for."))
    parsed = _parsed(chosen, filters or {})
    return chosen.find(Ask(actor, narrowed(actor, chosen.permission, within), search.strip(), parsed))


def _parsed(chosen: Collection, given: Mapping[str, str]) -> dict[str, Any]:
    """Those that say something; all that cannot be read are told at once. KeyError: there is no such filter."""
    found, errors = {}, []
    for name, text in given.items():
        try:
            if not _searchable(text):
                raise Refused("This cannot be searched for.")
            if text.strip():
                found[name] = chosen.filters[name].parse(text)
        except Refused as refusal:
            errors.append(tell(refusal, name))
    if errors:
        raise ActionRefused(tuple(errors))
    return found


def _searchable(text: str) -> bool:
    return len(text) <= LONGEST_SEARCH and text.isprintable()


def narrowed(actor: Actor, permission: str | None = None, within: Place = HOUSE) -> tuple[tuple[Place, ...], ...]:
    """The scopes that a row must lie in for this actor: one of each."""
    limits = (scopes(actor, permission), actor.within or (HOUSE,), (within,))
    return tuple(each for each in limits if each != (HOUSE,))


def conjunction(found: Iterable[Iterable[Place]], condition: Callable[[Place], Q]) -> Q:
    """Rows that lie in one scope of each; `condition` says what one scope means for the table."""
    whole = Q()
    for places in found:
        part = Q(pk__in=[])
        for place in places:
            part |= condition(place)
        whole &= part
    return whole


def _cursor(order: tuple[str, ...], row: Model) -> str:
    values = [_value(row, column) for column in order]
    return base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode()).decode().rstrip("=")


def _value(row: Any, column: str) -> Any:
    for part in column.split("__"):
        row = getattr(row, part)
    return row


def _values(order: tuple[str, ...], after: str) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (ValueError, RecursionError, binascii.Error) as wrong:
        raise _refused("after", Refused("This page does not exist.")) from wrong
    sound = isinstance(values, list) and len(values) == len(order)
    if not sound or not all(_is_number(value) or _is_text(value) for value in values):
        raise _refused("after", Refused("This page does not exist."))
    return list(values)


def _is_number(value: object) -> bool:
    return type(value) is int and abs(value) < 2**63


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _refused(field: str, refusal: Refused) -> ActionRefused:
    return ActionRefused((tell(refusal, field),))
