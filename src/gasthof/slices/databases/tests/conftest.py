"""One pair of servers for all tests of this folder that do not kill them."""

from collections.abc import Iterator

import pytest

from gasthof.slices.databases.tests.servers import Servers, running


@pytest.fixture(scope="package")
def servers() -> Iterator[Servers]:
    """Tests keep to names of their own."""
    with running() as made:
        yield made
