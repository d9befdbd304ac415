"""docs/change-protocol.md holds no sentence without a test, and no test speaks for a sentence that is not there."""

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_numbered_sentence_has_its_test() -> None:
    document = (HERE.parents[4] / "docs" / "change-protocol.md").read_text("utf-8")
    said = [int(number) for number in re.findall(r"\*\*G(\d+)\*\*", document)]
    tests = "".join(path.read_text("utf-8") for path in HERE.glob("test_*.py"))
    tested = {int(number) for number in re.findall(r"def test_(?:g\d+_)*?g(\d+)_", tests)}
    assert said == list(range(1, len(said) + 1))
    assert tested == set(said)
