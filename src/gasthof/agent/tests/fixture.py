"""A fixture for tests: one file with this text, which a slice's code would have rendered."""

from pathlib import Path

from gasthof.agent.kinds import Fixture, Knowledge, Machine
from gasthof.agent.sdk import read
from gasthof.agent.sdk.steps import Ask, Plan, WriteFile
from gasthof.agent.sdk.want import Draft
from gasthof.prefix import Prefix


def place(prefix: Prefix) -> Path:
    return prefix.state / "daemon.conf"


def taught(text: str, *verify: Ask) -> Knowledge:
    """`verify`: what the daemon must answer before this counts as done."""

    def gather(machine: Machine) -> read.Fact:
        return read.fact(place(machine.prefix))

    def plan(prefix: Prefix, facts: read.Fact) -> Plan:
        draft = Draft({place(prefix): facts})
        draft.file(WriteFile(place(prefix), text.encode(), 0o600))
        return Plan(change=tuple(draft.change), verify=verify, notes=draft.notes, wanted=draft.wanted)

    return Knowledge({}, (Fixture("toy.daemon", gather, plan),))
