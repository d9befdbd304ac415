"""From specs and facts to plans, for databases, their users, and the servers' configuration. Pure."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gasthof.agent.sdk.steps import Ask, MakeDirectory, Plan, WriteFile
from gasthof.agent.sdk.want import Draft
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import config, places
from gasthof.slices.databases.node.shown import UserFact
from gasthof.slices.databases.rules import KEY, NAME, RIGHTS, check_verifier
from gasthof.slices.databases.spec import DatabaseSpec, UserSpec

if TYPE_CHECKING:
    from gasthof.agent.sdk.read import Fact
    from gasthof.slices.databases.node.facts import DatabaseFacts, UserFacts


def database(_prefix: Prefix, key: str, spec: DatabaseSpec | None, facts: "DatabaseFacts") -> Plan:
    """ValueError for a spec that does not fit its key."""
    server, name = _parsed(key)
    if spec is None:
        gone = facts.keep or (facts.known and not facts.shown.exists)
        return Plan() if gone else Plan(after=(Ask(server, "drop_database", name),), notes={key: "nobody wants it"})
    if f"{spec.server}/{spec.name}" != key:
        raise ValueError(f"{key}: told of {spec.server}/{spec.name}")
    words = [*facts.shown.odd] if facts.shown.exists else ["missing"]
    if facts.known and not words:
        return Plan()
    return Plan(after=(Ask(server, "create_database", name),), notes={key: "; ".join(words)} if facts.known else {})


def user(_prefix: Prefix, key: str, spec: UserSpec | None, facts: "UserFacts") -> Plan:
    """ValueError for a spec that does not fit its key, or names what no customer can have."""
    server, name = _parsed(key)
    if spec is None:
        gone = facts.known and not facts.shown.exists
        return Plan() if gone else Plan(after=(Ask(server, "drop_user", name),), notes={key: "nobody wants it"})
    _check_user(key, spec)
    words = differences(spec, facts.shown)
    if facts.known and not words:
        return Plan()
    told = msgspec.json.encode(spec, order="deterministic").decode()
    return Plan(after=(Ask(server, "set_user", told),), notes={key: "; ".join(words)} if facts.known else {})


def _parsed(key: str) -> tuple[str, str]:
    match = KEY.fullmatch(key)
    if not match:
        raise ValueError(f"no database's or user's key: {key!r}")
    return match[1], match[2]


def _check_user(key: str, spec: UserSpec) -> None:
    if f"{spec.server}/{spec.name}" != key:
        raise ValueError(f"{key}: told of {spec.server}/{spec.name}")
    check_verifier(spec.server, spec.verifier)
    if any(not NAME.fullmatch(one.database) or one.rights not in RIGHTS for one in spec.access):
        raise ValueError(f"{key}: told of {spec.access}")


def differences(spec: UserSpec, shown: UserFact) -> list[str]:
    """What the server shows otherwise than intent has it, in words; no secrets."""
    if not shown.exists:
        return ["missing"]
    words = list(shown.odd)
    words += ["another password"] if shown.verifier != spec.verifier else []
    words += [("not locked" if spec.locked else "locked")] if shown.locked != spec.locked else []
    words += [f"{shown.connections} connections"] if shown.connections != spec.connections else []
    wanted: Mapping[str, str] = {one.database: one.rights for one in spec.access}
    for name in sorted(wanted.keys() | shown.access.keys()):
        has, should = shown.access.get(name, "none"), wanted.get(name, "none")
        words += [f"{name}: {has} instead of {should}"] if has != should else []
    return words


def servers(prefix: Prefix, facts: Mapping[Path, "Fact"]) -> Plan:
    """Folders and configuration files of both; each server reads its own at its start."""
    draft = Draft(facts)
    draft.directory(MakeDirectory(places.folder(prefix), 0o711))
    draft.directory(MakeDirectory(places.nowhere(prefix), 0o700))
    for path, (content, group) in files(prefix).items():
        draft.file(WriteFile(path, content.encode(), 0o640, "root", group))
    return Plan(prepare=tuple(draft.prepare), change=tuple(draft.change), notes=draft.notes, wanted=draft.wanted)


def files(prefix: Prefix) -> Mapping[Path, tuple[str, str]]:
    """Path -> content and the group that reads it."""
    postgres = {path: (text, places.POSTGRES_USER) for path, text in config.postgres_files(prefix).items()}
    return {places.mariadb_conf(prefix): (config.mariadb(prefix), places.MARIADB_USER), **postgres}
