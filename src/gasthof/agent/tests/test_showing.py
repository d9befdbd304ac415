"""Previews for the control plane: made beside the agent's work, told whole, once, and after a lost link again."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import IO

import pytest

from gasthof.agent import diff, showing
from gasthof.agent.showing import Showing
from gasthof.agent.tests.node import Node
from gasthof.agent.tests.test_loop import Toy
from gasthof.agent.wire import LONGEST_PART, MOST_PARTS


@pytest.fixture
def toy() -> Iterator[Toy]:
    with Node.made() as node:
        yield Toy(node)


def saying(program: str) -> Showing:
    def start(output: IO[bytes]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-c", program], stdout=output, stderr=subprocess.PIPE)

    return Showing(start)


def parts(number: int, length: int = 1) -> str:
    line = json.dumps({"title": "toy.note ü", "text": "x" * length}, ensure_ascii=True)
    return f"for _ in range({number}): print({line!r})"


def until_told(toy: Toy) -> None:
    until = time.monotonic() + 20
    while not (toy.intent.previews and toy.intent.previews[-1].ended):
        assert time.monotonic() < until
        toy.agent.show()
        time.sleep(0.01)


def wished(toy: Toy, number: int, program: str) -> None:
    toy.agent.reach()
    toy.agent.showing = saying(program)
    toy.intent.wish, toy.agent.ask_for_wishes = number, True
    until_told(toy)


def test_a_wish_is_heeded_once(toy: Toy) -> None:
    wished(toy, 7, parts(2))
    assert [(told.preview, told.first, len(told.parts), told.ended) for told in toy.intent.previews] == [
        (7, 0, 2, True)
    ]
    assert toy.intent.previews[0].parts[0].title == "toy.note ü" and not toy.agent.showing.running
    toy.agent.ask_for_wishes = True
    toy.agent.show()
    assert not toy.agent.showing.running and len(toy.intent.previews) == 1


def test_long_ones_are_told_in_portions(toy: Toy) -> None:
    wished(toy, 7, parts(130, 20_000))
    told = toy.intent.previews
    assert [portion.first for portion in told] == [0, 51, 102] and [portion.ended for portion in told] == [
        False,
        False,
        True,
    ]
    assert sum(len(portion.parts) for portion in told) == 130


def test_it_says_that_there_are_more_than_it_tells(toy: Toy) -> None:
    wished(toy, 7, parts(MOST_PARTS + 1))
    assert (
        sum(len(told.parts) for told in toy.intent.previews) == MOST_PARTS
        and "first 1000" in toy.intent.previews[-1].words
    )


def test_what_fails_ends_with_its_words(toy: Toy) -> None:
    wished(toy, 7, "raise SystemExit('kein Platz')")
    assert toy.intent.previews[-1].words == "kein Platz" and toy.intent.previews[-1].ended


def test_what_takes_too_long_is_ended(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "LONGEST_SECONDS", 0.2)
    wished(toy, 7, "import time; time.sleep(600)")
    assert "longer than" in toy.intent.previews[-1].words and not toy.agent.showing.running


def test_a_lost_link_is_no_loss(toy: Toy) -> None:
    toy.agent.reach()
    toy.agent.showing = saying(parts(1))
    toy.intent.wish = 7
    toy.agent.show()
    toy.intent.lost = True
    while toy.agent.link is not None:
        toy.agent.show()
    toy.intent.lost, toy.agent.connect_at = False, 0.0
    toy.agent.reach()
    until_told(toy)
    assert [len(told.parts) for told in toy.intent.previews] == [1]


def test_changes_go_on_while_it_is_made(toy: Toy) -> None:
    toy.agent.reach()
    toy.agent.showing = saying("import time; time.sleep(600)")
    toy.intent.wish = 7
    toy.agent.turn()
    assert toy.agent.showing.running
    toy.put("a", "eins")
    toy.turn()
    assert toy.files() == {"a": "eins"}
    toy.agent.close()
    assert not toy.agent.showing.running


@pytest.mark.daemons
def test_the_agents_own_preview_is_the_commands(toy: Toy) -> None:
    """The process itself, of all that is installed: nothing has been made here yet."""
    environment, command = toy.node.environment(), [sys.executable, "-m", "gasthof.agent"]
    told = subprocess.run([*command, "--parts"], env=environment, capture_output=True, check=True, timeout=60).stdout
    plan = subprocess.run(
        [*command, "--plan"], env=environment, capture_output=True, check=True, timeout=60, text=True
    ).stdout
    found = [json.loads(line) for line in told.splitlines()]
    assert [each["title"] for each in found] == [line[2:] for line in plan.splitlines() if line.startswith("# ")]
    assert all(each["text"].removesuffix("\n… (cut here)") in plan for each in found)
    assert max(len(each["text"]) for each in found) == LONGEST_PART


@pytest.mark.parametrize(
    "secret", ["$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", "$y$j9T$salt$hash", "$2y$10$abc/def.ghi"]
)
def test_files_show_no_secrets(secret: str) -> None:
    shown = "\n".join(
        diff._text(json.dumps({"users": [{"name": "jörg", "hash": secret}]}, ensure_ascii=False).encode())
    )
    assert "jörg" in shown and "(secret)" in shown and "$" not in shown
    key = "vorn\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nhinten"
    assert diff._text(key.encode()) == ["vorn", "(secret)", "hinten"]
