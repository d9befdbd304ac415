"""A house made once for a module: each test works in a savepoint of it, and leaves it as it was."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from gasthof.slices.nodes.models import Node
from tests.habits.examples import furnish
from tests.house import House, settle


def made_once(make: Callable[[], House]) -> tuple[Any, Any]:
    """Fixtures `furnished_once` and `house`; a module has to have both by these names. Not for tests that commit."""

    @pytest.fixture(scope="module")
    def furnished_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
        with django_db_blocker.unblock(), transaction.atomic():
            yield make()
            transaction.set_rollback(True)

    @pytest.fixture
    def house(furnished_once: House, db: None) -> House:
        """With a node's row of its own: tests change it in memory, too."""
        return replace(furnished_once, node=Node.objects.select_related("contact").get(pk=furnished_once.node.pk))

    return furnished_once, house


def furnished() -> House:
    house = settle()
    furnish(house)
    return house


furnished_once, house = made_once(furnished)
