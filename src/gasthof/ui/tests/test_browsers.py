"""Browsers by what they call themselves."""

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from gasthof.ui import browsers
from gasthof.ui.browsers import Browser

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IOS = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS, ANDROID = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Mozilla/5.0 (Linux; Android 14; SM-S918B)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"


@pytest.mark.parametrize(
    ("header", "name", "system"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox", "Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox", "Linux"),
        (f"{IPHONE} {IOS} FxiOS/127.0 Mobile/15E148 Safari/605.1.15", "Firefox", "iPhone"),
        (f"{WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36", "Chrome", "Windows"),
        (f"{WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge", "Windows"),
        (f"{WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36 OPR/112.0.0.0", "Opera", "Windows"),
        (
            f"{ANDROID} {WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
            "Samsung Internet",
            "Android",
        ),
        (f"{IPHONE} {IOS} Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "iPhone"),
        (f"{IPHONE} {IOS} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1", "Chrome", "iPhone"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {IOS} Version/17.5 Safari/605.1.15", "Safari", "macOS"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36", "Chrome", "ChromeOS"),
        ("curl/8.5.0", "curl", ""),
        ("", "", ""),
    ],
)
def test_who_it_is(header: str, name: str, system: str) -> None:
    assert browsers.read(header) == Browser(name, system)


@given(st.text())
def test_whatever_is_sent_is_only_ever_one_of_the_known_names(header: str) -> None:
    known = {name for name, _ in browsers.BROWSERS + browsers.SYSTEMS} | {""}
    found = browsers.read(header)
    assert {found.name, found.system} <= known


@pytest.mark.parametrize(
    ("header", "language", "words"),
    [
        ("Firefox/1 (Windows)", "en", "Firefox on Windows"),
        ("Firefox/1 (Windows)", "de", "Firefox auf Windows"),
        ("curl/8.5.0", "de", "curl"),
        ("(X11)", "en", "An unknown browser on Linux"),
        ("(X11)", "de", "Unbekannter Browser auf Linux"),
        ("<b>müll</b>", "de", "Unbekannter Browser"),
    ],
)
def test_in_words(header: str, language: str, words: str) -> None:
    with translation.override(language):
        assert Template("{% load ui %}{{ header|browser }}").render(Context({"header": header})) == words
