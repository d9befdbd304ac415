"""A checkout that service users cannot reach: state and a copy of the code go elsewhere, and all of it works."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.platform import ROOT, free_ports

from gasthof.bootstrap import machine
from gasthof.bootstrap import place as places
from gasthof.prefix import DEFAULT_PORTS

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(300)]


@pytest.fixture
def closed() -> Iterator[Path]:
    """A copy of this tree in a private folder; its environment is this tree's, to save minutes."""
    folder = Path(tempfile.mkdtemp(prefix="gasthof-closed-"))
    checkout = folder / "checkout"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*places.LEFT_OUT), symlinks=True)
    folder.chmod(0o700)
    refuge = places.refuge(checkout)
    refuge.mkdir(parents=True)
    (refuge / "env").symlink_to(places.locate(ROOT, None).default.resolve() / "env")
    try:
        yield checkout
    finally:
        subprocess.run([str(checkout / "gasthof"), "down"], check=True, capture_output=True)
        shutil.rmtree(folder)
        shutil.rmtree(refuge)


def test_it_comes_up_and_says_where_it_lies(closed: Path) -> None:
    ports = [
        word
        for name, port in zip(DEFAULT_PORTS, free_ports(len(DEFAULT_PORTS)), strict=True)
        for word in ("--port", f"{name}={port}")
    ]
    done = subprocess.run(
        [str(closed / "gasthof"), "up", "--detach", "--no-demo", *ports], check=False, capture_output=True, text=True
    )
    refuge = places.refuge(closed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"State lies in {refuge}" in done.stdout and f"may not enter {closed.parent}" in done.stdout
    assert (closed / "var").resolve() == refuge
    assert os.path.lexists(refuge / "config.toml")
    ours = [one for one in machine.processes() if f"{refuge}/" in one.command]
    assert {"gasthof.agent", "gunicorn", "nginx:"} <= {word for one in ours for word in one.command.split()}
    subprocess.run([str(closed / "gasthof"), "status"], check=True, capture_output=True)
    again = subprocess.run(
        [str(closed / "gasthof"), "up", "--detach", "--no-demo"], check=True, capture_output=True, text=True
    )
    assert "nothing to do" in again.stderr
