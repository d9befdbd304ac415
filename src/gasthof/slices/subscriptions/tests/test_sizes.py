"""How much a customer's files take up, measured beside the agent: by sums, in bounded time, whatever lies there."""

import os
import shutil
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from gasthof.agent.sdk.customer import acting_as, forget_groups
from gasthof.slices.subscriptions.transfers import sizes
from gasthof.slices.subscriptions.transfers.sizes import Sizes, measure

UID, LONG = 1_000_012, 3600.0


@pytest.fixture
def web() -> Iterator[Path]:
    forget_groups()
    root = Path(tempfile.mkdtemp(prefix="gs-", dir="/tmp"))
    root.chmod(0o755)
    path = root / "grüße"
    path.mkdir()
    os.chown(path, UID, UID)
    yield path
    shutil.rmtree(root)


def fill(web: Path, count: int) -> None:
    with acting_as(UID):
        for number in range(count):
            (web / f"ä{number}").touch()


def test_a_file_of_two_names_counts_once_and_a_link_leads_nowhere(web: Path) -> None:
    with acting_as(UID):
        (web / "a").mkdir()
        (web / "a" / "b").write_bytes(bytes(100_000))
        os.link(web / "a" / "b", web / "c")
        (web / "d").symlink_to("/usr")
    assert 100_000 <= (measure(web, UID, time.monotonic() + LONG) or 0) < 120_000


@pytest.mark.long
def test_a_full_folder_is_summed_up_in_little_memory(web: Path) -> None:
    fill(web, 20_000)
    tracemalloc.start()
    assert measure(web, UID, time.monotonic() + LONG) is not None
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1_000_000


def test_the_time_is_over_within_a_folder_too(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(web, 100)
    asked = iter(range(1_000_000))
    monkeypatch.setattr(sizes, "monotonic", lambda: float(next(asked)))
    assert measure(web, UID, 50.0) is None
    assert next(asked) < 60


def test_a_measurement_that_fails_ends_no_other(web: Path) -> None:
    """Root's own uid is nobody's to act as."""
    found = Sizes()
    assert found.of("s000001", web, 0) is None
    deadline = time.monotonic() + 20
    while found.of("s000012", web, UID) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert found.of("s000001", web, 0) is None
