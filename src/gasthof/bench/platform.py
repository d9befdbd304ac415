"""A platform on a prefix and ports of its own, filled with as many sites as a benchmark wants."""

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path

import django

from gasthof.bootstrap.supervisor import Supervisor
from gasthof.kernel import passwords
from gasthof.kernel.permissions import SYSTEM
from gasthof.prefix import DEFAULT_PORTS, Prefix

COMMAND = Path(__file__).resolve().parents[3] / "gasthof"
DOMAINS_EACH = 10  # of a customer
PLAN = "Bench"
PASSWORD = "Sehr geheim 1!"  # noqa: S105 - of customers who live as long as the benchmark
FILLERS = 2  # processes


_shared: list[Prefix] = []


@contextlib.contextmanager
def shared() -> Iterator[None]:
    """One platform for all benchmarks within it: for small sizes, of which nobody wants more than that they work."""
    with fresh() as prefix:
        _shared.append(prefix)
        try:
            yield
        finally:
            _shared.clear()


@contextlib.contextmanager
def fresh() -> Iterator[Prefix]:
    """Up, without the demo; stopped and removed afterwards. This process becomes its control plane. Within `shared` as the one before left it."""
    if _shared:
        with contextlib.suppress(xmlrpc.client.Fault):  # it runs
            start_agent(_shared[0])
        yield _shared[0]
        return
    root = Path(tempfile.mkdtemp(prefix="gasthof-bench-"))
    root.chmod(0o755)
    ports = [word for name, number in _free_ports().items() for word in ("--port", f"{name}={number}")]
    try:
        _command("up", root, "--detach", "--no-demo", *ports)
        os.environ |= {"GASTHOF_PREFIX": str(root), "DJANGO_SETTINGS_MODULE": "gasthof.settings"}
        django.setup()
        from gasthof.kernel import rows  # Django is set up from here on
        from gasthof.kernel.actions import perform

        perform(SYSTEM, "subscriptions.create_plan", {"name": PLAN, "domains": 1000, "ftp_users": 1000})
        with rows.by_default(SYSTEM):
            yield Prefix.load(root)
    finally:
        from django.db import connections

        connections.close_all()
        _command("down", root)
        shutil.rmtree(root)


def _command(word: str, root: Path, *options: str) -> None:
    done = subprocess.run(
        [sys.executable, str(COMMAND), word, "--prefix", str(root), *options],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{word}: {done.stdout}{done.stderr}")


def _free_ports() -> dict[str, int]:
    with contextlib.ExitStack() as held:
        ports = {}
        for name in DEFAULT_PORTS:
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            ports[name] = one.getsockname()[1]
        return ports


def fill(customers: int) -> None:
    """So many more customers, each with a subscription and ten domains, and a zone, a website, a mailbox and an FTP user for each
    domain, by the verbs that people use."""
    from gasthof.slices.accounts.models import Customer

    have = Customer.objects.count()
    parts = [range(have, have + customers)[start::FILLERS] for start in range(FILLERS)]
    lines = [[sys.executable, "-m", __name__, str(part.start), str(part.stop), str(part.step)] for part in parts]
    processes = [subprocess.Popen(line) for line in lines]
    codes = [process.wait() for process in processes]
    if any(codes):
        raise RuntimeError("the platform could not be filled")


def _fill(customers: range) -> None:
    for number in customers:
        subscription = new_subscription(f"Kundin {number}")
        add_domains(subscription, [f"köche-{number}-{one}.test" for one in range(DOMAINS_EACH)])


def new_subscription(name: str) -> str:
    """System name of a new customer's subscription."""
    from gasthof.kernel.actions import perform

    customer = perform(SYSTEM, "accounts.create", {"name": name}).result["customer"]
    fields = {"customer": customer, "plan": PLAN, "node": "local"}
    return str(perform(SYSTEM, "subscriptions.create", fields).result["subscription"])


def add_domains(subscription: str, names: list[str]) -> None:
    from gasthof.kernel.actions import perform_many

    calls: list[tuple[str, dict[str, object]]] = []
    for number, name in enumerate(names):
        calls += [
            ("domains.add", {"subscription": subscription, "name": name}),
            ("mail.add_mailbox", {"domain": name, "name": "info", "password": PASSWORD}),
            (
                "ftp.add_user",
                {"subscription": subscription, "name": f"web{number}", "directory": "web", "password": PASSWORD},
            ),
        ]
    perform_many(SYSTEM, calls)


def settled(seconds: float) -> float:
    """Wait until the node has reported everything live; returns how long that took. TimeoutError, or RuntimeError for failures."""
    from gasthof.slices.nodes.queries import status

    start = time.monotonic()
    while (node := status()[0]).pending:
        if time.monotonic() - start > seconds:
            raise TimeoutError(f"{node.pending} objects still pending after {seconds:.0f} s")
        time.sleep(0.2)
    if node.failed:
        raise RuntimeError(f"{node.failed} objects failed: {node.errors[0]}")
    return time.monotonic() - start


def agent_pid(prefix: Prefix) -> int:
    return int(Supervisor(prefix).rpc.getProcessInfo("agent")["pid"])


def stop_agent(prefix: Prefix) -> None:
    Supervisor(prefix).rpc.stopProcess("agent")


def start_agent(prefix: Prefix) -> None:
    Supervisor(prefix).rpc.startProcess("agent")


def _hash_once() -> None:
    """All have one password, and its hash is slow on purpose. To be called before slices take the functions over."""
    for name in ("hashed", "crypted"):
        setattr(passwords, name, functools.cache(getattr(passwords, name)))


if __name__ == "__main__":
    _hash_once()
    django.setup()
    _fill(range(*map(int, sys.argv[1:])))
