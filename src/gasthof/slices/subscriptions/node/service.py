"""The agent's side of the program that carries contents out and in (transfers/)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from gasthof.agent.kinds import Findings, Machine
from gasthof.agent.sdk.ask import Away, Reply, connect
from gasthof.prefix import Prefix
from gasthof.slices.subscriptions.node.places import control

LONGEST_ANSWER = 1 << 20  # bytes


@dataclass(frozen=True)
class Transfers:
    path: Path

    def ask(self, verb: str, arguments: Sequence[str]) -> Mapping[str, Reply]:
        """save, load: a TransferSpec as JSON. forget: an export's name. Each works on until it is done."""
        answers = self.talk({"verb": verb, "argument": argument} for argument in arguments)
        return {argument: _reply(answer) for argument, answer in zip(arguments, answers, strict=True)}

    def talk(self, requests: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Answers in the order of the requests. Away when nobody answers."""
        found = []
        with connect(self.path) as stream, stream.makefile("rb") as lines:
            for request in requests:
                try:
                    stream.sendall(json.dumps(request).encode() + b"\n")
                    found.append(json.loads(lines.readline(LONGEST_ANSWER)))
                except (OSError, ValueError) as error:
                    raise Away(f"the transfers do not answer: {error!r}") from error
        return found


def transfers(prefix: Prefix) -> Transfers:
    return Transfers(control(prefix))


def sizes(machine: Machine, specs: Mapping[str, Any]) -> dict[str, Findings]:
    """What the files of these homes take up, as far as the program has measured them; asking makes it measure."""
    asked = [{"verb": "size", "argument": msgspec.json.encode(spec).decode()} for spec in specs.values()]
    try:
        answers = transfers(machine.prefix).talk(asked)
    except Away:
        return {}
    measured = {key: answer.get("bytes") for key, answer in zip(specs, answers, strict=True)}
    return {key: {"bytes": size} for key, size in measured.items() if size is not None}


def _reply(answer: Mapping[str, Any]) -> Reply:
    if not answer.get("ok"):
        return Reply(error=str(answer.get("error") or "refused without a word"))
    return Reply(working=bool(answer.get("working")))
