"""Values parse what people type and refuse the rest by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName, Line, NewPassword, PersonName, RelativePath, Secret, Title, UserName

LABEL = st.text("abcdefghijklmnopqrstuvwxyzäöüßñéłδ0123456789", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("example.com", "example.com"),
        ("Example.COM", "example.com"),
        ("grüße-aus-köln.test", "xn--gre-aus-kln-w6a02arc.test"),
        ("gru\u0308ße-aus-ko\u0308ln.test", "xn--gre-aus-kln-w6a02arc.test"),
        ("XN--gre-aus-kln-w6a02arc.test", "xn--gre-aus-kln-w6a02arc.test"),
        ("GRÜSSE.test", "xn--grsse-lva.test"),
        ("büro。example", "xn--bro-hoa.example"),
        (" example.com ", "example.com"),
        ("שלום.test", "xn--9dbne9b.test"),
    ],
)
def test_domain_names(typed: str, stored: str) -> None:
    name = DomainName.parse(typed)
    assert name.ascii == stored
    assert DomainName.parse(name.unicode) == DomainName.parse(name.ascii) == name


@pytest.mark.parametrize(
    "typed",
    [
        "", "localhost", "example.com.", ".example.com", "a..b", "-a.test", "a-.test", "a b.test", "a_b.test", "*.test",
        "127.0.0.1", "1.2", "example.0x7f", "::1", "[::1]", "http://a.test", "a.test/", "a.test:80", "a@b.test", "a%2eb.test",
        "a.test\n", "a\x00.test", "a\u202eb.test", "ab--c.test", "xn--a.test", "xn--99999999.test", "x" * 64 + ".test",
        ".".join(["x" * 60] * 5), "אa.test", "☃.test", "x" * 6_000, "example.test.", "a.test;rm", "$(id).test", "`id`.test",
        "a'.test", 'a".test', "é" * 300 + ".test", "\ud800.test", "a\u200d.test", "example.com。", "\u0301a.test",
    ],
)  # fmt: skip
def test_no_domain_names(typed: str) -> None:
    with pytest.raises(Refused):
        DomainName.parse(typed)


@given(st.lists(LABEL, min_size=1, max_size=4).map(lambda labels: ".".join([*labels, "test"])))
def test_a_domain_name_is_one_name_however_it_is_written(typed: str) -> None:
    try:
        name = DomainName.parse(typed)
    except Refused:
        return
    assert DomainName.parse(name.unicode) == name == DomainName.parse(name.ascii.upper())
    assert name.ascii.isascii() and name.ascii == name.ascii.lower() and len(name.ascii) <= 253


@given(st.text(max_size=80))
def test_any_text_is_a_domain_name_or_refused(typed: str) -> None:
    try:
        name = DomainName.parse(typed)
    except Refused:
        return
    assert set(name.ascii) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


def test_names_above_and_below() -> None:
    name = DomainName.parse("www.bücher.example.test")
    assert name.above == ("xn--bcher-kva.example.test", "example.test", "test")
    assert name.reverse == "test.example.xn--bcher-kva.www."


@pytest.mark.parametrize(
    "typed", ["web/shop", "web/grüße.test/öffentlich", "a", ".well-known/x", "a b/c,d~e", "a/b/c+d@e"]
)
def test_paths(typed: str) -> None:
    assert RelativePath.parse(typed) == typed


def test_a_path_is_composed() -> None:
    assert RelativePath.parse("web/gru\u0308n") == "web/gr\u00fcn"


@pytest.mark.parametrize(
    "typed",
    [
        "", "/", "/etc", "..", "../x", "a/../b", "a/..", "./a", "a/.", "a//b", "a/", "a\x00b", "a\nb", "a\\b", "-rf", "a/-x", "~root",
        "a;b", "$(id)", "`id`", 'a"b', "a'b", "a|b", "a{b}", "a*", "a?b", "a<b", "a%2e", "a\u202eb", "x" * 256, "a/" * 40 + "a",
        "ä" * 200, " a", "a ", "a\ud800", 7, None, ["a"],
    ],
)  # fmt: skip
def test_no_paths(typed: object) -> None:
    with pytest.raises(Refused):
        RelativePath.parse(typed)


@given(st.text(max_size=60))
def test_a_path_stays_below(typed: str) -> None:
    try:
        path = RelativePath.parse(typed)
    except Refused:
        return
    assert not path.startswith("/") and {"", ".", ".."}.isdisjoint(path.split("/")) and "\x00" not in path


@pytest.mark.parametrize("kind", [Line, PersonName, Title, UserName])
@pytest.mark.parametrize("typed", ["", "  ", "a\nb", "a\rb", "a\x00", "a\u202e", "a\u2028", "x" * 201, 5, None])
def test_no_lines(kind: type[Line], typed: object) -> None:
    with pytest.raises(Refused):
        kind.parse(typed)


def test_a_line_is_kept_as_it_is() -> None:
    assert PersonName.parse("  O'Brien & Söhne <GmbH>; $(id) ") == "O'Brien & Söhne <GmbH>; $(id)"


def test_a_user_name_has_no_colon() -> None:
    assert UserName.parse("jörg müller") == "jörg müller"
    with pytest.raises(Refused):
        UserName.parse("a:b")


def test_a_secret_does_not_show() -> None:
    secret = Secret.parse("sehr geheim")
    assert "geheim" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "sehr geheim"


@pytest.mark.parametrize("typed", ["kurz", "aaaaaaaaaaaaaaa", "abababababababab", "x" * 201, "zeile\numbruch 12"])
def test_weak_passwords(typed: str) -> None:
    with pytest.raises(Refused):
        NewPassword.parse(typed)
