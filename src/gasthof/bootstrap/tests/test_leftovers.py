"""Whose processes are ended: only those of uids that this installation has chosen."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gasthof.bootstrap import configuration, leftovers
from gasthof.bootstrap.down import stop
from gasthof.prefix import Prefix


@contextmanager
def running_as(uid: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["/bin/sleep", "60"], user=uid, group=uid, extra_groups=[], cwd="/") as child:
        try:
            yield child
        finally:
            child.kill()


def test_without_a_configuration_nobody_is_ours(tmp_path: Path) -> None:
    prefix = Prefix.load(tmp_path)
    with running_as(prefix.uid_base + 7) as stranger:
        assert leftovers.customers(prefix) == []
        assert not stop(prefix)
        assert stranger.poll() is None


def test_a_configuration_without_uids_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[node]\nname = "köln"\n', "utf-8")
    prefix = Prefix.load(tmp_path)
    with running_as(prefix.uid_base + 7) as stranger:
        assert leftovers.customers(prefix) == []
        assert not stop(prefix)
        assert stranger.poll() is None


def test_customers_of_a_known_installation_are_ended(tmp_path: Path) -> None:
    configuration.write(configuration.planned(tmp_path, {}))
    prefix = Prefix.load(tmp_path)
    with running_as(prefix.uid_base + 7) as customer:
        assert [one.pid for one in leftovers.customers(prefix)] == [customer.pid]
        assert stop(prefix)
        assert customer.wait(5) != 0
