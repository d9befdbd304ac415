"""Places among the masters that may run: nobody who waits for one is forgotten, nobody holds more than a few."""

import json
import shutil
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from gasthof.slices.web.activator.house import GRACE
from gasthof.slices.web.activator.tests.harness import Node, ask, node, shutting_down
from gasthof.slices.web.activator.tests.load import Load
from gasthof.slices.web.node.services import Activator

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


def test_who_shuts_their_own_socket_down_again_and_again_holds_no_place_after_place() -> None:
    with node("--masters", "2", "--sweep", "0.2") as own:
        hoarder, guest = own.customer(1), own.customer(2)
        for key in (hoarder, guest):
            own.tell("ensure", key)
        script, page = (
            own.script(hoarder, f"{shutting_down(own, hoarder)} sleep(600);"),
            own.script(guest, "echo 'served';"),
        )
        with Load(lambda: _visit(own, hoarder, script), pause=lambda: 0.2):
            Node.until(lambda: _failures(own, hoarder) >= 2, 30)
            assert ask(own.socket(guest), page, timeout=20).body == "served"
        assert "shut its socket down" in str(own.pools()[hoarder]["words"])
        own.tell("restart", hoarder)  # forgives
        Node.until(lambda: _answers(own, hoarder, "back"), 20)


def _visit(own: Node, key: str, script: Path) -> None:
    with suppress(OSError):
        ask(own.socket(key), script, timeout=1)


def _failures(own: Node, key: str) -> int:
    return int(str(own.pools()[key].get("failures", 0)))


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


def test_pools_that_are_dropped_together_end_together() -> None:
    with node() as own:
        keys = [own.customer(number) for number in range(1, 5)]
        scripts = {key: own.script(key, "sleep(60);") for key in keys}
        with ThreadPoolExecutor(4) as visitors:
            for key in keys:
                own.tell("ensure", key)
                visitors.submit(ask, own.socket(key), scripts[key])
            Node.until(lambda: all(pool["state"] == "running" for pool in own.pools().values()))
            started = time.monotonic()
            replies = Activator(own.prefix.activator_control).ask("drop", [*keys[:2], "none", *keys[2:]])
            taken = time.monotonic() - started
        assert list(replies) == [*keys[:2], "none", *keys[2:]]
        assert {key for key, reply in replies.items() if reply.error} == {"none"}
        assert "not a pool" in replies["none"].error
        assert GRACE / 2 < taken < 2 * GRACE
        assert own.pools() == {}


def test_replies_come_in_the_order_of_the_requests() -> None:
    with node() as own, socket.socket(socket.AF_UNIX) as connection, ThreadPoolExecutor(1) as visitors:
        key = own.customer(1)
        own.tell("ensure", key)
        visitors.submit(ask, own.socket(key), own.script(key, "sleep(60);"))
        Node.until(lambda: own.pools()[key]["state"] == "running")
        connection.connect(str(own.prefix.activator_control))
        requests = [{"verb": "drop", "pool": key}, {"verb": "list"}, {"verb": "dance"}]
        connection.sendall(b"".join(json.dumps(request).encode() + b"\n" for request in requests))
        with connection.makefile("rb") as replies:
            dropped, listed, refused = (json.loads(replies.readline()) for _ in requests)
        assert dropped == {"ok": True}
        assert listed["pools"] == {}
        assert "dance" in refused["error"]


def test_thousands_of_requests_in_one_go_are_answered() -> None:
    with node() as own:
        keys = [own.customer_files(number) for number in range(1, 3001)]
        replies = Activator(own.prefix.activator_control).ask("ensure", keys)
        assert [key for key in keys if replies[key].error] == []
        assert len(own.pools()) == 3000
        replies = Activator(own.prefix.activator_control).ask("drop", keys)
        assert [key for key in keys if replies[key].error] == []
        assert own.pools() == {}
