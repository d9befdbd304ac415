"""A pool's files: parsed back, they say what was meant, and no value can say more."""

import configparser
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.prefix import Prefix
from gasthof.slices.web.node.pool import (
    HIGHEST_UID,
    LOWEST_UID,
    Pool,
    conf_path,
    json_path,
    parse_key,
    parse_pool,
    pool_files,
)
from gasthof.slices.web.spec import PoolSpec

PREFIX = Prefix(Path("/srv/gästehaus"))
SPEC = PoolSpec("s000012", 1_000_012, "8.2", max_children=7)


def _conf(prefix: Prefix, spec: PoolSpec) -> configparser.ConfigParser:
    text = pool_files(prefix, spec)[conf_path(prefix, f"{spec.version}/{spec.subscription}")].decode()
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def test_the_configuration_parsed_back_is_the_intended_one() -> None:
    parser = _conf(PREFIX, SPEC)
    assert parser.sections() == ["global", "s000012"]
    values = {name: value.strip('"') for name, value in parser["s000012"].items()}
    assert values["listen"] == "/srv/gästehaus/run/php/8.2/s000012.sock"
    assert values["pm"] == "ondemand"
    assert values["pm.max_children"] == "7"
    assert values["clear_env"] == "yes"
    assert values["security.limit_extensions"] == ".php"
    home = "/srv/gästehaus/customers/s000012"
    assert values["php_admin_value[open_basedir]"] == f"{home}/web/:{home}/tmp/:/tmp/:/usr/share/php/"
    for name in ("sys_temp_dir", "upload_tmp_dir", "session.save_path"):
        assert values[f"php_admin_value[{name}]"] == f"{home}/tmp"
    for name in ("enable_dl", "expose_php", "fastcgi.logging"):
        assert values[f"php_admin_flag[{name}]"] == "off"
    assert values["php_value[session.gc_probability]"] == "1"
    for name in ("opcache.validate_permission", "opcache.validate_root", "cgi.fix_pathinfo"):
        assert values[f"php_admin_flag[{name}]"] == "on"


def test_the_description_parsed_back_is_the_pool() -> None:
    text = pool_files(PREFIX, SPEC)[json_path(PREFIX, "8.2/s000012")]
    assert parse_pool("8.2/s000012", text) == Pool("s000012", 1_000_012, "8.2", 7)


def test_the_files_lie_where_the_contract_says() -> None:
    assert set(pool_files(PREFIX, SPEC)) == {
        Path("/srv/gästehaus/node/php/pools/8.2/s000012.conf"),
        Path("/srv/gästehaus/node/php/pools/8.2/s000012.json"),
    }


@given(st.text(max_size=40), st.text(max_size=10), st.integers(), st.integers())
def test_whatever_the_values_the_files_hold_them_or_there_are_none(
    name: str, version: str, uid: int, children: int
) -> None:
    spec = PoolSpec(name, uid, version, children)
    try:
        files = pool_files(PREFIX, spec)
    except ValueError:
        return
    parser = _conf(PREFIX, spec)
    assert parser.sections() == ["global", name]
    assert len(parser[name]) == len(_conf(PREFIX, SPEC)["s000012"])
    assert {path.parent.parent for path in files} == {PREFIX.state / "php" / "pools"}


@pytest.mark.parametrize("root", ['/a"b', "/a\nb", "/a\\b", "/a$b", "/a:b", "/a,b", "/a=b", "/a\x00b", "/a\x7fb"])
def test_a_prefix_that_would_break_the_configuration_is_refused(root: str) -> None:
    with pytest.raises(ValueError, match="configuration"):
        pool_files(Prefix(Path(root)), SPEC)


@pytest.mark.parametrize("uid", [0, 1, 999, -1, LOWEST_UID - 1, HIGHEST_UID + 1, True])
def test_no_uid_but_a_customers(uid: int) -> None:
    with pytest.raises(ValueError, match="uid"):
        pool_files(PREFIX, PoolSpec("s000012", uid, "8.2"))


@pytest.mark.parametrize(
    "key", ["", "8.2", "8.2/", "/s1", "8.2/../x", "8.2/s1/x", "8/s1", "8.2/S1", "8.2/s1\n", "８.2/s1", None, 8.2]
)
def test_what_is_no_key_is_refused(key: object) -> None:
    with pytest.raises(ValueError, match="not a pool"):
        parse_key(key)


@pytest.mark.parametrize(
    "change",
    [
        {"uid": 0},
        {"uid": "1000012"},
        {"uid": 1.5},
        {"uid": None},
        {"uid": True},
        {"subscription": "s000013"},
        {"version": "8.3"},
        {"max_children": 0},
    ],
)
def test_a_damaged_description_is_refused(change: dict[str, object]) -> None:
    good = {"subscription": "s000012", "uid": 1_000_012, "version": "8.2", "max_children": 5}
    with pytest.raises(ValueError):
        parse_pool("8.2/s000012", json.dumps(good | change).encode())


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"{", b"\xff"])
def test_what_is_no_description_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse_pool("8.2/s000012", text)


@pytest.mark.daemons
def test_php_fpm_takes_the_configuration(tmp_path: Path) -> None:
    prefix = Prefix(tmp_path / "gästehaus")
    (prefix.home("s000012") / "logs" / "php").mkdir(parents=True)
    for path, content in pool_files(prefix, SPEC).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    conf = conf_path(prefix, "8.2/s000012")
    text = conf.read_text()
    conf.write_text(text + "user = nobody\n")  # only root's check wants one; the master runs as the customer
    done = subprocess.run(["/usr/sbin/php-fpm8.2", "-t", "-y", str(conf)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
