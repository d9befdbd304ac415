"""The benchmark runs small and says what it measured."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gasthof.slices.dns.bench import dns, ground

pytestmark = pytest.mark.daemons


def test_small_run_gives_figures_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns, "SMALL", (30, 1, 1, 300))
    roots: list[Path] = []

    @contextlib.contextmanager
    def remembered() -> Iterator[Path]:
        with ground.folder() as root:
            roots.append(root)
            yield root

    monkeypatch.setattr(dns, "folder", remembered)
    result = dns.run(small=True)
    assert set(result) == {"bench", "machine", "cases", "targets"} and result["bench"] == "dns"
    assert [entry["name"] for entry in result["targets"]] == ["qps_ratio"]
    assert all(set(entry) == {"name", "n", "median", "p95", "unit"} for entry in result["cases"])
    assert all(entry["median"] > 0 for entry in result["cases"])
    assert len(roots) == 2 and not any(root.exists() for root in roots)
