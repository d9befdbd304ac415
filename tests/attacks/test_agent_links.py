"""attacks.md, "root follows a customer's symlink or hard link, also an intermediate directory swapped in a race".

What the customer plants points at a canary like /etc/shadow and at a neighbour's files. Whatever the agent does, what lies outside
the customer's folder keeps its inode, owner, mode, times of change and content.
"""

import ctypes
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gasthof.agent.loop import Agent
from gasthof.agent.sdk import beneath
from gasthof.agent.sdk.customer import acting_as, forget_groups
from gasthof.agent.tests.node import UMLAUT, Node
from gasthof.slices.web.spec import Php

pytestmark = pytest.mark.daemons

RENAME_EXCHANGE = 2  # renameat2(2)
AT_FDCWD = -100
SWAPS = 20_000


@dataclass
class Scene:
    node: Node
    agent: Agent
    uid: int
    home: Path
    outside: Path  # root's folder with the canaries
    neighbour: Path  # another customer's document root

    def untouched(self) -> dict[str, tuple[int, ...]]:
        """Inode, mode, owner, group, links, size and time of change of everything outside."""
        found = {}
        for place in (self.outside, self.neighbour):
            for path in (place, *place.rglob("*")):
                info = path.lstat()
                found[str(path)] = (
                    info.st_ino, info.st_mode, info.st_uid, info.st_gid, info.st_nlink, info.st_size, info.st_ctime_ns,
                )  # fmt: skip
        return found

    def pass_over(self, *, audit: bool = True) -> None:
        self.agent.backoff.waiting.clear()
        self.agent.reach()
        self.agent.fetch()
        self.agent.work()
        if audit:
            self.agent.audit_now()

    def customer(self) -> AbstractContextManager[None]:
        return acting_as(self.uid)


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Node.made() as node:
        agent = node.agent()
        assert agent.fix() == []
        node.start_daemons()
        node.put_home(12)
        node.put_home(13)
        node.put_site("nachbar.test", 13)
        agent.reach(), agent.fetch(), agent.work()
        outside = node.prefix.root / "outside"
        (outside / "inner").mkdir(parents=True)
        (outside / "shadow").write_text("root:secret\n")
        (outside / "shadow").chmod(0o600)
        (outside / "open").write_text("anyone reads\n")
        (outside / "open").chmod(0o666)
        (outside / "inner" / "file").write_text("x")
        neighbour = node.prefix.home("s000013") / "web"
        yield Scene(node, agent, node.prefix.uid_base + 12, node.prefix.home("s000012"), outside, neighbour)


def targets(scene: Scene) -> list[Path]:
    inner = scene.neighbour / "nachbar.test"
    return [
        scene.outside,
        scene.outside / "shadow",
        scene.outside / "inner",
        inner,
        inner / "index.html",
        Path("/etc/shadow"),
    ]


PLACES: dict[str, Callable[[Path], Path]] = {
    "the document root": lambda web: web / UMLAUT,
    "the folder above it": lambda web: web / "eins",
    "its starter page": lambda web: web / UMLAUT / "index.html",
    "a folder in it": lambda web: web / UMLAUT / "unten",
    "a file in it": lambda web: web / UMLAUT / "datei.php",
    "sessions": lambda web: web.parent / "tmp" / "sess",
    "PHP's log": lambda web: web.parent / "logs" / "php" / "php-error.log",
}


@pytest.mark.parametrize("place", PLACES)
def test_links_in_every_place_that_the_customer_writes(scene: Scene, place: str) -> None:
    spot = PLACES[place](scene.home / "web")
    for target in targets(scene):
        before, shadow = scene.untouched(), Path("/etc/shadow").lstat()
        with scene.customer():
            spot.parent.mkdir(parents=True, exist_ok=True)
            spot.symlink_to(target)
        docroot = f"web/eins/{UMLAUT}" if place == "the folder above it" else f"web/{UMLAUT}"
        scene.node.put_site(UMLAUT, docroot=docroot, php=Php("8.2"))
        scene.pass_over()
        scene.node.drop("web.site", UMLAUT)
        scene.pass_over()
        assert scene.untouched() == before, target
        after = Path("/etc/shadow").lstat()
        assert (after.st_ino, after.st_mode, after.st_ctime_ns) == (shadow.st_ino, shadow.st_mode, shadow.st_ctime_ns)
        with scene.customer():
            if os.path.lexists(spot):
                spot.unlink()


