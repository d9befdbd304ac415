"""Habits that can be seen in the source itself: no shell, no clock of one's own, no attic modules, nothing from afar."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "gasthof"
ATTIC = {"utils", "util", "helpers", "helper", "common", "misc", "base", "tools_misc"}
SHELLS = {"sh", "bash", "dash", "zsh", "/bin/sh", "/bin/bash", "/usr/bin/sh", "/usr/bin/bash"}
SHELL_CALLS = {
    "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "commands.getoutput", "pty.spawn",
    "asyncio.create_subprocess_shell", "popen2.popen3", "os.spawnlp", "os.spawnvp", "os.execlp", "os.execvp",
}  # fmt: skip
CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "timezone.now",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today", "time.localtime", "time.gmtime",
    "django.utils.timezone.now", "functions.Now", "Now",
}  # fmt: skip
RUNNERS = {"subprocess", "multiprocessing", "pty"}
MAY_RUN = (
    "agent/execute.py",
    "agent/showing.py",  # itself, to look and change nothing
    "agent/sdk/tools.py",
    "bootstrap/",
    "slices/web/activator/",
    "slices/databases/server/",
    "slices/dns/bench/",
    "slices/mail/postfix.py",
    "slices/mail/bench/",
    "slices/web/bench/",
    "bench/",
)
OWN_CLOCK = {"kernel/clock.py"}


def modules(*, tests: bool = False) -> Iterator[tuple[str, ast.Module]]:
    return (one for one in _modules() if tests or "/tests/" not in f"/{one[0]}")


@cache
def _modules() -> list[tuple[str, ast.Module]]:
    names = {str(path.relative_to(SOURCE)): path for path in sorted(SOURCE.rglob("*.py"))}
    return [(name, ast.parse(path.read_text("utf-8"), name)) for name, path in names.items()]


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def shell_smells(tree: ast.Module) -> list[str]:
    found = []
    for name, call in calls(tree):
        if name in SHELL_CALLS:
            found.append(f"{call.lineno}: {name}")
        if any(word.arg == "shell" and getattr(word.value, "value", True) is not False for word in call.keywords):
            found.append(f"{call.lineno}: shell=")
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple):
            first, second = [getattr(item, "value", None) for item in (*node.elts, node, node)[:2]]
            found += [f"{node.lineno}: a shell with -c"] if first in SHELLS and second == "-c" else []
    return found


@pytest.mark.parametrize(
    "code",
    ["import os\nos.system('x')", "subprocess.run('x', shell=True)", "subprocess.run('x', shell=flag)",
     "run(['sh', '-c', x])", "run(('/bin/bash', '-c', x))", "os.popen(x)"],
)  # fmt: skip
def test_a_shell_would_be_found(code: str) -> None:
    assert shell_smells(ast.parse(code))


def test_no_shell_anywhere() -> None:
    assert {name: found for name, tree in modules(tests=True) if (found := shell_smells(tree))} == {}


def test_only_a_few_places_run_programs() -> None:
    """Whoever else needs a program asks for a step."""
    found = set()
    for name, tree in modules():
        imported = {
            alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        if imported & RUNNERS and not name.startswith(MAY_RUN):
            found.add(name)
    assert found == set()


def test_the_clock_is_handed_in() -> None:
    found = {}
    for name, tree in modules():
        used = [f"{call.lineno}: {what}" for what, call in calls(tree) if what in CLOCKS]
        if used and name not in OWN_CLOCK:
            found[name] = used
    assert found == {}


def test_no_field_dates_itself() -> None:
    assert [name for name, tree in modules() for _, call in calls(tree)
            if any(word.arg in ("auto_now", "auto_now_add") for word in call.keywords)] == []  # fmt: skip


def test_no_attic() -> None:
    every = {path for folder in (SOURCE, ROOT / "tests") for path in folder.rglob("*.py")}
    assert [
        str(path) for path in every if path.stem in ATTIC or {part.lower() for part in path.parts[-3:-1]} & ATTIC
    ] == []


def test_no_signals() -> None:
    """A slice that others need declares a hook."""
    found = [name for name, tree in modules() for node in ast.walk(tree)
             if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.dispatch")]  # fmt: skip
    assert found == []


FROM_AFAR = re.compile(r"""(?:src|href|action|srcset|poster)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?\s*(?:https?:)?//|@import|
                           <script[^>]*>[^<]|\sstyle\s*=|\son[a-z]+\s*=|javascript:""", re.IGNORECASE | re.VERBOSE)  # fmt: skip


@pytest.mark.parametrize("text", ['<script src="https://cdn.test/x.js">', "<link href=//cdn.test/x.css>", "url(http://x.test/f)",
                                  '<p style="color: red">', "<script>alert(1)</script>", '<a onclick="x()">'])  # fmt: skip
def test_something_from_afar_would_be_found(text: str) -> None:
    assert FROM_AFAR.search(text)


def test_pages_load_nothing_from_afar_and_hold_no_code() -> None:
    pages = [path for kind in ("html", "css", "js") for path in SOURCE.rglob(f"*.{kind}")]
    assert pages
    found = [str(path) for path in pages if FROM_AFAR.search(path.read_text("utf-8"))]
    assert found == []
