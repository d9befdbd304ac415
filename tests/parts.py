"""Which part of the check a test belongs to (docs/tests.md). `--quick` leaves out what is marked here as of the rest, and what is to run alone."""

from collections.abc import Collection
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (ROOT / "tests" / "attacks", ROOT / "tests" / "journeys")
SLOW = {"daemons", "journey", "long"}
DATABASE = {"db", "transactional_db", "django_db_setup"}  # fixtures that open it


def in_the_rest(path: Path, marks: Collection[str], fixtures: Collection[str]) -> bool:
    if SLOW & set(marks) or any(folder in path.parents for folder in FOLDERS):
        return True
    return "quick" not in marks and ("django_db" in marks or bool(DATABASE & set(fixtures)))


@pytest.hookimpl(tryfirst=True)  # before some are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if in_the_rest(item.path, [mark.name for mark in item.iter_markers()], getattr(item, "fixturenames", ())):
            item.add_marker("rest")
