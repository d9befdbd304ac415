"""Names and paths that mean one thing to us and another to whoever reads them later."""

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName, Line, RelativePath, Secret
from gasthof.slices.web.rules import PHP_SETTINGS
from gasthof.slices.web.values import PhpSettings, PhpVersion

FULL_STOPS = "\u3002\uff0e\uff61"  # UTS 46 takes each for a dot
INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\ufe00\ufeff\U000e0061"


@pytest.mark.parametrize(
    "typed",
    [
        "xn--google-.test", "xn--.test", "xn--a-.test", "xn--example.test", "xn--abc-.test",  # A-labels of what is ASCII
        "xn--GRSSE-\u00fc.test", "xn--grüsse-kva.test", "a.xn--\u0663.test",  # half one, half the other
        "example\u2024com", "example.com\u2044path", "example.com\uff0fpath", "example\u2488com", "\u2100.test",  # become / and .
        "ex\u0000ample.test", "example.test\u0000.evil.test", "example.test#.evil.test", "example.test?x.test", "user@example.test",
        "example.test\\@evil.test", "[::ffff:127.0.0.1]", "0x7f.1", "017700000001.0", "2130706433.0x0", "1.1.1.1", "127.1",
        "%65xample.test", "example%2etest", "exa mple.test", "exa\tmple.test", "*.example.test", "_dmarc.example.test", "a,b.test",
        "-example.test", "example-.test", "ex--ample.test", "a..test", ".test", "test.", "example.test..", "\u3002example\u3002test",
        "example.test\u3002", "\u0300a.test", "a\u05d0b.test", "1\u05d0.test", "\u0661\u06f1.test", "\u2665.test", "\U0001f600.test",
    ],
)  # fmt: skip
def test_names_that_are_not_what_they_seem(typed: str) -> None:
    with pytest.raises(Refused):
        DomainName.parse(typed)


@pytest.mark.parametrize("sign", INVISIBLE)
@pytest.mark.parametrize("place", ["{0}example.test", "exa{0}mple.test", "example{0}.test", "example.test{0}"])
def test_a_name_has_no_invisible_twin(sign: str, place: str) -> None:
    """Two names that look the same are one name, or one of them is refused."""
    with contextlib.suppress(Refused):
        assert DomainName.parse(place.format(sign)).ascii == "example.test"
    for kind in (Line, RelativePath):
        if unicodedata.category(sign) != "Mn":
            with pytest.raises(Refused):
                kind.parse(place.format(sign))


@given(st.sampled_from(FULL_STOPS), st.sampled_from(FULL_STOPS + "."))
def test_every_full_stop_is_the_same_dot(first: str, second: str) -> None:
    assert DomainName.parse(f"www{first}bücher{second}test").ascii == "www.xn--bcher-kva.test"


@given(st.text(min_size=1, max_size=30))
def test_compatible_characters_make_the_same_name(typed: str) -> None:
    """What UTS 46 folds together must not be two customers' names."""
    names = set()
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        try:
            names.add(DomainName.parse(unicodedata.normalize(form, typed) + ".test"))
        except Refused:
            continue
    assert len(names) <= 1


@pytest.mark.parametrize(
    "typed",
    [
        "web/\uff0e\uff0e/x", "web/\u2024\u2024/x", "web\uff0fx", "web\u2044x", "web\u2215x", "web/..\u0000/x", "web/%2e%2e/x", "web/..;/x",
        "web/.../../x", "web/x/..", "..\u200b/x", "web/x\u202e/y", "file:///etc/passwd", "web/x:y", "web/$HOME", "web/x\n[global]",
        "web/x;user=root", "web/#x", "web/x$1", "web/{x}", "web/x\u0085", "web/\ue000", "web/\U0010ffff", "//server/share", "C:/x",
    ],
)  # fmt: skip
def test_paths_that_are_not_what_they_seem(typed: str) -> None:
    with pytest.raises(Refused):
        RelativePath.parse(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "memory_limit=64M\nopen_basedir=/", "memory_limit=64M;open_basedir=/", "open_basedir=/", "Memory_Limit=64M", "memory_limit",
        "=64M", "memory_limit==64M", "memory_limit=64M\x00", "auto_prepend_file=/etc/passwd", "memory_limit=64M,disable_functions=",
        {"memory_limit": 64}, {"memory_limit": None}, {1: "64M"}, {"open_basedir": ""}, {"memory_limit": ["64M"]}, ["memory_limit=64M"],
        {f"x{n}": "1" for n in range(1_000)}, 64, None, "x=1," * 2_000, {"date.timezone": "Europe/Berlin\nsendmail_path=/bin/x"},
    ],
)  # fmt: skip
def test_php_settings_that_would_be_something_else(typed: object) -> None:
    with pytest.raises(Refused):
        PhpSettings.parse(typed)


@given(st.dictionaries(st.sampled_from(sorted(PHP_SETTINGS)), st.text(max_size=12), max_size=5))
def test_php_settings_are_lines_of_their_own(given_: dict[str, str]) -> None:
    try:
        settings = PhpSettings.parse(given_)
    except Refused:
        return
    text = "\n".join(f"{name} = {value}" for name, value in settings.items() if value is not None)
    read = dict(line.split(" = ") for line in text.splitlines())
    assert read == {name: value for name, value in settings.items() if value is not None}


@pytest.mark.parametrize(
    "typed", ["8", "8.2.1", "../8.2", "8.2/s000001", "8.2\n", "８.２", "-8.2", "8.2;", "999.1", "", "8.", ".2", 8.2]
)
def test_versions_are_two_numbers(typed: object) -> None:
    with pytest.raises(Refused):
        PhpVersion.parse(typed)


def test_a_secret_is_not_in_its_own_error() -> None:
    with pytest.raises(Refused) as refused:
        Secret.parse("Sehr geheim\x00")
    assert "geheim" not in f"{refused.value} {refused.value!r} {refused.value.values}"
