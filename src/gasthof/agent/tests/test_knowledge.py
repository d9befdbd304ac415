"""What slices teach the agent is found, and two of them cannot mean different things by one name."""

from types import ModuleType

import pytest

from gasthof.agent import knowledge
from gasthof.installed import SLICES
from gasthof.slices.web.node import kinds as web


def test_everything_that_a_slice_declares_is_known() -> None:
    found = knowledge.installed()
    assert {"web.pool", "web.site", "subscriptions.home"} <= set(found.kinds)
    assert {"nginx", "activator"} <= set(found.services)
    assert found.tools["nginx"] == web.TOOLS["nginx"] and found.reloads["nginx"] == web.RELOADS["nginx"]
    assert all(path.startswith("/") for path in found.tools.values())
    assert all(daemon.executable.startswith("/") for daemon in found.reloads.values())
    assert {name.partition(".")[0] for name in found.kinds} <= set(SLICES)


@pytest.mark.parametrize("what", ["SERVICES", "TOOLS", "RELOADS"])
def test_one_name_means_one_thing(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ModuleType("other")
    monkeypatch.setattr(other, "KINDS", (), raising=False)
    monkeypatch.setattr(other, what, {"nginx": "/usr/bin/anderes"}, raising=False)
    monkeypatch.setattr(knowledge, "_taught", lambda: iter([web, other]))
    with pytest.raises(ValueError, match=f"two slices teach {what.lower()} named nginx"):
        knowledge.installed()
    monkeypatch.setattr(other, what, getattr(web, what))
    monkeypatch.setattr(knowledge, "_taught", lambda: iter([web, other]))
    assert knowledge.installed().tools == web.TOOLS
