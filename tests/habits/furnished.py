"""A furnished house, made once for a module: each test works in a savepoint of it, and leaves it as it was."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from gasthof.slices.nodes.models import Node
from tests.habits.examples import furnish
from tests.house import House, settle


@pytest.fixture(scope="module")
def furnished_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    with django_db_blocker.unblock(), transaction.atomic():
        house = settle()
        furnish(house)
        yield house
        transaction.set_rollback(True)


@pytest.fixture
def house(furnished_once: House, db: None) -> House:
    """With a node's row of its own: tests change it in memory, too."""
    return replace(furnished_once, node=Node.objects.select_related("contact").get(pk=furnished_once.node.pk))
