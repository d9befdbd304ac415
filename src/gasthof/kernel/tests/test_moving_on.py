"""A try-out's business time goes on by days; wall time, and an installation that customers live by, do not."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gasthof.kernel import moving_on, registry, time_machine
from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.clock import Clocks
from gasthof.prefix import Prefix

pytestmark = pytest.mark.quick


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prefix:
    monkeypatch.setenv("GASTHOF_PREFIX", str(tmp_path))
    (tmp_path / "panel").mkdir()
    (tmp_path / "demo.json").touch()
    return Prefix.current()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How far ahead each day began."""
    found: list[int] = []

    def day_began(clocks: Clocks) -> Iterator[str]:
        found.append((clocks.business.now() - clocks.wall.now()).days)
        yield "Bäckerei Müller: öffnet"

    monkeypatch.setattr(registry, "day_began", day_began)
    return found


def ahead() -> timedelta:
    return SYSTEM_CLOCKS.business.now() - SYSTEM_CLOCKS.wall.now()


@pytest.mark.django_db
def test_it_goes_on_day_by_day_and_wall_time_stays(
    prefix: Prefix, told: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert moving_on.clock([]) == 0 and "0 days ahead" in capsys.readouterr().out
    assert moving_on.clock(["+3d"]) == 0
    said = capsys.readouterr().out
    assert [days + 1 for days in told] == [1, 2, 3], "a little less than a day each: the wall's clock is read later"
    assert len(re.findall(r"^\d{4}-\d\d-\d\d  Bäckerei Müller: öffnet$", said, re.MULTILINE)) == 3
    assert timedelta(days=2.9) < ahead() < timedelta(days=3.1)
    assert moving_on.clock(["+1d", "--lang", "de"]) == 0 and "4 Tage" in capsys.readouterr().out


@pytest.mark.django_db
def test_interrupted_it_has_come_as_far_as_it_said(
    prefix: Prefix, told: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time_machine.write

    def dies(where: Prefix, days: int) -> None:
        if days == 3:
            raise KeyboardInterrupt
        real(where, days)

    monkeypatch.setattr(time_machine, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        moving_on.clock(["+5d"])
    assert len(told) == 2 and time_machine.days() == 2


@pytest.mark.parametrize("by", ["-3d", "30", "+3h", "+d", "+٣d", "+99999d"])
def test_time_goes_on_and_not_back(prefix: Prefix, by: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--", by] if by.startswith("-") else [by]
    assert moving_on.clock(arguments) == 2 and "+30d" in capsys.readouterr().err
    assert time_machine.days() == 0


def test_where_customers_live_by_it_it_is_not_moved(prefix: Prefix, capsys: pytest.CaptureFixture[str]) -> None:
    prefix.demo.unlink()
    assert moving_on.clock(["+1d"]) == 1 and "try-out" in capsys.readouterr().err
    assert not prefix.moved.exists() and ahead() < timedelta(seconds=1)


def test_without_an_installation_business_time_is_wall_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GASTHOF_PREFIX", raising=False)
    assert abs(ahead()) < timedelta(seconds=1)
