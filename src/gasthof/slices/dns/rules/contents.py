"""The grammar of each record type: from what people type to the one form that is stored and served.

The form is that of zone files (RFC 1035 section 5.1) in one line, names whole with a final dot. dnspython knows each type's own rules.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.txtbase import TXTBase

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import plain_text
from gasthof.slices.dns.rules import names

CHUNK = 255  # bytes of a character string, RFC 1035 section 3.3
LONGEST_TXT = 4_000  # bytes; a set has to fit into a message, and people's keys are shorter
QUOTED = r'"(?:[^"\\]|\\[0-9]{3}|\\[^0-9])*"'
WORD = rf'(?:[^\s"();\\]|{QUOTED})+'
WORDS = re.compile(rf"{WORD}(?: +{WORD})*")
STRINGS = re.compile(rf"{QUOTED}(?: *{QUOTED})*")
ESCAPE = re.compile(rb"\\([0-9]{3}|[^0-9])")
BINDINGS = ("HTTPS", "SVCB")
CAA_TAGS = {b"issue", b"issuewild", b"iodef", b"issuemail", b"issuevmc"}


@dataclass(frozen=True)
class Shape:
    """How a type's data is written."""

    example: str
    name: int | None = None  # which word is a name
    root: bool = False  # "." may stand for it: there is none
    underscores: bool = False  # in that name
    owner_underscores: bool = True  # in the name of the record itself
    sound: Callable[[Any], bool] = lambda _rdata: True  # beyond what dnspython asks for


def _caa(rdata: Any) -> bool:
    return rdata.flags in (0, 128) and rdata.tag in CAA_TAGS


def _tlsa(rdata: Any) -> bool:
    return rdata.usage <= 3 and rdata.selector <= 1 and rdata.mtype <= 2 and len(rdata.cert) > 0


def _sshfp(rdata: Any) -> bool:
    return rdata.algorithm in (1, 2, 3, 4, 6) and rdata.fp_type in (1, 2)


def _ds(rdata: Any) -> bool:
    return rdata.algorithm in (5, 7, 8, 10, 13, 14, 15, 16) and rdata.digest_type in (1, 2, 4)


def _mx(rdata: Any) -> bool:
    return bool(rdata.exchange != dns.name.root or rdata.preference == 0)  # RFC 7505


def _binding(rdata: Any) -> bool:
    """ServiceMode only with what the daemon of this house knows how to read."""
    return all(int(key) in range(7) for key in rdata.params)


SHAPES: Mapping[str, Shape] = {
    "A": Shape("192.0.2.1", owner_underscores=False),
    "AAAA": Shape("2001:db8::1", owner_underscores=False),
    "ALIAS": Shape("example.net", name=0, owner_underscores=False),
    "CAA": Shape('0 issue "letsencrypt.org"', owner_underscores=False, sound=_caa),
    "CNAME": Shape("www.example.net", name=0, underscores=True),
    "DS": Shape("12345 13 2 (64 hexadecimal digits)", sound=_ds),
    "HTTPS": Shape("1 . alpn=h2", name=1, root=True, underscores=True, sound=_binding),
    "MX": Shape("10 mail.example.net", name=1, root=True, owner_underscores=False, sound=_mx),
    "NAPTR": Shape('100 10 "s" "SIP+D2U" "" _sip._udp.example.net', name=5, root=True, underscores=True),
    "NS": Shape("ns1.example.net", name=0),
    "PTR": Shape("host.example.net", name=0, underscores=True),
    "SRV": Shape("10 5 5060 sip.example.net", name=3, root=True),
    "SSHFP": Shape("4 2 (64 hexadecimal digits)", owner_underscores=False, sound=_sshfp),
    "SVCB": Shape("1 . alpn=h2", name=1, root=True, underscores=True, sound=_binding),
    "TLSA": Shape("3 1 1 (64 hexadecimal digits)", sound=_tlsa),
    "TXT": Shape("v=spf1 a mx -all"),
}
TYPES = tuple(SHAPES)


def content(kind: str, text: str, zone: str) -> str:
    """One record's data in its settled form. `zone` is what "@" stands for. Raises Refused."""
    text = plain_text(text).strip()
    if kind == "TXT":
        return _txt(text)
    shape = SHAPES[kind]
    words = _words(kind, text)
    if shape.name is not None:
        if len(words) <= shape.name:
            raise _wrong(kind)
        words[shape.name] = _name(words[shape.name], zone, shape)
    if kind == "ALIAS":
        return _only(kind, words)
    return _settled(kind, " ".join(words))


