"""The Python environment, made from a lock file with hashes. A marker tells which lock it was made from."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gasthof.bootstrap.place import Place
from gasthof.bootstrap.progress import step, tell
from gasthof.bootstrap.refusal import Refusal

INTERPRETER = "/usr/bin/python3"  # Debian's: one below a private home could not be run by service users
MARKER = "gasthof-locks.json"
SUPERSETS = {"runtime": ("runtime", "dev"), "dev": ("dev",)}


def lock_digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def satisfied(marker: dict[str, str], wanted: str, digests: dict[str, str]) -> bool:
    """Whether an environment with this marker holds all of requirements/WANTED.lock."""
    return any(marker.get(name) == digests[name] for name in SUPERSETS[wanted])


def ensure(place: Place, wanted: str = "runtime") -> bool:
    """True if something had to be done. Raises Refusal when packages cannot be fetched."""
    folder = place.default / "env"
    digests = {name: lock_digest(place.checkout / "requirements" / f"{name}.lock") for name in SUPERSETS}
    with _alone(place.default / "env.lock"):
        if satisfied(_marker(folder), wanted, digests):
            return False
        with step(f"Python environment ({wanted}.lock)"):
            _unmark(folder)
            _make(folder)
            _install(folder, place.checkout / "requirements" / f"{wanted}.lock")
            _mark(folder, {wanted: digests[wanted]})
    return True


def _marker(folder: Path) -> dict[str, str]:
    path = folder / MARKER
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _unmark(folder: Path) -> None:
    """From here on nobody can say what it holds, whatever interrupts us."""
    (folder / MARKER).unlink(missing_ok=True)


def _mark(folder: Path, marker: dict[str, str]) -> None:
    path = folder / MARKER
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(marker))
    fresh.rename(path)
    (folder / "unfinished").unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two prefixes may come up at once; they share the environment."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path) -> None:
    """An environment that was being changed when it was interrupted is made anew."""
    if (folder / "unfinished").exists():
        shutil.rmtree(folder)
    if not (folder / "bin" / "python").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o755)
        (folder / "unfinished").touch()
        _run([INTERPRETER, "-m", "venv", str(folder)], "The Python environment could not be made")
    (folder / "unfinished").touch()


def _install(folder: Path, lock: Path) -> None:
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    failure = "The Python packages could not be installed. They come over the network: see that there is one, then run this again."
    _run([*pip, "--progress-bar", "off", "--require-hashes", "-r", str(lock)], failure)


def pip_environment() -> dict[str, str]:
    """The operator's index, proxies and CA count here; Python's own switches do not."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | {"LC_ALL": "C.UTF-8"}


def _run(command: list[str], failure: str) -> None:
    words: list[str] = []
    process = subprocess.Popen(
        command, env=pip_environment(), cwd="/", umask=0o022, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with process:
        for line in process.stdout or ():
            words.append(line.rstrip())
            if line.startswith(("Collecting ", "Installing ", "Successfully ")):
                tell(f"    {line.rstrip()[:200]}")
    if process.returncode:
        raise Refusal(f"{failure} It said:\n" + "\n".join(words[-6:]))
