# ruff: noqa: PTH102, PTH208
"""The agent's hands, one at a time, on real files."""

import os
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gasthof.agent import knowledge
from gasthof.agent.execute import Executor
from gasthof.agent.kinds import Machine
from gasthof.agent.sdk import acl, beneath, certificate, place, read, tools
from gasthof.agent.sdk.customer import NotTheCustomer, acting_as, forget_groups
from gasthof.agent.sdk.steps import MakeDirectory, Plan, Reload, RemoveFile, RunTool, WriteFile
from gasthof.agent.sdk.want import Draft
from gasthof.agent.tests.node import UMLAUT, Node
from gasthof.kernel.clock import FixedClock
from gasthof.prefix import Prefix

UID = 1_000_012
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def home() -> Iterator[Path]:
    """A customer's folder as the agent makes it, with web/ in it."""
    with Node.made() as node:
        root = node.prefix.home("s000012")
        place.make_directory(MakeDirectory(root, 0o710, enter=(UID,)))
        place.make_directory(MakeDirectory(root / "web", 0o2750, UID, UID))
        yield root


@pytest.fixture
def root() -> Iterator[Path]:
    with Node.made() as node:
        yield node.prefix.state


def test_an_access_list_lets_one_uid_pass_and_no_other(home: Path) -> None:
    shown = subprocess.run(["/usr/bin/getfacl", "-np", str(home)], capture_output=True, text=True, check=True).stdout
    assert f"user:{UID}:--x\n" in shown and "other::---\n" in shown
    with acting_as(UID):
        assert (home / "web").stat().st_uid == UID
        with pytest.raises(PermissionError):
            os.listdir(home)
    with acting_as(UID + 1), pytest.raises(PermissionError):
        (home / "web").stat()
    place.make_directory(MakeDirectory(home, 0o710))
    assert acl.read(str(home)) == b"" and stat.S_IMODE(home.stat().st_mode) == 0o710


def test_acting_as_a_customer_is_left_even_by_an_error(home: Path) -> None:
    with pytest.raises(KeyError), acting_as(UID):
        (home / "web" / "datei").write_text("x")
        raise KeyError
    assert (home / "web" / "datei").stat().st_uid == UID
    (home / "root").write_text("x")
    assert (home / "root").stat().st_uid == 0


def test_only_this_thread_acts_as_the_customer(home: Path) -> None:
    go, done = threading.Event(), threading.Event()

    def elsewhere() -> None:
        go.wait(10)
        (home / "elsewhere").write_text("x")
        done.set()

    threading.Thread(target=elsewhere).start()
    with acting_as(UID):
        go.set()
        assert done.wait(10)
        with pytest.raises(PermissionError):
            (home / "here").write_text("x")
    assert (home / "elsewhere").stat().st_uid == 0


def test_it_refuses_to_act_as_the_machines_own_users_or_with_groups() -> None:
    for uid in (0, 33, 999):
        with pytest.raises(NotTheCustomer), acting_as(uid):
            pass
    os.setgroups([4])
    try:
        with pytest.raises(NotTheCustomer), acting_as(UID):
            pass
    finally:
        forget_groups()


def test_folders_are_made_as_the_customer_and_inherit_the_group(home: Path) -> None:
    beneath.make_directory(home, f"web/{UMLAUT}/öffentlich", UID, 0o750)
    made = (home / "web" / UMLAUT / "öffentlich").stat()
    assert (made.st_uid, made.st_gid, stat.S_IMODE(made.st_mode)) == (UID, UID, 0o2750)
    beneath.make_directory(home, f"web/{UMLAUT}/öffentlich", UID, 0o750)
    beneath.make_durable(home, f"web/{UMLAUT}", UID)


@pytest.mark.parametrize("path", ["../s000013/web", "/etc/neu", "web/../../neu", "web/hinaus/neu", "neu"])
def test_no_path_leads_out_or_beyond_the_customers_rights(home: Path, path: str) -> None:
    with acting_as(UID):
        (home / "web" / "hinaus").symlink_to(home.parent)
    with pytest.raises(OSError, match=r"cross-device|denied|No such"):
        beneath.make_directory(home, path, UID, 0o750)
    assert sorted(os.listdir(home.parent)) == ["s000012"]


