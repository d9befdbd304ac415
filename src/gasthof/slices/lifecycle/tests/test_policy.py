"""The policy that ships says what the spec's rows say; a wrong one is refused with line and key."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle.rules.policy import Policy, policy

SHIPPED = files("gasthof.slices.lifecycle").joinpath("policy.toml").read_text("utf-8")
ROWS = {
    "L13": {"dns"},
    "L14": {"hosting", "hosting_mail"},
    "L15": {"multihosting", "subserver"},
    "L16": {"builder"},
    "L17": {"mail"},
    "L18": {"shop"},
    "L19": {"vms"},
    "L20": {"vps"},
    "L21": {"aps"},
    "L22": {"domain.cz"},
    "L23": {"domain.sk"},
    "L24": {"domain.de"},
    "L25": {"domain.at"},
    "L26": {"domain.eu"},
    "L27": {f"domain.{tld}" for tld in ("com", "net", "info", "biz", "org", "mobi")},
    "L28": {"domain"},
}
SMALL = """\
version = 1
currency = "EUR"
notice_days = 7

[fee.registry]

[type.domain]
spec = "L28"
archive_days = 0
notices = [-3, 0]
phases = [
  { name = "active", can = ["dns", "renew"] },
  { name = "frozen", from = 0, can = ["renew_fee"], fee = "registry" },
  { name = "released", from = 30, can = [] },
]
"""


@pytest.fixture(scope="module")
def shipped() -> Policy:
    return policy(SHIPPED)


def test_each_row_of_the_spec_has_its_entries(shipped: Policy) -> None:
    found: dict[str, set[str]] = {}
    for key, each in shipped.types.items():
        found.setdefault(each.spec, set()).add(key)
    assert found == ROWS


def test_other_tlds_have_the_entry_for_others(shipped: Policy) -> None:
    assert shipped.of("domain.xn--vermgensberatung-pwb").spec == "L28"
    assert shipped.of("domain.de").spec == "L24"
    with pytest.raises(KeyError):
        shipped.of("teapot")


@pytest.mark.parametrize(
    ("line", "instead", "number", "key", "words"),
    [
        ("version = 1", "version = 2", 1, "version", "a whole number from 1 to 1"),
        ("version = 1", "version = true", 1, "version", "a whole number"),
        ("notice_days = 7", "notice_day = 7", 1, "notice_days", "is needed"),
        ("notice_days = 7", "notice_days = 7\nnotice_hours = 3", 4, "notice_hours", "no such key"),
        ('spec = "L28"', "spec = 28", 8, "type.domain.spec", "text in quotes"),
        ("archive_days = 0", "archive_days = -1", 9, "type.domain.archive_days", "from 0 to"),
        ("notices = [-3, 0]", "notices = [0, -3]", 10, "type.domain.notices", "must rise"),
        ('can = ["dns", "renew"]', 'can = ["dns", "renwe"]', 12, "type.domain.phases.0.can", "“renwe” is not one of"),
        ("from = 0", "form = 0", 13, "type.domain.phases.1.from", "one of both"),
        ("from = 30", "from = 0", 11, "type.domain.phases", "begin after the one before"),
        ("from = 30", "after = 30", 14, "type.domain.phases.2.after", "counted_from"),
        ('fee = "registry"', 'fee = "register"', 13, "type.domain.phases.1.fee", "“register” is not one of"),
        (', fee = "registry"', "", 13, "type.domain.phases.1.fee", "if it can be renewed by one"),
        ('name = "released"', 'name = "frozen"', 11, "type.domain.phases", "the last one"),
        ("can = []", 'can = ["served"]', 14, "type.domain.phases.2.can", "restored at most"),
        ("[type.domain]", '[type."domain.de"]', 1, "type", "for all other TLDs"),
    ],
)
def test_a_wrong_one_is_refused_with_line_and_key(line: str, instead: str, number: int, key: str, words: str) -> None:
    assert SMALL.count(line) == 1
    with pytest.raises(Refused) as caught:
        policy(SMALL.replace(line, instead))
    said = str(caught.value)
    assert said.startswith(f"Line {number}, {key}: ") and words in said, said


def test_what_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(Refused, match=r"Line 3 is no TOML"):
        policy(SMALL.replace("notice_days = 7", "notice_days = = 7"))
    with pytest.raises(Refused, match=r"is no TOML"):
        policy(SMALL + "[")


def test_days_after_a_phase_count_from_its_start() -> None:
    found = policy(
        SMALL.replace("from = 30", "after = 60")
        .replace("archive_days", 'counted_from = "frozen"\narchive_days')
        .replace("from = 0", "from = -5")
    )
    assert [phase.start for phase in found.of("domain").phases] == [None, -5, 55]


@given(
    st.text(max_size=300)
    | st.integers(0, len(SHIPPED))
    .flatmap(lambda at: st.tuples(st.just(at), st.text(max_size=5)))
    .map(lambda cut: SHIPPED[: cut[0]] + cut[1] + SHIPPED[cut[0] :])
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert policy(text).types
    except Refused as refusal:
        assert str(refusal)
