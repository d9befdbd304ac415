"""Jobs see everybody's rows, whether they ask for that or not, and leave nothing of it to what their thread does next."""

from collections.abc import Iterator

import pytest
from django.db import connection, connections, transaction
from procrastinate.contrib.django import DjangoApp, app
from procrastinate.testing import InMemoryConnector

from gasthof.kernel.worker import for_the_house, ready

pytestmark = pytest.mark.django_db(transaction=True)


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


@pytest.fixture
def application() -> Iterator[None]:
    """The connection is the application's, as the worker's."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE gasthof_app")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def test_the_panels_worker_is_told_so() -> None:
    assert app.worker_defaults["task_middleware"][-1] is for_the_house
    assert len(app.worker_defaults["task_middleware"]) > 1  # Django's connections are still looked after


def test_a_job_is_staff() -> None:
    made, found = DjangoApp(connector=InMemoryConnector()), []
    ready(made)

    @made.task(name="look")
    def look() -> None:
        try:
            found.append(role())
            with transaction.atomic():
                found.append(role())
        finally:
            connections.close_all()

    with made.open():
        look.defer()
        made.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    assert found == ["gasthof_staff", "gasthof_staff"]


def test_a_job_leaves_nothing(application: None) -> None:
    def fails() -> None:
        with transaction.atomic():
            assert role() == "gasthof_staff"
            raise KeyError

    assert for_the_house(role) == "gasthof_staff"
    assert role() == "gasthof_app"
    with pytest.raises(KeyError):
        for_the_house(fails)
    assert role() == "gasthof_app"
