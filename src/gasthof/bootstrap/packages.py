"""Debian packages: asks what is missing, installs that without starting any system service."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gasthof.bootstrap.progress import tell
from gasthof.bootstrap.refusal import Refusal

PLATFORM = (
    "nginx",
    "libnginx-mod-http-ndk",
    "libnginx-mod-http-lua",
    "lua-resty-core",
    "lua-resty-lrucache",
    "lua-cjson",
    "php8.2-fpm",
    "php8.2-curl",
    "php8.2-gd",
    "php8.2-intl",
    "php8.2-mbstring",
    "php8.2-opcache",
    "php8.2-sqlite3",
    "php8.2-xml",
    "php8.2-zip",
    "postgresql",
    "postgresql-15",
    "python3-venv",
)
TESTS = ("acl", "chromium", "fonts-dejavu-core", "git", "nghttp2-client", "wrk")
POLICY = Path("/usr/sbin/policy-rc.d")
MARK = "# Made by gasthof for the time of an installation."
POLICY_TEXT = f"#!/bin/sh\n{MARK}\nexit 101\n"  # 101: action forbidden by policy (invoke-rc.d(8))
APT = ["/usr/bin/apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0"]


def missing(wanted: Sequence[str]) -> list[str]:
    """Those that dpkg does not call installed."""
    query = ["/usr/bin/dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n", *wanted]
    lines = subprocess.run(query, check=False, capture_output=True, text=True).stdout.splitlines()
    return not_installed(wanted, lines)


def not_installed(wanted: Sequence[str], lines: Sequence[str]) -> list[str]:
    """`lines`: "NAME STATUS" as dpkg-query tells them; it leaves out names it has never heard of."""
    installed = {name for name, _, status in (line.partition(" ") for line in lines) if status == "installed"}
    return [name for name in wanted if name not in installed]


def version(name: str) -> str:
    """Upstream's part of the installed version, "" if there is none."""
    query = ["/usr/bin/dpkg-query", "-W", "-f", "${source:Upstream-Version}", name]
    return subprocess.run(query, check=False, capture_output=True, text=True).stdout


def install(wanted: Sequence[str]) -> None:
    """Raises Refusal with apt's last words when it fails."""
    tell(f"  Debian packages: {', '.join(wanted)}")
    with services_held():
        _run(["/usr/bin/dpkg", "--configure", "-a"], "An interrupted installation could not be finished")
        _run([*APT, "update"], "The lists of Debian packages could not be fetched; is there a network?")
        _run([*APT, "install", "--no-install-recommends", *wanted], "Debian packages could not be installed")


@contextmanager
def services_held(policy: Path = POLICY) -> Iterator[None]:
    """No package starts its service meanwhile. A policy that the machine has already is left as it is."""
    ours = not policy.exists() or MARK in policy.read_text("utf-8", "replace")
    if ours:
        policy.write_text(POLICY_TEXT)
        policy.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def apt_environment() -> dict[str, str]:
    """The operator's proxies count here; their language does not, for the lines are read."""
    return {
        **os.environ,
        "DEBIAN_FRONTEND": "noninteractive",
        "LC_ALL": "C.UTF-8",
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    }


def _run(command: list[str], failure: str) -> None:
    words: list[str] = []
    process = subprocess.Popen(
        command, env=apt_environment(), cwd="/", text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with process:
        for line in process.stdout or ():
            words.append(line.rstrip())
            if line.startswith(("Get:", "Unpacking ", "Setting up ", "Fetched ")):
                tell(f"    {line.rstrip()}")
    if process.returncode:
        raise Refusal(f"{failure}. {command[0]} said:\n" + "\n".join(words[-8:]))
