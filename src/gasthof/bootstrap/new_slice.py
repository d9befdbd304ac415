"""`new-slice`: a slice that works and passes all checks, to be changed into what is wanted (docs/add-a-capability.md)."""

import re
import tomllib
from keyword import iskeyword
from pathlib import Path

from gasthof.bootstrap.progress import say
from gasthof.bootstrap.refusal import Refusal

TEMPLATE = Path(__file__).parent / "slice_template"
GERMAN = "german.po.txt"  # joins the catalogue instead of becoming a file
PACKAGES = (".", "migrations", "node", "tests")
OWN_IMPORTS = re.compile(r"(?:^from gasthof\.[^\n(]*\n)+", re.MULTILINE)
NAME = re.compile(r"[a-z][a-z0-9_]{1,18}[a-z0-9]")


def new_slice(checkout: Path, name: str) -> int:
    """Write the slice and enter it at the highest rank. Raises Refusal, with nothing written."""
    source = checkout / "src" / "gasthof"
    _check(source, name)
    entered = {path: _entered(path, name) for path in (source / "installed.py", checkout / "pyproject.toml")}
    _check_contracts(entered[checkout / "pyproject.toml"], name)
    folder = source / "slices" / name
    _write(folder, name)
    for path, text in entered.items():
        path.write_text(text, "utf-8")
    _translate(source / "locale" / "de" / "LC_MESSAGES" / "django.po", name)
    say(f"{folder.relative_to(checkout)} is there, at the highest rank. docs/add-a-capability.md tells what to change.")
    return 0


def _check(source: Path, name: str) -> None:
    if not NAME.fullmatch(name) or iskeyword(name) or "__" in name:
        raise Refusal(f"“{name}” cannot be a slice's name: small letters, digits and _ are, a letter first.")
    if (source / "slices" / name).exists():
        raise Refusal(f"There is a slice of that name: {name}.")


def _entered(path: Path, name: str) -> str:
    """The file's text with the slice in it. Refusal where its form is not the known one."""
    text = path.read_text("utf-8")
    for pattern, replacement in _places(name)[path.name]:
        text, count = re.subn(pattern, replacement, text, count=1, flags=re.DOTALL)
        if not count:
            raise Refusal(f"{path.name} is not in the form that this command knows: enter {name} by hand.")
    return text


def _places(name: str) -> dict[str, list[tuple[str, str]]]:
    """Where a slice is entered: at the end of the ranks, on top of the layers, among those that have rooms."""
    return {
        "installed.py": [(r"(SLICES = \([^)]*?),?\s*\)", rf'\1,\n    "{name}",\n)')],
        "pyproject.toml": [
            (r'(containers = \["gasthof\.slices"\]\nlayers = \[)', rf'\1"{name}", '),
            (r'("gasthof\.slices\.accounts",)', rf'\1\n  "gasthof.slices.{name}",'),
        ],
    }


def _check_contracts(text: str, name: str) -> None:
    ranks, rooms = tomllib.loads(text)["tool"]["importlinter"]["contracts"][:2]
    if ranks["layers"][0] != name or f"gasthof.slices.{name}" not in rooms["containers"]:
        raise Refusal(f"pyproject.toml is not in the form that this command knows: enter {name} by hand.")


def _write(folder: Path, name: str) -> None:
    for package in PACKAGES:
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").write_text("", "utf-8")
    for path in sorted(TEMPLATE.rglob("*.txt")):
        if path.name != GERMAN:
            target = folder / path.relative_to(TEMPLATE).with_suffix("")
            target.write_text(_filled(path, name), "utf-8")


def _filled(path: Path, name: str) -> str:
    title = "".join(word.capitalize() for word in name.split("_"))
    text = path.read_text("utf-8").replace("TITLE", title).replace("NAME", name)
    return OWN_IMPORTS.sub(_in_order, text)


def _in_order(imports: re.Match[str]) -> str:
    """Where the slice's own come among them depends on its name."""
    return "".join(sorted(imports[0].splitlines(keepends=True), key=lambda line: line.split()[1]))


def _translate(catalogue: Path, name: str) -> None:
    text = catalogue.read_text("utf-8").rstrip("\n")
    catalogue.write_text(f"{text}\n\n{_filled(TEMPLATE / GERMAN, name)}", "utf-8")
