"""The agent as a process of its own: its options, signals and lock, and that it needs no Django."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gasthof.agent.tests.node import SOURCE, Node
from gasthof.slices.web.tests.nginx_harness import wait_for

pytestmark = pytest.mark.daemons


@pytest.fixture
def node() -> Iterator[Node]:
    with Node.made() as made:
        yield made


def agent(node: Node, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gasthof.agent", *options]
    return subprocess.run(
        command, env=node.environment(), cwd="/", capture_output=True, text=True, timeout=60, check=False
    )


def test_fixtures_need_no_control_plane_and_are_done_once(node: Node) -> None:
    done = agent(node, "--fixtures")
    assert done.returncode == 0, done.stderr
    conf = node.prefix.state / "web/nginx.conf"
    made = conf.stat().st_ino
    assert node.prefix.ca_certificate.exists() and node.prefix.ca_key.stat().st_mode & 0o777 == 0o600
    assert agent(node, "--fixtures").returncode == 0 and conf.stat().st_ino == made
    node.start_nginx()
    assert agent(node, "--fixtures").returncode == 0


def test_the_plan_is_a_diff_and_changes_nothing(node: Node) -> None:
    agent(node, "--fixtures")
    conf = node.prefix.state / "web/nginx.conf"
    conf.write_text(conf.read_text().replace("server_tokens off", "server_tokens on"))
    done = agent(node, "--plan")
    assert "-    server_tokens on;" in done.stdout and "+    server_tokens off;" in done.stdout
    assert "server_tokens on" in conf.read_text()


def test_a_reader_that_has_seen_enough_ends_the_plan_quietly(node: Node) -> None:
    command = [sys.executable, "-m", "gasthof.agent", "--plan"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command,
        env=node.environment(),
        cwd="/",
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_once_without_a_control_plane_says_so(node: Node) -> None:
    done = agent(node, "--once")
    assert done.returncode == 1 and "no control plane" in done.stderr


def test_there_is_one_agent_it_sees_to_drift_on_a_signal_and_ends_on_term(node: Node) -> None:
    process = node.start("gasthof.agent")
    conf = node.prefix.state / "web/nginx.conf"
    wait_for(conf.exists, process)
    second = agent(node, "--fixtures")
    assert second.returncode == 0 and "running already" in second.stderr
    time.sleep(1.0)
    conf.unlink()
    process.send_signal(signal.SIGUSR1)
    wait_for(conf.exists, process)
    process.terminate()
    assert process.wait(5) == 0


def test_it_runs_as_root_with_no_other_group(node: Node) -> None:
    process = node.start("gasthof.agent")
    wait_for((node.prefix.state / "web/nginx.conf").exists, process)
    status = Path(f"/proc/{process.pid}/status").read_text()
    assert "\nGroups:\t \n" in status or "\nGroups:\t\n" in status
    assert Path(f"/proc/{process.pid}/cwd").readlink() == Path("/")


def test_agent_and_node_rooms_need_no_django(tmp_path: Path) -> None:
    """An environment with requirements/node.lock alone, where Django cannot be imported."""
    python = tmp_path / "env/bin/python"
    subprocess.run(["/usr/bin/python3", "-m", "venv", str(tmp_path / "env")], check=True)
    lock = SOURCE.parent / "requirements/node.lock"
    install = [str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(lock)]
    subprocess.run(install, check=True, cwd="/", capture_output=True)
    modules = sorted(
        {name for pattern in PATTERNS for path in (SOURCE / "gasthof").glob(pattern) if (name := module(path))}
    )
    assert {"gasthof.agent.__main__", "gasthof.slices.web.node.kinds", "gasthof.slices.web.rules"} <= set(modules)
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\nassert 'django' not in sys.modules\n"
    code += "try: import django\nexcept ImportError: print('none')"
    environment = {"PYTHONPATH": str(SOURCE), "GASTHOF_PREFIX": str(tmp_path)}
    done = subprocess.run(
        [str(python), "-c", code, *modules], env=environment, cwd="/", capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("none", "")


PATTERNS = (
    "agent/**/*.py", "slices/*/node/**/*.py", "slices/*/spec.py", "slices/*/rules.py",
    "slices/*/activator/*.py", "slices/*/verifier/*.py", "slices/*/logsplit/*.py",
)  # fmt: skip


def module(path: Path) -> str:
    """Its dotted name; "" for tests, and for daemons' main modules, which would start them."""
    if "tests" in path.parts or (path.name == "__main__.py" and "agent" not in path.parts):
        return ""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
