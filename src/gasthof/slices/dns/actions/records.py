"""Verbs on record sets."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Between, Unchanged
from gasthof.kernel.refusal import Refused, Together
from gasthof.slices.dns.actions.change import LONGEST_TTL, SHORTEST_TTL, Draft, about, begin, finish
from gasthof.slices.dns.rules import contents as grammar
from gasthof.slices.dns.rules import names
from gasthof.slices.dns.rules.zone import wanted_defaults
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.dns.values import Content, Contents, RecordName
from gasthof.slices.domains.queries import DomainRef

DEFAULT_TTL = 3_600
Name = Annotated[RecordName, "name below the domain, such as www; @ for the domain itself"]
Type = Annotated[
    Literal[
        "A", "AAAA", "ALIAS", "CAA", "CNAME", "DS", "HTTPS", "MX",
        "NAPTR", "NS", "PTR", "SRV", "SSHFP", "SVCB", "TLSA", "TXT",
    ],
    "type of the records",
]  # fmt: skip
Ttl = Annotated[int, Between(SHORTEST_TTL, LONGEST_TTL), "how many seconds others may keep it"]
Records = Annotated[Contents, "the records’ contents, one a line"]
Record = Annotated[Content, "the record’s content"]


@action("dns.set_records", permission="dns.write", on="domain")
def set_records(
    call: Call, *, domain: DomainRef, name: Name, type: Type, contents: Records, ttl: Ttl = DEFAULT_TTL
) -> Result:
    """Let a name have exactly these records of a type, in place of its own before and of the defaults."""
    draft = begin(call, domain)
    owner, settled = _looked_at(draft, name, type, contents=contents)
    draft.put(owner, type, ttl, settled)
    return finish(draft, "set")


@action("dns.add_record", permission="dns.write", on="domain")
def add_record(
    call: Call, *, domain: DomainRef, name: Name, type: Type, content: Record, ttl: Ttl | Unchanged = UNCHANGED
) -> Result:
    """Give a name one more record; beside default ones, those become the customer’s own."""
    draft = begin(call, domain)
    owner, added = _looked_at(draft, name, type, content=[content])
    before = _standing(draft, owner, type)
    if set(added) <= set(before.contents):
        raise Refused("This record is there already.").at("content")
    draft.put(owner, type, before.ttl if ttl is UNCHANGED else ttl, (*before.contents, *added))
    return finish(draft, "set")


@action("dns.change_record", permission="dns.write", on="domain")
def change_record(
    call: Call,
    *,
    domain: DomainRef,
    name: Name,
    type: Type,
    content: Record,
    new: Annotated[Content, "its new content"],
    ttl: Ttl | Unchanged = UNCHANGED,
) -> Result:
    """Put one record in another one’s place."""
    draft = begin(call, domain)
    owner, (old,), (put,) = _looked_at(draft, name, type, content=[content], new=[new])
    before = _standing(draft, owner, type)
    if old not in before.contents:
        raise Refused("There is no such record.").at("content")
    after = dict.fromkeys(put if each == old else each for each in before.contents)
    draft.put(owner, type, before.ttl if ttl is UNCHANGED else ttl, tuple(after))
    return finish(draft, "set")


@action("dns.remove_record", permission="dns.write", on="domain")
def remove_record(call: Call, *, domain: DomainRef, name: Name, type: Type, content: Record) -> Result:
    """Take one record away from a name; with the last of its own, a default comes back."""
    draft = begin(call, domain)
    owner, (old,) = _looked_at(draft, name, type, content=[content])
    before = _standing(draft, owner, type)
    if old not in before.contents:
        raise Refused("There is no such record.").at("content")
    left = tuple(each for each in before.contents if each != old)
    if left:
        draft.put(owner, type, before.ttl, left)
    elif not draft.drop(owner, type):
        draft.put(owner, type, before.ttl, ())
    return finish(draft, "removed")


@action("dns.remove_records", permission="dns.write", on="domain")
def remove_records(call: Call, *, domain: DomainRef, name: Name, type: Type) -> Result:
    """Take a name’s own records of a type away; where there is a default, it comes back."""
    draft = begin(call, domain)
    if not draft.drop(_named(draft, name), type):
        raise Refused("The name has no records of its own of this type.").at("type")
    return finish(draft, "removed")


@action("dns.switch_default", permission="dns.write", on="domain")
def switch_default(
    call: Call, *, domain: DomainRef, name: Name, type: Type, on: Annotated[bool, "whether the default is served"]
) -> Result:
    """Switch a default off, or back on, which also takes away what stood in its place."""
    draft = begin(call, domain)
    owner = _named(draft, name)
    default = wanted_defaults(draft.ground).get((owner, type))
    if default is None:
        raise Refused("There is no such default.").at("type")
    if (owner, type) == (draft.zone.domain.name, "NS") and not on:
        raise Refused("A zone cannot be without name servers.").at("type")
    if on:
        draft.drop(owner, type)
    else:
        draft.put(owner, type, default.ttl, ())
    return finish(draft, "on" if on else "off")


def _looked_at(draft: Draft, name: RecordName, kind: str, **typed: Iterable[str]) -> tuple[Any, ...]:
    """The name, then the settled records of each field, in their order. What is wrong is told of all of them at once."""
    found: list[Any] = []
    together = Together()
    with together:
        found.append(_named(draft, name))
    for field, lines in typed.items():
        with together:
            found.append(_settled(draft, kind, lines, field))
    together.settle()
    return tuple(found)


def _named(draft: Draft, name: RecordName) -> str:
    with about("name"):
        return names.absolute(name, draft.zone.domain.name)


def _settled(draft: Draft, kind: str, typed: Iterable[str], field: str) -> tuple[str, ...]:
    with about(field):
        return tuple(dict.fromkeys(grammar.content(kind, each, draft.zone.domain.name) for each in typed))


def _standing(draft: Draft, owner: str, kind: str) -> RecordSpec:
    """What the name has of this type now: its own, or the default."""
    own = {(each.name, each.type): each for each in draft.ground.own}
    found = own.get((owner, kind)) or wanted_defaults(draft.ground).get((owner, kind))
    return found or RecordSpec(owner, kind, DEFAULT_TTL, ())
