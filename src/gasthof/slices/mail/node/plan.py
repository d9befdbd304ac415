"""From specs and facts to plans, for domains' mail, mailboxes, aliases and forwards. Pure."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gasthof.agent.sdk.steps import (
    After,
    Ask,
    Clean,
    LocalCertificate,
    MakeDirectory,
    Plan,
    Prepare,
    RemoveCustomerTree,
    RemoveTree,
    Rows,
    SetRows,
    WriteFile,
)
from gasthof.agent.sdk.want import Draft
from gasthof.prefix import Prefix
from gasthof.slices.mail import rules
from gasthof.slices.mail.node import lookups, places, vacation
from gasthof.slices.mail.node.lookups import dovecot_database, postfix_database
from gasthof.slices.mail.spec import AddressSpec, DomainSpec, MailboxSpec

if TYPE_CHECKING:
    from gasthof.slices.mail.node.facts import AddressFacts, BaseFacts, DomainFacts, MailboxFacts

DOMAIN, MAILBOX, ADDRESS, OPERATOR = "mail.domain", "mail.mailbox", "mail.address", "mail.operator"
FILLED = "mail.filled"
NAME = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")
SUBSCRIPTION = re.compile(r"s[0-9]{6,12}")
FOLDER = re.compile(r"[a-z0-9.-]{1,253}/[a-z0-9_][a-z0-9_.-]{0,63}\.[0-9a-f]{8}")
PASSWORD = re.compile(r"\{ARGON2ID\}\$argon2id\$[A-Za-z0-9+/=,$]{20,180}")


def certificate_name(domain: str) -> str | None:
    """The name that a domain's mail servers present a certificate for."""
    return rules.server_name(domain)


def domain(prefix: Prefix, key: str, spec: DomainSpec | None, facts: "DomainFacts") -> Plan:
    """ValueError for a spec that no daemon should be told."""
    draft = Draft(facts.places, facts.rows)
    owner, name = f"{DOMAIN} {key}", certificate_name(key)
    if spec is None:
        return _domain_removal(prefix, key, draft, facts)
    _check_domain(prefix, key, spec)
    draft.directory(MakeDirectory(places.mailboxes(prefix, spec.subscription), 0o700, spec.uid, spec.uid))
    certificates: tuple[Prepare, ...] = ()
    after: list[After] = []
    if name:
        folder = places.tls(prefix) / name
        draft.directory(MakeDirectory(folder, 0o750, "root", places.FRONT_USER))
        if not facts.certificate.current or facts.certificate.names != (name,) or not facts.presented:
            certificates = (LocalCertificate(folder, (name,), places.FRONT_USER),)
        after.append(Ask("mail-sni", "put", name))
    if spec.closed:
        after.append(Ask("dovecot", "kick_domain", key))
    _rows(prefix, draft, owner, lookups.postfix_domain(spec), lookups.dovecot_domain(spec))
    prepare = (*draft.prepare, *certificates)
    return Plan(prepare=prepare, rows=tuple(draft.row_sets), after=tuple(after), notes=draft.notes)


def _domain_removal(prefix: Prefix, key: str, draft: Draft, facts: "DomainFacts") -> Plan:
    _rows(prefix, draft, f"{DOMAIN} {key}", {}, {})
    name = certificate_name(key)
    after = (Ask("mail-sni", "drop", name, expect=""),) if name and facts.presented else ()
    clean: list[Clean] = []
    if name and facts.places[folder := places.tls(prefix) / name].what != "missing":
        clean.append(RemoveTree(folder))
    clean += _mail_removal(prefix, key, facts)
    return Plan(rows=tuple(draft.row_sets), after=after, clean=tuple(clean), notes=draft.notes)


def _mail_removal(prefix: Prefix, key: str, facts: "DomainFacts") -> Iterable[Clean]:
    """What is left of the domain's mail, as the customer; with a subscription's last domain the folder of all its mail."""
    for spec in facts.doomed:
        root = places.mailboxes(prefix, spec.subscription)
        if facts.places[root].what == "missing":
            continue
        yield RemoveCustomerTree(root, "" if facts.last else key, spec.uid)
        if facts.last:
            yield RemoveTree(root)


def mailbox(prefix: Prefix, key: str, spec: MailboxSpec | None, facts: "MailboxFacts") -> Plan:
    """ValueError for a spec that no daemon should be told."""
    draft = Draft(facts.places, facts.rows)
    owner = f"{MAILBOX} {key}"
    kick, note = Ask("dovecot", "kick", key), places.vacation(prefix, key)
    if spec is None:
        _rows(prefix, draft, owner, {}, {})
        draft.gone(note)
        clean = tuple(_removed(prefix, facts.before)) if facts.ordered else ()
        return Plan(
            change=tuple(draft.change), rows=tuple(draft.row_sets), after=(kick,), clean=clean, notes=draft.notes
        )
    _check_mailbox(prefix, key, spec)
    home = places.mailboxes(prefix, spec.subscription) / spec.folder
    _rows(prefix, draft, owner, lookups.postfix_mailbox(spec), lookups.dovecot_mailbox(spec, str(home)))
    if spec.vacation:
        draft.file(WriteFile(note, vacation.script(spec.vacation), 0o640, "root", spec.uid))
    else:
        draft.gone(note)
    changed = any(lookups.stamp(old) != lookups.stamp(spec) for old in facts.before)
    return Plan(
        change=tuple(draft.change),
        rows=tuple(draft.row_sets),
        after=(kick,) if changed else (),
        clean=tuple(_removed(prefix, [old for old in facts.before if _place(old) != _place(spec)])),
        notes=draft.notes,
    )


