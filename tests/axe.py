"""axe-core over a page that is shown in several looks: in one of them, by the page's name, as it takes a second; in all for pictures."""

import os
from zlib import crc32

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LOOKS = 2  # that each page is shown in, a phone's and a desktop's


def complaints(page: Page, name: str, size: str) -> str:
    """Empty where axe finds nothing, or where it is another look's turn. `size`: "phone" or "desktop"."""
    turn = ("phone", "desktop").index(size)
    if not os.environ.get("GASTHOF_PICTURES") and crc32(name.encode()) % LOOKS != turn:
        return ""
    found = Axe().run(page)
    return f"{name}: {found.generate_report()}" if found.violations_count else ""
