"""Debian packages: what is missing, and that no service starts meanwhile."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from gasthof.bootstrap import packages, units
from gasthof.bootstrap.refusal import Refusal


def test_installed_means_installed() -> None:
    lines = ["nginx installed", "wrk config-files", "acl half-configured"]
    assert packages.not_installed(["nginx", "wrk", "acl", "chromium"], lines) == ["wrk", "acl", "chromium"]


def test_dpkg_is_asked() -> None:
    assert packages.missing(["dpkg", "no-such-package-gasthof"]) == ["no-such-package-gasthof"]
    assert packages.version("dpkg") and not packages.version("no-such-package-gasthof")


def test_a_machine_without_dpkg_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "QUERY", "/usr/bin/no-such-dpkg-query")
    assert packages.missing(["nginx"]) == ["nginx"]
    assert packages.version("nginx") == "" and packages.installed() == set()


@pytest.fixture
def own_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """apt-get with lists of its own; the result is its sources.list."""
    sources = tmp_path / "sources.list"
    settings = {
        "Dir::Etc::main": "-", "Dir::Etc::parts": "-", "Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "-",
        "Dir::State": tmp_path, "Dir::State::status": "/var/lib/dpkg/status", "Dir::Cache": tmp_path,
        "Acquire::http::Proxy": "DIRECT", "Acquire::Retries": 0, "APT::Sandbox::User": "root",
    }  # fmt: skip
    for name in ("lists", "archives"):
        (tmp_path / name / "partial").mkdir(parents=True)
    (tmp_path / "apt.conf").write_text("".join(f'{name} "{value}";\n' for name, value in settings.items()))
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    return sources


def test_without_a_network_it_says_what_to_do(own_apt: Path) -> None:
    own_apt.write_text("deb [trusted=yes] http://127.0.0.1:1/debian bookworm main\n")
    with pytest.raises(Refusal, match=r"no-such-package-gasthof\. Give this machine a network") as refused:
        packages.fetch(["no-such-package-gasthof"])
    assert "127.0.0.1:1" in str(refused.value)


def test_a_name_that_no_source_has_is_not_the_networks_fault(own_apt: Path) -> None:
    own_apt.write_text("")
    with pytest.raises(Refusal, match="could not be installed") as refused:
        packages.fetch(["no-such-package-gasthof"])
    assert "network" not in str(refused.value)


def test_one_dead_source_of_many_does_not_matter(own_apt: Path) -> None:
    own_apt.write_text("deb [trusted=yes] http://127.0.0.1:1/debian bookworm main\n")
    packages.fetch(["dpkg"])


def test_a_policy_left_by_a_kill_goes_although_nothing_is_missing(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    packages.forget_policy(policy)
    policy.write_text(packages.POLICY_TEXT)
    packages.forget_policy(policy)
    assert not policy.exists()
    policy.write_text("#!/bin/sh\nexit 101\n")
    packages.forget_policy(policy)
    assert policy.exists()


def test_the_policy_of_an_installation_at_work_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with packages.services_held(policy):
        packages.forget_policy(policy)
        assert policy.exists()
        folder = os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(folder)


def test_what_was_brought_does_not_start_at_the_next_boot(tmp_path: Path) -> None:
    wants = tmp_path / "multi-user.target.wants"
    wants.mkdir()
    for name in ("ssh.service", "nginx.service"):
        (wants / name).symlink_to(f"/lib/systemd/system/{name}")
    (wants / "nginx.service").unlink()
    with pytest.raises(ZeroDivisionError), units.kept_from_boot(lambda unit: "cron" not in unit, tmp_path):
        for name in ("nginx.service", "cron.service", "getty@tty1.service", "remote-fs.target"):
            (wants / name).symlink_to(f"/lib/systemd/system/{name}")
        raise ZeroDivisionError
    assert {link.name for link in wants.iterdir()} == {
        "ssh.service",
        "cron.service",
        "getty@tty1.service",
        "remote-fs.target",
    }


def test_a_unit_has_an_owner() -> None:
    assert packages.owner("/lib/systemd/system/nginx.service") in packages.installed()
    assert packages.owner("/no/such/file") == "" and "no-such-package-gasthof" not in packages.installed()


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
