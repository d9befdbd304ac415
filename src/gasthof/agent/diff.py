"""What a plan would change, as text: unified diffs of files, a line for each other step. Reads, changes nothing.

What daemons are asked is shown where a plan changes something; asking alone, as some plans do each time, is no change.
"""

import difflib
import re
from collections.abc import Iterator

import msgspec

from gasthof.agent.sdk import lookup, read
from gasthof.agent.sdk.steps import (
    Ask,
    Change,
    CustomerDirectory,
    CustomerFile,
    LocalAuthority,
    LocalCertificate,
    MakeDirectory,
    MakeLookup,
    Plan,
    RemoveCustomerTree,
    RemoveTree,
    Row,
    SetRows,
    WriteFile,
)

MASKED, MASKED_OBJECT = "(secret)", "(...)"
SECRETS = re.compile(  # in files: private keys, crypt(5) and PHC strings
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----|\$(?:argon2\w*|2[abxy]|y|gy|7|6|5|1|apr1)\$[^\s\"':]+",
    re.DOTALL,
)
HASH = re.compile(r"(\{[A-Za-z0-9._-]+\})?\$\w+\$")  # crypt(5), also as Dovecot writes it
LONGEST_TEXT = 200_000  # bytes; longer ones are named only


def lines(plan: Plan) -> Iterator[str]:
    """The plan in words; nothing for an empty one."""
    for step in plan.prepare:
        yield from _prepared(step)
    for change in plan.change:
        yield from _changed(change)
    for rows in plan.rows:
        yield from _set(rows)
    if not plan.empty:
        yield from _asked(plan)
    for last in plan.clean:
        if isinstance(last, RemoveTree):
            yield f"- {last.path}/ with all below"
        elif isinstance(last, RemoveCustomerTree):
            yield f"- {last.root / last.path}/ with all below, as uid {last.uid}"


def _asked(plan: Plan) -> Iterator[str]:
    """What daemons are asked to do. An argument that is a whole object may hold secrets: the notes say what is different."""
    notes = [note for about, note in plan.notes.items() if not str(about).startswith("/")]
    for step in (*plan.prepare, *plan.after, *plan.clean):
        if isinstance(step, Ask):
            told = MASKED_OBJECT if step.argument.startswith(("{", "[")) else step.argument
            yield f"> {step.service} {step.verb} {told}" + (f": {'; '.join(notes)}" if notes else "")


def _prepared(step: object) -> Iterator[str]:
    match step:
        case MakeDirectory():
            yield f"+ {step.path}/ {step.mode:04o} {step.owner}:{step.group}"
        case CustomerDirectory():
            yield f"+ {step.root / step.path}/ {step.mode:04o}, as uid {step.uid}"
        case CustomerFile():
            yield f"+ {step.root / step.path}, as uid {step.uid}, if its folder is empty"
        case LocalAuthority():
            yield f"+ {step.certificate}: a new certificate authority"
        case LocalCertificate():
            yield f"+ {step.directory}/: a certificate for {', '.join(step.names)}"
        case MakeLookup():
            path, group = step.database.path, step.database.group
            made = "a database that is never emptied" if step.database.kept else "an empty look-up database"
            yield f"+ {path}: {made}, {step.database.mode:04o} root:{group}"
        case Ask():
            return


def _changed(step: Change) -> Iterator[str]:
    found, before = read.file(step.path)
    after = step.content if isinstance(step, WriteFile) else b""
    names = str(step.path) if found.what != "missing" else "/dev/null", str(step.path) if after else "/dev/null"
    if before != after:
        yield from difflib.unified_diff(_text(before), _text(after), *names, n=1, lineterm="")
    if isinstance(step, WriteFile):
        yield f"  {step.path} {step.mode:04o} {step.owner}:{step.group}"


def _set(step: SetRows) -> Iterator[str]:
    database = step.database
    found = lookup.rows(database, [step.owner]).get(step.owner, {})
    yield f"  {database.path} {step.owner}"
    for table in lookup.differing(found, step.rows):
        if table == lookup.BEFORE:
            yield "  a change of it was broken off"
            continue
        columns = lookup.columns(database, table)
        before, after = lookup.in_order(found.get(table, ())), lookup.in_order(step.rows.get(table, ()))
        secret = [name in database.secrets or f"{table}.{name}" in database.secrets for name in columns]
        yield from (f"- {table}: {_row(secret, row)}" for row in before if row not in after)
        yield from (f"+ {table}: {_row(secret, row)}" for row in after if row not in before)


def _row(secret: list[bool], row: Row) -> str:
    """Nothing is shown while nobody can say which column is which."""
    marked = zip(secret or [True] * len(row), row, strict=False)
    return ", ".join(
        MASKED if value is not None and (hidden or HASH.match(str(value))) else str(value) for hidden, value in marked
    )


def _text(content: bytes) -> list[str]:
    if len(content) > LONGEST_TEXT:
        return [f"({len(content)} bytes)"]
    try:
        text = msgspec.json.format(content, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = content.decode("utf-8", "replace")
    return SECRETS.sub(MASKED, text).splitlines()
