"""What a node always has for mail: folders, the server's own certificate, the certificates' database, three daemons' configurations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gasthof.agent.kinds import Fixture, Machine
from gasthof.agent.sdk import certificate, lookup, read, tools
from gasthof.agent.sdk.certificate import CertificateFact
from gasthof.agent.sdk.read import Fact
from gasthof.agent.sdk.steps import (
    LocalCertificate,
    MakeDirectory,
    Plan,
    Reload,
    RemoveTree,
    RunTool,
    ScratchTree,
    WriteFile,
)
from gasthof.agent.sdk.want import Draft
from gasthof.prefix import Prefix
from gasthof.slices.mail.node import dovecot, front, places, postfix, sni
from gasthof.slices.mail.node.daemons import DAEMONS
from gasthof.slices.mail.node.services import RELOADS

LEFT_TO_POSTFIX = ("node/mail/postfix/queue", "node/mail/postfix/data")  # it sets them right at its start


@dataclass(frozen=True)
class Part:
    """One daemon's configuration: all its files, and how they are tried out in a folder of their own."""

    daemon: str
    folder: Callable[[Prefix], Path]
    files: Callable[[Prefix], dict[str, bytes]]
    check: Callable[[Prefix, Path], RunTool]


@dataclass(frozen=True)
class BaseFacts:
    places: Mapping[Path, Fact]
    server: CertificateFact
    wrong: str  # with the certificates' database


@dataclass(frozen=True)
class PartFacts:
    running: bool
    places: Mapping[Path, Fact] = field(default_factory=dict)


def _folders(prefix: Prefix) -> list[MakeDirectory]:
    return [
        MakeDirectory(prefix.root / each.path, each.mode, each.owner, each.group)
        for each in DAEMONS.folders
        if each.path not in LEFT_TO_POSTFIX
    ]


def base_facts(machine: Machine) -> BaseFacts:
    prefix = machine.prefix
    server = places.tls(prefix) / "server"
    found = {step.path: read.directory(step.path) for step in _folders(prefix)} | {server: read.directory(server)}
    known = certificate.look(server, places.FRONT_USER, prefix.ca_certificate, machine.clock.now())
    return BaseFacts(found, known, lookup.wrong(sni.database(prefix)))


def base(prefix: Prefix, facts: BaseFacts) -> Plan:
    draft, server = Draft(facts.places), places.tls(prefix) / "server"
    for step in (*_folders(prefix), MakeDirectory(server, 0o750, "root", places.FRONT_USER)):
        draft.directory(step)
    draft.lookup(sni.database(prefix), facts.wrong)
    draft.certificate(LocalCertificate(server, (prefix.host,), places.FRONT_USER), facts.server)
    return Plan(prepare=tuple(draft.prepare), notes=draft.notes, wanted=draft.wanted)


def part_facts(part: Part, machine: Machine) -> PartFacts:
    prefix = machine.prefix
    running = tools.running(prefix, RELOADS[part.daemon]) is not None
    folder, trial = part.folder(prefix), trial_folder(prefix, part)
    found = {folder / name: read.fact(folder / name) for name in part.files(prefix)}
    return PartFacts(running, found | {trial: read.directory(trial)})


def part_plan(part: Part, prefix: Prefix, facts: PartFacts) -> Plan:
    """Tried out as a whole, swapped, and loaded by the daemon if it runs."""
    draft, rendered, trial = Draft(facts.places), part.files(prefix), trial_folder(prefix, part)
    for name, content in rendered.items():
        draft.file(WriteFile(part.folder(prefix) / name, content, 0o644))
    if not draft.change:
        left = (RemoveTree(trial),) if facts.places[trial].what != "missing" else ()
        return Plan(clean=left, notes=draft.notes, wanted=draft.wanted)
    return Plan(
        prepare=(ScratchTree(trial, rendered),),
        change=tuple(draft.change),
        check=(part.check(prefix, trial),),
        after=(Reload(part.daemon),) if facts.running else (),
        clean=(RemoveTree(trial),),
        notes=draft.notes,
        wanted=draft.wanted,
    )


def trial_folder(prefix: Prefix, part: Part) -> Path:
    return places.state(prefix) / f"{part.daemon}-trial"


def _check_postfix(_prefix: Prefix, trial: Path) -> RunTool:
    return RunTool("postconf", ("-c", str(trial), "-M"))


def _check_dovecot(_prefix: Prefix, trial: Path) -> RunTool:
    return RunTool("doveconf", ("-c", str(trial / "dovecot.conf"), "-n"))


def _check_front(prefix: Prefix, trial: Path) -> RunTool:
    return RunTool("nginx", tuple(front.check_command(prefix, trial)[1:]))


PARTS = (
    Part("postfix", postfix.folder, postfix.postfix_files, _check_postfix),
    Part("dovecot", dovecot.folder, dovecot.dovecot_files, _check_dovecot),
    Part("mail-front", front.folder, front.front_files, _check_front),
)
FIXTURES = (
    Fixture("mail.base", base_facts, base),
    *(Fixture(f"mail.{part.daemon}", partial(part_facts, part), partial(part_plan, part)) for part in PARTS),
)
