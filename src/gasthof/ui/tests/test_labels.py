"""What stands beside a field: a help that says more than its label, and whether it may stay empty."""

import pytest

from gasthof.kernel.fields import Field
from gasthof.ui.fields import Choice, Text, VerbField


def learned(field: VerbField, help_text: str = "", *, required: bool = False) -> VerbField:
    field.learn(Field("x", "str", str, required, help_text), help_text)
    return field


@pytest.mark.parametrize(
    ("help_text", "shown"), [("postcode", ""), ("Größe der Anzahl", "Größe der Anzahl"), ("postcode.", ""), ("", "")]
)
def test_a_help_that_repeats_the_label_is_not_shown(help_text: str, shown: str) -> None:
    assert learned(Text("Postcode"), help_text).help_text == shown


def test_a_help_of_its_own_stays() -> None:
    assert learned(Text("Größe", help_text="größe"), "in MB").help_text == "größe"


@pytest.mark.parametrize(("choices", "optional"), [([("EUR", "EUR")], False), ([("", "–"), ("1", "Köln")], True)])
def test_a_choice_without_an_empty_one_is_not_called_optional(choices: list[tuple[str, str]], optional: bool) -> None:
    assert learned(Choice("Ort", choices=choices)).optional is optional
    assert learned(Choice("Ort", choices=choices), required=True).optional is False


def test_a_text_is_optional_where_the_verb_can_do_without() -> None:
    assert learned(Text("Größe")).optional and not learned(Text("Größe"), required=True).optional
