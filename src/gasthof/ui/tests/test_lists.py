"""Lists: the same queries for ten rows as for a thousand, portions without gaps, search, sort, and nothing from strangers' addresses."""

import re
from collections.abc import Sequence

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django_htmx.middleware import HtmxDetails
from tests.house import House

from gasthof.kernel.clock import SystemClock
from gasthof.kernel.keyset import Window, cut
from gasthof.kernel.permissions import Actor
from gasthof.slices.domains.models import Domain
from gasthof.slices.subscriptions.models import Subscription
from gasthof.ui import parts
from gasthof.ui.lists import BulkAction, Column, Empty, Listing, list_page
from gasthof.ui.shell import Head
from gasthof.ui.templatetags.ui import cell

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


def rows(actor: Actor, window: Window) -> Sequence[Domain]:
    found = Domain.objects.filter(subscription__customer=actor.customer)
    if window.search:
        found = found.filter(name__contains=window.search)
    order = {"name": ("name",), "subscription": ("subscription_id", "name")}[window.sort]
    return list(cut(found, order, window))


LISTING = Listing[Domain](
    name="domains",
    rows=rows,
    key=lambda row, sort: (row.name,) if sort == "name" else (row.subscription_id, row.name),
    columns=(
        Column("name", "Domain", lambda row: row.value.unicode, sort=True),
        Column("subscription", "Subscription", lambda row: f"s{row.subscription_id:06d}", sort=True),
        Column("state", "State", lambda row: parts.state("live")),
    ),
    link=lambda row: f"/domains/{row.name}",
    pick=lambda row: row.name,
    bulk=(BulkAction("Delete", "/domains/delete"),),
    search="Search domains",
    empty=Empty("No domain yet", "A domain is what websites and mail hang on.", "Add a domain", "/domains/add"),
    portion=10,
)


def shown(actor: Actor, query: str = "", *, htmx: bool = False) -> HttpResponse:
    request = RequestFactory().get(f"/domains{query}", headers={"hx-request": "true"} if htmx else {})
    request.actor = actor
    request.htmx = HtmxDetails(request)
    return list_page(request, LISTING, Head("Domains"))


def text(actor: Actor, query: str = "", *, htmx: bool = False) -> str:
    return shown(actor, query, htmx=htmx).content.decode()


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/domains/([^"]+)">', page)


def fill(house: House, count: int) -> None:
    subscription = Subscription.objects.get(number=int(house.mine[1:]))
    now = SystemClock().now()
    owned = {"subscription": subscription, "customer_id": subscription.customer_id, "created": now}
    names = (f"bcker-{nth:03d}.test" for nth in range(count))
    Domain.objects.bulk_create(Domain(name=name, unicode=name, **owned) for name in names)


def test_portions_have_no_gaps_and_show_nothing_twice(house: House) -> None:
    fill(house, 34)
    seen: list[str] = []
    query = ""
    while True:
        page = text(house.baker, query)
        seen += names(page)
        onward = re.search(r'href="([^"]*after=[^"]*)"', page)
        if not onward:
            break
        query = onward[1].replace("&amp;", "&")
    assert seen == [f"bcker-{nth:03d}.test" for nth in range(34)]


@pytest.mark.parametrize("sort", ["name", "-name", "subscription", "-subscription"])
def test_every_order_goes_through_to_its_end(house: House, sort: str) -> None:
    fill(house, 25)
    seen: list[str] = []
    query = f"?sort={sort}"
    while query:
        page = text(house.baker, query)
        seen += names(page)
        onward = re.search(r'href="([^"]*after=[^"]*)"', page)
        query = onward[1].replace("&amp;", "&") if onward else ""
    assert seen == sorted(seen, reverse=sort.startswith("-")) and len(seen) == 25


def test_the_number_of_queries_does_not_grow(house: House) -> None:
    counted = []
    for count in (1, 200):
        Domain.objects.all().delete()
        fill(house, count)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            shown(house.baker)
        counted.append(len(queries))
    assert counted == [2, 2], "the rows, and the subscriptions in the header"


def test_what_is_searched_for_is_found(house: House) -> None:
    fill(house, 30)
    page = text(house.baker, "?search=cker-01")
    assert names(page) == [f"bcker-01{nth}.test" for nth in range(10)] and 'value="cker-01"' in page
    page = text(house.baker, "?search=%3Cscript%3E")
    assert "Nothing found for “&lt;script&gt;”" in page and 'href="?sort=name"' in page


def test_htmx_gets_the_list_alone(house: House) -> None:
    fill(house, 3)
    page = text(house.baker, "?search=00", htmx=True)
    assert "<html" not in page and 'id="list-domains"' in page and "3 found on this page" in page
    assert "HX-Request" in shown(house.baker, htmx=True).headers["vary"]


def test_an_empty_list_says_what_to_do(house: House) -> None:
    page = text(house.baker)
    assert "No domain yet" in page and 'href="/domains/add"' in page and "<table" not in page


def test_rows_can_be_picked_and_sent_on(house: House) -> None:
    fill(house, 2)
    page = text(house.baker)
    assert page.count('name="pick"') == 2 and 'formaction="/domains/delete"' in page and "csrfmiddlewaretoken" in page


@pytest.mark.parametrize(
    "query", ["?after=x", "?after=WyIiXQ:1:x", "?sort=password", "?sort=--name", "?search=%00", "?search=" + "x" * 9999]
)
def test_an_address_made_up_shows_the_list(house: House, query: str) -> None:
    fill(house, 2)
    assert shown(house.baker, query).status_code == 200


def test_what_a_row_is_about_may_have_a_second_line() -> None:
    drawn = cell(parts.Named("info@grüße-aus-köln.test", "Büro <Köln>"))
    assert drawn == 'info@grüße-aus-köln.test<span class="under">Büro &lt;Köln&gt;</span>'
    assert str(parts.Named("info@grüße-aus-köln.test", "Büro")) == "info@grüße-aus-köln.test"


def test_addresses_stand_in_lines_of_their_own() -> None:
    drawn = cell(parts.Addresses(["a@b.test", "<x>"], "ohne Kopie"))
    lines = '<span class="line">a@b.test</span><span class="line">&lt;x&gt;</span>'
    assert drawn == f'<div class="addresses">{lines}<span class="under">ohne Kopie</span></div>'
    assert cell(parts.Addresses([], "ohne Kopie")) == "–"
