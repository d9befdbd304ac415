"""Names of records and names that records point to: grammar, A-labels, what is shown. Lengths by RFC 1035 section 2.3.4."""

import re

import idna

from gasthof.kernel.refusal import Refused

APEX = "@"  # the zone's own name, as people write it
ROOT = "."  # "nothing", where a record may say so
PLAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
UNDERSCORED = re.compile(r"(?=.*_)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")  # RFC 8552
DOTS = re.compile("[.。．｡]")  # what UTS 46 takes for a dot


def owner(text: str) -> str:
    """A record's name as typed, in A-labels; "@" and nothing mean the zone itself. A final dot stays. Raises Refused."""
    if text in ("", APEX):
        return APEX
    whole = text.endswith(ROOT)
    labels = DOTS.split(text.removesuffix(ROOT))
    wild = labels[0] == "*"
    name = ".".join([*(["*"] if wild else []), *(_label(each) for each in labels[wild:])])
    return f"{name}." if whole else name


def absolute(typed: str, zone: str) -> str:
    """The name as typed, within the zone, in A-labels without a final dot. One that ends with the zone's name is whole already."""
    written = owner(typed)
    name = written.removesuffix(ROOT)
    if written == APEX:
        return zone
    if not within(name, zone):
        if written.endswith(ROOT):
            raise Refused("This name does not lie in the zone of %(zone)s.", zone=shown(zone))
        name = f"{name}.{zone}"
    return _short(name)


def target(text: str, zone: str, *, underscores: bool = False) -> str:
    """A name that a record points to: whole, with a final dot; "@" is the zone itself. Raises Refused."""
    if text == APEX:
        return f"{zone}."
    labels = [_label(each) for each in DOTS.split(text.removesuffix(ROOT))]
    if len(labels) < 2:
        raise Refused("Please give the whole name, such as mail.example.com.")
    if labels[-1].isdigit():
        raise Refused("A name is needed here, not an address.")
    if not underscores and any("_" in label for label in labels):
        raise Refused("A host name has no underscores.")
    return f"{_short('.'.join(labels))}."


def within(name: str, zone: str) -> bool:
    """Whether a name is the zone's own or lies below it."""
    return name == zone or name.endswith(f".{zone}")


def below(name: str, top: str) -> bool:
    return name != top and within(name, top)


def has_underscore(name: str) -> bool:
    return any(label.startswith("_") or "_" in label for label in name.split("."))


def shown(name: str) -> str:
    """With U-labels, as people read it; without a final dot, but for the root."""
    return ".".join(_unicode(label) for label in name.removesuffix(ROOT).split(".")) or ROOT


def shown_owner(name: str, zone: str) -> str:
    """As it is typed: "@", "www"."""
    return APEX if name == zone else shown(name.removesuffix(f".{zone}"))


def _label(text: str) -> str:
    lower = text.lower()
    if lower.isascii() and not lower.startswith("xn--"):
        if PLAIN.fullmatch(lower) or UNDERSCORED.fullmatch(lower):
            return lower
        raise Refused("“%(label)s” is not a valid part of a name.", label=text[:70])
    try:
        label = idna.encode(text, uts46=True, std3_rules=True, transitional=False).decode("ascii")
        if "." not in label and idna.encode(idna.decode(label)).decode("ascii") == label:
            return label
    except (idna.IDNAError, UnicodeError):
        pass
    raise Refused("“%(label)s” is not a valid part of a name.", label=text[:70])


def _unicode(label: str) -> str:
    try:
        return idna.decode(label) if label.startswith("xn--") else label
    except (idna.IDNAError, UnicodeError):
        return label


def _short(name: str) -> str:
    if len(name) > 253:
        raise Refused("This name is too long: at most 253 characters.")
    return name
