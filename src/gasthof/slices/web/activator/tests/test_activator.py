"""The activator with the real php-fpm: what visitors meet while masters come, go and are replaced."""

import grp
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import idna
import pytest

from gasthof.slices.web.activator.builds import installed_versions
from gasthof.slices.web.activator.machine import SENTENCES
from gasthof.slices.web.activator.master import DEAF
from gasthof.slices.web.activator.process import workers
from gasthof.slices.web.activator.tests.harness import UID_BASE, Node, ask, node, shutting_down
from gasthof.slices.web.activator.tests.load import Load
from gasthof.slices.web.node.pool import conf_path, json_path

pytestmark = pytest.mark.daemons


@pytest.fixture(scope="module")
def shared() -> Iterator[Node]:
    with node() as made:
        yield made


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(1, 10_000))


@pytest.fixture
def pool(shared: Node, numbers: Iterator[int]) -> Iterator[str]:
    key = shared.customer(next(numbers))
    assert shared.tell("ensure", key) == {"ok": True}
    yield key
    shared.tell("drop", key)


def test_a_cold_request_starts_php_as_the_customer(shared: Node, pool: str) -> None:
    assert shared.pools()[pool]["state"] == "idle"
    script = shared.script(
        pool, "echo posix_getuid(), ' ', posix_getgid(), ' ', implode(',', posix_getgroups()) ?: 'none';"
    )
    started = time.monotonic()
    body = ask(shared.socket(pool), script).body
    cold = time.monotonic() - started
    uid = UID_BASE + int(pool.partition("/s")[2])
    assert body.split()[:2] == [str(uid), str(uid)]
    assert set(body.split()[2].split(",")) <= {str(uid), "none"}
    warm = min(_timed(lambda: ask(shared.socket(pool), script)) for _ in range(20))
    print(f"cold {cold * 1000:.1f} ms, warm {warm * 1000:.2f} ms")
    assert cold < 2
    assert shared.pools()[pool]["state"] == "running"


def _timed(call: Callable[[], object]) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started


def test_the_socket_admits_the_web_server_only(shared: Node, pool: str) -> None:
    found = shared.socket(pool).stat()
    assert stat.S_IMODE(found.st_mode) == 0o660
    assert (found.st_uid, found.st_gid) == (0, grp.getgrnam("gasthof-web").gr_gid)
    for folder in (shared.socket(pool).parent, shared.socket(pool).parent.parent):
        assert (folder.stat().st_uid, stat.S_IMODE(folder.stat().st_mode)) == (0, 0o750)
    assert stat.S_IMODE(shared.prefix.activator_control.parent.stat().st_mode) == 0o700


def test_twenty_cold_requests_at_once_are_all_answered(shared: Node, pool: str) -> None:
    script = shared.script(pool, "usleep(20000); echo 'yes';")
    with ThreadPoolExecutor(20) as visitors:
        bodies = list(visitors.map(lambda _: ask(shared.socket(pool), script).body, range(20)))
    assert bodies == ["yes"] * 20


def test_a_folder_with_umlauts_is_served(shared: Node, pool: str) -> None:
    assert idna.encode("grüße-aus-köln.test", uts46=True)
    script = shared.script(pool, "echo __DIR__;", folder="web/grüße-aus-köln.test")
    assert ask(shared.socket(pool), script).body.endswith("/web/grüße-aus-köln.test")


def test_ensure_twice_changes_nothing(shared: Node, pool: str) -> None:
    before = shared.socket(pool).stat().st_ino
    assert shared.tell("ensure", pool) == {"ok": True}
    assert shared.socket(pool).stat().st_ino == before


def test_ensure_puts_back_a_socket_that_somebody_deleted(shared: Node, pool: str) -> None:
    shared.run(pool, "echo 1;")
    shared.socket(pool).unlink()
    assert shared.tell("ensure", pool) == {"ok": True}
    assert shared.run(pool, "echo 2;") == "2"


def test_restart_lets_the_slow_request_end_and_the_next_meets_the_new_configuration(shared: Node, pool: str) -> None:
    slow = shared.script(
        pool, "echo posix_getppid(), ' ', ini_get('date.timezone'); sleep(2); echo ' end';", "slow.php"
    )
    quick = shared.script(pool, "echo ini_get('date.timezone');", "quick.php")
    with ThreadPoolExecutor(1) as visitors:
        running = visitors.submit(ask, shared.socket(pool), slow)
        time.sleep(0.5)
        conf = conf_path(shared.prefix, pool)
        conf.write_text(conf.read_text() + 'php_admin_value[date.timezone] = "Europe/Vienna"\n')
        assert shared.tell("restart", pool) == {"ok": True}
        assert ask(shared.socket(pool), quick).body == "Europe/Vienna"
        assert not running.done()
        assert running.result().body == "1 UTC end"