def _place(spec: MailboxSpec) -> tuple[str, str]:
    return spec.subscription, spec.folder


def _removed(prefix: Prefix, specs: Iterable[MailboxSpec]) -> Iterable[RemoveCustomerTree]:
    """The mail of mailboxes that are gone, also of one whose name has come again since."""
    for spec in {_place(spec): spec for spec in specs}.values():
        yield RemoveCustomerTree(places.mailboxes(prefix, spec.subscription), spec.folder, spec.uid)


def address(prefix: Prefix, key: str, spec: AddressSpec | None, facts: "AddressFacts") -> Plan:
    """ValueError for a spec that no daemon should be told."""
    draft = Draft({}, facts.rows)
    if spec is not None:
        _check_address(key, spec.address, spec.targets, spec.senders)
    _rows(prefix, draft, f"{ADDRESS} {key}", lookups.postfix_address(spec) if spec else {}, {})
    return Plan(rows=tuple(draft.row_sets), notes=draft.notes)


def _rows(prefix: Prefix, draft: Draft, owner: str, postfix: Rows, dovecot: Rows) -> None:
    """Databases are written one after the other: what Postfix knows, Dovecot knows already, or still."""
    steps = SetRows(dovecot_database(prefix), owner, dovecot), SetRows(postfix_database(prefix), owner, postfix)
    for step in steps if postfix else reversed(steps):
        draft.rows(step)


def _check_domain(prefix: Prefix, key: str, spec: DomainSpec) -> None:
    locals_ = [each.local for each in spec.reserved]
    targets = [target for target in (spec.catch_all, *(each.target for each in spec.reserved)) if target]
    if spec.name != key or not NAME.fullmatch(key) or not set(locals_) <= set(rules.RESERVED):
        raise ValueError(f"{key}: told of {spec.name} with {locals_}")
    _check_owner(prefix, key, spec.subscription, spec.uid)
    for target in targets:
        _check_target(key, target)


def _check_mailbox(prefix: Prefix, key: str, spec: MailboxSpec) -> None:
    _check_owner(prefix, key, spec.subscription, spec.uid)
    _check_address(key, spec.address, spec.forward_to, ())
    local, _, name = key.rpartition("@")
    if not FOLDER.fullmatch(spec.folder) or spec.folder.rpartition(".")[0] != f"{name}/{local}":
        raise ValueError(f"{key}: told of the folder {spec.folder!r}")
    if not PASSWORD.fullmatch(spec.password) or spec.quota_mb < 1:
        raise ValueError(f"{key}: told of a password or a size that is none")
    for each in spec.vacation.addresses if spec.vacation else ():
        _check_target(key, each)


def _check_address(key: str, address: str, targets: Iterable[str], senders: Iterable[str]) -> None:
    local, _, name = key.rpartition("@")
    if address != key or not rules.OWN.fullmatch(local) or not NAME.fullmatch(name):
        raise ValueError(f"{key}: told of {address}")
    for target in (*targets, *senders):
        _check_target(key, target)


def _check_owner(prefix: Prefix, key: str, subscription: str, uid: int) -> None:
    if not SUBSCRIPTION.fullmatch(subscription) or uid < prefix.uid_base:
        raise ValueError(f"{key}: told of {subscription} with uid {uid}")


def _check_target(key: str, target: str) -> None:
    local, _, name = target.rpartition("@")
    if not rules.ELSEWHERE.fullmatch(local) or local.startswith("-") or not NAME.fullmatch(name):
        raise ValueError(f"{key}: told of the target {target!r}")


def base_folders(prefix: Prefix) -> dict[Path, MakeDirectory]:
    """What the databases lie in; all other folders are in node/daemons.py."""
    state = places.state(prefix)
    wanted = (
        MakeDirectory(state, 0o711),
        MakeDirectory(state / "lookup-postfix", 0o750, "root", "postfix"),
        MakeDirectory(state / "lookup-dovecot", 0o750, "root", "dovecot"),
    )
    return {step.path: step for step in wanted}


def base(prefix: Prefix, facts: "BaseFacts") -> Plan:
    """The look-up databases, and in them the mailbox that the operator's mail goes to: of one name, the machine's as of now."""
    draft = Draft(facts.places, facts.rows)
    for step in base_folders(prefix).values():
        draft.directory(step)
    for database in (postfix_database(prefix), dovecot_database(prefix)):
        draft.lookup(database, facts.wrong[database.path])
    home = str(places.operator(prefix))
    postfix, dovecot = lookups.postfix_operator(prefix.host), lookups.dovecot_operator(prefix.host, facts.uid, home)
    own = f"{OPERATOR} {prefix.host}"
    for former in sorted({owner for found in facts.rows.values() for owner in found} - {own}):
        _rows(prefix, draft, former, {}, {})
    _rows(prefix, draft, own, postfix, dovecot)
    return Plan(prepare=tuple(draft.prepare), rows=tuple(draft.row_sets), notes=draft.notes, wanted=draft.wanted)


def filled(prefix: Prefix, facts: Mapping[Path, Mapping[str, Rows]]) -> Plan:
    """Postfix may say of an address that it does not exist: all rows are there."""
    draft = Draft({}, facts)
    draft.rows(SetRows(postfix_database(prefix), FILLED, lookups.FILLED))
    return Plan(rows=tuple(draft.row_sets), notes=draft.notes, wanted=draft.wanted)
