"""Debian packages: asks what is missing, installs that without starting any system service."""

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gasthof.agent import daemons
from gasthof.bootstrap import interrupts, units
from gasthof.bootstrap.progress import tell
from gasthof.bootstrap.refusal import Refusal

PANEL = ("nginx", "node-normalize.css", "postgresql", "postgresql-15", "python3-venv")
TESTS = ("chromium", "fonts-dejavu-core", "git", "libnss3-tools")
POLICY = Path("/usr/sbin/policy-rc.d")
MARK = "# Made by gasthof for the time of an installation."
POLICY_TEXT = f"#!/bin/sh\n{MARK}\nexit 101\n"  # 101: action forbidden by policy (invoke-rc.d(8))
QUERY = "/usr/bin/dpkg-query"
APT = ["/usr/bin/apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0"]


def platform() -> list[str]:
    """What the house and its slices run on."""
    return list(dict.fromkeys([*PANEL, *(name for each in daemons.installed() for name in each.packages)]))


def tests() -> list[str]:
    """What only tests and benchmarks need."""
    return list(dict.fromkeys([*TESTS, *(name for each in daemons.installed() for name in each.test_packages)]))


def ensure(wanted: Sequence[str]) -> None:
    """Raises Refusal with apt's last words when what is missing cannot be installed."""
    forget_policy()
    if lacking := missing(wanted):
        install(lacking)


def missing(wanted: Sequence[str]) -> list[str]:
    """Those that dpkg does not call installed."""
    return not_installed(wanted, _asked("-W", "-f", "${Package} ${db:Status-Status}\\n", *wanted).splitlines())


def not_installed(wanted: Sequence[str], lines: Sequence[str]) -> list[str]:
    """`lines`: "NAME STATUS" as dpkg-query tells them; it leaves out names it has never heard of."""
    installed = {name for name, _, status in (line.partition(" ") for line in lines) if status == "installed"}
    return [name for name in wanted if name not in installed]


def version(name: str) -> str:
    """Upstream's part of the installed version, "" if there is none."""
    return _asked("-W", "-f", "${source:Upstream-Version}", name)


def _asked(*words: str) -> str:
    """What dpkg-query says; nothing on a machine without it."""
    try:
        return subprocess.run([QUERY, *words], check=False, capture_output=True, text=True).stdout
    except FileNotFoundError:
        return ""


def owner(path: str) -> str:
    """The package that a file belongs to, "" if none."""
    return _asked("-S", path).partition(":")[0]


def installed() -> set[str]:
    """All packages of the machine."""
    rows = (line.partition(" ") for line in _asked("-W", "-f", "${Package} ${db:Status-Status}\\n").splitlines())
    return {name for name, _, status in rows if status == "installed"}


def install(wanted: Sequence[str]) -> None:
    """Raises Refusal with apt's last words when it fails. No service of what it brings starts, now or at the next boot."""
    tell(f"  Debian packages: {', '.join(wanted)}")
    before = installed()
    with services_held(), units.kept_from_boot(lambda unit: owner(unit) not in before):
        if said := _run(["/usr/bin/dpkg", "--configure", "-a"]):
            raise Refusal(f"An interrupted installation could not be finished. dpkg said:\n{said}")
        fetch(wanted)


def fetch(wanted: Sequence[str]) -> None:
    """Lists that cannot be fetched do not matter as long as the packages can: one of many sources may be away."""
    stale = _run([*APT, "update", "--error-on=any"])
    failed = _run([*APT, "install", "--no-install-recommends", *wanted])
    if failed and stale:
        raise Refusal(
            f"Debian packages are missing and cannot be fetched: {', '.join(wanted)}. Give this machine a network and Debian's "
            f"mirrors in /etc/apt, then run this again. apt-get update said:\n{stale}\napt-get install said:\n{failed}"
        )
    if failed:
        raise Refusal(f"Debian packages could not be installed. apt-get said:\n{failed}")


@contextmanager
def services_held(policy: Path = POLICY) -> Iterator[None]:
    """No package starts its service meanwhile. A policy that the machine has already is left as it is."""
    with _folder(policy) as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)  # one installation after the other
        ours = not policy.exists() or _is_ours(policy)
        if ours:
            policy.write_text(POLICY_TEXT)
            policy.chmod(0o755)
        try:
            yield
        finally:
            if ours:
                policy.unlink(missing_ok=True)


def forget_policy(policy: Path = POLICY) -> None:
    """One that a killed run left would keep the machine's services down; one of a run at work stays."""
    if policy.exists() and _is_ours(policy):
        with _folder(policy) as folder, contextlib.suppress(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            policy.unlink(missing_ok=True)


def _is_ours(policy: Path) -> bool:
    return MARK in policy.read_text("utf-8", "replace")


@contextmanager
def _folder(policy: Path) -> Iterator[int]:
    """The folder it lies in, to hold a lock on: a policy itself comes and goes."""
    folder = os.open(policy.parent, os.O_RDONLY)
    try:
        yield folder
    finally:
        os.close(folder)


def apt_environment() -> dict[str, str]:
    """The operator's proxies count here; their language does not, for the lines are read."""
    return {
        **os.environ,
        "DEBIAN_FRONTEND": "noninteractive",
        "LC_ALL": "C.UTF-8",
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    }


def _run(command: list[str]) -> str:
    """ "" when it succeeded, else its last words."""
    words: list[str] = []
    process = subprocess.Popen(
        command, env=apt_environment(), cwd="/", text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with process:
        try:
            for line in process.stdout or ():
                words.append(line.rstrip())
                if line.startswith(("Get:", "Unpacking ", "Setting up ", "Fetched ")):
                    tell(f"    {line.rstrip()}")
        except KeyboardInterrupt as interrupt:  # a service must not start because we were gone before it
            interrupts.pass_on(interrupt, process)
            raise
    return "\n".join([*words[-8:], f"(exit code {process.returncode})"]) if process.returncode else ""
