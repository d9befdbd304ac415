"""Lists of a kernel's collection: what the actor may see of it, sorted by what its indexes hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from django.db.models import QuerySet

from gasthof.kernel.keyset import Window, cut
from gasthof.kernel.permissions import HOUSE, Actor, Place
from gasthof.ui.standing import seen


@dataclass(frozen=True)
class Source:
    """For lists.Listing: `rows` and `key`. `orders`: a sortable column -> the fields of its index; "" where none is sortable."""

    collection: str
    orders: Mapping[str, Sequence[str]]
    within: Place = HOUSE
    more: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows  # narrows it, or brings what cells show
    newest_first: bool = False

    def rows(self, actor: Actor, window: Window) -> Sequence[Any]:
        found = self.more(seen(actor, self.collection, self.within, window.search))
        if self.newest_first:
            window = replace(window, descending=True)
        return list(cut(found, self.orders[window.sort], window))

    def key(self, row: Any, sort: str) -> tuple[Any, ...]:
        return tuple(reduce(getattr, field.split("__"), row) for field in self.orders[sort])
