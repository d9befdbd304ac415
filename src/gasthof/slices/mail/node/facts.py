"""What the machine shows of mail. Reads only."""

import os
import pwd
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gasthof.agent.kinds import Machine, Wanted
from gasthof.agent.sdk import beneath, certificate, lookup, read
from gasthof.agent.sdk.certificate import CertificateFact
from gasthof.agent.sdk.read import Fact
from gasthof.agent.sdk.steps import Rows
from gasthof.prefix import Prefix
from gasthof.slices.mail.node import places, sni
from gasthof.slices.mail.node.lookups import dovecot_database, postfix_database
from gasthof.slices.mail.node.plan import ADDRESS, DOMAIN, FILLED, MAILBOX, OPERATOR, base_folders, certificate_name
from gasthof.slices.mail.spec import DomainSpec, MailboxSpec

SIZES = "Maildir/maildirsize"  # Maildir++: the limit, then a line "BYTES COUNT" for each change
LARGEST_SIZES = 64 * 1024  # bytes; Dovecot begins the file anew at 5,120

Found = Mapping[Path, Mapping[str, Rows]]  # database -> owner -> table -> rows


@dataclass(frozen=True)
class DomainFacts:
    rows: Found
    places: Mapping[Path, Fact]
    certificate: CertificateFact = field(default_factory=CertificateFact)
    presented: bool = False  # by Postfix, as it lies in its folder
    doomed: tuple[DomainSpec, ...] = ()  # as last told, when its mail is to go
    last: bool = False  # of its subscription


