"""A node in the test database with its own role, and installations of their own for what breaks the cluster."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from gasthof.agent.link import Link, LinkLost, role_of
from gasthof.bootstrap.postgres import Cluster
from gasthof.prefix import Prefix
from gasthof.slices.nodes.models import Node
from gasthof.slices.nodes.registration import register
from gasthof.slices.nodes.tests.installation import Installation
from gasthof.slices.nodes.tests.mirror import Mirror

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Connect = Callable[[Node], Link]


def connect_when_allowed(role: str, host: Path, database: str) -> Link:
    """The reload of the rules takes a moment."""
    until = time.monotonic() + 10
    while True:
        try:
            return Link(host, role, database)
        except LinkLost:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


@pytest.fixture(scope="session", autouse=True)
def _allowed() -> None:
    prefix = Prefix.current()
    cluster = Cluster(prefix.postgres_data, prefix.postgres_socket)
    for name in ("koeln", "bonn"):
        cluster.allow_node(role_of(name))
    cluster.psql("SELECT pg_reload_conf()")


@pytest.fixture
def node(committed: None) -> Node:
    return register("koeln", 2_000_000, NOW)[0]


@pytest.fixture
def neighbour(committed: None) -> Node:
    return register("bonn", 3_000_000, NOW)[0]


@pytest.fixture
def connect() -> Iterator[Connect]:
    links: list[Link] = []

    def make(node: Node) -> Link:
        database = str(connection.settings_dict["NAME"])
        links.append(connect_when_allowed(node.db_role, Prefix.current().postgres_socket, database))
        return links[-1]

    yield make
    for link in links:
        link.close()


@pytest.fixture
def link(node: Node, connect: Connect) -> Link:
    return connect(node)


@pytest.fixture
def mirror(link: Link) -> Mirror:
    return Mirror(link)


@pytest.fixture(scope="module")
def house() -> Iterator[Installation]:
    """A cluster of its own, durable, with an owner who is no superuser."""
    installation = Installation.make()
    yield installation
    installation.remove()
