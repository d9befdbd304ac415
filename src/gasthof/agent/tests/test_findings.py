"""What is measured of live objects: when it is told, and that it harms nobody."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gasthof.agent.execute import Executor
from gasthof.agent.kinds import Findings, Knowledge, Machine
from gasthof.agent.loop import Agent
from gasthof.agent.tests.node import UMLAUT, Node
from gasthof.agent.tests.toy import TOY, Daemon, Note, place
from gasthof.kernel.clock import SystemClock


def measure(machine: Machine, specs: Mapping[str, Note]) -> Mapping[str, Findings]:
    """Bytes as they lie on the disk; some texts to make trouble with."""
    if any(spec.owner == "trouble" for spec in specs.values()):
        raise OSError("cannot be measured")
    found: dict[str, Any] = {
        key: {"bytes": place(machine.prefix, key).stat().st_size, "ds": [f"{key}. IN DS {spec.text}"]}
        for key, spec in specs.items()
    }
    return found | {key: WRONG[spec.owner] for key, spec in specs.items() if spec.owner in WRONG}


WRONG: dict[str, Any] = {
    "no mapping": ["x"],
    "a name": {"B ytes": 1},
    "negative": {"bytes": -1},
    "a fraction": {"bytes": 1.5},
    "a truth": {"bytes": True},
    "huge": {"bytes": 10**17},
    "deep": {"ds": [["x"]]},
    "65 values": {"ds": ["x"] * 65},
    "long": {"ds": ["x" * 4000] * 5},
}


class House:
    def __init__(self, node: Node) -> None:
        self.node, self.intent = node, node.intent
        (node.prefix.state / "notes").mkdir()
        self.measured: list[list[str]] = []
        self.daemon = Daemon(node.prefix)
        self.agent = self.start()

    def start(self) -> Agent:
        def counted(machine: Machine, specs: Mapping[str, Any]) -> Mapping[str, Findings]:
            self.measured.append(sorted(specs))
            return measure(machine, specs)

        taught = Knowledge({TOY.name: replace(TOY, findings=counted)})
        executor = Executor(Machine(self.node.prefix, SystemClock()), taught, {"toy": self.daemon})
        agent = self.node.agent(taught, executor)
        agent.audit_at = float("inf")
        return agent

    def put(self, key: str, text: str, **more: str) -> None:
        self.intent.put("toy.note", key, Note(text, **more))

    def turn(self, times: int = 3) -> None:
        for _ in range(times):
            self.agent.woken = True
            self.agent.turn()

    def told(self) -> list[tuple[str, int, dict[str, Any]]]:
        """(key, revision, values) in the order in which they were told."""
        return [(one.key, one.revision, one.values) for report in self.intent.reports for one in report.findings]


@pytest.fixture
def house() -> Iterator[House]:
    with Node.made() as node:
        yield House(node)


def found(key: str, text: str) -> dict[str, Any]:
    return {"bytes": len(text.encode()), "ds": [f"{key}. IN DS {text}"]}


def test_what_came_to_life_is_measured_and_told_after_its_report(house: House) -> None:
    house.put(UMLAUT, "größe")
    house.turn()
    assert house.told() == [(UMLAUT, 1, found(UMLAUT, "größe"))]
    reports = [bool(report.reports) for report in house.intent.reports if report.reports or report.findings]
    assert reports == [True, False], "in a message of its own"


def test_it_is_told_again_when_it_or_the_revision_changed_and_not_else(house: House) -> None:
    house.put("a", "eins")
    house.turn()
    house.turn()
    house.agent.audit_now()
    assert len(house.told()) == 1 and len(house.measured) == 2
    house.put("a", "zwei")
    house.turn()
    assert house.told()[1:] == [("a", 2, found("a", "zwei"))]
    house.agent = house.start()
    house.agent.audit_now()
    assert len(house.told()) == 2, "the journal remembers"


def test_an_audit_notices_what_has_grown(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.put("a", "eins")
    house.turn()
    sizes = iter([7, 7, 8])
    real = house.agent.knowledge.kinds["toy.note"]
    grown = replace(real, findings=lambda _machine, specs: {key: {"bytes": next(sizes)} for key in specs})
    monkeypatch.setitem(house.agent.knowledge.kinds, "toy.note", grown)  # type: ignore[arg-type]
    for _ in range(3):
        house.agent.reach()
        house.agent.audit_now()
    assert [values for *_, values in house.told()][1:] == [{"bytes": 7}, {"bytes": 8}]


def test_what_cannot_be_measured_harms_neither_itself_nor_others(house: House) -> None:
    for number in range(3):
        house.put(f"n{number}", "x")
    house.put("poison", "x", owner="trouble")
    for number, owner in enumerate(WRONG):
        house.put(f"wrong{number}", "x", owner=owner)
    house.turn()
    house.agent.audit_now()
    assert {states[-1] for states in house.intent.states().values()} == {"live"}
    assert sorted(key for key, *_ in house.told()) == ["n0", "n1", "n2"]


def test_what_is_told_is_fit_to_be_stored_and_shown(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    real = house.agent.knowledge.kinds["toy.note"]
    odd = replace(
        real, findings=lambda _machine, specs: {key: {"ds": ["a\0b\x1b\ud800" + "x" * 5000]} for key in specs}
    )
    monkeypatch.setitem(house.agent.knowledge.kinds, "toy.note", odd)  # type: ignore[arg-type]
    house.put("a", "x")
    house.turn()
    assert house.told()[0][2] == {"ds": ["a b  " + "x" * 3995]}


def test_what_is_gone_is_forgotten_and_a_new_life_is_told_anew(house: House) -> None:
    house.put("a", "x")
    house.turn()
    house.intent.put("toy.note", "a", None)
    house.turn()
    assert house.agent.journal.db.execute("SELECT count(*) FROM finding").fetchone() == (0,)
    house.put("a", "x")
    house.turn()
    assert [(key, revision) for key, revision, _ in house.told()] == [("a", 1), ("a", 3)]


def test_without_a_control_plane_it_waits(house: House) -> None:
    house.put("a", "x")
    house.agent.reach()
    house.agent.fetch()
    house.intent.lost = True
    house.turn()
    assert not house.told() and house.measured
    house.intent.lost, house.agent.connect_at = False, 0.0
    house.agent = house.start()
    house.turn(1)
    assert [key for key, *_ in house.told()] == ["a"]


def test_measuring_keeps_no_change_waiting(house: House) -> None:
    """A portion is 20 objects; then changes get their turn."""
    for number in range(100):
        house.put(f"n{number:03d}", "x")
    house.turn(1)
    assert len(house.intent.states()) == 100 and sum(map(len, house.measured)) == 20
    house.put("urgent", "x")
    house.turn(1)
    assert house.intent.states()["urgent"] == ["live"] and sum(map(len, house.measured)) == 40
    rested: list[float] = []
    house.intent.wait = lambda seconds: bool(rested.append(seconds))  # type: ignore[method-assign,func-returns-value]
    house.agent.rest()
    assert rested == [0.0], "and it does not rest before all is measured"
    house.turn(10)
    assert sorted(key for key, *_ in house.told()) == sorted([*(f"n{number:03d}" for number in range(100)), "urgent"])


def test_g22_what_is_not_known_at_once_is_asked_for_again_soon(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are counted in the background: the first answers may be that nothing is known yet."""
    monkeypatch.setattr("gasthof.agent.findings.AGAIN", (0.0, 0.0, 0.0))
    known = dict[str, Findings]()
    kind = house.agent.measurer.knowledge.kinds["toy.note"]
    taught = Knowledge(
        {"toy.note": replace(kind, findings=lambda _, specs: {key: known[key] for key in specs if key in known})}
    )
    house.agent.measurer.knowledge = taught
    house.put(UMLAUT, "Grüße")
    house.turn(2)
    assert house.told() == [] and house.agent.measurer.asks_at < float("inf")
    known[UMLAUT] = {"bytes": 7}
    house.turn()
    assert [(key, values) for key, _, values in house.told()] == [(UMLAUT, {"bytes": 7})]
    assert not house.agent.measurer.later


def test_what_is_never_known_is_left_to_the_audit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gasthof.agent.findings.AGAIN", (0.0, 0.0))
    asked = list[str]()
    kind = house.agent.measurer.knowledge.kinds["toy.note"]
    taught = Knowledge({"toy.note": replace(kind, findings=lambda _, specs: asked.extend(specs) or {})})
    house.agent.measurer.knowledge = taught
    house.put("x", "nie")
    house.turn(10)
    assert asked == ["x"] * 3 and house.agent.measurer.asks_at == float("inf")


def test_what_is_gone_is_asked_for_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gasthof.agent.findings.AGAIN", (0.0, 0.0, 0.0))
    kind = house.agent.measurer.knowledge.kinds["toy.note"]
    house.agent.measurer.knowledge = Knowledge({"toy.note": replace(kind, findings=lambda *_: {})})
    house.put("x", "weg")
    house.turn(1)
    house.node.drop("toy.note", "x")
    house.turn()
    assert house.agent.measurer.asks_at == float("inf")
