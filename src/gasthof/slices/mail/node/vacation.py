"""An out-of-office note as a Sieve script (RFC 5228, 5230, 5260), which Dovecot obeys before the mailbox' own. Pure.

Neither "variables" nor "encoded-character" is required: in a script without them "${...}" is text like any other.
"""

import re

import idna

from gasthof.slices.mail.spec import Vacation

DAYS = 7  # before somebody is answered again
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
LONGEST_SUBJECT, LONGEST_TEXT = 200, 5_000  # characters
UNQUOTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")
SPAM = (
    'not header :is ["X-Spam-Flag", "X-Spam"] ["YES", "true"]',
    'not header :matches "X-Spam-Status" "yes*"',
)


def script(vacation: Vacation) -> bytes:
    """ValueError for what is no note."""
    _check(vacation)
    tests = [*SPAM, *_when("ge", vacation.since), *_when("lt", vacation.until)]
    addresses = dict.fromkeys(form for each in vacation.addresses for form in _forms(each))
    words = [
        "vacation",
        f":days {DAYS}",
        f":from {quoted(vacation.addresses[0])}",
    ]  # else as it was written to: with umlauts, too
    words += [f":addresses [{', '.join(map(quoted, addresses))}]"]
    words += [f":subject {quoted(vacation.subject)}"] if vacation.subject else []
    lines = (
        'require ["vacation", "date", "relational"];',
        f"if allof ({f',{chr(10)}          '.join(tests)}) {{",
        f"    {' '.join(words)} {quoted(vacation.text)};",
        "}",
        "",
    )
    return "\n".join(lines).replace("\n", "\r\n").encode()


def quoted(text: str) -> str:
    """As a quoted string of Sieve; line breaks stand in it as they are (RFC 5228 section 2.4.2)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _when(match: str, moment: str) -> list[str]:
    """Moments compare as text; Sieve's has its zone behind the seconds, which makes it greater than an equal one."""
    return [f'currentdate :zone "+0000" :value "{match}" "iso8601" {quoted(moment)}'] if moment else []


def _forms(address: str) -> tuple[str, str]:
    """With the domain as A-labels, and as people write it."""
    local, _, name = address.rpartition("@")
    return address, f"{local}@{idna.decode(name)}"


def _check(vacation: Vacation) -> None:
    lengths = (vacation.subject, LONGEST_SUBJECT), (vacation.text, LONGEST_TEXT)
    if any(len(text) > longest or UNQUOTABLE.search(text) for text, longest in lengths) or "\n" in vacation.subject:
        raise ValueError("a note whose words cannot be written down")
    if not vacation.text or not vacation.addresses:
        raise ValueError("a note without words, or of nobody")
    for moment in (vacation.since, vacation.until):
        if moment and not MOMENT.fullmatch(moment):
            raise ValueError(f"a note whose days are none: {moment!r}")
