"""A relay's password: out of the file that every user of the machine may read."""

import grp
import stat
from pathlib import Path

import pytest

from gasthof.bootstrap import configuration, layout
from gasthof.prefix import PANEL_USER, Prefix, without_password


@pytest.fixture
def root(tmp_path: Path) -> Path:
    if PANEL_USER in layout.missing_users():
        layout.add_user(PANEL_USER)
    return tmp_path


def brought_up(root: Path, relay: str) -> Prefix:
    """As by an operator who writes a relay into config.toml, and `up`."""
    line = f'relay = "{relay}"\n' if relay else ""
    (root / "config.toml").write_text(f"[mail]\n{line}")
    configuration.write(layout.keep_relay(configuration.planned(root, {})))
    return Prefix.load(root)


@pytest.mark.parametrize("password", ["geheim-77", "ge%3Aheim", "ge/heim", "ge@heim:77"])
def test_it_is_moved_where_only_the_panel_reads(root: Path, password: str) -> None:
    prefix = brought_up(root, f"smtp://grüße%40x:{password}@mx.test:587")
    assert prefix.mail_relay == "smtp://grüße%40x@mx.test:587"
    assert password not in (root / "config.toml").read_text()
    assert prefix.relay_secret.read_text().strip() == f"smtp://grüße%40x:{password}@mx.test:587"
    found = prefix.relay_secret.stat()
    assert (found.st_uid, grp.getgrgid(found.st_gid).gr_name, stat.S_IMODE(found.st_mode)) == (0, PANEL_USER, 0o640)


def test_it_stays_while_the_relay_does(root: Path) -> None:
    first = brought_up(root, "smtp://anna:geheim@mx.test")
    kept = first.relay_secret.read_text()
    assert brought_up(root, first.mail_relay).relay_secret.read_text() == kept
    assert brought_up(root, "smtp://anna:neu@mx.test").relay_secret.read_text() == kept.replace("geheim", "neu")


@pytest.mark.parametrize("relay", ["", "smtp://anna@mx.example", "smtp://mx.test:587"])
def test_it_goes_with_the_relay(root: Path, relay: str) -> None:
    brought_up(root, "smtp://anna:geheim@mx.test")
    prefix = brought_up(root, relay)
    assert prefix.mail_relay == relay and not prefix.relay_secret.exists()


@pytest.mark.parametrize("relay", ["", "smtp://mx.test:587", "smtps://anna@[::1]:465"])
def test_what_has_no_password_is_left_as_it_is(relay: str) -> None:
    assert without_password(relay) == relay
