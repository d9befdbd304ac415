"""What a browser calls itself, in words for people: the name and the system out of a User-Agent header (RFC 9110 section 10.1.5).

Browsers name those whom they resemble as well, so that the first that fits counts: the particular ahead of what it is built on.
"""

import re
from dataclasses import dataclass

BROWSERS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/"),
    ("Opera", r"\b(?:OPR|OPiOS|Opera)/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Vivaldi", r"\bVivaldi/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chromium", r"\bChromium/"),
    ("Chrome", r"\b(?:Headless)?(?:Chrome|CriOS)/"),
    ("Safari", r"\bVersion/[\d.]+ .*\bSafari/"),
    ("curl", r"^curl/"),
)
SYSTEMS = (
    ("Windows", r"\bWindows\b"),
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("macOS", r"\bMac ?OS ?X\b|\bMacintosh\b"),
    ("Linux", r"\bLinux\b|\bX11\b"),
)


@dataclass(frozen=True)
class Browser:
    """Names as their makers write them; empty where the header does not say."""

    name: str
    system: str


def read(header: str) -> Browser:
    """Whatever stands in the header: it is the visitor's to choose, and no more than a hint."""
    return Browser(_first(BROWSERS, header), _first(SYSTEMS, header))


def _first(known: tuple[tuple[str, str], ...], header: str) -> str:
    return next((name for name, pattern in known if re.search(pattern, header)), "")
