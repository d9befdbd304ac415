"""Loaded as a plugin before Django reads its settings: a prefix with a PostgreSQL of its own, translations compiled."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from gasthof.bootstrap import translations
from gasthof.bootstrap.postgres import OWNER
from tests import cluster


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """A process that only hands tests to others needs no database."""
    here = "PYTEST_XDIST_WORKER" in os.environ or not early_config.known_args_namespace.numprocesses
    os.environ["GASTHOF_PREFIX"] = str(cluster.start()) if here else "/nonexistent"
    os.environ["GASTHOF_DB_ROLE"] = OWNER
    return (yield)


def pytest_collection_finish() -> None:
    """What has been read stays: nobody need look through it for garbage again and again."""
    gc.collect()
    gc.freeze()


gc.set_threshold(100_000, 20, 20)  # else half of the time in which tests are read goes into looking for garbage
for catalogue in translations.stale(Path(__file__).parents[1] / "src"):
    translations.compile_catalogue(catalogue)

settings.register_profile("unhurried", deadline=None)  # a loaded machine is no fault of what is tested
settings.register_profile(
    "repeatable", deadline=None, derandomize=True
)  # by the same examples each time: a new one is found here, not there
settings.load_profile("repeatable" if os.environ.get("CI") else "unhurried")
