"""Both languages are complete: English stands in the code, German in its catalogue."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.habits.messages import SOURCE, sentences

GERMAN = SOURCE / "locale" / "de" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|\{\w*\}")
SAME_IN_BOTH = {
    "Alias", "Browser", "Catch-all", "Domain", "Domains", "Domains %(tlds)s", "Host", "Mail", "Multihosting", "Name", "PDF, %(language)s", "PHP", "Passkey", "Passkeys", "Person", "Phase", "Port",
    "Proforma %(number)s", "Reseller", "Server", "Subserver", "TLD", "Test", "Text", "Token", "Version", "Webhook", "Webhooks", "Webmaster", "Websites", "optional",
}  # fmt: skip


@pytest.fixture(scope="module")
def german() -> Catalog:
    with GERMAN.open("rb") as source:
        return read_po(source, locale="de", abort_invalid=True)


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    return sentences()


def test_the_sentences_are_found(said: dict[str, str]) -> None:
    """One of each source, so that this test cannot pass by finding nothing."""
    of_value, of_rule, of_template, of_verb, of_command_line = (
        "This is not a valid domain name.", "“on” or “off” is needed.", "Skip to content", "Make a plan.",
        "Only one field can be read from standard input.",
    )  # fmt: skip
    assert {of_value, of_rule, of_template, of_verb, of_command_line} <= said.keys()


def test_none_is_missing_and_none_is_left_over(german: Catalog, said: dict[str, str]) -> None:
    translated = {message.id for message in german if message.id and message.string}
    assert {sentence: where for sentence, where in said.items() if sentence not in translated} == {}
    assert translated - said.keys() == set()


def test_none_is_fuzzy_or_obsolete(german: Catalog) -> None:
    assert [message.id for message in german if message.fuzzy and message.id] == []
    assert list(german.obsolete) == []


def test_placeholders_are_the_same(german: Catalog) -> None:
    for message in german:
        if message.id:
            assert sorted(PLACEHOLDER.findall(message.string)) == sorted(PLACEHOLDER.findall(message.id)), message.id


def test_nothing_was_left_in_english(german: Catalog) -> None:
    same = {message.id for message in german if message.id and message.id == message.string}
    assert same == SAME_IN_BOTH


def test_only_the_two_languages_are_there() -> None:
    assert {path.name for path in (SOURCE / "locale").iterdir()} == {"de"}
    assert Path(GERMAN).stat().st_size > 0
