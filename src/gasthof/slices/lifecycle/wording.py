"""A policy in words, and what differs between two of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from gasthof.kernel.values import DomainName
from gasthof.slices.lifecycle import comparing, explaining
from gasthof.slices.lifecycle.comparing import Scale, Span, spans
from gasthof.slices.lifecycle.drawing import Tone, fee_words, tone
from gasthof.slices.lifecycle.explaining import days
from gasthof.slices.lifecycle.rules.policy import (
    CAPABILITIES,
    OTHERS,
    RENEWABLE,
    RENEWABLE_BY_FEE,
    RESTORABLE,
    Archive,
    Entry,
    Fee,
    Notice,
    Phase,
    Policy,
)  # fmt: skip
from gasthof.slices.lifecycle.rules.versions import WAYS, Change, diff

NOTHING = "–"


@dataclass(frozen=True)
class Row:
    """A phase: when it begins, what goes with it, and how it can be left by paying."""

    when: str
    phase: str
    tone: Tone
    loses: Sequence[str]
    saving: str


@dataclass(frozen=True)
class Section:
    """Entries that say the same."""

    title: str
    rows: Sequence[Row]
    summary: str  # the days and phases in a line
    spans: Sequence[Span]
    told: str  # its notices
    notes: Sequence[str]


@dataclass(frozen=True)
class Difference:
    """In words; `of`: what it is about."""

    of: str
    what: str
    before: str
    after: str


def sections(policy: Policy) -> list[Section]:
    """All of the policy, in its order; TLDs that have the same days together."""
    groups: list[list[Entry]] = []
    for entry in policy.entries.values():
        same = next((group for group in groups if _alike(group[0], entry)), None)
        if same is None:
            groups.append([entry])
        else:
            same.append(entry)
    by = comparing.scale(policy.entries.values())
    return [_section(policy, group, by) for group in groups]


def differences(before: Policy, after: Policy) -> list[Difference]:
    """TLDs of which the same differs together."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for change in diff(before, after):
        found.setdefault(_told(before, after, change), []).append(change.entry)
    return [Difference(_of(keys, what, before, after), what, *sides) for (what, *sides), keys in found.items()]


def title(keys: Sequence[str]) -> str:
    """Of a type, or of several TLDs."""
    tlds = [_tld(key.partition(".")[2]) for key in keys if "." in key]
    names = [gettext("All other domains") if key == "domain" else str(explaining.TYPES[key]) for key in keys if "." not in key]  # fmt: skip
    return ", ".join(([gettext("Domains %(tlds)s") % {"tlds": ", ".join(tlds)}] if tlds else []) + names)


def day(start: int) -> str:
    """So many days from the first unpaid one."""
    if start == 0:
        return gettext("on the first unpaid day")
    words = gettext("%(days)s before it") if start < 0 else gettext("%(days)s after it")
    return words % {"days": days(abs(start))}


def _tld(tld: str) -> str:
    """As people read it: a TLD has one label, or more."""
    return "." + DomainName.parse(f"x.{tld}").unicode.removeprefix("x.")


def _alike(one: Entry, other: Entry) -> bool:
    return _content(one) == _content(other)


def _content(entry: Entry) -> tuple[object, ...]:
    own = entry.licence_released, entry.registry_clock, entry.classes
    return entry.phases, entry.notices, entry.archive, own, dict(entry.follows)


def _section(policy: Policy, group: Sequence[Entry], by: Scale) -> Section:
    entry = group[0]
    return Section(
        title([each.key for each in group]), list(_rows(policy, entry)), _summary(entry), spans(entry, by), _notices(entry.notices),
        list(_notes(entry)),
    )  # fmt: skip


def _summary(entry: Entry) -> str:
    told = _entry_words(entry)
    return f"{told}; {_restorable(entry.archive)}" if entry.archive.days and not entry.follows else told


def _restorable(archive: Archive) -> str:
    return gettext("restorable for %(days)s") % {"days": days(archive.days)}


def _rows(policy: Policy, entry: Entry) -> Iterator[Row]:
    before: frozenset[str] = entry.phases[0].can
    for phase in entry.phases:
        lost = before - phase.can - WAYS
        loses = [str(explaining.LOST[each]) for each in CAPABILITIES if each in lost]
        name = str(explaining.PHASES[phase.name])
        yield Row(_when(entry, phase), name, tone(phase.name), loses, _saving(policy, entry, phase))
        before = phase.can


def _when(entry: Entry, phase: Phase) -> str:
    if entry.follows:
        return _while(entry, phase)
    return day(phase.start) if phase.start is not None else gettext("while it is paid")


def _while(entry: Entry, phase: Phase) -> str:
    """In which phases of what it follows."""
    parents = [parent for parent, own in entry.follows.items() if own == phase.name and parent != OTHERS]
    named = ", ".join(str(explaining.PHASES[each]) for each in parents)
    if entry.follows[OTHERS] == phase.name:
        return gettext("in all other phases of what it belongs to")
    return gettext("while what it belongs to is: %(phases)s") % {"phases": named}


