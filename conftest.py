"""Fixtures for tests beside their slices and in tests/ alike, and the order of files."""

from collections import Counter

import pytest

pytest_plugins = ["tests.application", "tests.platform"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with few tests first. They are those that start whole platforms: as the last ones they would keep one process busy while
    the other has nothing left to do. The order within a file stays."""
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: sizes[item.path])