def test_restart_under_load_loses_no_request(shared: Node, pool: str) -> None:
    script = shared.script(pool, "usleep(random_int(0, 5000)); echo 'yes';")

    def visit() -> None:
        assert ask(shared.socket(pool), script).body == "yes"

    with Load(visit) as load:
        for _ in range(25):
            assert shared.tell("restart", pool) == {"ok": True}
            time.sleep(0.1)
    print(f"{load.done} requests over 25 restarts")
    assert load.failed == []
    assert load.done > 25


def test_restart_without_a_master_only_listens_on(shared: Node, pool: str) -> None:
    before = shared.socket(pool).stat().st_ino
    assert shared.tell("restart", pool) == {"ok": True}
    assert shared.socket(pool).stat().st_ino == before
    assert shared.pools()[pool]["state"] == "idle"


def test_drop_leaves_no_socket_and_no_process(shared: Node, numbers: Iterator[int]) -> None:
    key = shared.customer(next(numbers))
    shared.tell("ensure", key)
    shared.run(key, "exec('/usr/bin/sleep 1000 >/dev/null 2>&1 &'); echo 1;")
    uid = UID_BASE + int(key.partition("/s")[2])
    assert _processes(uid)
    assert shared.tell("drop", key) == {"ok": True}
    assert not shared.socket(key).exists()
    assert _processes(uid) == []
    assert key not in shared.pools()


def _processes(uid: int) -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if (
                folder.name.isdigit()
                and folder.stat().st_uid == uid
                and "\nState:\tZ" not in (folder / "status").read_text()
            ):
                found.append(folder.name)
        except OSError:
            continue
    return found


def test_drop_of_what_is_not_there_is_no_error(shared: Node) -> None:
    assert shared.tell("drop", "8.2/s999999") == {"ok": True}


@pytest.mark.parametrize(
    "pool", ["../../etc", "8.2/../x", "8.2/", "/s000001", "8.2/s000001\n", None, 7, ["8.2/s000001"]]
)
@pytest.mark.parametrize("verb", ["ensure", "restart", "drop", "list/", ""])
def test_requests_that_are_none_are_refused_in_words(shared: Node, verb: str, pool: str) -> None:
    answer = shared.tell(verb, pool)
    assert answer["ok"] is False
    assert answer["error"]


def test_what_is_no_json_is_refused_and_the_next_line_answered(shared: Node) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(shared.prefix.activator_control))
        connection.sendall(b'nonsense\n[]\n{"verb":"list"}\n')
        with connection.makefile("r") as replies:
            answers = [replies.readline() for _ in range(3)]
    assert ['"ok": true' in answer for answer in answers] == [False, False, True]


def test_a_pool_that_php_refuses_delays_nobody_and_tells_why(shared: Node, pool: str, numbers: Iterator[int]) -> None:
    poisoned = shared.customer(next(numbers))
    conf = conf_path(shared.prefix, poisoned)
    good = conf.read_text()
    conf.write_text(good + "pm.no_such_word = 1\n")
    shared.tell("ensure", poisoned)
    script = shared.script(poisoned, "echo 1;")
    started = time.monotonic()
    with pytest.raises(OSError):
        ask(shared.socket(poisoned), script)
    with pytest.raises(OSError):
        ask(shared.socket(poisoned), script)
    assert time.monotonic() - started < 2
    assert shared.run(pool, "echo 'well';") == "well"
    told = shared.pools()[poisoned]
    assert told["state"] == "failed"
    assert "pm.no_such_word" in str(told["words"])
    failures = told["failures"]
    time.sleep(0.5)
    assert shared.pools()[poisoned]["failures"] == failures  # it does not spin
    conf.write_text(good)
    shared.tell("restart", poisoned)
    assert ask(shared.socket(poisoned), script).body == "1"
    shared.tell("drop", poisoned)


def test_a_version_that_is_not_installed_fails_in_words(shared: Node, numbers: Iterator[int]) -> None:
    key = shared.customer(next(numbers), version="7.9")
    shared.tell("ensure", key)
    with pytest.raises(OSError):
        shared.run(key, "echo 1;")
    assert "7.9 is not installed" in str(shared.pools()[key]["words"])
    shared.tell("drop", key)


