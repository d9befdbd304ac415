"""The grammar of records: what goes in comes out as one line that means the same, or is refused."""

import dns.name
import dns.rdata
import dns.zonefile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.dns.rules import contents, names

ZONE = "xn--gre-aus-kln-w6a02arc.test"
HEX = "ab" * 32
GOOD = {
    "A": ["192.0.2.1"],
    "AAAA": ["2001:DB8::1", "::"],
    "ALIAS": ["größe.test", "example.net."],
    "CAA": ['0 issue "ca.test"', "128 issuewild ca.test", '0 iodef "mailto:a@b.test"', '0 issue ";"'],
    "CNAME": ["@", "_x.größe.test", "a-b.example.test"],
    "DS": [f"1 13 2 {HEX}", f"1 8 1 {'12' * 20}"],
    "HTTPS": ["1 . alpn=h2,h3", "0 größe.test", '1 . alpn="h2" port=1'],
    "MX": ["10 größe.test", "0 .", "  10   a.test  "],
    "NAPTR": ['1 2 "u" "E2U+sip" "!^.*$!sip:a@b.test!" .'],
    "NS": ["ns.größe.test"],
    "PTR": ["größe.test"],
    "SRV": ["1 2 3 größe.test", "0 0 0 ."],
    "SSHFP": [f"4 2 {HEX}", f"1 1 {'12' * 20}"],
    "SVCB": ["1 größe.test port=53", "2 . mandatory=port port=53"],
    "TLSA": [f"3 1 1 {HEX}", "0 0 0 " + "ff" * 900],
    "TXT": ["", "a", '"a" "b"', "grüße", 'a "b" c', "x" * 3_000, "\\", ";", "a\\000"],
}
BAD = {
    "A": ["", "1.2.3", "1.2.3.04", "192.0.2.1 ; x", "(192.0.2.1)", "\\# 4 01020304", "::1", "192.0.2.1 192.0.2.2", "١.2.3.4"],
    "AAAA": ["192.0.2.1", "::1::", "fe80::1%eth0"],
    "ALIAS": ["a", "a.test b.test", "_a.test", "192.0.2.1", "."],
    "CAA": ["0 issue", '1 issue "a.test"', '0 other "a.test"', '0 issue "a', "0 issue ü"],
    "CNAME": ["a", "a..test", "a.test.test..", "a b.test", ".", "-a.test", "xn--a.test", "192.0.2.1"],
    "DS": [f"1 13 2 {HEX}ab", f"1 99 2 {HEX}", "1 13 2 xyz", f"70000 13 2 {HEX}"],
    "HTTPS": ["1 . key99=x", "1 . alpn=h2 alpn=h3", "0 a.test alpn=h2", "1 . port=99999", '1 . alpn="h\\"2"', "1 . alpn=h\\\\2", "1"],
    "MX": ["10", "a.test", "10 .", "70000 a.test", "-1 a.test", "10 a.test b.test", "10 _a.test", "10 192.0.2.1", "$ORIGIN ."],
    "NAPTR": ["1 2 u x", '1 2 "u" "" "" a'],
    "NS": ["_a.test", "ns"],
    "PTR": ["", "a"],
    "SRV": ["1 2 a.test", "1 2 70000 a.test", "1 2 3 _a.test"],
    "SSHFP": [f"9 2 {HEX}", f"4 2 {HEX}ab", "4 2"],
    "SVCB": ["1 a.test mandatory=alpn", "x"],
    "TLSA": [f"4 1 1 {HEX}", f"3 2 1 {HEX}", "3 1 1", "3 1 1 ab"],
    "TXT": ['"a', '"a" b', "x" * 4_001, '"\\999"', "a\nb", "a\x00b", '"a"b"'],
}  # fmt: skip


def test_there_are_examples_of_every_type() -> None:
    assert GOOD.keys() == BAD.keys() == contents.SHAPES.keys()


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in GOOD.items() for text in texts])
def test_what_is_right_is_settled_once_and_for_all(kind: str, text: str) -> None:
    settled = contents.content(kind, text, ZONE)
    assert settled.isascii() and settled.isprintable()
    assert contents.content(kind, settled, ZONE) == settled
    assert contents.content(kind, contents.shown(kind, settled), ZONE) == settled


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in BAD.items() for text in texts])
def test_what_is_wrong_is_refused(kind: str, text: str) -> None:
    with pytest.raises(Refused):
        contents.content(kind, text, ZONE)


