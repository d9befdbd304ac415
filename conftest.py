"""Fixtures for tests beside their slices and in tests/ alike, and the order of files."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["tests.application", "tests.parts", "tests.platform", "tests.committing"]


@pytest.hookimpl(trylast=True)  # when those that are not wanted have gone
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long first, as far as can be told: as the last ones they would keep one process busy while the others have nothing
    left to do. Those that ask for more time, then those that need a whole platform, then those with many tests. The order within a file stays."""
    sizes, patience, platforms = Counter(item.path for item in items), Counter[Path](), set[Path]()
    for item in items:
        patience[item.path] = max(patience[item.path], *(mark.args[0] for mark in item.iter_markers("timeout")), 0)
        if "platform" in getattr(item, "fixturenames", ()):
            platforms.add(item.path)
    items.sort(key=lambda item: (-patience[item.path], item.path not in platforms, -sizes[item.path]))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None) -> None:
    """Nothing is left to be made: this process has a cluster of its own, with all tables (tests/cluster.py)."""


@pytest.fixture(autouse=True)
def nothing_was_swept() -> None:
    """What a sweep remembers beside the database belongs to a test's database."""
    try:
        from gasthof.slices.lifecycle import witness
    except ImportError:
        return
    witness.place().unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A request answers in its reader's language, which stays active in the thread: the next test must not find it so."""
    yield
    try:
        from django.utils import translation
    except ImportError:  # tests of what runs without Django
        return
    translation.deactivate()
