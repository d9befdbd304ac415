"""Tests are signed in as the tables' owner, whom no policy binds. A request through Django's client runs as the panel does: as
gasthof_app, so that a query outside of `kernel.rows` finds here what it would find there, which is nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test.client import ClientHandler
from psycopg.pq import TransactionStatus


@contextmanager
def the_application() -> Iterator[None]:
    held = connection.connection
    if held is None or held.closed:
        yield
        return
    before = held.execute("SELECT current_setting('role')").fetchone()[0]
    held.execute("SELECT set_config('role', 'gasthof_app', false)")
    try:
        yield
    finally:
        if not held.closed and held.info.transaction_status != TransactionStatus.INERROR:
            held.execute("SELECT set_config('role', %s, false)", [before])


def portions(content: Iterator[bytes]) -> Iterator[bytes]:
    """Of an answer that reads on after the view, and after the middleware."""
    while True:
        with the_application():
            portion = next(content, None)
        if portion is None:
            return
        yield portion


@pytest.fixture(scope="session", autouse=True)
def requests_are_the_applications() -> Iterator[None]:
    answer = ClientHandler.__call__

    def as_the_application(self: ClientHandler, environ: dict[str, Any]) -> Any:
        with the_application():
            response = answer(self, environ)
        if response.streaming:
            response.streaming_content = portions(response.streaming_content)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientHandler, "__call__", as_the_application)
        yield
