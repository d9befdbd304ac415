"""One throw-away PostgreSQL cluster for a test run."""

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from gasthof.bootstrap.postgres import NODES, OWNER, Cluster


def start() -> Path:
    """A prefix in a folder that every uid can enter, with PostgreSQL running below it; gone when the run ends."""
    root = Path(tempfile.mkdtemp(prefix="gasthof-test-"))
    root.chmod(0o755)
    (root / "panel" / "memory").mkdir(parents=True)
    (root / "config.toml").write_text('[cards]\nnetwork = "tryout"\n')
    cluster = Cluster(root / "postgres" / "data", root / "postgres" / "run")
    cluster.create(durable=False)
    name = "_".join(filter(None, ("test_gasthof", os.environ.get("PYTEST_XDIST_WORKER"))))
    with (cluster.data / "pg_hba.conf").open("a") as hba:
        # Nodes' roles in the database that Django makes for this process.
        hba.write(f"local {name} +{NODES} peer map=nodes\n")
    process = subprocess.Popen(
        cluster.command(), user="postgres", group="postgres", extra_groups=[], cwd="/",
        stdout=subprocess.DEVNULL, stderr=(root / "postgres.log").open("w"),
    )  # fmt: skip

    def stop() -> None:
        if os.getpid() == owner:
            process.terminate()
            process.send_signal(2)
            process.wait(20)
            shutil.rmtree(root, ignore_errors=True)

    owner = os.getpid()
    atexit.register(stop)
    cluster.wait(120)
    cluster.create_database()
    cluster.psql(f"ALTER ROLE {OWNER} SUPERUSER")  # the test database is made by it
    return root
