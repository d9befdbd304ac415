"""A customer's folder: made and kept as docs/architecture.md says, removed with all that is in it. Pure."""

from pathlib import Path
from typing import TYPE_CHECKING

from gasthof.agent.sdk.steps import MakeDirectory, Plan, RemoveCustomerTree, RemoveTree
from gasthof.agent.sdk.want import Draft
from gasthof.prefix import WEB_USER, Prefix
from gasthof.slices.subscriptions.spec import HomeSpec

if TYPE_CHECKING:
    from gasthof.slices.subscriptions.node.facts import HomeFacts

OWN = ("web", "tmp", "logs/php")  # the customer's own folders; their names are root's


def folders(prefix: Prefix, spec: HomeSpec) -> tuple[MakeDirectory, ...]:
    """All folders of a home, the outer ones first."""
    home, uid = prefix.home(spec.name), spec.uid
    return (
        MakeDirectory(home, 0o710, "root", WEB_USER, enter=(uid,)),
        MakeDirectory(home / "web", 0o2750, uid, WEB_USER),
        MakeDirectory(home / "tmp", 0o700, uid, uid),
        MakeDirectory(home / "logs", 0o750, "root", uid),
        MakeDirectory(home / "logs" / "php", 0o700, uid, uid),
    )


def plan(prefix: Prefix, key: str, spec: HomeSpec | None, facts: "HomeFacts") -> Plan:
    """ValueError for a spec that does not fit its key or has no customer's uid."""
    if spec is None:
        return _removal(prefix, key, facts)
    if spec.name != key or spec.uid < prefix.uid_base:
        raise ValueError(f"{key}: told of {spec.name} with uid {spec.uid}")
    draft = Draft(facts.folders)
    for step in folders(prefix, spec):
        draft.directory(step)
    return Plan(prepare=tuple(draft.prepare), notes=draft.notes)


def _removal(prefix: Prefix, key: str, facts: "HomeFacts") -> Plan:
    """First the customer's files, as the customer; then what is root's, where only empty folders of others are left.

    ValueError where a folder is another customer's by now: then nothing goes.
    """
    home = prefix.home(key)
    if facts.keep or facts.folders[home].what == "missing":
        return Plan()
    _check_owner(home, facts)
    own = tuple(RemoveCustomerTree(home / name, "", facts.uid) for name in OWN) if facts.uid else ()
    return Plan(clean=(*own, RemoveTree(home)))


def _check_owner(home: Path, facts: "HomeFacts") -> None:
    """Numbers come again, and what is removed does not."""
    found = {name: facts.folders[home / name] for name in OWN}
    others = {name: fact.uid for name, fact in found.items() if fact.what == "directory" and fact.uid != facts.uid}
    for name, uid in others.items() if facts.uid else ():
        raise ValueError(
            f"{home / name} belongs to uid {uid} and not to uid {facts.uid}, so nothing of {home} is removed"
        )
