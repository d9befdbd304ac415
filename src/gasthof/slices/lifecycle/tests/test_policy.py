"""The policy that ships says what the spec's rows say; a wrong one is refused with line and key."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.parsing import tell
from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle.rules.policy import policy
from gasthof.slices.lifecycle.rules.reading import line_of
from gasthof.slices.lifecycle.tests.policies import SHIPPED, TEXT

SK = '{ name = "frozen", from = 0, does = "take_out", can = ["renewable"] }'
DE_END = '{ name = "released", from = 60, counted_from = "quarantine", does = "release", can = [] }'


def test_other_tlds_have_the_entry_for_others() -> None:
    assert SHIPPED.of("domain", "xn--vermgensberatung-pwb").key == "domain"
    assert SHIPPED.of("domain", "de").key == "domain.de"
    assert SHIPPED.of("domain", "mobi").phases == SHIPPED.of("domain", "com").phases
    with pytest.raises(KeyError):
        SHIPPED.of("teapot")


def test_de_and_at_are_released_and_never_deleted() -> None:
    assert {SHIPPED.of("domain", tld).end.does for tld in ("de", "at")} == {"release"}
    assert SHIPPED.of("domain", "sk").end.does == "delete"


def test_days_of_de_count_from_where_the_field_says() -> None:
    assert [phase.start for phase in SHIPPED.of("domain", "de").phases] == [None, -5, 55]
    other = policy(TEXT.replace(DE_END, DE_END.replace('"quarantine"', '"expiry"')))
    assert [phase.start for phase in other.of("domain", "de").phases] == [None, -5, 60]


@pytest.mark.parametrize(
    ("type_", "days", "keeps", "fee", "each"),
    [
        ("hosting", 14, "website", "restore", "service"),
        ("multihosting", 14, "subservers", "restore_subserver", "subserver"),
        ("vms", 14, "subservers", "restore_subserver", "subserver"),
        ("vps", 14, "image", "restore", "service"),
        ("aps", 14, "image", "restore", "service"),
    ],
)
def test_what_stays_restorable(type_: str, days: int, keeps: str, fee: str, each: str) -> None:
    archive = SHIPPED.of(type_).archive
    assert (archive.days, archive.fee) == (days, fee) and keeps in archive.keeps
    assert (SHIPPED.fees[fee].amount, SHIPPED.fees[fee].each) == (2000, each)


@pytest.mark.parametrize("type_", ["builder", "mail", "shop", "domain"])
def test_what_cannot_be_restored(type_: str) -> None:
    assert SHIPPED.of(type_).archive.days == 0 and not SHIPPED.of(type_).end.can


def test_licences_are_given_back_with_machines() -> None:
    assert {key for key, entry in SHIPPED.entries.items() if entry.licence_released} == {"vps", "aps"}


@pytest.mark.parametrize(
    ("there", "instead", "key", "words"),
    [
        ("version = 1", "version = 0", "version", "from 1 to"),
        ("version = 1", "version = true", "version", "A whole number"),
        ("notice_days = 7", "notice_day = 7", "notice_days", "is needed"),
        ("notice_days = 7", "notice_days = 7\nhours = 3", "hours", "no such key"),
        ("amount = 4000", "amount = -1", "fee.unlock.amount", "from 0"),
        (SK, SK.replace("renewable", "renewabel"), 'type."domain.sk".phases[2].can', "“renewabel” is not one of"),
        (SK, SK.replace("from", "form"), 'type."domain.sk".phases[2].from', "is needed"),
        (SK, SK.replace("from = 0", "from = 40"), 'type."domain.sk".phases', "begin after the one before"),
        (SK, SK.replace('"renewable"', '"renewable_by_fee"'), 'type."domain.sk".phases[2].fee', "has a fee if"),
        (SK, SK.replace("take_out", "delete"), 'type."domain.sk".phases[2].does', "Only an end"),
        (SK, SK.replace("frozen", "active"), 'type."domain.sk".phases', "No phase comes twice"),
        (SK, SK.replace(" }", ', days = "many" }'), 'type."domain.sk".phases[2].days', "no such key"),
        (DE_END, DE_END.replace("[]", '["served"]'), 'type."domain.de".phases[3].can', "restored at most"),
        (DE_END, DE_END.replace("release", "open"), 'type."domain.de".phases[3].name', "not one of"),
        ("{ at = 25", "{ at = 41", 'type."domain.sk".notices', "must rise"),
        ("{ at = 39", "{ at = 40", 'type."domain.sk".notices', "none after the end"),
        ('also = ["net"', 'also = ["NET"', 'type."domain.com".also', "not in the right form"),
        ('also = ["net"', 'also = ["de"', "type", "two entries for domain.de"),
        ("[type.shop]", "[type.shoe]", "type.shoe", "no type of service"),
        ('"*" = "locked"', '"frozen" = "locked"', "type.dns.follows", "all other phases"),
        ('"*" = "locked"', '"*" = "locked", thawed = "locked"', "type.dns.follows.thawed", "is no phase"),
        ("[type.aps]  # L21", "[type.aps]\nregistry_clock = 1", "type.aps.registry_clock", "true or false"),
    ],
)  # fmt: skip
def test_a_wrong_one_is_refused_with_line_and_key(there: str, instead: str, key: str, words: str) -> None:
    assert TEXT.count(there) == 1, there
    text = TEXT.replace(there, instead)
    with pytest.raises(Refused) as caught:
        policy(text)
    assert caught.value.values["key"] == key and words in str(caught.value.values["words"]), str(caught.value)
    last = key.rpartition(".")[2].partition("[")[0].strip('"')
    if not (words.startswith("is needed") or last in ("shoe", "type")):
        near = text.splitlines()[caught.value.values["line"] - 1]
        assert last in near or instead in near or "also" in near, near


def test_the_line_is_that_of_the_changed_text() -> None:
    text = TEXT.replace(SK, SK.replace("from", "form"))
    wanted = next(number for number, line in enumerate(text.splitlines(), 1) if "form = 0" in line)
    with pytest.raises(Refused, match=rf"^Line {wanted}, "):
        policy(text)


def test_it_is_told_in_german_too() -> None:
    with pytest.raises(Refused) as caught:
        policy(TEXT.replace(SK, SK.replace("from", "form")))
    with translation.override("de"):
        line = TEXT[: TEXT.index(SK)].count("\n") + 1
        assert tell(caught.value).message == f'Zeile {line}, type."domain.sk".phases[2].from: Dieser Schlüssel fehlt.'


def test_lines_of_keys_in_all_ways_of_writing_them() -> None:
    text = 'a = 1\nb = [\n  { c = 2 },\n  { c = 3,  d = 4 },\n]\n[e."f.g"]\nh = """\n[x]\n"""\n[e.i]\n'
    for path, line in ((("a",), 1), (("b",), 2), (("b", 0, "c"), 3), (("b", 1, "d"), 4), (("e", "f.g"), 6),
                       (("e", "f.g", "missing"), 6), (("e", "i"), 10), (("missing",), 1)):  # fmt: skip
        assert line_of(text, path) == line, path


def test_what_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(Refused, match=r"^Line 2 is no TOML"):
        policy("version = 1\nb = = 7")
    with pytest.raises(Refused, match="is no TOML"):
        policy(TEXT + "[")
    with pytest.raises(Refused, match="too long"):
        policy("#" * 70_000)


PIECES = st.sampled_from(['"', "]", "}", "-9999", "=", "\n", "true", "1970-01-01", "[", "{}", "ü", "''", "inf"])


@given(st.integers(0, len(TEXT)), st.integers(0, 12), st.text(max_size=4) | PIECES)
def test_any_text_is_read_or_refused(at: int, length: int, piece: str) -> None:
    try:
        assert policy(TEXT[:at] + piece + TEXT[at + length :]).entries
    except Refused as refusal:
        assert str(refusal)
