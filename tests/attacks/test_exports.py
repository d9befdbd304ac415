"""attacks.md: root follows a customer's link, a folder swapped in a race, restores with too many rights; here for exports and imports.

The customer's side works as fast as it can while root packs and unpacks. Whatever comes of that, what lies outside keeps its inode, owner,
mode, links, times of change and content, and no byte of it gets into an archive.
"""

import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from gasthof.agent.sdk.customer import acting_as, forget_groups
from gasthof.agent.sdk.pack import ARRIVING, pack
from gasthof.agent.sdk.unpack import unpack

pytestmark = pytest.mark.long

UID, NEIGHBOUR, WEB = 1_000_012, 1_000_013, 33
ROUNDS = 40
SECRET = b"the neighbour's secret"


@dataclass
class Scene:
    root: Path
    web: Path
    outside: Path

    def untouched(self) -> dict[str, tuple[int, ...]]:
        found = {}
        for path in (self.outside, *self.outside.rglob("*")):
            info = path.lstat()
            found[str(path)] = (
                info.st_ino,
                info.st_mode,
                info.st_uid,
                info.st_gid,
                info.st_nlink,
                info.st_size,
                info.st_ctime_ns,
            )
        return found


@pytest.fixture
def scene() -> Iterator[Scene]:
    forget_groups()
    root = Path(tempfile.mkdtemp(prefix="gx-", dir="/tmp"))
    root.chmod(0o755)
    web, outside = root / "web", root / "outside"
    web.mkdir()
    os.chown(web, UID, WEB)
    web.chmod(0o2750)
    (outside / "bei mir").mkdir(parents=True)
    for name, mode in (("bei mir/brief", 0o600), ("offen", 0o666)):
        (outside / name).write_bytes(SECRET)
        (outside / name).chmod(mode)
    for path in (outside, *outside.rglob("*")):
        os.chown(path, NEIGHBOUR, NEIGHBOUR)
    outside.chmod(0o700)
    (outside / "bei mir").chmod(0o700)
    yield Scene(root, web, outside)
    shutil.rmtree(root)


def fill(scene: Scene) -> None:
    with acting_as(UID):
        for name in ("a", "b", "käse"):
            (scene.web / name / "tief").mkdir(parents=True)
            for number in range(20):
                (scene.web / name / "tief" / f"{number}").write_bytes(b"x" * 5000)


@contextmanager
def meanwhile(attack: Callable[[], None]) -> Iterator[None]:
    """The customer's process, until the body is done."""

    def run() -> None:
        os.setgroups([])
        os.setresgid(UID, UID, UID)
        os.setresuid(UID, UID, UID)
        while True:
            with suppress(OSError):
                attack()

    attacker = multiprocessing.get_context("fork").Process(target=run, daemon=True)
    attacker.start()
    try:
        time.sleep(0.05)
        yield
        assert attacker.is_alive()
    finally:
        attacker.kill()
        attacker.join()


def swap(path: Path, target: Path) -> None:
    """The folder for a link, and back."""
    aside = path.with_name(f"{path.name}~")
    with suppress(OSError):
        path.rename(aside)
    with suppress(OSError):
        path.symlink_to(target)
    with suppress(OSError):
        path.unlink()
    with suppress(OSError):
        aside.rename(path)


def packed(scene: Scene) -> bytes:
    archive = scene.root / "a.tar"
    archive.unlink(missing_ok=True)
    with suppress(OSError, RuntimeError):
        pack(scene.web, UID, archive)
    return archive.read_bytes()


def test_links_to_everything_outside_are_saved_as_links(scene: Scene) -> None:
    fill(scene)
    targets = [
        scene.outside,
        scene.outside / "bei mir",
        scene.outside / "bei mir" / "brief",
        scene.outside / "offen",
        Path("/etc/shadow"),
    ]
    with acting_as(UID):
        for number, target in enumerate(targets):
            (scene.web / "a" / f"link{number}").symlink_to(target)
            (scene.web / f"oben{number}").symlink_to(target)
    os.link(scene.outside / "bei mir" / "brief", scene.web / "b" / "hart")
    before = scene.untouched()
    assert SECRET not in packed(scene)
    (scene.web / "b" / "hart").unlink()
    before = scene.untouched()
    unpack(scene.root / "a.tar", scene.web, UID)
    assert scene.untouched() == before
    assert (scene.web / "a" / "link0").readlink() == scene.outside


def test_folders_swapped_for_links_while_they_are_packed(scene: Scene) -> None:
    fill(scene)
    before = scene.untouched()

    def attack() -> None:
        for path in (scene.web / "a", scene.web / "b" / "tief", scene.web / "käse" / "tief" / "7"):
            swap(path, scene.outside / "bei mir")

    with meanwhile(attack):
        for _ in range(ROUNDS):
            assert SECRET not in packed(scene)
    assert scene.untouched() == before


def test_folders_swapped_for_links_while_they_arrive(scene: Scene) -> None:
    fill(scene)
    pack(scene.web, UID, scene.root / "a.tar")
    before = scene.untouched()

    def attack() -> None:
        coming = scene.web / ARRIVING
        for path in (
            coming,
            coming / "new",
            coming / "new" / "a",
            coming / "new" / "b" / "tief",
            scene.web / "a",
            coming / "old",
        ):
            swap(path, scene.outside / "bei mir")

    refused = 0
    with meanwhile(attack):
        for _ in range(ROUNDS):
            try:
                unpack(scene.root / "a.tar", scene.web, UID)
            except (OSError, RuntimeError):
                refused += 1
            assert scene.untouched() == before
    assert refused, "the customer did not get in the way once"
    unpack(scene.root / "a.tar", scene.web, UID)
    assert sorted(path.name for path in scene.web.iterdir()) == ["a", "b", "käse"]
    assert scene.untouched() == before


def test_files_that_change_while_they_are_packed_do_not_break_the_archive(scene: Scene) -> None:
    fill(scene)
    target = scene.web / "a" / "tief" / "3"

    def attack() -> None:
        with target.open("r+b") as file:
            file.truncate(0)
            file.truncate(3_000_000)
            file.write(b"y" * 100_000)

    with meanwhile(attack):
        for _ in range(ROUNDS):
            packed(scene)
    unpack(scene.root / "a.tar", scene.web, UID)
    assert (scene.web / "käse" / "tief" / "19").read_bytes() == b"x" * 5000
