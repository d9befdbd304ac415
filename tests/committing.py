"""The fixture `committed`, for tests whose threads, roles or other processes have to see what is written: no transaction around them."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.db import connection, transaction

KEPT = {"django_content_type", "auth_permission"}  # what migrations leave there


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Afterwards what has been filled is emptied. Django's way (transactional_db) gives every table new files, which takes far longer."""
    with django_db_blocker.unblock():
        yield
        empty()
        connection.close()


def empty() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_filled())
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute("SET LOCAL session_replication_role = replica")  # no foreign key and no trigger is in the way
        for table in tables:
            cursor.execute(f'DELETE FROM "{table}"')


@cache
def _filled() -> str:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    return " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in sorted(tables))
