"""What docs/tests.md says is proven has its test, by that name."""

import re

from tests.habits.test_source import ROOT, SOURCE

NAMED = re.compile(r"([\w/]+\.py)::(test_\w+)")
TABLE = "## What the lifecycle promises, and where it is proven"


def rows() -> list[str]:
    text = (ROOT / "docs" / "tests.md").read_text("utf-8").partition(TABLE)[2]
    return [line for line in text.splitlines() if line.startswith("| ") and not line.endswith("| tests |")]


def there(path: str, name: str) -> bool:
    file = ROOT / path if path.startswith("tests/") else SOURCE / "slices" / path
    return file.exists() and f"\ndef {name}(" in file.read_text("utf-8")


def test_each_promise_has_its_test() -> None:
    found = {row: NAMED.findall(row) for row in rows()}
    assert len(found) >= 40
    assert [row for row, tests in found.items() if not tests or not all(there(*each) for each in tests)] == []
