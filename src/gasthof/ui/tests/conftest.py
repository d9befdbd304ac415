"""A house, and a browser without a screen that acts as the baker."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client, override_settings
from tests.habits.furnished import made_once
from tests.house import House, settle

PAGES = "gasthof.ui.tests.pages"
SIGNED_IN = "django.contrib.auth.middleware.LoginRequiredMiddleware"


furnished_once, house = made_once(settle)


@pytest.fixture
def pages() -> Iterator[None]:
    """With the pages of tests, and their stand-in for a sign-in."""
    middleware = [*(each for each in settings.MIDDLEWARE if each != SIGNED_IN), f"{PAGES}.acting"]
    with override_settings(ROOT_URLCONF=PAGES, MIDDLEWARE=middleware):
        yield


@pytest.fixture
def baker(house: House, pages: None) -> Client:
    return Client(headers={"host": "localhost", "x-acting": str(house.baker.customer), "accept-language": "en"})


@pytest.fixture
def gardener(house: House, pages: None) -> Client:
    return Client(headers={"host": "localhost", "x-acting": str(house.gardener.customer), "accept-language": "en"})
