"""What a pool's configuration does in the running PHP."""

import os
from collections.abc import Iterator

import pytest

from gasthof.slices.web.activator.tests.harness import UID_BASE, Node, ask, node

pytestmark = pytest.mark.daemons
DAY = 86400.0  # seconds


@pytest.fixture(scope="module")
def own() -> Iterator[Node]:
    with node() as made:
        made.tell("ensure", made.customer(1))
        yield made


KEY = "8.2/s000001"
LOUD = {
    "error_log": "error_log('loud', 4);",
    "a warning": "ini_set('log_errors', '1'); ini_set('error_log', ''); trigger_error('loud', E_USER_WARNING);",
    "a fatal error": "throw new Error('loud');",
    "a missing file": "",
}


@pytest.mark.parametrize("way", LOUD)
def test_nothing_that_php_says_goes_into_the_web_servers_log(own: Node, way: str) -> None:
    """nginx writes what comes as FCGI_STDERR into a log of the platform's."""
    script = own.script(KEY, LOUD[way])
    if way == "a missing file":
        script.unlink()
    assert ask(own.socket(KEY), script).errors == ""


def test_what_php_says_goes_into_the_customers_own_log(own: Node) -> None:
    own.run(KEY, "trigger_error('heard once', E_USER_WARNING); error_log('said to nobody', 4);")
    logs = own.prefix.home("s000001") / "logs" / "php"
    assert "heard once" in (logs / "php-error.log").read_text()
    assert "said to nobody" not in own.log


def test_old_sessions_are_collected(own: Node) -> None:
    chance = "ini_get('session.gc_probability') . '/' . ini_get('session.gc_divisor')"
    tmp = own.prefix.home("s000001") / "tmp"
    for name, age in (("sess_old", DAY), ("sess_young", 0.0), ("other", DAY)):
        path = tmp / name
        path.touch()
        os.chown(path, UID_BASE + 1, UID_BASE + 1)
        moment = path.stat().st_mtime - age
        os.utime(path, (moment, moment))
    assert (
        own.run(KEY, f"echo {chance}; ini_set('session.gc_divisor', 1); session_id('now'); session_start();")
        == "1/1000"
    )
    assert {path.name for path in tmp.iterdir()} >= {"sess_young", "sess_now", "other"}
    assert not (tmp / "sess_old").exists()
