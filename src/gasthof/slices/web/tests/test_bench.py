"""The benchmark runs small and says what it measured."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gasthof.slices.web.bench import nginx
from gasthof.slices.web.bench.ground import Ground, laid_out

pytestmark = pytest.mark.daemons


def test_small_run_gives_figures_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "SMALL", (40, 1, 1, 40, 1))
    roots: list[Path] = []

    @contextlib.contextmanager
    def remembered(sites: int) -> Iterator[Ground]:
        with laid_out(sites) as ground:
            roots.append(ground.prefix.root)
            yield ground

    monkeypatch.setattr(nginx, "laid_out", remembered)
    result = nginx.run(small=True)
    assert set(result) == {"bench", "machine", "cases", "targets"} and result["bench"] == "nginx"
    assert [entry["name"] for entry in result["targets"]] == ["worker_rss_mb@40", "static_ratio", "handshake_ratio@40"]
    assert all(
        set(entry) == {"name", "n", "median", "p95", "unit"} and entry["median"] > 0 for entry in result["cases"]
    )
    assert len(roots) == 1 and not roots[0].exists()
