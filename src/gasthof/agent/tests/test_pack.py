"""Customers' trees packed and unpacked: everything that a tree can hold comes back, and nothing reaches outside."""

import io
import os
import shutil
import socket
import stat
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gasthof.agent.sdk import customer
from gasthof.agent.sdk.customer import acting_as
from gasthof.agent.sdk.pack import ARRIVING, SMALLEST_HOLE, pack
from gasthof.agent.sdk.unpack import unpack

UID, NEW_UID, NEIGHBOUR, WEB = 1_000_012, 1_000_019, 1_000_013, 33
UMLAUT = "bäckerei-müller.test"


@pytest.fixture
def place() -> Iterator[Path]:
    customer.forget_groups()
    root = Path(tempfile.mkdtemp(prefix="gp-", dir="/tmp"))
    root.chmod(0o755)
    for name, uid in (("from", UID), ("to", NEW_UID)):
        (root / name).mkdir()
        os.chown(root / name, uid, WEB)
        (root / name).chmod(0o2750)
    yield root
    shutil.rmtree(root)


def shown(root: Path) -> dict[bytes, tuple[object, ...]]:
    """Of each entry below: type and mode, whether its group is its owner's, time, content, and which names are one file."""
    found: dict[bytes, tuple[object, ...]] = {}
    names: dict[int, bytes] = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in sorted(folders + files):
            path = os.path.join(folder, name)  # noqa: PTH118 - bytes
            info = os.lstat(path)
            content: bytes | None = None
            if stat.S_ISLNK(info.st_mode):
                content = os.readlink(path)  # noqa: PTH115 - bytes
            elif stat.S_ISREG(info.st_mode):
                content = Path(os.fsdecode(path)).read_bytes()
            shown_path = os.path.relpath(path, os.fsencode(root))
            first = names.setdefault(info.st_ino, shown_path)
            found[shown_path] = (info.st_mode, info.st_gid == info.st_uid, info.st_mtime_ns, content, first)
    return found


def fill(root: Path, uid: int = UID) -> None:
    """A tree of everything, made as the customer."""
    with acting_as(uid):
        site = root / UMLAUT
        (site / "leer").mkdir(parents=True)
        (site / "index.php").write_bytes(b"<?php echo 1;")
        (site / "index.php").chmod(0o640)
        (site / "lauf.sh").write_bytes(b"x" * 70_000)
        (site / "lauf.sh").chmod(0o4755)
        os.link(site / "lauf.sh", root / "zweiter Name")
        (site / "link").symlink_to("../nirgendwo")
        (site / "absolut").symlink_to("/etc/shadow")
        Path(os.fsdecode(os.fsencode(site) + b"/kein utf8 \xff\xfe\n;$(x)")).write_bytes(b"odd")
        (site / "-leading").write_bytes(b"")
        (site / ("l" * 250)).write_bytes(b"long")
        (site / "geschlossen").mkdir()
        (site / "geschlossen" / "darin").write_bytes(b"inner")
        (site / "geschlossen" / "darin").chmod(0)
        (site / "geschlossen").chmod(0o000)
        (site / "offen").mkdir()
        (site / "offen").chmod(0o755)
        (site / "eigene").mkdir()
        os.chown(site / "eigene", -1, uid)
        with (site / "dünn").open("wb") as thin:
            thin.seek(300 * 1024 * 1024)
            thin.write(b"end")
            thin.truncate(400 * 1024 * 1024)
        os.utime(site / "index.php", ns=(1, 1_234_567_890_123_456_789))
        os.utime(site / "link", ns=(1, 987_654_321_000_000_001), follow_symlinks=False)
        os.utime(site / "leer", ns=(1, -1_500_000_000))