@dataclass(frozen=True)
class MailboxFacts:
    rows: Found
    before: tuple[MailboxSpec, ...] = ()  # what the machine may still show
    ordered: bool = True
    places: Mapping[Path, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class AddressFacts:
    rows: Found


@dataclass(frozen=True)
class BaseFacts:
    places: Mapping[Path, Fact]
    wrong: Mapping[Path, str]  # database -> what is wrong with it
    rows: Found
    uid: int  # of the operator's mailbox


def domains(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, DomainFacts]:
    """Facts of each domain's mail, by name."""
    prefix = machine.prefix
    rows = _rows(prefix, DOMAIN, wanted)
    names = [name for key in wanted if (name := certificate_name(key))]
    stored = sni.stored(prefix, names)
    return {key: _domain(machine, key, found, _of(rows, f"{DOMAIN} {key}"), stored) for key, found in wanted.items()}


def _domain(machine: Machine, key: str, wanted: Wanted, rows: Found, stored: Mapping[str, str]) -> DomainFacts:
    prefix, name = machine.prefix, certificate_name(key)
    specs = [spec for spec in (wanted.spec, *wanted.before) if spec]
    folders = {places.mailboxes(prefix, spec.subscription) for spec in specs}
    if name:
        folders.add(places.tls(prefix) / name)
    found = {path: read.directory(path) for path in folders}
    if wanted.spec is None:
        doomed = wanted.before if wanted.ordered else ()
        return DomainFacts(rows, found, presented=name in stored, doomed=doomed, last=not wanted.around)
    if name is None:
        return DomainFacts(rows, found)
    folder = places.tls(prefix) / name
    fact, held = read.file(folder / certificate.KEY)
    issued = certificate.content(folder / certificate.CERTIFICATE)
    presented = stored.get(name, "") == sni.fingerprint(held, issued) != ""
    return DomainFacts(rows, found, _certificate(machine, fact, held, issued), presented)


def _certificate(machine: Machine, fact: Fact, key: bytes, issued: bytes) -> CertificateFact:
    if (fact.mode, fact.owner, fact.group) != (0o640, "root", places.FRONT_USER):
        return CertificateFact()
    return certificate.inspect(key, issued, certificate.content(machine.prefix.ca_certificate), machine.clock.now())


def mailboxes(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, MailboxFacts]:
    """Facts of each mailbox, by address. The mail itself is not looked at."""
    rows = _rows(machine.prefix, MAILBOX, wanted)
    notes = {key: places.vacation(machine.prefix, key) for key in wanted}
    return {
        key: MailboxFacts(
            _of(rows, f"{MAILBOX} {key}"), found.before, found.ordered, {notes[key]: read.fact(notes[key])}
        )
        for key, found in wanted.items()
    }


def addresses(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, AddressFacts]:
    """Facts of each alias and forward, by address."""
    rows = _rows(machine.prefix, ADDRESS, wanted)
    return {key: AddressFacts(_of(rows, f"{ADDRESS} {key}")) for key in wanted}


def _rows(prefix: Prefix, kind: str, wanted: Mapping[str, Wanted]) -> dict[Path, dict[str, Rows]]:
    databases = (postfix_database(prefix), dovecot_database(prefix))
    return lookup.facts(databases, [f"{kind} {key}" for key in wanted])


def _of(rows: Mapping[Path, Mapping[str, Rows]], owner: str) -> dict[Path, dict[str, Rows]]:
    return {path: {owner: found[owner]} if owner in found else {} for path, found in rows.items()}


def present_domains(prefix: Prefix) -> Iterator[tuple[str, str]]:
    """Each domain that has rows, a certificate, or one that Postfix presents."""
    yield from _owners(prefix, DOMAIN)
    tls = places.tls(prefix)
    names = [*(path.name for path in tls.iterdir()), *sni.present(prefix)] if tls.is_dir() else []
    yield from ((name.removeprefix("mail."), "") for name in names if sni.NAME.fullmatch(name))


def present_mailboxes(prefix: Prefix) -> Iterator[tuple[str, str]]:
    """Each mailbox that has rows, or an out-of-office note."""
    yield from _owners(prefix, MAILBOX)
    notes = places.vacation(prefix, "").parent
    names = [path.name for path in notes.iterdir()] if notes.is_dir() else []
    yield from ((name.removesuffix(places.SCRIPT), "") for name in names if name.endswith(places.SCRIPT))


def present_addresses(prefix: Prefix) -> Iterator[tuple[str, str]]:
    return _owners(prefix, ADDRESS)


def _owners(prefix: Prefix, kind: str) -> Iterator[tuple[str, str]]:
    for database in (postfix_database(prefix), dovecot_database(prefix)):
        yield from ((key, "") for key in lookup.owners(database, kind))


def findings(machine: Machine, wanted: Mapping[str, MailboxSpec]) -> dict[str, dict[str, int]]:
    """bytes: what the mailbox holds, as Dovecot last wrote it down; none for one that nobody has used yet."""
    return {key: {"bytes": size(machine.prefix, spec)} for key, spec in wanted.items()}


def size(prefix: Prefix, spec: MailboxSpec) -> int:
    """Bytes. Read with the customer's rights: the file is the customer's own, and so is a lie in it."""
    root = places.mailboxes(prefix, spec.subscription)
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with (
            beneath.standing_in(root, spec.uid) as folder,
            beneath.opened(folder, f"{spec.folder}/{SIZES}", flags, beneath.RESOLVE_NO_SYMLINKS) as found,
        ):
            return summed(os.read(found, LARGEST_SIZES))
    except OSError:
        return 0


def summed(content: bytes) -> int:
    """The sum of a maildirsize file's lines but the first; what is no number counts as nothing."""
    lines = [line.split() for line in content.split(b"\n")[1:]]
    numbers = [int(line[0]) for line in lines if line and len(line[0]) < 20 and line[0].removeprefix(b"-").isdigit()]
    return max(0, sum(numbers))


def filled(machine: Machine) -> Found:
    """Whether Postfix' database is said to hold all that it should."""
    return lookup.facts([postfix_database(machine.prefix)], [FILLED])


def base(machine: Machine) -> BaseFacts:
    """Folders and look-up databases, and the rows of the operator's mailbox, by whatever name the machine had."""
    prefix = machine.prefix
    databases = (postfix_database(prefix), dovecot_database(prefix))
    found = {path: read.directory(path) for path in base_folders(prefix)}
    wrong = {database.path: lookup.wrong(database) for database in databases}
    sound = [database for database in databases if not wrong[database.path]]
    hosts = {prefix.host, *(key for database in sound for key in lookup.owners(database, OPERATOR))}
    rows = lookup.facts(sound, [f"{OPERATOR} {host}" for host in hosts])
    return BaseFacts(found, wrong, rows, pwd.getpwnam(places.OPERATOR_USER).pw_uid)
