"""Debian packages: what is missing, and that no service starts meanwhile."""

import subprocess
from pathlib import Path

import pytest

from gasthof.bootstrap import packages


def test_installed_means_installed() -> None:
    lines = ["nginx installed", "wrk config-files", "acl half-configured"]
    assert packages.not_installed(["nginx", "wrk", "acl", "chromium"], lines) == ["wrk", "acl", "chromium"]


def test_dpkg_is_asked() -> None:
    assert packages.missing(["dpkg", "no-such-package-gasthof"]) == ["no-such-package-gasthof"]
    assert packages.version("dpkg") and not packages.version("no-such-package-gasthof")


def test_services_are_held_while_installing(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with packages.services_held(policy):
        assert subprocess.run([str(policy), "nginx", "start"], check=False).returncode == 101
    assert not policy.exists()


def test_a_policy_of_the_machine_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    with packages.services_held(policy):
        pass
    assert policy.read_text() == "#!/bin/sh\nexit 101\n"


def test_one_that_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text(packages.POLICY_TEXT)
    with pytest.raises(ZeroDivisionError), packages.services_held(policy):
        raise ZeroDivisionError
    assert not policy.exists()
