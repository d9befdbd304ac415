"""PostgreSQL for tests: a cluster with all tables, made once for a state of the migrations, and copied for whoever needs one."""

import atexit
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gasthof.bootstrap.postgres import OWNER, Cluster

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "var" / "tests"  # what a run of tests leaves for the next
SHAPED_BY = (  # below src/gasthof: all that decides what migrations make
    "*/migrations/*",
    "*/models.py",
    "*/models/*.py",
    "slices/lifecycle/rules/*.py",
    "kernel/policies.py",
    "bootstrap/postgres.py",
    "bootstrap/guard.py",
)


def start() -> Path:
    """A prefix in a folder that every uid can enter, with a PostgreSQL below it whose tables are empty; gone when this process ends."""
    root = Path(tempfile.mkdtemp(prefix="gasthof-test-"))
    root.chmod(0o755)
    (root / "panel" / "memory").mkdir(parents=True)
    (root / "config.toml").write_text('[cards]\nnetwork = "tryout"\n')
    cluster = below(root)
    lay(cluster, durable=False)
    process, owner = _run(cluster), os.getpid()

    def stop() -> None:
        if os.getpid() == owner:
            _end(process)
            shutil.rmtree(root, ignore_errors=True)

    atexit.register(stop)
    cluster.psql(f"ALTER ROLE {OWNER} SUPERUSER")  # emptying tables goes past their triggers
    return root


def below(root: Path) -> Cluster:
    return Cluster(root / "postgres" / "data", root / "postgres" / "run")


def lay(cluster: Cluster, *, durable: bool = True) -> None:
    """As `create`, `create_database` and migrating would have left it: roles and tables, no rows of ours; not running."""
    with _model() as model:
        cluster.data.parent.mkdir(parents=True, exist_ok=True)
        _copy(model, cluster.data.parent)
    cluster.configure(durable=durable)


def sources() -> list[Path]:
    """What the tables are made from, the locked packages' own migrations among it."""
    code = ROOT / "src" / "gasthof"
    found = {path for pattern in SHAPED_BY for path in code.rglob(pattern) if path.suffix in (".py", ".sql")}
    return [*sorted(found), ROOT / "requirements" / "dev.lock"]


@contextlib.contextmanager
def _model() -> Iterator[Path]:
    """Nobody else makes or removes it meanwhile. Those of other states of the migrations go."""
    whole = b"".join(str(path.relative_to(ROOT)).encode() + path.read_bytes() for path in sources())
    digest = hashlib.sha256(whole).hexdigest()
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        model = KEPT / f"postgres-{digest[:16]}"
        if not model.exists():
            for left in KEPT.glob("postgres-*"):
                shutil.rmtree(left)
            _make(model)
        yield model


def _make(model: Path) -> None:
    """In a folder that the server's user may enter and whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="gasthof-model-") as scratch:
        Path(scratch).chmod(0o755)
        cluster = below(Path(scratch))
        cluster.create(durable=False)
        process = _run(cluster)
        try:
            cluster.create_database()
            given = {"GASTHOF_PREFIX": scratch, "GASTHOF_DB_ROLE": OWNER, "DJANGO_SETTINGS_MODULE": "gasthof.settings"}
            subprocess.run(
                [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
                check=True, env=given | {"PYTHONPATH": os.pathsep.join(sys.path), "LANG": "C.UTF-8"}, cwd="/",
            )  # fmt: skip
        finally:
            _end(process)
        fresh = model.with_name("postgres-new")
        fresh.mkdir()
        _copy(Path(scratch) / "postgres", fresh)
        fresh.rename(model)


def _copy(source: Path, target: Path) -> None:
    """With its owners, which shutil would not keep."""
    subprocess.run(["/usr/bin/cp", "--archive", "--reflink=auto", f"{source}/.", str(target)], check=True)


def _run(cluster: Cluster) -> subprocess.Popen[bytes]:
    """It answers when this returns."""
    log = (cluster.data.parent / "log").open("a")
    process = subprocess.Popen(
        cluster.command(), user="postgres", group="postgres", extra_groups=[], cwd="/",
        stdout=subprocess.DEVNULL, stderr=log,
    )  # fmt: skip
    cluster.wait(120)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """Connections are closed, files are whole."""
    process.send_signal(signal.SIGINT)
    process.wait(60)
