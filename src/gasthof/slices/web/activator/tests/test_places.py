"""Places among the masters that may run: nobody who waits for one is forgotten."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from gasthof.slices.web.activator.tests.harness import Node, ask, node

pytestmark = pytest.mark.daemons


def test_a_pool_whose_start_failed_after_it_had_waited_is_heard_again() -> None:
    with node("--masters", "1", "--sweep", "0.2") as own:
        working, late = own.customer(1), own.customer(2, version="7.9")
        for key in (working, late):
            own.tell("ensure", key)
        slow, script = own.script(working, "sleep(60);"), own.script(late, "echo 'heard';")
        with ThreadPoolExecutor(2) as visitors:
            visitors.submit(ask, own.socket(working), slow)
            Node.until(lambda: own.pools()[working]["state"] == "running")
            refused = visitors.submit(ask, own.socket(late), script)
            Node.until(lambda: own.pools()[late]["state"] == "waiting")
            own.tell("drop", working)
            assert isinstance(refused.exception(20), OSError)
        assert "7.9 is not installed" in str(own.pools()[late]["words"])
        _install(own, "7.9")
        Node.until(lambda: _answers(own, late, "heard"))


def _install(own: Node, version: str) -> None:
    build = own.prefix.root / "builds" / "sbin" / "php-fpm"
    build.parent.mkdir(parents=True)
    shutil.copy2("/usr/sbin/php-fpm8.2", build)
    (own.prefix.state / "php" / "builds.json").write_text(json.dumps({version: str(build)}))


def _answers(own: Node, key: str, wanted: str) -> bool:
    try:
        return ask(own.socket(key), own.script(key, f"echo '{wanted}';"), timeout=5).body == wanted
    except OSError:
        return False
