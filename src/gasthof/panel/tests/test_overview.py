"""What the house's people are told where they begin: how much waits for them, and where."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from tests import members
from tests.habits.furnished import furnished_once, house
from tests.house import House

from gasthof.kernel import registry
from gasthof.kernel.clock import SystemClock
from gasthof.kernel.permissions import Actor
from gasthof.slices.cases.models import Case
from gasthof.slices.requests.models import Request
from gasthof.ui import menu

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db


def shown(client: Client) -> dict[str, int]:
    """Address -> number, of the page's own list."""
    text = client.get("/").content.decode()
    part = text.partition("What waits for you")[2].partition("</section>")[0]
    return {url: int(number) for url, number in re.findall(r'href="([^"]+)">[^<]+</a><span[^>]*>(\d+)', part)}


def test_what_waits_is_counted_and_led_to(house: House) -> None:
    client = members.operator()
    before = shown(client)
    assert before[reverse("cases:cases")] == Case.objects.filter(closed=None).count() > 0
    assert before == {pile.entry.url: pile.number for pile in menu.piles(Actor("operator"))}
    assert set(before) <= {reverse(page.url) for page in registry.pages("house") if page.waiting}

    Request.objects.all().update(state="done")
    Case.objects.all().update(closed=SystemClock().now())
    after = shown(client)
    assert reverse("cases:cases") not in after and reverse("requests:waiting") not in after


def test_it_is_the_houses_alone(house: House) -> None:
    assert menu.piles(house.baker) == ()
