"""A prefix with a durable PostgreSQL of its own, migrated as in production; to be killed, copied and robbed."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from tests.cluster import below, lay

from gasthof.agent.link import role_of
from gasthof.agent.wire import bucket_of
from gasthof.bootstrap.postgres import APP, DATABASE, OWNER, Cluster

NODES = ("koeln", "bonn")
SET_UP = """
import sys, django
django.setup()
from django.core.management import call_command
for number, name in enumerate(sys.argv[1:], 1):
    call_command("register_node", name, uid_base=number * 1_000_000)
"""


@dataclass
class Installation:
    root: Path
    cluster: Cluster
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def make(cls) -> "Installation":
        root = Path(tempfile.mkdtemp(prefix="gasthof-protocol-"))
        root.chmod(0o755)
        cluster = below(root)
        lay(cluster)
        made = cls(root, cluster)
        made.start()
        for name in NODES:
            cluster.allow_node(role_of(name))
        cluster.psql("SELECT pg_reload_conf()")
        made._python("-c", SET_UP, *NODES, role=OWNER)
        return made

    def start(self, seconds: float = 30) -> None:
        log = (self.root / "postgres.log").open("a")
        self.process = subprocess.Popen(
            self.cluster.command(), user="postgres", group="postgres", extra_groups=[], cwd="/", stdout=log, stderr=log
        )
        self.cluster.wait(seconds)

    def start_quietly(self) -> None:
        """Returns although it may refuse to start: what a killed server left behind can be in the way."""
        try:
            self.start(3)
        except TimeoutError:
            self.process = None

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """SIGKILL takes the server processes down too: they notice their postmaster's death."""
        if self.process:
            self.process.send_signal(by)
            self.process.wait(30)
            self.process = None

    def clear(self) -> None:
        """Server processes that outlive their postmaster: one that waits for another's lock in shared memory notices nothing."""
        for home in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                if home.readlink() == self.root / "postgres" / "data":
                    os.kill(int(home.parent.name), signal.SIGKILL)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.root)

    def run(self, verb: str, **fields: str) -> Any:
        """A verb by its command line, as the application's role."""
        given = [f"{name}={value}" for name, value in fields.items()]
        return json.loads(self._python("-m", "gasthof.kernel.commandline", "run", verb, *given, "--json", role=APP))

    def _python(self, *arguments: str, role: str) -> str:
        environment = {
            "GASTHOF_PREFIX": str(self.root), "GASTHOF_DB_ROLE": role, "DJANGO_SETTINGS_MODULE": "gasthof.settings",
            "PYTHONPATH": os.pathsep.join(sys.path), "LANG": "C.UTF-8",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, *arguments], env=environment, cwd=self.root, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(done.stderr + done.stdout)
        return done.stdout

    def connect(self, role: str = APP, database: str = DATABASE) -> psycopg.Connection[Any]:
        host = str(self.cluster.socket)
        return psycopg.connect(host=host, dbname=database, user=role, autocommit=True)

    def put(self, on: psycopg.Connection[Any], node: str, kind: str, specs: dict[str, str | None]) -> dict[str, int]:
        """As put_desired does in a verb, on any connection."""
        keys = list(specs)
        with on.transaction():
            on.execute("SET LOCAL ROLE gasthof_staff")
            rows = on.execute(
                "SELECT put_key, put_revision FROM nodes_put((SELECT id FROM nodes_node WHERE name = %s), %s, %s, %s, %s, %s)",
                [node, [kind] * len(keys), keys, [1] * len(keys), [specs[key] for key in keys],
                 [bucket_of(kind, key) for key in keys]],
            ).fetchall()  # fmt: skip
        return dict(rows)
