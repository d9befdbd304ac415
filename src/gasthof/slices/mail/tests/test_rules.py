"""Which addresses and passwords there may be."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.mail import rules
from gasthof.slices.mail.values import DisplayName, LocalPart, MailPassword, Targets

DOT_STRING = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)  # RFC 5321 section 4.1.2
GOOD = "Sehr-geheim 1"


@pytest.mark.parametrize(
    "text", ["info", "Max.Muster", "a_b-c", " büro ".replace("ü", "ue"), "x" * 64, "_dmarc", "1e9"]
)
def test_names_that_can_be(text: str) -> None:
    assert LocalPart.parse(text) == text.strip().lower()


@pytest.mark.parametrize(
    ("text", "words"),
    [("büro", "umlauts"), ("почта", "umlauts"), ("info+x", "“\\+”"), ("a@b.test", "before the @"), ("", "empty"), (".a", "dot"),
     ("a.", "dot"), ("a..b", "dot"), ("-a", "“-”"), ('"a b"', "digits"), ("a/b", "digits"), ("..", "dot"), ("a%b", "digits"),
     ("a!b", "digits"), ("a|b", "digits"), ("x" * 65, "too long"), ("a\nb", "line breaks"), ("a\0", "Control")],
)  # fmt: skip
def test_names_that_cannot_be(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        LocalPart.parse(text)


@given(st.text(max_size=70))
def test_every_name_is_a_dot_string_and_no_path(text: str) -> None:
    try:
        local = LocalPart.parse(text)
    except Refused:
        return
    assert DOT_STRING.fullmatch(local) and len(local) <= 64
    assert "/" not in local and local not in {".", ".."} and local == local.lower()
    assert LocalPart.parse(local) == local


@pytest.mark.parametrize(
    ("text", "address"),
    [("Info@Grüße-aus-Köln.test", "Info@xn--gre-aus-kln-w6a02arc.test"), ("a+b/c=d@example.org", "a+b/c=d@example.org"),
     (" o'neill@example.org ", "o'neill@example.org")],
)  # fmt: skip
def test_targets_that_can_be(text: str, address: str) -> None:
    assert rules.check_target(text) == address


@pytest.mark.parametrize(
    "text",
    ["info", "@example.org", "a@b", "a b@example.org", "a,b@example.org", "büro@example.org", "|cat@example.org", "-f@example.org",
     "a%b@example.org", "a!b@example.org", '"a"@example.org', "a@[127.0.0.1]", "a@127.0.0.1", "a@example.org\n", ":include:/x@x.test",
     "a..b@example.org", "a@b@example.org", "x" * 65 + "@example.org", "a@" + "x." * 130 + "test"],
)  # fmt: skip
def test_targets_that_cannot_be(text: str) -> None:
    with pytest.raises(Refused):
        rules.check_target(text)


@given(st.one_of(st.text(max_size=40), st.text('ab.@+-|!%", ', max_size=20).map(lambda text: f"{text}@x.test")))
def test_every_target_is_one_address_without_tricks(text: str) -> None:
    try:
        address = rules.check_target(text)
    except Refused:
        return
    assert address.isascii() and address.count("@") == 1 and not set(address) & set(' ,"|!%:;<>()[]\\\n\t\0')
    assert not address.startswith("-") and rules.check_target(address) == address


def test_targets_come_as_a_list_or_as_text() -> None:
    told = ("a@example.org", "b@xn--mller-kva.test")
    assert Targets.parse("a@example.org, b@müller.test,a@example.org") == told
    assert Targets.parse(["a@example.org", "b@müller.test"]) == told
    assert Targets.parse("") == ()
    with pytest.raises(Refused, match="at most 20"):
        Targets.parse([f"a{number}@example.org" for number in range(21)])
    with pytest.raises(Refused):
        Targets.parse([["a@example.org"]])


@pytest.mark.parametrize("text", [GOOD, "Aa1!aaaa", "Ößterreich 7", "P@ssw0rt"])
def test_passwords_that_can_be(text: str) -> None:
    assert MailPassword.parse(text).reveal() == text


@pytest.mark.parametrize(
    "text", ["Aa1!aaa", "aa1!aaaa", "AA1!AAAA", "Aa!aaaaa", "Aa1aaaaa", "", "Aa1!\naaaa", "Aa1!" + "a" * 200]
)
def test_passwords_that_cannot_be(text: str) -> None:
    with pytest.raises(Refused):
        MailPassword.parse(text)


@given(st.text(max_size=30))
def test_a_password_has_all_four_kinds_of_signs(text: str) -> None:
    try:
        found = MailPassword.parse(text).reveal()
    except Refused:
        return
    assert len(found) >= 8 and any(map(str.islower, found)) and any(map(str.isupper, found))
    assert any(map(str.isdigit, found)) and not found.isalnum()


def test_a_password_that_holds_the_name() -> None:
    with pytest.raises(Refused):
        rules.check_password_of("info", "Info-geheim 1")
    rules.check_password_of("ab", "Abc-geheim 1")


@pytest.mark.parametrize(
    ("address", "plain"),
    [("Info+Shop@x.test", "info@x.test"), ("info@x.test", "info@x.test"), ("+a@x.test", "+a@x.test"), ("a+b+c@x.test", "a@x.test")],
)  # fmt: skip
def test_what_a_target_is_looked_up_by(address: str, plain: str) -> None:
    assert rules.stripped(address) == plain


def test_names_of_servers() -> None:
    assert rules.server_name("x.test") == "mail.x.test"
    assert rules.server_name("x.test", "webmail") == "webmail.x.test"
    assert rules.server_name("x." * 124 + "test") is None


def test_a_display_name_may_be_empty() -> None:
    assert DisplayName.parse(" ") == "" and DisplayName.parse("Büro „Süd“") == "Büro „Süd“"
    with pytest.raises(Refused):
        DisplayName.parse(None)