def test_a_customers_own_links_may_be_used(home: Path) -> None:
    with acting_as(UID):
        (home / "web/releases/5").mkdir(parents=True)
        (home / "web/current").symlink_to("releases/5")
    assert beneath.state(home, "web/current", UID) == "empty"
    beneath.make_directory(home, "web/current/public", UID, 0o750)
    assert (home / "web/releases/5/public").is_dir()


def test_a_link_to_nothing_is_not_a_folder_that_is_missing(home: Path) -> None:
    with acting_as(UID):
        (home / "web/ins-leere").symlink_to("nirgends")
        (home / "web/weiter").symlink_to("ins-leere")
        (home / "web/da").mkdir()
        (home / "web/datei").write_text("x")
    for path in ("web/ins-leere", "web/ins-leere/unten", "web/weiter/unten", "web/datei", "web/datei/unten"):
        assert beneath.state(home, path, UID) == "other", path
    for path in ("web/neu", "web/neu/unten", "web/da/unten"):
        assert beneath.state(home, path, UID) == "missing", path
    with pytest.raises(FileNotFoundError):
        beneath.state(home / "fehlt", "web", UID)


def test_a_first_page_is_written_only_where_there_is_nothing(home: Path) -> None:
    assert beneath.write_first(home, "web/index.html", UID, "Grüße".encode(), 0o640)
    assert not beneath.write_first(home, "web/other.html", UID, b"x", 0o640)
    assert (home / "web/index.html").read_text() == "Grüße" and os.listdir(home / "web") == ["index.html"]
    assert beneath.state(home, "web", UID) == "filled"


def test_a_tree_goes_however_deep_and_closed_it_is(home: Path) -> None:
    here = Path.cwd()
    with acting_as(UID):
        os.chdir(home / "web")
        (home / "web/site").mkdir()
        os.chdir("site")
        for _ in range(3000):
            os.mkdir("tief")
            os.chdir("tief")
        (Path("ganz unten")).write_text("x")
    os.chdir(here)
    with acting_as(UID):
        closed = home / "web/site/zu"
        closed.mkdir()
        (closed / "datei").write_text("x")
        closed.chmod(0)
    descriptors = len(os.listdir("/proc/self/fd"))
    assert beneath.remove(home, "web/site", UID, 30.0)
    assert os.listdir(home / "web") == [] and len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.long
def test_a_big_tree_goes_in_slices(home: Path) -> None:
    with acting_as(UID):
        for number in range(3000):
            (home / "web/site" / str(number % 50)).mkdir(parents=True, exist_ok=True)
            (home / "web/site" / str(number % 50) / str(number)).touch()
    slices = 1
    started = time.monotonic()
    while not beneath.remove(home, "web/site", UID, 0.005):
        slices += 1
    assert slices > 1 and not (home / "web/site").exists() and time.monotonic() - started < 20


@pytest.mark.long
def test_each_slice_removes_something_of_however_big_a_folder(home: Path) -> None:
    """To list it takes several times as long as a slice."""
    site, lower = home / "web/site", home / "web/site/unten"
    with acting_as(UID):
        lower.mkdir(parents=True)
        for number in range(60_000):
            os.mknod(f"{lower}/{number}")
    for folder, seconds in (("web/site/unten", 0.005), ("web/site", 0.005), ("web/site/unten", 0.0), ("web/site", 0.0)):
        before = len(os.listdir(lower))
        started = time.monotonic()
        assert not beneath.remove(home, folder, UID, seconds)
        assert time.monotonic() - started < 0.5
        assert 0 < len(os.listdir(lower)) < before
    assert beneath.remove(home, "web/site", UID, 60.0) and not site.exists()


