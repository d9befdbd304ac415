"""The script of an out-of-office note: whatever the words are, Dovecot's compiler reads them back, and nothing else."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import Day
from gasthof.slices.mail import rules
from gasthof.slices.mail.node.vacation import quoted, script
from gasthof.slices.mail.spec import Vacation
from gasthof.slices.mail.tests.machine import ASCII, UMLAUT
from gasthof.slices.mail.values import Message, Subject

NOTE = Vacation("Bin weg.", (f"info@{ASCII}",))
CONFIGURATION = (
    "mail_uid = 65534\nmail_gid = 65534\nfirst_valid_uid = 1\nmail_home = {0}\nmail_location = maildir:{0}/Maildir\n"
)
ANSWER = re.compile(
    r"\nPerformed actions:\n\n \* send vacation message:\n    => seconds : 604800\n(?:    => subject : (?P<subject>.*?)\n)?    => from    : info@xn--\S+\n    => handle  :"
    r".*?\nSTART MESSAGE\n(?P<text>.*)\nEND MESSAGE\n\nImplicit keep:\n\n \* store message in folder: INBOX\n\n",
    re.DOTALL,
)
PIECES = st.sampled_from(
    ['"', "\\", '\\"', "\n", ".", "\n.\n", "\n..", ";", "}", '"; discard; stop; #', "text:\n", "${hex:22}", "${unicode:0022}", "${0}", "/*", "*/", "#",
     "ä", "ß", "🏖", "👩‍👩‍👧", "日本", "\u0301", "\t".expandtabs(), "%", "%u", "{3+}\n", "keep;"]
)  # fmt: skip
WORDS = st.lists(PIECES | st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=8), max_size=20).map(
    "".join
)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with TemporaryDirectory(prefix="gm-sieve-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "conf").write_text(CONFIGURATION.format(name))
        (folder / "mail").write_text(f"From: a@example.com\nTo: info@{UMLAUT}\nSubject: x\n\nx\n")
        yield folder


def answered(place: Path, content: bytes) -> tuple[str, str] | None:
    """Subject and words of the one answer that the script gives, after keeping the mail; None: none."""
    (place / "script").write_bytes(content)
    line = ["/usr/bin/sieve-test", "-c", str(place / "conf"), "-f", "a@example.com", "-a", f"info@{ASCII}"]
    done = subprocess.run(
        [*line, str(place / "script"), str(place / "mail")], check=False, capture_output=True, timeout=20
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode().replace("\r\n", "\n")
    found = ANSWER.fullmatch(said)
    assert found or "vacation" not in said, said
    return (found["subject"] or "", found["text"]) if found else None


@pytest.mark.daemons
@settings(max_examples=150, deadline=None)
@given(WORDS, WORDS)
def test_whatever_the_words_are_they_are_said_and_nothing_else_is_done(
    place: Path, raw_subject: str, raw_text: str
) -> None:
    subject, text = " ".join(raw_subject.replace("\u200d", "").split()), raw_text.strip() or "x"
    found = answered(
        place, script(replace(NOTE, subject=str(Subject.parse(subject[:150])), text=str(Message.parse(text))))
    )
    assert found == (str(Subject.parse(subject[:150])), str(Message.parse(text)))


@pytest.mark.daemons
@pytest.mark.parametrize(
    ("since", "until", "answers"),
    [
        ("", "", True), ("2000-01-01T00:00:00", "2999-01-01T00:00:00", True), ("2999-01-01T00:00:00", "", False), ("", "2000-01-01T00:00:00", False),
        ("2999-01-01T00:00:00", "2999-02-01T00:00:00", False), ("2000-01-01T00:00:00", "2000-02-01T00:00:00", False),
    ],
)  # fmt: skip
def test_days(place: Path, since: str, until: str, answers: bool) -> None:
    assert (answered(place, script(replace(NOTE, since=since, until=until))) is not None) is answers


@pytest.mark.parametrize(
    "spoiled",
    [
        {"text": ""}, {"text": "a\0b"}, {"text": "a\rb"}, {"text": "a\x1bb"}, {"text": "\ud800"}, {"text": "x" * 5_001}, {"subject": "a\nb"}, {"subject": "\0"},
        {"addresses": ()}, {"since": "2026-12-24"}, {"until": '2026-12-24T00:00:00"'}, {"until": "heute"},
    ],
)  # fmt: skip
def test_what_cannot_be_written_down_is_refused(spoiled: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="note"):
        script(replace(NOTE, **spoiled))  # type: ignore[arg-type]


def test_both_spellings_of_each_address() -> None:
    assert (
        f'["info@{ASCII}", "info@{UMLAUT}", "a@example.com"]'
        in script(replace(NOTE, addresses=(f"info@{ASCII}", "a@example.com"))).decode()
    )


def test_quoting() -> None:
    assert quoted('a"b\\c\n.') == '"a\\"b\\\\c\n."'


@pytest.mark.parametrize("raw", ["a\0b", "a\x1b[0m", "a\u202eb", "a\ud800", "x" * 4_001, 7, None, "a\u2028b"])
def test_words_that_are_refused(raw: object) -> None:
    with pytest.raises(Refused):
        Message.parse(raw)


def test_words_are_kept_as_they_were_typed() -> None:
    assert Message.parse("Grüße\r\n\r\n\tvom Strand 👩‍👧\r\n\r\n") == "Grüße\n\n    vom Strand 👩‍👧"
    assert Message.parse(" \r\n") == "" and Subject.parse("  ") == ""


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2026-12-24", (2026, 12, 24)),
        ("24.12.2026", (2026, 12, 24)),
        (" 4. 1. 2027 ", (2027, 1, 4)),
        ("2028-2-29", (2028, 2, 29)),
    ],
)
def test_days_as_people_write_them(raw: str, day: tuple[int, int, int]) -> None:
    assert Day.parse(raw) == date(*day)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "morgen",
        "2026-02-30",
        "1999-12-31",
        "24.12.26",
        "12/24/2026",
        "2026-12-24T00:00",
        "٢٠٢٦-12-24",
        20261224,
        None,
    ],
)
def test_days_that_are_none(raw: object) -> None:
    with pytest.raises(Refused):
        Day.parse(raw)


@pytest.mark.parametrize(
    ("on", "first", "last", "state"),
    [
        (False, None, None, "off"), (True, None, None, "on"), (True, 24, None, "on"), (True, 25, 26, "planned"), (True, None, 24, "on"), (True, 20, 23, "over"),
        (False, 20, 30, "off"),
    ],
)  # fmt: skip
def test_state_on_the_24th(on: bool, first: int | None, last: int | None, state: str) -> None:
    days = (date(2026, 12, each) if each else None for each in (first, last))
    assert rules.vacation_state(on, *days, date(2026, 12, 24)) == state
