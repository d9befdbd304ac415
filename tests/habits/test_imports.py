"""Who may import whom, where import-linter's contracts (pyproject.toml) do not reach."""

import ast
import tomllib
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

from gasthof.installed import SLICES
from tests.habits.test_source import ROOT, SOURCE, modules

MEETING_ROOMS = {
    "actions",
    "queries",
    "spec",
    "rules",
    "node",
}  # node: what the agent has of a slice, of nodes' rooms only
MAY_HIDE = {"bootstrap/", "bench/"}  # run before their environment is there, and import from it once it is


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_slices_meet_in_their_open_rooms_only() -> None:
    found = []
    for name, tree in modules():
        parts = name.split("/")
        if parts[0] != "slices" or len(parts) < 3:
            continue
        for imported in imports(tree):
            other = imported.split(".")
            if other[:2] == ["gasthof", "slices"] and other[2] != parts[1]:
                inner = parts[2].removesuffix(".py")
                if other[3] not in MEETING_ROOMS or (other[3] == "node") != (inner == "node"):
                    found.append(f"{name}: {imported}")
    assert found == []


def test_all_slices_are_in_the_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    ranks, rooms = contracts[0], contracts[1]
    assert tuple(reversed(ranks["layers"])) == SLICES
    assert {container.rpartition(".")[2] for container in rooms["containers"]} == set(SLICES)
    folders = {path.name for path in (SOURCE / "slices").iterdir() if (path / "__init__.py").exists()}
    assert folders == set(SLICES)


def test_no_import_hides_in_a_function() -> None:
    found = []
    for name, tree in modules():
        if name.startswith(tuple(MAY_HIDE)):
            continue
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                found += [f"{name} {function.name}: {each}" for each in imports(function) if each.startswith("gasthof")]
    assert found == []


def test_rooms_above_are_empty() -> None:
    """The agent imports a slice's node rooms: what stands in the packages around them would come along."""
    around = [SOURCE / "__init__.py", SOURCE / "slices" / "__init__.py", SOURCE / "kernel" / "__init__.py"]
    around += [SOURCE / "slices" / name / "__init__.py" for name in SLICES]
    around += [
        SOURCE / "slices" / name / "node" / "__init__.py"
        for name in SLICES
        if (SOURCE / "slices" / name / "node").exists()
    ]
    assert [str(path) for path in around if path.read_text("utf-8").strip()] == []


def rank(model: type[models.Model]) -> int:
    """The kernel and Django's own applications lie below all slices."""
    return SLICES.index(model._meta.app_label) if model._meta.app_label in SLICES else -1


def foreign_keys() -> list[tuple[type[models.Model], type[models.Model]]]:
    return [
        (model, field.related_model)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField) and isinstance(field.related_model, type)
    ]


def test_tables_point_downhill() -> None:
    pairs = foreign_keys()
    assert len(pairs) > 8
    foreign = {"account", "mfa", "usersessions"}  # allauth's, which know the model of users by a setting
    assert [
        (model, other) for model, other in pairs if rank(other) > rank(model) and model._meta.app_label not in foreign
    ] == []


@pytest.mark.parametrize("name", SLICES)
def test_each_slice_has_its_sign_and_its_page(name: str) -> None:
    folder = SOURCE / "slices" / name
    assert (folder / "capability.py").exists()
    lines = (folder / "README.md").read_text("utf-8").splitlines()
    assert 10 < len(lines) < 70
