"""Loaded as a plugin before Django reads its settings: a prefix with a PostgreSQL of its own, translations compiled."""

import os
from pathlib import Path

from hypothesis import settings

from gasthof.bootstrap import translations

for catalogue in translations.stale(Path(__file__).parents[1] / "src"):
    translations.compile_catalogue(catalogue)

if "GASTHOF_PREFIX" not in os.environ or "PYTEST_XDIST_WORKER" in os.environ:  # each process has its own
    from tests import cluster

    os.environ["GASTHOF_PREFIX"] = str(cluster.start())
    os.environ["GASTHOF_DB_ROLE"] = "gasthof_owner"

settings.register_profile("unhurried", deadline=None)  # a loaded machine is no fault of what is tested
settings.register_profile(
    "repeatable", deadline=None, derandomize=True
)  # by the same examples each time: a new one is found here, not there
settings.load_profile("repeatable" if os.environ.get("CI") else "unhurried")
