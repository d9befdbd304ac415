"""Every answer can be told in both languages."""

from datetime import date

from django.utils import translation
from hypothesis import given

from gasthof.slices.lifecycle import explaining
from gasthof.slices.lifecycle.rules import brake
from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import ABUSE, Facts, Hold
from gasthof.slices.lifecycle.rules.policy import ERASED, PHASES
from gasthof.slices.lifecycle.tests.policies import FIRST, SHIPPED, days, facts, offsets


@given(facts(), offsets)
def test_each_answer_has_words(of: Facts, offset: int) -> None:
    for language in ("de", "en"):
        with translation.override(language):
            said = [explaining.in_words(each) for each in evaluate(SHIPPED, of, of.first_unpaid + days(offset)).explain]
            assert said and not any("%(" in sentence for sentence in said)


def test_a_day_and_a_case_are_told_as_people_say_them() -> None:
    of = Facts("hosting", "", FIRST, holds=frozenset({Hold(ABUSE, "Köchin Anna", "V-7")}))
    with translation.override("de"):
        first, second = (explaining.in_words(each) for each in evaluate(SHIPPED, of, date(2027, 3, 5)).explain)
        unpaid, _ = (explaining.in_words(each) for each in evaluate(SHIPPED, of, date(2027, 3, 4)).explain)
    assert (first, unpaid) == (
        "Seit dem 3. März 2027 nicht bezahlt: 2 Tage.",
        "Seit dem 3. März 2027 nicht bezahlt: 1 Tag.",
    )
    assert second.startswith("Wegen eines Verstoßes gegen die Bedingungen gesperrt.") and second.endswith("Fall V-7.")
    assert "Köchin" not in second  # who put it on is for the audit trail


def test_without_a_case_none_is_named() -> None:
    of = Facts("hosting", "", FIRST, holds=frozenset({Hold(ABUSE, "Köchin Anna")}))
    assert explaining.in_words(evaluate(SHIPPED, of, FIRST).explain[-1]).endswith("Paying does not open it.")


def test_what_follows_names_its_parents_phase() -> None:
    on = FIRST + days(1)
    parent = evaluate(SHIPPED, Facts("hosting", "", FIRST), on)
    with translation.override("en"):
        (said,) = (explaining.in_words(each) for each in evaluate(SHIPPED, Facts("dns", parent=parent), on).explain)
    assert said == "It follows the service that it belongs to, which is: suspended."


def test_each_phase_and_each_way_of_parking_has_words() -> None:
    assert set(explaining.PHASES) == {*PHASES, ERASED}
    assert set(explaining.PARKED) == {brake.RESTORED, brake.BACKWARDS, brake.JUMP, brake.STORM}