@pytest.mark.long
def test_a_tree_of_everything_comes_back(place: Path) -> None:
    fill(place / "from")
    assert pack(place / "from", UID, place / "a.tar") == []
    unpack(place / "a.tar", place / "to", NEW_UID)
    before, after = shown(place / "from"), shown(place / "to")
    script = f"{UMLAUT}/lauf.sh".encode()
    for path in (script, b"zweiter Name"):
        before[path] = (before[path][0] & ~stat.S_ISUID, *before[path][1:])  # type: ignore[operator]
    assert after == before
    assert {path.lstat().st_uid for path in (place / "to").rglob("*")} == {NEW_UID}
    thin = (place / "to" / UMLAUT / "dünn").stat()
    assert thin.st_size == 400 * 1024 * 1024 and thin.st_blocks * 512 < 10 * SMALLEST_HOLE
    pack(place / "to", NEW_UID, place / "b.tar")
    unpack(place / "b.tar", place / "to", NEW_UID)
    assert shown(place / "to") == before


def test_the_archive_is_a_tar_that_others_read(place: Path) -> None:
    fill(place / "from")
    pack(place / "from", UID, place / "a.tar")
    assert stat.S_IMODE((place / "a.tar").stat().st_mode) == 0o600
    done = subprocess.run(
        ["/usr/bin/tar", "-xf", place / "a.tar", "-C", place / "to"], check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert (place / "to" / UMLAUT / "dünn").stat().st_size == 400 * 1024 * 1024
    assert (place / "to" / UMLAUT / "index.php").read_bytes() == b"<?php echo 1;"


def test_what_was_there_before_goes_and_a_broken_off_run_is_begun_anew(place: Path) -> None:
    fill(place / "from")
    pack(place / "from", UID, place / "a.tar")
    with acting_as(NEW_UID):
        (place / "to" / UMLAUT).mkdir()
        (place / "to" / UMLAUT / "index.html").write_bytes(b"starter")
        (place / "to" / "anderes").mkdir()
        (place / "to" / "anderes").chmod(0o500)
        (place / "to" / ARRIVING / "new" / "halb").mkdir(parents=True)
    unpack(place / "a.tar", place / "to", NEW_UID)
    once = shown(place / "to")
    assert b"anderes" not in once and f"{UMLAUT}/index.html".encode() not in once and ARRIVING.encode() not in once
    unpack(place / "a.tar", place / "to", NEW_UID)
    assert shown(place / "to") == once


def test_mail_that_came_meanwhile_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delivered before its mailbox' contents arrived, or between two attempts at that: accepted mail is not lost."""
    keep = frozenset({"new", "cur"})
    with acting_as(UID):
        for folder in ("tmp", "new", "cur"):
            (place / "from" / "ä" / folder).mkdir(parents=True)
        (place / "from" / "ä" / "cur" / "alt:2,S").write_bytes(b"alt")
        (place / "from" / "ä" / "index").write_bytes(b"alt")
    pack(place / "from", UID, place / "a.tar")

    def deliver(box: str, name: str) -> None:
        with acting_as(NEW_UID):
            (place / "to" / box / "new").mkdir(parents=True, exist_ok=True)
            (place / "to" / box / "new" / name).write_bytes(b"neu")
            (place / "to" / box / "index").write_bytes(b"neu")

    deliver("ä", "1")
    deliver("anderes Postfach", "2")
    with monkeypatch.context() as patch:
        patch.setattr("gasthof.agent.sdk.unpack._go_back", lambda *_: 1 / 0)  # killed after the change of places
        with pytest.raises(ZeroDivisionError):
            unpack(place / "a.tar", place / "to", NEW_UID, keep)
    deliver("ä", "3")
    unpack(place / "a.tar", place / "to", NEW_UID, keep)
    files = {str(path.relative_to(place / "to")) for path in (place / "to").rglob("*") if path.is_file()}
    assert files == {"ä/cur/alt:2,S", "ä/index", "ä/new/1", "ä/new/3", "anderes Postfach/new/2"}
    assert (place / "to" / "ä" / "index").read_bytes() == b"alt"


def test_what_is_no_file_and_what_is_not_the_customers_is_left_out_and_named(place: Path) -> None:
    (place / "secret").write_bytes(b"root's")
    (place / "secret").chmod(0o600)
    with acting_as(UID):
        os.mkfifo(place / "from" / "fifo")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(place / "from" / "socket"))
    os.mknod(place / "from" / "gerät", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.link(place / "secret", place / "from" / "planted")
    notes = pack(place / "from", UID, place / "a.tar")
    assert [note.partition(":")[0] for note in notes] == ["fifo", "gerät", "planted", "socket"]
    assert b"root's" not in (place / "a.tar").read_bytes()
    unpack(place / "a.tar", place / "to", NEW_UID)
    assert shown(place / "to") == {}


def test_too_deep_is_refused_with_words(place: Path) -> None:
    with acting_as(UID):
        folder = os.open(place / "from", os.O_RDONLY)
        for _ in range(600):
            os.mkdir("d", dir_fd=folder)
            folder, above = os.open("d", os.O_RDONLY, dir_fd=folder), folder
            os.close(above)
        os.close(folder)
    with pytest.raises(RuntimeError, match="too deep"):
        pack(place / "from", UID, place / "a.tar")


HOSTILE = {
    "absolute": ("/tmp/x", tarfile.REGTYPE, ""),
    "upwards": ("../x", tarfile.REGTYPE, ""),
    "upwards inside": ("a/../../x", tarfile.REGTYPE, ""),
    "dot": ("./x", tarfile.REGTYPE, ""),
    "empty part": ("a//x", tarfile.REGTYPE, ""),
    "hard link out": ("x", tarfile.LNKTYPE, "../secret"),
    "hard link absolute": ("x", tarfile.LNKTYPE, "/etc/shadow"),
    "device": ("x", tarfile.CHRTYPE, ""),
    "fifo": ("x", tarfile.FIFOTYPE, ""),
    "staging": (f"{ARRIVING}/new/x", tarfile.REGTYPE, ""),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_an_archive_that_leads_elsewhere_is_refused(place: Path, what: str) -> None:
    name, kind, target = HOSTILE[what]
    with tarfile.open(place / "a.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mode = kind, target, 0o6777
        tar.addfile(info)
    before = shown(place)
    with pytest.raises(ValueError):
        unpack(place / "a.tar", place / "to", NEW_UID)
    after = {path: found for path, found in shown(place).items() if not path.startswith(b"to")}
    assert after == {path: found for path, found in before.items() if not path.startswith(b"to")}


def test_a_link_in_an_archive_is_no_way_out(place: Path) -> None:
    (place / "outside").mkdir()
    (place / "outside").chmod(0o777)
    with tarfile.open(place / "a.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        link = tarfile.TarInfo("a")
        link.type, link.linkname = tarfile.SYMTYPE, str(place / "outside")
        tar.addfile(link)
        file = tarfile.TarInfo("a/x")
        file.size = 1
        tar.addfile(file, io.BytesIO(b"x"))
    with pytest.raises(OSError):
        unpack(place / "a.tar", place / "to", NEW_UID)
    assert list((place / "outside").iterdir()) == []


def test_what_is_no_archive_is_refused(place: Path) -> None:
    for content in (b"", b"no archive", bytes(511)):
        (place / "a.tar").write_bytes(content)
        with pytest.raises(ValueError):
            unpack(place / "a.tar", place / "to", NEW_UID)


@pytest.mark.long
def test_swapping_while_it_is_packed_shows_nothing_of_others(place: Path) -> None:
    """attacks.md: a directory changed for a link while root walks it."""
    neighbour = place / "neighbour"
    neighbour.mkdir(mode=0o700)
    (neighbour / "file").write_bytes(b"the neighbour's secret")
    (neighbour / "file").chmod(0o600)
    for path in (neighbour, neighbour / "file"):
        os.chown(path, NEIGHBOUR, NEIGHBOUR)
    with acting_as(UID):
        (place / "from" / "a").mkdir()
        (place / "from" / "a" / "file").write_bytes(b"mine")
        (place / "from" / "b").symlink_to(neighbour)
    over = threading.Event()

    def swap() -> None:
        here = place / "from"
        while not over.is_set():
            for one, other in (("a", "c"), ("b", "a"), ("c", "b")):
                with suppress(OSError):
                    (here / one).rename(here / other)

    attacker = threading.Thread(target=swap)
    attacker.start()
    try:
        for number in range(150):
            pack(place / "from", UID, place / f"{number}.tar")
            assert b"secret" not in (place / f"{number}.tar").read_bytes()
            (place / f"{number}.tar").unlink()
    finally:
        over.set()
        attacker.join()
