"""Loaded as a plugin before Django reads its settings: a prefix with a PostgreSQL of its own, translations compiled."""

import os
from pathlib import Path

from gasthof.bootstrap import translations

for catalogue in translations.stale(Path(__file__).parents[1] / "src"):
    translations.compile_catalogue(catalogue)

if "GASTHOF_PREFIX" not in os.environ:
    from tests import cluster

    os.environ["GASTHOF_PREFIX"] = str(cluster.start())
    os.environ["GASTHOF_DB_ROLE"] = "gasthof_owner"
