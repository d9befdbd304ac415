"""What must not lie in the tree, and what must be there with the models."""

import io
import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.habits.test_source import ROOT

SECRETS = re.compile(
    r"""-----BEGIN\ [A-Z ]*PRIVATE\ KEY-----[\s\\n]*[A-Za-z0-9+/]{40}
      | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b
      | \b(?:ghp|gho|ghs|glpat|xox[bap])[_-][A-Za-z0-9_-]{20,}
      | \b(?:secret|secret_key|api_?key|token|passwd)\s*[=:]\s*["'][A-Za-z0-9+/_=-]{24,}["']""",
    re.IGNORECASE | re.VERBOSE,
)
FAKE_KEY = "-----BEGIN " + "EC PRIVATE KEY-----\n" + "A" * 44


def tree() -> list[Path]:
    """Files that git keeps, or would keep."""
    command = [
        "/usr/bin/git",
        "-c",
        "safe.directory=*",
        "-C",
        str(ROOT),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


@pytest.mark.parametrize("text", [FAKE_KEY, "SECRET_KEY = '" + "x" * 40 + "'", "AKIA" + "A" * 16, "ghp_" + "a" * 36])
def test_a_secret_would_be_found(text: str) -> None:
    assert SECRETS.search(text)


def test_no_secret_lies_in_the_tree() -> None:
    files = [path for path in tree() if path.suffix != ".lock"]
    assert len(files) > 100
    assert [str(path) for path in files if SECRETS.search(text_of(path))] == []


def test_nothing_generated_lies_in_the_tree() -> None:
    generated = {".pyc", ".mo", ".sock", ".db", ".log", ".pem", ".key", ".sqlite3"}
    assert [str(path) for path in tree() if path.suffix in generated] == []


def test_no_big_file_lies_in_the_tree() -> None:
    assert [(path.name, path.stat().st_size) for path in tree() if path.stat().st_size > 400_000] == []


@pytest.mark.quick
@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration() -> None:
    words = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=words, stderr=words)
    except SystemExit:
        pytest.fail(words.getvalue())
