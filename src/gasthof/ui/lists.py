"""Lists of many objects: search, sort, portions, rows to pick. A slice says what stands in a row; this shows it.

LISTING = Listing(
    name="domains", rows=queries.listed, key=lambda row, sort: (row.name,), columns=(
        Column("name", _("Domain"), lambda row: row.value.unicode, sort=True),
        Column("state", _("State"), lambda row: parts.state(row.state)),
    ), link=lambda row: reverse("domains:card", args=[row.name]), search=_("Search domains"), empty=Empty(...),
)
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from gasthof.kernel.keyset import Window
from gasthof.kernel.permissions import Actor
from gasthof.ui.fields import StrOrPromise
from gasthof.ui.request import speaker
from gasthof.ui.shell import Head, show

Row = TypeVar("Row")
SALT = "gasthof.ui.lists"
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Column(Generic[Row]):
    """`cell` gives a text, or a part: State, Quota, Link."""

    name: str
    title: StrOrPromise
    cell: Callable[[Row], Any]
    sort: bool = False  # only by what an index holds
    number: bool = False  # aligned so that it can be compared
    whole: bool = False  # never broken: a date


@dataclass(frozen=True)
class Empty:
    """What is shown instead of no rows: what they would be good for, and how to get the first."""

    title: StrOrPromise
    sentence: StrOrPromise
    button: StrOrPromise = ""
    url: str = ""
    icon: str = "inbox"


@dataclass(frozen=True)
class BulkAction:
    """A button below the list: sends what was picked to a page that shows what would happen (pages.bulk_page)."""

    text: StrOrPromise
    url: str
    icon: str = ""


@dataclass(frozen=True)
class Listing(Generic[Row]):
    name: str  # of the list in the page
    rows: Callable[[Actor, Window], Sequence[Row]]
    key: Callable[[Row, str], tuple[Any, ...]]  # a row's place in the order of that column, for kernel.keyset
    columns: Sequence[Column[Row]]  # the first one names the row
    empty: Empty
    link: Callable[[Row], str] | None = None
    pick: Callable[[Row], str] | None = None  # what is sent of a picked row
    bulk: Sequence[BulkAction] = ()
    search: StrOrPromise = ""  # what the search box is called; without a name there is none
    kept: Mapping[str, str] = field(default_factory=dict)  # more of the query, which the list's own links keep
    portion: int = 50


@dataclass(frozen=True)
class Heading:
    name: str
    title: StrOrPromise
    number: bool
    url: str  # sorts by it; empty: it cannot be sorted by
    sorted: str  # "", or as aria-sort says it


@dataclass(frozen=True)
class Shown:
    """A row as the template draws it."""

    head: Any
    url: str
    pick: str
    cells: Sequence[tuple[Column[Any], Any]]


@dataclass(frozen=True)
class Portion:
    """What a request shows of a listing."""

    listing: Listing[Any]
    window: Window
    rows: Sequence[Shown]
    headings: Sequence[Heading]
    onward: str  # the next portion's address, or empty
    first: str  # the first portion's, when this is another one
    everything: str  # without the search

    @property
    def picks(self) -> bool:
        return self.listing.pick is not None


def list_page(
    request: HttpRequest,
    listing: Listing[Any],
    head: Head,
    template: str = "ui/list_page.html",
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The page, or for htmx the list alone."""
    shown = {"list": portion(request, listing), **(context or {})}
    if getattr(request, "htmx", False):
        response = render(request, "ui/list.html", {"head": head, **shown})
    else:
        response = show(request, template, head, shown)
    patch_vary_headers(response, ["HX-Request"])
    return response


def portion(request: HttpRequest, listing: Listing[Any]) -> Portion:
    """Asks for one row more than is shown: whether there are more is all that is said of their number."""
    window = _window(request, listing)
    rows = list(listing.rows(speaker(request), window))
    more = len(rows) > listing.portion
    rows = rows[: listing.portion]
    last = listing.key(rows[-1], window.sort) if more else ()
    return Portion(
        listing=listing,
        window=window,
        rows=[_shown(listing, row) for row in rows],
        headings=list(_headings(listing, window)),
        onward=_address(window, **listing.kept, after=signing.dumps(list(map(_plain, last)), salt=SALT))
        if more
        else "",
        first=_address(window, **listing.kept) if window.after else "",
        everything=_address(Window(sort=window.sort, descending=window.descending), **listing.kept),
    )


def _window(request: HttpRequest, listing: Listing[Any]) -> Window:
    """What a stranger has put into the address counts as nothing."""
    asked = request.GET.get("sort", "")
    sortable = [column.name for column in listing.columns if column.sort]
    sort = asked.removeprefix("-")
    known = sort in sortable
    return Window(
        search=request.GET.get("search", "").strip()[:LONGEST_SEARCH].replace("\0", "") if listing.search else "",
        sort=sort if known else next(iter(sortable), ""),
        descending=known and asked.startswith("-"),
        after=_after(request.GET.get("after", "")),
        limit=listing.portion + 1,
    )


def _after(token: str) -> tuple[Any, ...]:
    try:
        return tuple(signing.loads(token, salt=SALT)) if token else ()
    except signing.BadSignature:
        return ()


def _plain(value: Any) -> Any:
    """As JSON carries it; Django reads dates and numbers out of it again."""
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _address(window: Window, **more: str) -> str:
    sort = f"{'-' if window.descending else ''}{window.sort}" if window.sort else ""
    wanted = {"search": window.search, "sort": sort, **more}
    return "?" + urlencode({name: value for name, value in wanted.items() if value})


def _headings(listing: Listing[Any], window: Window) -> Iterator[Heading]:
    for column in listing.columns:
        is_sorted = column.sort and column.name == window.sort
        turned = Window(window.search, column.name, is_sorted and not window.descending)
        yield Heading(
            column.name, column.title, column.number,
            url=_address(turned, **listing.kept) if column.sort else "",
            sorted="" if not is_sorted else "descending" if window.descending else "ascending",
        )  # fmt: skip


def _shown(listing: Listing[Any], row: Any) -> Shown:
    head, *others = listing.columns
    return Shown(
        head=head.cell(row),
        url=listing.link(row) if listing.link else "",
        pick=listing.pick(row) if listing.pick else "",
        cells=[(column, column.cell(row)) for column in others],
    )
