"""`./gasthof new-slice` in a copy of the tree: what it writes passes the checks that every slice has to pass."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gasthof.bootstrap.new_slice import new_slice
from gasthof.bootstrap.refusal import Refusal

ROOT = Path(__file__).parents[4]
PYTHON = Path(sys.executable)
NAME = "fernschreiber"
CHECKED = ("src", "tests", "docs", "requirements", "pyproject.toml", "gasthof")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree with two slices made in it: one whose name sorts before all others, one after."""
    root = tmp_path_factory.mktemp("tree")
    for name in CHECKED:
        path = ROOT / name
        ignored = shutil.ignore_patterns("*.mo")  # what is compiled fits, as it goes by times, which are copied
        shutil.copytree(path, root / name, ignore=ignored) if path.is_dir() else shutil.copy(path, root / name)
    new_slice(root, NAME)
    new_slice(root, "zeitung")
    return root


def done(copy: Path, *command: str, **environment: str) -> str:
    """What it said; AssertionError with that when it fails."""
    given = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": "src:.", "LANG": "C.UTF-8", **environment}
    ran = subprocess.run(command, check=False, cwd=copy, env=given, capture_output=True, text=True, timeout=280)
    assert ran.returncode == 0, f"{' '.join(command)}\n{ran.stdout[-6000:]}\n{ran.stderr[-3000:]}"
    return ran.stdout


def made(copy: Path) -> list[str]:
    return [str(copy / "src" / "gasthof" / "slices" / name) for name in (NAME, "zeitung")]


def test_it_is_entered_at_the_highest_rank(copy: Path) -> None:
    text = (copy / "src" / "gasthof" / "installed.py").read_text("utf-8")
    assert text.rstrip().endswith(f'"{NAME}",\n    "zeitung",\n)')
    assert "NAME" not in "".join(path.read_text("utf-8") for path in Path(made(copy)[0]).rglob("*.py"))


def test_style_and_order_of_imports(copy: Path) -> None:
    done(copy, str(PYTHON), "-m", "ruff", "check", "--no-cache", *made(copy))
    done(copy, str(PYTHON), "-m", "ruff", "format", "--no-cache", "--check", *made(copy))


@pytest.mark.long
def test_types(copy: Path) -> None:
    packages = [f"gasthof.slices.{name}" for name in (NAME, "zeitung")]
    chosen = [word for package in packages for word in ("-p", package)]
    done(copy, str(PYTHON), "-m", "mypy", "--follow-imports=silent", *chosen, GASTHOF_PREFIX="/nonexistent")


@pytest.mark.long
def test_who_imports_whom(copy: Path) -> None:
    assert "0 broken" in done(copy, str(PYTHON.parent / "lint-imports"), "--no-cache")


@pytest.mark.long
def test_the_habits_of_the_house_and_its_own_tests(copy: Path) -> None:
    """What the tests over all slices ask of this one, and what one too many could break for all."""
    chosen = (
        f"{NAME} or resuming_is or import_tells or none_is_missing or every_change_of_a_model or every_verb_has or every_example_gives"
        " or verbs_of_customers or every_table_is or in_the_contracts or tables_point or meet_in or run_programs or no_shell or clock_is_handed"
    )
    files = ["tests/habits", "tests/attacks/test_verbs.py", made(copy)[0]]
    said = done(copy, str(PYTHON), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, *files)
    assert "passed" in said and "skipped" not in said


@pytest.mark.parametrize("name", ["", "Telex", "a", "9lives", "web", "import", "../evil", "a-b", "a__b", "x" * 30, "ä"])
def test_a_name_that_cannot_be_is_refused(copy: Path, name: str) -> None:
    before = (copy / "src" / "gasthof" / "installed.py").read_text("utf-8")
    with pytest.raises(Refusal):
        new_slice(copy, name)
    assert (copy / "src" / "gasthof" / "installed.py").read_text("utf-8") == before