def as_zone_file(kind: str, settled: str) -> list[tuple[str, str]]:
    """(name, data) of each record that a reader of zone files makes of it."""
    text = f"name 60 IN {kind} {settled}\nlast 60 IN A 192.0.2.99\n"
    read = dns.zonefile.read_rrsets(text, origin="zone.test.", rdclass=None, default_ttl=1)
    return [(found.name.to_text(), part.to_text()) for found in read for part in found]


def parsed_back(kind: str, settled: str) -> None:
    found = as_zone_file(kind, settled)
    assert [name for name, _ in found] == ["name.zone.test.", "last.zone.test."]
    wanted = dns.rdata.from_text("IN", kind, settled, origin=dns.name.root, relativize=False)
    assert found[0][1] == wanted.to_text()


@given(st.text(max_size=300))
def test_any_text_stays_one_txt_record_of_the_same_bytes(text: str) -> None:
    """attacks.md, "DNS record text turned into zone directives or code"."""
    try:
        settled = contents.content("TXT", text, ZONE)
    except Refused:
        return
    assert settled.isascii() and settled.isprintable()
    parsed_back("TXT", settled)
    assert contents.content("TXT", contents.shown("TXT", settled), ZONE) == settled
    if not text.strip().startswith('"'):
        strings = dns.rdata.from_text("IN", "TXT", settled).strings
        assert b"".join(strings).decode() == contents.plain_text(text).strip()
        assert all(len(each) <= contents.CHUNK for each in strings)


WORDS = st.sampled_from(
    ["10", "0", "1", ".", "@", "a.test", "größe.test", "192.0.2.1", "::1", '"u"', '"a;b"', ";", "(", ")", "$ORIGIN", "\\", "\n", "IN", "A",
     "alpn=h2", "port=53", HEX, '"', "\\# 4 01020304", "\t", "*", "_x.test", "issue", "3", "13", "2", ""]
)  # fmt: skip


@given(
    st.sampled_from([(kind, text) for kind, texts in GOOD.items() for text in texts if kind not in ("ALIAS", "TXT")]),
    st.integers(0, 6),
    st.integers(0, 1),
    st.lists(WORDS, max_size=2),
)
def test_any_words_stay_one_record_or_are_refused(
    good: tuple[str, str], place: int, less: int, more: list[str]
) -> None:
    kind, words = good[0], good[1].split(" ")
    try:
        settled = contents.content(kind, " ".join([*words[:place], *more, *words[place + less :]]), ZONE)
    except Refused:
        return
    parsed_back(kind, settled)
    assert contents.content(kind, contents.shown(kind, settled), ZONE) == settled


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_any_name_stays_within_the_zone_or_is_refused(text: str) -> None:
    try:
        name = names.absolute(text, ZONE)
    except Refused:
        return
    assert names.within(name, ZONE) and name.isascii() and len(name) <= 253
    assert dns.name.from_text(f"{name}.").to_text() == f"{name}."
    assert names.absolute(names.shown_owner(name, ZONE), ZONE) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [("", ZONE), ("@", ZONE), ("www", f"www.{ZONE}"), ("läden", f"xn--lden-loa.{ZONE}"), ("*", f"*.{ZONE}"), ("*.a", f"*.a.{ZONE}"),
     ("grüße-aus-köln.test", ZONE), ("www.grüße-aus-köln.test.", f"www.{ZONE}"), (f"www.{ZONE}", f"www.{ZONE}"), ("_dmarc", f"_dmarc.{ZONE}"),
     ("s1._domainkey", f"s1._domainkey.{ZONE}"), ("WWW", f"www.{ZONE}"), ("a．b", f"a.b.{ZONE}"), ("r3---sn", f"r3---sn.{ZONE}")],
)  # fmt: skip
def test_names_are_typed_as_they_are_read(typed: str, name: str) -> None:
    assert names.absolute(typed, ZONE) == name


@pytest.mark.parametrize(
    "typed",
    [
        "a..b",
        ".",
        "a b",
        "-a",
        "a-",
        "a.*",
        "**",
        "*a",
        "a;b",
        "a(b",
        "a\\b",
        "a$b",
        "a" * 64,
        ".".join(["abcdefgh"] * 29),
        "other.test.",
    ],
)
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(Refused):
        names.absolute(typed, ZONE)
