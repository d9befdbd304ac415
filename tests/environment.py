"""Loaded as a plugin before Django reads its settings: a prefix with a PostgreSQL of its own."""

import os

if "GASTHOF_PREFIX" not in os.environ:
    from tests import cluster

    os.environ["GASTHOF_PREFIX"] = str(cluster.start())
    os.environ["GASTHOF_DB_ROLE"] = "gasthof_owner"
