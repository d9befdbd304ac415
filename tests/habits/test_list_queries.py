"""How many queries each page of the menu asks, written down: whoever changes one sees it in the review, and no list grows unnoticed.

`GASTHOF_COUNT=write` before the test's name writes the figures anew.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from gasthof.kernel import registry
from gasthof.kernel.values import DomainName
from tests.habits.examples import DOMAIN
from tests.habits.furnished import furnished_once, house
from tests.house import House
from tests.readers import operator, owner

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db
FIGURES = Path(__file__).with_name("list_queries.json")
MOST = 20  # but for the pages that gather what all slices say of a subscription, or of a customer
GATHERING = {"subscriptions:subscription", "accounts:customer"}


def pages(house: House, who: str) -> Iterator[tuple[str, str]]:
    """A page's route and its address, of all levels that somebody sees."""
    keys: dict[str, list[object]] = {
        "account": [], "customer": [house.baker.customer], "subscription": [house.mine], "domain": [DomainName.parse(DOMAIN).ascii],
    }  # fmt: skip
    for level in (*keys, *(["house"] if who == "operator" else [])):
        for page in registry.pages(level):  # type: ignore[arg-type]
            yield page.url, reverse(page.url, args=keys.get(level, []))


def counted(client: Client, address: str) -> int:
    """The second time: what is asked once a process does not count."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return len(asked)


@pytest.mark.parametrize("who", ["operator", "owner"])
def test_each_page_asks_as_often_as_is_written_down(house: House, who: str) -> None:
    client = operator() if who == "operator" else owner(house)
    found = {name: counted(client, address) for name, address in pages(house, who)}
    written = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    if os.environ.get("GASTHOF_COUNT") == "write":
        written[who] = dict(sorted(found.items()))
        FIGURES.write_text(json.dumps(written, indent=2) + "\n", "utf-8")
    assert found == written[who]
    assert len(found) > 15 and max(count for name, count in found.items() if name not in GATHERING) < MOST
