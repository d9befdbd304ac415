"""Which checkouts and prefixes suit, and what is done with those that do not."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gasthof.bootstrap import place as places
from gasthof.bootstrap.refusal import Refusal


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every uid can reach (pytest's own is private)."""
    with TemporaryDirectory(prefix="gasthof-place-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def checkout_in(folder: Path) -> Path:
    checkout = folder / "checkout"
    (checkout / "src" / "gasthof").mkdir(parents=True)
    (checkout / "src" / "gasthof" / "__init__.py").write_text("")
    command = checkout / "gasthof"
    command.write_text("#!/usr/bin/python3\n")
    command.chmod(0o700)
    (checkout / ".git").mkdir()
    return checkout


def test_an_open_checkout_is_used_as_it_is(open_folder: Path) -> None:
    checkout = checkout_in(open_folder)
    found = places.locate(checkout, None, open_folder / "state")
    assert (found.code, found.default, found.prefix, found.why) == (checkout, checkout / "var", checkout / "var", None)
    places.settle(found)
    assert (checkout / "var").is_dir() and not (checkout / "var").is_symlink()
    assert not (open_folder / "state").exists()


@pytest.mark.parametrize("closed", ["checkout", "src", "file"])
def test_a_closed_checkout_moves_state_and_a_copy_of_the_code(open_folder: Path, closed: str) -> None:
    checkout = checkout_in(open_folder)
    source = checkout / "src" / "gasthof" / "__init__.py"
    {"checkout": checkout, "src": checkout / "src", "file": source}[closed].chmod(0o700)
    found = places.locate(checkout, None, open_folder / "state")
    assert found.why and str(checkout) in found.why
    places.settle(found)
    assert (checkout / "var").resolve() == found.default == found.prefix
    assert found.default.parent == open_folder / "state"
    readable(found.code / "src" / "gasthof" / "__init__.py")
    assert (found.code / "gasthof").stat().st_mode & 0o777 == 0o755
    assert (found.code / "var").resolve() == found.default
    assert (found.code / ".git").read_text() == f"gitdir: {checkout}/.git\n"
    assert places.locate(checkout, None, open_folder / "state") == found


def readable(path: Path) -> None:
    subprocess.run(["/bin/cat", str(path)], check=True, user="nobody", group="nogroup", extra_groups=[])


def test_the_copy_follows_the_checkout(open_folder: Path) -> None:
    checkout = checkout_in(open_folder)
    checkout.chmod(0o700)
    found = places.locate(checkout, None, open_folder / "state")
    places.settle(found)
    (checkout / "src" / "gasthof" / "__init__.py").unlink()
    (checkout / "src" / "gasthof" / "grüße.py").write_text("x = 1\n")
    places.settle(found)
    assert [path.name for path in (found.code / "src" / "gasthof").iterdir()] == ["grüße.py"]


def test_an_installation_is_not_thrown_away(open_folder: Path) -> None:
    checkout = checkout_in(open_folder)
    (checkout / "var" / "env").mkdir(parents=True)
    (checkout / "var" / "config.toml").write_text("")
    checkout.chmod(0o700)
    with pytest.raises(Refusal, match=r"config\.toml"):
        places.settle(places.locate(checkout, None, open_folder / "state"))
    assert (checkout / "var" / "config.toml").exists()


def test_what_can_be_made_anew_is(open_folder: Path) -> None:
    checkout = checkout_in(open_folder)
    for name in ("env", "tests"):
        (checkout / "var" / name).mkdir(parents=True)
    (checkout / "var" / "env.lock").touch()
    checkout.chmod(0o700)
    found = places.locate(checkout, None, open_folder / "state")
    places.settle(found)
    assert (checkout / "var").readlink() == found.default


def test_a_closed_prefix_is_refused_with_advice(open_folder: Path) -> None:
    checkout = checkout_in(open_folder)
    (open_folder / "closed").mkdir(mode=0o700)
    with pytest.raises(Refusal, match=rf"chmod o\+x {open_folder}/closed"):
        places.settle(places.locate(checkout, open_folder / "closed" / "prefix", open_folder / "state"))
    assert not (open_folder / "closed" / "prefix").exists()


@pytest.mark.parametrize("name", ["mit leerzeichen", "bäcker", "semi;colon", "quote'", "x" * 80])
def test_paths_that_daemons_could_misread_do_not_suit(open_folder: Path, name: str) -> None:
    assert places.unsuited(open_folder / name)


def test_plain_paths_suit() -> None:
    assert places.unsuited(Path("/srv/gasthof-2/var_1.x")) is None
