"""What a zone must not hold, and what deserves a word of warning. Looked at for the names that a change is about."""

import re
from collections.abc import Iterable, Iterator

from gasthof.kernel.refusal import Refused
from gasthof.slices.dns.rules import contents, names
from gasthof.slices.dns.rules.zone import ADDRESSES, AT_CUT, Ground, cuts, number, served, wanted_defaults
from gasthof.slices.dns.spec import RecordSpec

LARGEST_SET = 16_000  # characters of all records of one name and type: they travel in one message
NO_ALIASES = ("MX", "NS", "SRV")  # what these point to is not a CNAME (RFC 2181 section 10.3, RFC 2782)
SPF = re.compile(r'"v=spf1( |")', re.IGNORECASE)
SERVICE = re.compile(r"(\*|_[^.]+)\._[^.]+\..+")  # RFC 2782; RFC 6698 section 3


def check_limit(own: Iterable[RecordSpec], limit: int) -> None:
    """The plan's number of records of a zone's own. Raises Refused."""
    if number(own) > limit:
        raise Refused("The plan’s limit of own DNS records is reached: %(limit)d.", limit=limit)


def check_owner(record: RecordSpec, zone: str) -> None:
    """Whether this type may have this name. Raises Refused."""
    if names.has_underscore(record.name.removesuffix(zone)) and not contents.SHAPES[record.type].owner_underscores:
        raise Refused("%(type)s records belong to host names, and those have no underscores.", type=record.type)
    if record.type in ("SRV", "TLSA") and not SERVICE.fullmatch(record.name):
        raise Refused("The name of a %(type)s record begins like _443._tcp.", type=record.type)
    if record.type in AT_CUT and record.name.startswith("*."):
        raise Refused("%(type)s records cannot stand at a wildcard.", type=record.type)
    if record.name == zone and record.type == "CNAME":
        raise Refused("The domain itself cannot be a CNAME: use ALIAS.")
    if record.name == zone and record.type == "DS":
        raise Refused("A DS record of the domain itself belongs into the zone above it, at its registrar.")
    if sum(map(len, record.contents)) > LARGEST_SET:
        raise Refused("All records of one name and type together are too long.")


def check(ground: Ground, changed: Iterable[str]) -> None:
    """The zone's rules, for these names, in the zone as it would be. Raises Refused."""
    there = served(ground)
    for name in sorted(set(changed)):
        _check_cut(ground, name)
        _check_beside(ground, name)
        _check_delegation(ground, name)
        _check_aliased(there, name)


def _own(ground: Ground, name: str) -> dict[str, RecordSpec]:
    return {each.type: each for each in ground.own if each.name == name and each.contents}


def _check_beside(ground: Ground, name: str) -> None:
    own = _own(ground, name)
    if "CNAME" in own and len(own) > 1:
        raise Refused("Beside a CNAME there can be no other records of the same name.")
    if "ALIAS" in own and set(own) & set(ADDRESSES):
        raise Refused("Beside an ALIAS there can be no A or AAAA records of the same name.")
    for kind in {"CNAME", "ALIAS"} & set(own):
        if len(own[kind].contents) > 1:
            raise Refused("A name can have only one %(type)s record.", type=kind)
    if len([each for each in _text(own) if SPF.match(each)]) > 1:
        raise Refused("A name can have only one SPF record: put what is allowed to send into one.")


def _text(own: dict[str, RecordSpec]) -> tuple[str, ...]:
    return own["TXT"].contents if "TXT" in own else ()


def _check_cut(ground: Ground, name: str) -> None:
    """What lies below a delegation is another zone's; here stand addresses of its name servers at most."""
    for child in ground.children:
        allowed = ("DS",) if name == child else ()
        if names.within(name, child) and set(_own(ground, name)) - set(allowed):
            raise Refused("This name belongs to the zone of %(domain)s.", domain=names.shown(child))
    for cut in cuts(ground) - set(ground.children):
        for each in ground.own:
            allowed = (*ADDRESSES, *(AT_CUT if each.name == cut else ()))
            if each.contents and name in (cut, each.name) and names.within(each.name, cut) and each.type not in allowed:
                raise Refused(
                    "%(name)s is handed over to other name servers: only their addresses can stand there.",
                    name=names.shown(cut),
                )


def _check_delegation(ground: Ground, name: str) -> None:
    if "DS" in _own(ground, name) and name not in cuts(ground):
        raise Refused("A DS record can only stand beside the NS records of a name that is handed over.")


def _check_aliased(there: Iterable[RecordSpec], name: str) -> None:
    listed = list(there)
    aliased = {each.name for each in listed if each.type == "CNAME"}
    for each in listed:
        for target in _targets(each) if each.type in NO_ALIASES else ():
            if target in aliased and name in (each.name, target):
                raise Refused(
                    "%(target)s is a CNAME: a %(type)s record must not point to one.",
                    target=names.shown(target), type=each.type,
                )  # fmt: skip


def _targets(record: RecordSpec) -> Iterator[str]:
    for each in record.contents:
        target = contents.target(record.type, each)
        if target:
            yield target


def warnings(ground: Ground, changed: Iterable[str]) -> list[Refused]:
    """What is served all the same, but hardly meant: sentences, not raised."""
    about = set(changed)
    found = []
    there = served(ground)
    known = {each.name for each in there if each.type not in AT_CUT}
    for each in there:
        for target in _targets(each):
            if about & {each.name, target} and _dangles(ground, known, target):
                found.append(
                    Refused(
                        "The %(type)s record of %(name)s points to %(target)s, which has no records in this zone.",
                        type=each.type, name=names.shown(each.name), target=names.shown(target),
                    )
                )  # fmt: skip
        if each.name == ground.zone == next(iter(about & {ground.zone}), "") and each.type == "NS":
            found += _foreign(ground, each)
    return [*found, *_without_spf(ground, about)]


def _without_spf(ground: Ground, about: set[str]) -> list[Refused]:
    found = []
    for (name, kind), default in wanted_defaults(ground).items():
        own = next((each.contents for each in ground.own if (each.name, each.type) == (name, kind)), None)
        lost = kind == "TXT" and name in about and own is not None and any(map(SPF.match, default.contents))
        if lost and not any(map(SPF.match, own or ())):
            found.append(Refused("The default SPF record of %(name)s is no longer served.", name=names.shown(name)))
    return found


def _dangles(ground: Ground, known: set[str], target: str) -> bool:
    if not names.within(target, ground.zone) or target in known:
        return False
    above = target.split(".", 1)[1]
    elsewhere = any(names.within(target, child) for child in ground.children)
    return not elsewhere and f"*.{above}" not in known


def _foreign(ground: Ground, record: RecordSpec) -> list[Refused]:
    ours = {f"{server}." for server in ground.servers}
    if set(record.contents) <= ours:
        return []
    return [Refused("The NS records of the domain name other servers than those that serve it.")]


def check_signable(there: Iterable[RecordSpec]) -> None:
    """PowerDNS does not sign what it looks up for an ALIAS. Raises Refused."""
    if any(each.type == "ALIAS" for each in there):
        raise Refused("A zone with ALIAS records cannot be signed.")