def test_a_registered_build_serves_beside_debians(shared: Node, pool: str) -> None:
    build = shared.prefix.root / "builds" / "sbin" / "php-fpm"
    build.parent.mkdir(parents=True)
    shutil.copy2("/usr/sbin/php-fpm8.2", build)
    (shared.prefix.state / "php" / "builds.json").write_text(f'{{"8.9": "{build}"}}')
    assert installed_versions(shared.prefix) == {"8.2": Path("/usr/sbin/php-fpm8.2"), "8.9": build}
    key = shared.customer(int(pool.partition("/s")[2]), version="8.9")
    shared.tell("ensure", key)
    assert shared.run(key, "echo shell_exec('/usr/bin/readlink /proc/1/exe');").strip() == str(build)
    assert shared.run(pool, "echo PHP_VERSION;").startswith("8.2")
    shared.tell("drop", key)


def test_listening_again_after_a_customer_shut_the_socket_down(shared: Node, pool: str) -> None:
    assert shared.run(pool, shutting_down(shared, pool)).strip() == "shut"
    script = shared.script(pool, "echo 'back';")

    def answers() -> bool:
        try:
            return ask(shared.socket(pool), script).body == "back"
        except OSError:
            return False

    Node.until(answers, 15)


def test_kill_9_under_load_fails_no_request_of_a_running_pool() -> None:
    with node() as own:
        keys = [own.customer(number) for number in range(1, 5)]
        own.tell("ensure", keys[0])
        for key in keys:
            own.tell("ensure", key)
        scripts = {key: own.script(key, "usleep(1000); echo getmypid() ? 'yes' : '';") for key in keys}
        running, cold = keys[:3], keys[3]
        for key in running:
            assert ask(own.socket(key), scripts[key]).body == "yes"
        pids = {key: own.pools()[key]["pid"] for key in running}
        turn = iter(range(10**9))

        def visit() -> None:
            key = running[next(turn) % 3]
            assert ask(own.socket(key), scripts[key]).body == "yes"

        with Load(visit) as load:
            for _ in range(6):
                time.sleep(0.2)
                own.signal(signal.SIGKILL)
                own.start()
        assert load.failed == []
        assert load.done > 200
        assert {key: own.pools()[key].get("pid") for key in running} == pids
        assert ask(own.socket(cold), scripts[cold]).body == "yes"
        print(f"{load.done} requests over 6 kills")


def test_a_master_that_was_stopped_when_the_activator_died_serves_again() -> None:
    with node() as own:
        key = own.customer(1)
        own.tell("ensure", key)
        own.run(key, "echo 1;")
        pid = int(str(own.pools()[key]["pid"]))
        Node.until(lambda: not workers(pid), 15)
        own.signal(signal.SIGKILL)
        os.kill(pid, signal.SIGSTOP)
        own.start()
        assert own.run(key, "echo 2;") == "2"
        assert own.pools()[key]["pid"] == pid


def test_a_master_that_accepts_nobody_loses_its_place() -> None:
    with node("--sweep", "0.2") as own:
        key = own.customer(1)
        pipe = own.prefix.home("s000001") / "logs" / "php" / "fpm.log"
        os.mkfifo(pipe)
        os.chown(pipe, UID_BASE + 1, UID_BASE + 1)
        own.tell("ensure", key)
        script = own.script(key, "echo 'heard';")
        started = time.monotonic()
        with pytest.raises(OSError):
            ask(own.socket(key), script, timeout=60)
        assert time.monotonic() - started < DEAF + 10
        assert "accepted nobody" in str(own.pools()[key]["words"])
        assert _processes(UID_BASE + 1) == []
        pipe.unlink()
        own.tell("restart", key)
        assert ask(own.socket(key), script).body == "heard"