def test_links_when_the_whole_home_goes(scene: Scene) -> None:
    before = scene.untouched()
    with scene.customer():
        for folder in ("web", "tmp", "logs/php"):
            for number, target in enumerate(targets(scene)):
                (scene.home / folder / f"link{number}").symlink_to(target)
            (scene.home / folder / "tief" / "er").mkdir(parents=True)
            (scene.home / folder / "tief" / "er" / "hinaus").symlink_to(scene.outside)
            os.mkfifo(scene.home / folder / "fifo")
    scene.node.drop("subscriptions.home", "s000012")
    scene.pass_over()
    assert not scene.home.exists()
    assert scene.untouched() == before


def test_hard_links_keep_what_they_name(scene: Scene) -> None:
    """Where the kernel lets a customer link a file that it may write, removal takes a name away and changes nothing else."""
    open_file = scene.outside / "open"
    with scene.customer():
        (scene.home / "web" / UMLAUT).mkdir()
    os.link(open_file, scene.home / "web" / UMLAUT / "index.html")
    before = open_file.read_bytes(), open_file.lstat().st_ino, open_file.lstat().st_mode, open_file.lstat().st_uid
    scene.node.put_site(UMLAUT)
    scene.pass_over()
    scene.node.drop("web.site", UMLAUT)
    scene.pass_over()
    assert not (scene.home / "web" / UMLAUT).exists()
    now = open_file.read_bytes(), open_file.lstat().st_ino, open_file.lstat().st_mode, open_file.lstat().st_uid
    assert now == before and open_file.lstat().st_nlink == 1


def test_links_in_place_of_roots_own_files_are_replaced_not_followed(scene: Scene) -> None:
    """Should one ever get there: staged names and managed files are root's folders, and still nothing is followed."""
    scene.node.put_site(UMLAUT)
    scene.pass_over()
    before = scene.untouched()
    hosts = next((scene.node.prefix.state / "web/hosts").glob(f"??/{UMLAUT}.json"))
    for name in (hosts.name, f"{hosts.name}.new", f"{hosts.name}.old"):
        (hosts.parent / name).unlink(missing_ok=True)
        (hosts.parent / name).symlink_to(scene.outside / "shadow")
        scene.node.put_site(UMLAUT, suspended=name.endswith(".new"))
        scene.pass_over()
        assert hosts.is_file() and not hosts.is_symlink(), name
    assert scene.untouched() == before


def swapper(uid: int, web: str, outside: str, stop: Any) -> None:
    """As the customer, without mercy: a real folder and a link to the outside change places."""
    forget_groups()
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    libc = ctypes.CDLL(None, use_errno=True)
    web_fd = os.open(web, os.O_RDONLY)
    os.fchdir(web_fd)
    one, two = Path("eins"), Path("zwei")
    while not stop.value:
        with suppress(OSError):
            one.mkdir(exist_ok=True)
            two.symlink_to(outside)
        if libc.renameat2(AT_FDCWD, b"eins", AT_FDCWD, b"zwei", RENAME_EXCHANGE):
            continue  # the agent took one away: again
        COUNT.value += 1


COUNT = multiprocessing.RawValue("l", 0)


@pytest.mark.parametrize("target", ["outside", "neighbour"])
def test_a_folder_on_the_way_swapped_in_a_race(scene: Scene, target: str) -> None:
    where = scene.outside if target == "outside" else scene.neighbour / "nachbar.test"
    if target == "outside":
        where.chmod(0o777)  # even where the customer could write: beneath is beneath
    before = scene.untouched()
    stop = multiprocessing.RawValue("i", 0)
    COUNT.value = 0
    process = multiprocessing.get_context("fork").Process(
        target=swapper, args=(scene.uid, str(scene.home / "web"), str(where), stop), daemon=True
    )
    process.start()
    rounds = made = 0
    until = time.monotonic() + 20
    while (COUNT.value < SWAPS or rounds < 300) and time.monotonic() < until:
        rounds += 1
        for work in (
            lambda: beneath.make_directory(scene.home, "web/eins/a/b", scene.uid, 0o750),
            lambda: beneath.write_first(scene.home, "web/eins/a/b/index.html", scene.uid, b"starter", 0o640),
            lambda: beneath.remove(scene.home, "web/eins/a", scene.uid, 1.0),
        ):
            with suppress(OSError):
                work()
                made += 1
    stop.value = 1
    process.join(2)
    process.kill()
    process.join()
    assert COUNT.value >= SWAPS and rounds >= 300 and made > 100, (COUNT.value, rounds, made)
    assert scene.untouched() == before