@pytest.mark.parametrize("times", [1, 10**6])
def test_a_customer_who_swaps_folders_and_links_ends_no_removal(
    home: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    with acting_as(UID):
        for name in ("eins", "zwei", "drei"):
            (home / "web/site" / name).mkdir(parents=True)
            (home / "web/site" / name / "datei").write_text("x")
    real, swapped = beneath.let_in, []

    def swap(parent: int, name: str) -> None:
        if name in ("eins", "zwei", "drei") and len(swapped) < times:
            swapped.append(name)
            os.rename(name, f"{name}.ab", src_dir_fd=parent, dst_dir_fd=parent)
            os.symlink("/etc", name, dir_fd=parent)
        real(parent, name)

    monkeypatch.setattr(beneath, "let_in", swap)
    assert beneath.remove(home, "web/site", UID, 10.0)
    assert swapped and not os.path.lexists(home / "web/site"), "nothing is left that would be told as removed"


def test_a_folder_that_is_swapped_for_a_link_itself_is_looked_at_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_as(UID):
        (home / "web/site").mkdir()
    real = beneath.let_in

    def swap(parent: int, name: str) -> None:
        monkeypatch.setattr(beneath, "let_in", real)
        os.rename(name, "anders", src_dir_fd=parent, dst_dir_fd=parent)
        os.symlink("anders", name, dir_fd=parent)
        real(parent, name)

    monkeypatch.setattr(beneath, "let_in", swap)
    assert not beneath.remove(home, "web/site", UID, 10.0)
    assert beneath.remove(home, "web/site", UID, 10.0) and not os.path.lexists(home / "web/site")


def test_what_belongs_to_another_is_not_removed(home: Path) -> None:
    (home / "web/fremd").mkdir()
    (home / "web/fremd/datei").write_text("root's")
    with pytest.raises(PermissionError):
        beneath.remove(home, "web/fremd", UID, 1.0)
    assert (home / "web/fremd/datei").read_text() == "root's"


def test_a_folder_that_is_another_customers_by_now_is_not_entered(home: Path) -> None:
    (home / "web/site").mkdir()
    os.chown(home / "web", UID + 1, UID + 1)
    with pytest.raises(PermissionError, match=f"uid {UID + 1} and not to uid {UID}, so nothing of it is removed"):
        beneath.remove(home / "web", "", UID, 1.0)
    assert (home / "web/site").exists()


def test_root_removes_its_own_and_enters_nothing_of_others(root: Path) -> None:
    tree = root / "baum"
    (tree / "eigen").mkdir(parents=True)
    (tree / "eigen/datei").write_text("x")
    (tree / "fremd").mkdir()
    os.chown(tree / "fremd", UID, UID)
    (tree / "fremd/datei").write_text("x")
    with pytest.raises(OSError, match="not empty"):
        place.remove_tree(tree)
    assert (tree / "fremd/datei").exists() and not (tree / "eigen").exists()
    (tree / "fremd/datei").unlink()
    place.remove_tree(tree)
    place.remove_tree(tree)
    assert not tree.exists()


def test_a_swap_can_be_kept_or_put_back(root: Path) -> None:
    path = root / "datei"
    first, second = WriteFile(path, b"eins", 0o600), WriteFile(path, b"zwei", 0o640)
    place.stage(first)
    assert not path.exists() and read.fact(path).unsettled
    place.swap(first)
    assert path.read_bytes() == b"eins" and read.fact(path).unsettled
    place.put_back(first)
    assert not path.exists() and not read.fact(path).unsettled
    place.stage(first), place.swap(first), place.settle(first)
    assert not read.fact(path).unsettled
    place.stage(second), place.swap(second), place.put_back(second)
    assert path.read_bytes() == b"eins" and stat.S_IMODE(path.stat().st_mode) == 0o600
    gone = RemoveFile(path)
    place.swap(gone)
    assert not path.exists()
    place.put_back(gone)
    assert path.read_bytes() == b"eins"
    place.swap(gone), place.settle(gone)
    assert not [name for name in os.listdir(root) if name.startswith("datei")]


def test_an_open_swap_remembers_the_oldest(root: Path) -> None:
    path = root / "datei"
    path.write_text("alt")
    for content in (b"zwei", b"drei"):
        step = WriteFile(path, content, 0o600)
        place.stage(step), place.swap(step)
    place.put_back(step)
    assert path.read_text() == "alt"


def test_a_folder_in_a_files_place_is_a_fact_like_others(root: Path) -> None:
    (root / "ordner.json").mkdir(0o700)
    descriptors = len(os.listdir("/proc/self/fd"))
    fact, content = read.file(root / "ordner.json")
    assert (fact.what, fact.mode, content) == ("other", 0o700, b"")
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_facts_see_links_and_differences(root: Path) -> None:
    (root / "link").symlink_to("/etc/passwd")
    assert read.fact(root / "link").what == "other" and read.directory(root / "link").what == "other"
    os.mkfifo(root / "fifo")
    assert read.fact(root / "fifo").what == "other"
    assert read.fact(root / "nichts") == read.MISSING
    (root / "datei").write_text("x")
    (root / "datei").chmod(0o600)
    draft = Draft({root / "datei": read.fact(root / "datei")})
    draft.file(WriteFile(root / "datei", b"x", 0o600))
    assert not draft.change
    draft.file(WriteFile(root / "datei", b"x", 0o640))
    assert draft.notes == {str(root / "datei"): "mode 0600, not 0640"}


def authority(root: Path) -> certificate.Authority:
    key = certificate.new_key()
    pem = certificate.new_authority(key, NOON, "test")
    loaded = certificate.load_certificate(pem)
    assert loaded
    return certificate.Authority(loaded, key)


def test_certificates_name_their_hosts_and_are_renewed_in_time(root: Path) -> None:
    house = authority(root)
    key = certificate.new_key()
    issuer = house.certificate.public_bytes(certificate.serialization.Encoding.PEM)
    names = (UMLAUT, f"www.{UMLAUT}", "x" * 63 + ".test")
    pem = certificate.give_out(house, key, names, NOON)
    key_pem = certificate.key_pem(key)

    def current(at: datetime, key: bytes = key_pem, by: bytes = issuer) -> bool:
        found = certificate.inspect(key, pem, by, at)
        assert found.names == names
        return found.current

    assert current(NOON) and current(NOON + timedelta(days=59))
    assert not current(NOON + timedelta(days=61)) and not current(NOON - timedelta(days=1))
    assert not current(NOON, certificate.key_pem(certificate.new_key()))
    other = authority(root).certificate.public_bytes(certificate.serialization.Encoding.PEM)
    assert not current(NOON, by=other)
    assert certificate.inspect(b"", b"", b"", NOON) == certificate.CertificateFact(wrong="its key is missing")


def test_what_is_wrong_with_a_certificate_is_said_unless_it_is_only_due(root: Path) -> None:
    house, other = authority(root), authority(root)
    key, folder, ours = certificate.new_key(), root / "tls", root / "ours.pem"
    folder.mkdir()
    ours.write_bytes(house.certificate.public_bytes(certificate.serialization.Encoding.PEM))
    key_path, path = folder / certificate.KEY, folder / certificate.CERTIFICATE

    def wrong(at: datetime = NOON) -> str:
        found = certificate.look(folder, "root", ours, at)
        assert not (found.current and found.wrong)
        return found.wrong

    def lay(by: certificate.Authority = house) -> None:
        key_path.write_bytes(certificate.key_pem(key))
        key_path.chmod(0o640)
        path.write_bytes(certificate.give_out(by, key, (UMLAUT,), NOON))

    assert wrong() == "its key is missing"
    lay()
    assert wrong() == "" and certificate.look(folder, "root", ours, NOON).current
    late = NOON + timedelta(days=61)
    assert wrong(late) == "" and not certificate.look(folder, "root", ours, late).current
    key_path.chmod(0o644)
    assert wrong() == "its key has mode 0644 and belongs to root:root, not 0640 root:root"
    lay(other)
    assert wrong() == "given out by another authority"
    lay()
    key_path.write_bytes(certificate.key_pem(certificate.new_key()))
    assert wrong() == "does not fit its key"
    key_path.write_bytes(b"no key")
    assert wrong() == "its key is not readable"
    lay()
    path.unlink()
    assert wrong() == "missing"
    path.symlink_to(key_path)
    assert wrong() == "missing"


def test_a_serial_number_is_never_used_twice(root: Path) -> None:
    house, key = authority(root), certificate.new_key()
    pems = [certificate.give_out(house, key, (UMLAUT,), NOON) for _ in range(20)]
    serials = {found.serial_number for pem in pems if (found := certificate.load_certificate(pem))}
    assert len(serials) == 20


def test_tools_are_a_closed_table_and_refuse_in_their_own_words(root: Path) -> None:
    executor = Executor(Machine(Prefix(root.parent), FixedClock(NOON)), knowledge.installed())
    plans = [Plan(check=(RunTool("sh", ("-c", "true")),)), Plan(after=(Reload("sshd"),))]
    plans.append(Plan(check=(RunTool("nginx", ("-t", "-q", "-c", "/nicht/da", "-e", "stderr")),)))
    words = [outcome.words for outcome in executor.carry_out(plans)]
    assert words[:2] == ["'sh'", "'sshd'"] and 'open() "/nicht/da" failed' in words[2]


def test_a_stale_pid_file_names_no_daemon(root: Path) -> None:
    prefix = Prefix(root.parent)
    nginx = knowledge.installed().reloads["nginx"]
    nginx.pid_file(prefix).write_text(str(os.getpid()))
    assert tools.running(prefix, nginx) is None
    tools.reload(prefix, nginx)