def test_what_the_machine_lacks_is_said_and_php_served_all_the_same() -> None:
    with node(module="gasthof.slices.web.activator.tests.bare") as own:
        key = own.customer(1)
        own.tell("ensure", key)
        lacks = own.tell("list")["lacks"]
        assert isinstance(lacks, list)
        assert {SENTENCES["rooms"], SENTENCES["processes"], SENTENCES["memory"], SENTENCES["calls"]} <= set(lacks)
        assert SENTENCES["rooms"] in own.log
        assert own.run(key, "echo posix_getuid();") == str(UID_BASE + 1)
        status = own.run(key, "echo shell_exec('/usr/bin/cat /proc/self/status');")
        assert "NoNewPrivs:\t1" in status
        assert "CapBnd:\t0000000000000000" in status
        assert own.run(key, "echo shell_exec('/usr/bin/cat /root/x /etc/shadow 2>/dev/null');") == ""
        assert own.tell("drop", key) == {"ok": True}
        Node.until(lambda: not _processes(UID_BASE + 1))


def test_a_master_whose_pool_went_while_nobody_looked_is_ended() -> None:
    with node() as own:
        key = own.customer(1)
        own.tell("ensure", key)
        own.run(key, "echo 1;")
        own.signal(signal.SIGKILL)
        json_path(own.prefix, key).unlink()
        own.start()
        Node.until(lambda: not _processes(UID_BASE + 1))


def test_quit_leaves_masters_serving_and_term_ends_all() -> None:
    with node() as own:
        key = own.customer(1)
        own.tell("ensure", key)
        own.run(key, "echo 1;")
        own.signal(signal.SIGQUIT)
        assert own.run(key, "echo 'alone';") == "alone"
        own.start()
        own.signal(signal.SIGTERM)
        assert _processes(UID_BASE + 1) == []
        assert not own.socket(key).exists()
        own.start()


def test_term_ends_masters_too_that_a_restart_lets_work_on() -> None:
    with node() as own:
        key = own.customer(1)
        own.tell("ensure", key)
        slow = own.script(key, "sleep(60);", "slow.php")
        with ThreadPoolExecutor(1) as visitors:
            running = visitors.submit(ask, own.socket(key), slow)
            time.sleep(0.5)
            own.tell("restart", key)
            own.signal(signal.SIGTERM)
            assert isinstance(running.exception(), OSError)
        assert _processes(UID_BASE + 1) == []
        own.start()


def _hurried(own: Node, number: int) -> str:
    """A pool whose workers leave after a second, so that many idle stops fit into a test."""
    key = own.customer(number)
    conf = conf_path(own.prefix, key)
    conf.write_text(conf.read_text().replace('process_idle_timeout = "5s"', 'process_idle_timeout = "1s"'))
    own.tell("ensure", key)
    return key


def test_idle_masters_stop_and_nobody_notices() -> None:
    with node("--idle", "0", "--sweep", "0.05") as own:
        keys = [_hurried(own, number) for number in range(1, 13)]
        scripts = {key: own.script(key, "echo posix_getpid() ? 'yes' : '';") for key in keys}
        seen: set[object] = set()

        def visit() -> None:
            key = random.choice(keys)
            assert ask(own.socket(key), scripts[key]).body == "yes"

        with Load(visit, threads=6, pause=lambda: random.uniform(0.5, 2.0)) as load:
            end = time.monotonic() + 20
            while time.monotonic() < end:
                seen |= {pool.get("pid") for pool in own.pools().values()} - {None}
                time.sleep(0.05)
        print(f"{load.done} requests over {len(seen)} masters")
        assert load.failed == []
        assert len(seen) > 2 * len(keys)
        Node.until(lambda: all(pool["state"] == "idle" for pool in own.pools().values()))


def test_no_more_masters_than_may_and_the_longest_idle_makes_place() -> None:
    with node("--masters", "2", "--idle", "600", "--sweep", "0.1") as own:
        keys = [_hurried(own, number) for number in range(1, 7)]
        scripts = {key: own.script(key, "echo 'yes';") for key in keys}
        most = 0
        for key in keys:
            assert ask(own.socket(key), scripts[key]).body == "yes"
            most = max(most, sum(pool["state"] == "running" for pool in own.pools().values()))
        assert most == 2
        assert own.pools()[keys[-1]]["state"] == "running"
        with ThreadPoolExecutor(6) as visitors:
            assert list(visitors.map(lambda key: ask(own.socket(key), scripts[key]).body, keys)) == ["yes"] * 6


