"""What an installation was brought up from: when the stamp is the same, there is nothing to do."""

import hashlib
import json
from pathlib import Path

from gasthof.bootstrap.configuration import put
from gasthof.bootstrap.environment import lock_digest
from gasthof.bootstrap.place import Place, files
from gasthof.bootstrap.programs import render
from gasthof.prefix import Prefix


def tree_digest(source: Path) -> str:
    """Of names, sizes and times: a file that was edited or replaced changes it. Tests run nowhere in production."""
    digest = hashlib.sha256()
    for path in sorted(files(source)):
        if path.is_file() and path.suffix != ".mo" and "tests" not in path.parts[len(source.parts) :]:
            state = path.stat()
            digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def current(prefix: Prefix, place: Place) -> dict[str, str]:
    """code: the tree of the checkout; packages: the Python packages; processes: how they are run; ports: where they listen; machine: what it is called."""
    return {
        "code": tree_digest(place.checkout / "src"),
        "packages": lock_digest(place.checkout / "requirements" / "runtime.lock"),
        "processes": hashlib.sha256(render(prefix, place).encode()).hexdigest(),
        "ports": json.dumps(prefix.ports, sort_keys=True),
        "machine": json.dumps([prefix.host, prefix.ipv4, prefix.ipv6]),
    }


def read(prefix: Prefix) -> dict[str, str]:
    path = prefix.root / "supervisor" / "stamp.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def write(prefix: Prefix, stamp: dict[str, str]) -> None:
    """Only after everything answers."""
    put(prefix.root / "supervisor" / "stamp.json", json.dumps(stamp, indent=1) + "\n", 0o600)