def _saving(policy: Policy, entry: Entry, phase: Phase) -> str:
    if RENEWABLE in phase.can:
        return gettext("at the usual price")
    if RENEWABLE_BY_FEE in phase.can:
        usual = gettext("at the usual price")
        return f"{usual}. {fee_words(policy, phase.fee)}"
    if RESTORABLE in phase.can and entry.archive.days:
        return _kept(policy, entry.archive)
    return NOTHING


def _kept(policy: Policy, archive: Archive) -> str:
    if not archive.days:
        return ""
    kept = ", ".join(str(explaining.KEPT[each]) for each in archive.keeps)
    words = gettext("restorable for %(days)s: %(kept)s") % {"days": days(archive.days), "kept": kept}
    if archive.loses:
        lost = str(explaining.LOSES) % {"what": ", ".join(str(explaining.KEPT[each]) for each in archive.loses)}
        words = f"{words}. {lost.removesuffix('.')}"
    return f"{words}. {fee_words(policy, archive.fee)}" if archive.fee else words


def _notices(notices: Sequence[Notice]) -> str:
    return "; ".join(f"{day(each.at)}: {explaining.NOTICES[each.name]}" for each in notices)


def _notes(entry: Entry) -> Iterator[str]:
    if entry.registry_clock:
        yield gettext("Its registry’s clock counts: an outage of ours gives no days back.")
    if entry.licence_released:
        yield gettext("Its licence is given back with it.")
    if entry.classes:
        classes = gettext("Classes, the lowest first: %(classes)s.")
        yield classes % {"classes": ", ".join(entry.classes)}


def _of(keys: Sequence[str], what: str, before: Policy, after: Policy) -> str:
    if keys == [""]:
        return gettext("The whole policy")
    if keys[0] in before.fees.keys() | after.fees.keys() and what == gettext("Fee"):
        return ", ".join(str(explaining.FEES.get(key, key)) for key in keys)
    return title(keys)


def _told(before: Policy, after: Policy, change: Change) -> tuple[str, str, str]:
    """What it is, before and after."""
    what, _, name = change.what.partition(" ")
    if what == "phase":
        old, new = change.before, change.after
        assert isinstance(old, Phase | None) and isinstance(new, Phase | None)
        words = gettext("Phase “%(name)s”") % {"name": explaining.PHASES[name]}
        return words, *_sides(before, after, old, new)
    say = SAID[what]
    return str(explaining.KEYS[what]), say(before, change.before), say(after, change.after)


def _sides(before: Policy, after: Policy, old: Phase | None, new: Phase | None) -> tuple[str, str]:
    """Of a phase that is in both what differs, else all of it."""
    parts = [dict(_parts(policy, each)) if each else {} for policy, each in ((before, old), (after, new))]
    differ = [key for key in parts[0] | parts[1] if not (old and new) or parts[0].get(key) != parts[1].get(key)]
    first, second = ("; ".join(filter(None, (part.get(key, "") for key in differ))) or NOTHING for part in parts)
    return first, second


def _parts(policy: Policy, phase: Phase) -> Iterator[tuple[str, str]]:
    yield "start", day(phase.start) if phase.start is not None else ""
    yield "does", str(explaining.WORK[phase.does])
    yield "can", ", ".join(str(explaining.CAN[each]) for each in CAPABILITIES if each in phase.can)
    yield "fee", fee_words(policy, phase.fee) if phase.fee else ""


def _entry_words(entry: Entry) -> str:
    return "; ".join(f"{_when(entry, phase)}: {explaining.PHASES[phase.name]}" for phase in entry.phases[1:])


def _own(_policy: Policy, value: object) -> str:
    """Without an entry of its own a TLD goes by that of all others."""
    return _entry_words(value) if isinstance(value, Entry) else gettext("like all other domains")


def _fee(policy: Policy, value: object) -> str:
    return fee_words(policy, value.key) if isinstance(value, Fee) else NOTHING


def _archive(policy: Policy, value: object) -> str:
    return (_kept(policy, value) if isinstance(value, Archive) else "") or NOTHING


def _follows(_policy: Policy, value: object) -> str:
    names = explaining.PHASES | {OTHERS: gettext("all others")}
    return "; ".join(f"{names[parent]} → {names[own]}" for parent, own in value.items()) if isinstance(value, Mapping) else NOTHING  # fmt: skip


def _yes_or_no(_policy: Policy, value: object) -> str:
    return gettext("yes") if value else gettext("no")


def _told_list(_policy: Policy, value: object) -> str:
    return (_notices(value) if isinstance(value, tuple) else "") or NOTHING


def _classes(_policy: Policy, value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) and value else NOTHING


def _days_of(_policy: Policy, value: object) -> str:
    return days(value) if isinstance(value, int) else NOTHING


def _plain(_policy: Policy, value: object) -> str:
    return str(value)


SAID = {
    "notice_days": _days_of, "currency": _plain, "fee": _fee, "entry": _own, "notices": _told_list, "archive": _archive,
    "licence_released": _yes_or_no, "registry_clock": _yes_or_no, "follows": _follows,
    "classes": _classes,
}  # fmt: skip