@pytest.mark.alone
def test_two_thousand_pools_within_a_few_seconds() -> None:
    with node() as own:
        for number in range(1, 2001):
            key = own.customer_files(number)
        own.signal(signal.SIGKILL)
        started = time.monotonic()
        own.start()
        taken = time.monotonic() - started
        pools = own.pools()
        assert len(pools) == 2000
        resident = int(Path(f"/proc/{own.process.pid}/statm").read_text().split()[1]) * 4096 / 1e6  # type: ignore[union-attr]
        own.customer(2000)
        assert own.run(key, "echo 'yes';") == "yes"
        cold = _timed(lambda: own.tell("restart", key)) + _timed(lambda: own.run(key, "echo 'yes';"))
        print(
            f"2,000 pools: up in {taken:.2f} s, {resident:.0f} MB, list {_timed(own.pools) * 1000:.0f} ms, cold {cold * 1000:.0f} ms"
        )
        assert taken < 5
        used = len(list(Path(f"/proc/{own.process.pid}/fd").iterdir()))  # type: ignore[union-attr]
        assert used < 2100


def test_settings_of_one_site_do_not_reach_the_next_within_one_worker(shared: Node, numbers: Iterator[int]) -> None:
    key = shared.customer(next(numbers), max_children=1)
    shared.tell("ensure", key)
    script = shared.script(key, "echo getmypid(), ' ', ini_get('memory_limit'), ' ', ini_get('max_execution_time');")

    def visit(memory: str, seconds: str) -> list[str]:
        values = f"memory_limit={memory}\nmax_execution_time={seconds}"
        return ask(shared.socket(key), script, PHP_ADMIN_VALUE=values).body.split()

    first, second, third = visit("64M", "10"), visit("256M", "20"), visit("64M", "10")
    assert first[0] == second[0] == third[0]
    assert [first[1:], second[1:], third[1:]] == [["64M", "10"], ["256M", "20"], ["64M", "10"]]
    silent = ask(shared.socket(key), script).body.split()
    assert (
        silent[1] == "64M"
    )  # why every setting travels each time: what a request does not name stays as the last one set it
    shared.tell("drop", key)


@pytest.mark.parametrize(("parameter", "obeys"), [("PHP_ADMIN_VALUE", False), ("PHP_VALUE", True)])
def test_what_an_application_may_still_change_for_itself(
    shared: Node, numbers: Iterator[int], parameter: str, obeys: bool
) -> None:
    """Why the way in which settings travel matters to applications (docs/decisions/0002): neither leaks, one is final."""
    key = shared.customer(next(numbers), max_children=1)
    shared.tell("ensure", key)
    change = shared.script(
        key, "echo json_encode([set_time_limit(90), ini_set('memory_limit', '256M') !== false]);", "change.php"
    )
    show = shared.script(key, "echo ini_get('memory_limit'), ' ', ini_get('max_execution_time');", "show.php")
    values = {parameter: "memory_limit=64M\nmax_execution_time=10"}
    assert ask(shared.socket(key), change, **values).body == str([obeys, obeys]).lower().replace(" ", "")
    assert ask(shared.socket(key), show, **values).body == "64M 10"
    shared.tell("drop", key)


def test_a_site_cannot_raise_its_own_settings(shared: Node, pool: str) -> None:
    ini = shared.prefix.home(pool.partition("/")[2]) / "web" / ".user.ini"
    ini.write_text('memory_limit=1G\nopen_basedir="/"\n')
    os.chown(ini, UID_BASE + int(pool.partition("/s")[2]), -1)
    code = "ini_set('memory_limit', '2G'); ini_set('open_basedir', '/'); echo ini_get('memory_limit'), ' ', ini_get('open_basedir');"
    body = ask(shared.socket(pool), shared.script(pool, code), PHP_ADMIN_VALUE="memory_limit=64M").body
    home = shared.prefix.home(pool.partition("/")[2])
    assert body == f"64M {home}/web/:{home}/tmp/:/tmp/:/usr/share/php/"


def test_files_that_are_not_php_are_not_run(shared: Node, pool: str) -> None:
    script = shared.script(pool, "echo 'ran';", "picture.jpg")
    answer = ask(shared.socket(pool), script)
    assert answer.status == 403
    assert "ran" not in answer.body


def test_a_second_activator_on_the_same_prefix_gives_up(shared: Node) -> None:
    assert shared.process
    arguments = list(shared.process.args)  # type: ignore[arg-type]
    environment = dict(
        item.split("=", 1) for item in Path(f"/proc/{shared.process.pid}/environ").read_text().split("\0") if item
    )
    second = subprocess.run(
        arguments, env=environment, capture_output=True, text=True, check=False, cwd="/", timeout=30
    )
    assert second.returncode
    assert "another activator" in second.stderr
    assert shared.tell("list")["ok"]