def target(kind: str, settled: str) -> str | None:
    """The name that a record (of `content`) points to, without its final dot; None where there is none, or the root."""
    place = SHAPES[kind].name
    name = re.findall(WORD, settled)[place] if place is not None else names.ROOT
    return name.removesuffix(names.ROOT) or None


def shown(kind: str, settled: str) -> str:
    """As people read and may type it: names with U-labels and without final dots, text without quotes where it needs none."""
    if kind == "TXT":
        return _shown_txt(settled)
    place = SHAPES[kind].name
    if place is None:
        return settled
    words = re.findall(WORD, settled)
    words[place] = names.shown(words[place])
    return " ".join(words)


def _words(kind: str, text: str) -> list[str]:
    single = re.sub(r"\s+", " ", text.strip()) if '"' not in text else text.strip()
    if not WORDS.fullmatch(single):
        raise _wrong(kind)
    return re.findall(WORD, single)


def _name(word: str, zone: str, shape: Shape) -> str:
    if word == names.ROOT and shape.root:
        return word
    return names.target(word, zone, underscores=shape.underscores)


def _only(kind: str, words: Sequence[str]) -> str:
    if len(words) != 1:
        raise _wrong(kind)
    return words[0]


def _settled(kind: str, text: str) -> str:
    if not text.isascii() or "\\#" in text:
        raise _wrong(kind)
    try:
        rdata = dns.rdata.from_text(dns.rdataclass.IN, kind, text, origin=dns.name.root, relativize=False)
        rdata.to_wire()
    except (dns.exception.DNSException, ValueError) as error:
        raise _wrong(kind) from error
    if not SHAPES[kind].sound(rdata):
        raise _wrong(kind)
    if kind in BINDINGS:
        return _unquoted(kind, rdata.to_text())
    return rdata.to_text(chunksize=0) if kind in ("TLSA", "SSHFP", "DS") else rdata.to_text()


def _unquoted(kind: str, text: str) -> str:
    """PowerDNS reads parameters without quotes; none that it knows needs any."""
    found = re.sub(r'="([^"\\ ]+)"', r"=\1", text)
    if '"' in found:
        raise _wrong(kind)
    return found


def _wrong(kind: str) -> Refused:
    return Refused(
        "This is not a valid %(type)s record. One looks like this: %(example)s", type=kind, example=SHAPES[kind].example
    )


def _txt(text: str) -> str:
    """Quoted strings as they are, anything else as one; those that are longer than a string can be are cut (RFC 7208, 3.3)."""
    if text.startswith('"'):
        if not STRINGS.fullmatch(text):
            raise Refused("The quotation marks do not fit together.")
        strings = [_unescaped(each) for each in re.findall(QUOTED, text)]
    else:
        strings = [text.encode()]
    if sum(map(len, strings)) > LONGEST_TXT:
        raise Refused("This text is too long: at most %(limit)d bytes.", limit=LONGEST_TXT)
    return _quoted([piece for each in strings for piece in _pieces(each)])


def _pieces(string: bytes) -> list[bytes]:
    return [string[start : start + CHUNK] for start in range(0, len(string), CHUNK)] or [b""]


def _quoted(strings: Sequence[bytes]) -> str:
    return str(_TXT(dns.rdataclass.IN, dns.rdatatype.TXT, strings).to_text())


class _TXT(TXTBase):
    """dnspython's own base, so that its way of escaping is the one way."""


def _unescaped(quoted: str) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        if match[1].isdigit():
            if int(match[1]) > 255:
                raise Refused("The quotation marks do not fit together.")
            return bytes([int(match[1])])
        return match[1]

    return ESCAPE.sub(plain, quoted[1:-1].encode())


def _shown_txt(settled: str) -> str:
    strings = [_unescaped(each) for each in re.findall(QUOTED, settled)]
    whole = b"".join(strings)
    try:
        text = whole.decode()
        return text if _txt(text) == settled and text.isprintable() and text == text.strip() else settled
    except (UnicodeDecodeError, Refused):
        return settled
