"""Long lists in portions, by where the last one ended: no counting, no skipping, as fast on the last page as on the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

Rows = TypeVar("Rows", bound=Model)


@dataclass(frozen=True)
class Window:
    """Which part of a list is wanted."""

    search: str = ""
    sort: str = ""  # a column's name
    descending: bool = False
    after: tuple[Any, ...] = ()  # what the fields of the order hold in the last row before it
    limit: int = 50


def cut(rows: QuerySet[Rows], order: Sequence[str], window: Window) -> QuerySet[Rows]:
    """That part. `order` are fields that an index has in this order; the last one is unique."""
    sign = "-" if window.descending else ""
    ordered = rows.order_by(*(sign + field for field in order))
    if len(window.after) == len(order):
        ordered = ordered.filter(_beyond(order, window.after, "lt" if window.descending else "gt"))
    return ordered[: window.limit]


def _beyond(order: Sequence[str], after: Sequence[Any], than: str) -> Q:
    """The first field's own limit is for the index: PostgreSQL does not see it in the alternatives."""
    beyond = Q()
    for nth, field in enumerate(order):
        same = dict(zip(order[:nth], after[:nth], strict=True))
        beyond |= Q(**same, **{f"{field}__{than}": after[nth]})
    return Q(**{f"{order[0]}__{than}e": after[0]}) & beyond
