"""An operator changes the policy: refused with line and key, previewed, taken as it was previewed."""

from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from tests.deaths import each_statement
from tests.house import OPERATOR, House, settle
from tests.readers import anonymous, operator, owner

from gasthof.kernel.actions import SYSTEM_CLOCKS, perform
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.slices.lifecycle import explaining, policies, rollout, wording
from gasthof.slices.lifecycle.models import Follow, NoticeStep, PolicyVersion, Rollout, Service, Step
from gasthof.slices.lifecycle.rules.policy import CAPABILITIES, NOTICES, policy
from gasthof.slices.lifecycle.tests.policies import SHIPPED, TEXT
from gasthof.slices.lifecycle.tests.test_pages import begin
from gasthof.slices.lifecycle.tests.test_rollout import LONGER, TLD, version
from gasthof.slices.lifecycle.values import PolicyText

AT, CHANGE, TAKE = "/policy/", "/policy/change", "/policy/take"


@pytest.fixture
def house(db: None) -> House:
    return settle()


def refusal(verb: str, **fields: object) -> tuple[str, str]:
    with pytest.raises(ActionRefused) as caught:
        perform(OPERATOR, verb, fields)
    (error,) = caught.value.errors
    return error.field, error.message


def preview(text: str) -> Any:
    return perform(OPERATOR, "lifecycle.preview_policy", {"text": text}).result


def took(text: str) -> Any:
    return perform(OPERATOR, "lifecycle.take_policy", {"text": text, "previewed": preview(text)["digest"]}).result


def test_what_is_wrong_is_said_with_line_and_key(house: House) -> None:
    begin(house)
    wrong = LONGER.replace('name = "frozen", from', 'name = "frozen", form')
    line = wrong[: wrong.index('name = "frozen", form')].count("\n") + 1
    assert refusal("lifecycle.preview_policy", text=wrong) == (
        "text",
        f'Line {line}, type."domain.sk".phases[2].from: This key is needed.',
    )
    assert refusal("lifecycle.preview_policy", text="version = = 2")[1].startswith("Line 1 is no TOML")
    assert refusal("lifecycle.preview_policy", text=TEXT)[1].startswith("Line 11, version: Version 1 was taken already")
    assert refusal("lifecycle.preview_policy", text=version(2)) == ("text", "Nothing differs from version 1.")
    assert refusal("lifecycle.take_policy", text=LONGER, previewed="0" * 64)[0] == "previewed"
    for raw in ("", "version = 2\x00", "# \u202e\n" + LONGER, "x" * 200_000):
        assert refusal("lifecycle.preview_policy", text=raw)[0] == "text"


def test_a_preview_says_what_differs_and_what_comes_of_it(house: House) -> None:
    mail, told = begin(house, "mail", 40), begin(house, "mail", 10)
    Service.objects.filter(pk=mail.pk).update(noticed=None)
    found = preview(LONGER)
    assert found["changes"] == [
        {"of": "E-mail package", "what": "Phase “deleted”", "before": "14 days after it", "after": "21 days after it"}
    ]
    assert [found[name] for name in ("services", "over", "moved", "in_course", "earlier")] == [2, 1, 1, 1, 0]
    (of_mail,) = found["types"]
    assert (of_mail["end"], of_mail["next"]) == ([{"days": 7, "services": 1}], [])
    assert sum(month["end_from"] for month in found["months"]) == sum(month["end_to"] for month in found["months"]) == 1
    (sample,) = found["samples"]
    assert (sample["service"], sample["name"]) == (mail.pk, "bäckerei-müller.test") and sample["next_from"] == sample[
        "next_to"
    ]
    assert not Rollout.objects.exists() and Service.objects.get(pk=told.pk).policy_id == 1


def test_what_was_previewed_is_taken_and_services_go_over(house: House) -> None:
    mail = begin(house, "mail", 40)
    Service.objects.filter(pk=mail.pk).update(noticed=None)
    assert took(LONGER.replace("\n", "\r\n")) == {"version": 2}
    taken = PolicyVersion.objects.get(number=2)
    assert (taken.by, taken.text) == (str(OPERATOR), LONGER) and policies.newest() == taken
    assert not rollout.go_on(SYSTEM_CLOCKS.business.now())
    assert Service.objects.get(pk=mail.pk).policy == taken
    assert begin(house, "shop").policy_id == 1  # by hand; verbs take the one in force
    made = perform(
        OPERATOR,
        "lifecycle.begin",
        {"customer": house.baker.customer, "type": "shop", "name": "Törtchen", "first_unpaid": "2999-03-03"},
    )
    assert Service.objects.get(pk=made.result["service"]).policy == taken


def test_meanwhile_another_version_was_taken(house: House) -> None:
    """The preview is of another day, but the number was given away: nothing is taken that was not looked at."""
    begin(house)
    digest = preview(LONGER)["digest"]
    took(version(2, ("amount = 4000", "amount = 4100")))
    assert "Version 2 was taken already" in refusal("lifecycle.take_policy", text=LONGER, previewed=digest)[1]


def test_killed_anywhere_nothing_was_taken(house: House) -> None:
    begin(house)
    fields = {"text": LONGER, "previewed": preview(LONGER)["digest"]}
    tables = (PolicyVersion, Step, Follow, NoticeStep, Rollout)
    before = [model.objects.count() for model in tables]
    seen: list[list[int]] = []

    def attempt() -> None:
        seen.append([model.objects.count() for model in tables])
        perform(OPERATOR, "lifecycle.take_policy", fields)

    assert each_statement(attempt) > 10
    assert all(counts == before for counts in seen)
    assert [model.objects.count() for model in tables] == [2, *(2 * count for count in before[1:4]), 1]


def test_nobody_but_operators(house: House) -> None:
    begin(house)
    fields = {"text": LONGER, "previewed": policies.digest(LONGER)}
    for verb, given in (("lifecycle.preview_policy", {"text": LONGER}), ("lifecycle.take_policy", fields)):
        with pytest.raises(NotAllowed):
            perform(house.baker, verb, given)
    for path in (AT, CHANGE, TAKE, f"{AT}versions/", f"{AT}versions/1/"):
        assert [client.get(path).status_code for client in (owner(house), anonymous())] == [403, 302]
        assert owner(house).post(path, fields).status_code in (403, 405)
    assert PolicyVersion.objects.count() == 1


def page(client: Client, path: str, fields: dict[str, str] | None = None, status: int = 200) -> str:
    answer = client.get(path) if fields is None else client.post(path, fields)
    assert answer.status_code == status
    return str(answer.content.decode())


def test_the_way_from_the_policy_in_force_to_the_next_one(house: House) -> None:
    """Without scripts: table, editor, refusal, preview, back, take, versions."""
    mail = begin(house, "mail", 40)
    Service.objects.filter(pk=mail.pk).update(noticed=None)
    boss = operator()
    for words in ("version 1", "E-mail package", "14 days after it", "Domains .com, .net", CHANGE):
        assert words in page(boss, AT), words
    assert "version = 2" in page(boss, CHANGE)
    refused = page(boss, CHANGE, {"text": LONGER.replace("[type.shop]", "[type.shoe]")}, 422)
    assert (
        "type.shoe: “shoe” is no type of service" in refused
        and "[type.shoe]" in refused
        and "Nothing was changed" in refused
    )
    shown = page(boss, CHANGE, {"text": LONGER})
    for words in (
        "Take version 2?",
        "7 days later: 1",
        f"/services/{mail.pk}/",
        policies.digest(LONGER),
        "21 days after it",
    ):
        assert words in shown, words
    assert "from = 21" in page(boss, CHANGE, {"text": LONGER, "edit": "yes"})
    edited = page(boss, TAKE, {"text": LONGER.replace("21", "28"), "previewed": policies.digest(LONGER)}, 422)
    assert "not the text that was previewed" in edited and "from = 28" in edited
    assert boss.get(TAKE).headers["Location"] == CHANGE
    assert boss.post(TAKE, {"text": LONGER, "previewed": policies.digest(LONGER)}).status_code == 303
    assert "version 2" in page(boss, AT) and "Services go over to this version now" in page(boss, AT)
    while rollout.go_on(SYSTEM_CLOCKS.business.now()):
        pass
    assert "go over to this version now" not in page(boss, AT) and "1 service" in page(boss, f"{AT}versions/")
    assert "14 days after it" in page(boss, f"{AT}versions/2/") and page(boss, f"{AT}versions/3/", status=404)
    assert "Goes by version 2 of the policy from now on" in page(owner(house), f"/services/{mail.pk}/")


def test_before_anything_began_the_shipped_one_is_shown_and_can_be_changed(house: House) -> None:
    boss = operator()
    assert "E-mail package" in page(boss, AT) and "version = 2" in page(boss, CHANGE)
    assert "Take version 2?" in page(boss, CHANGE, {"text": LONGER})


@pytest.mark.parametrize("language", ["de", "en"])
def test_all_of_a_policy_and_each_difference_has_words(language: str) -> None:
    changes = [("notice_days = 7", "notice_days = 8"), ('currency = "EUR"', 'currency = "CZK"'), ("[type.aps]  # L21\nlicence_released = true", "[type.aps]\nregistry_clock = true"),
        ('"*" = "locked"', 'frozen = "active", "*" = "locked"'), ("days = 3660", "days = 100"), ("{ at = 39", "{ at = 38"), ('name = "frozen"', 'name = "protected"')]  # fmt: skip
    with translation.override(language):
        told = wording.differences(SHIPPED, policy(version(2, *changes) + TLD))
        assert len(told) >= 10 and not any("%(" in str(each) or each.before == each.after for each in told)
        assert wording.differences(SHIPPED, SHIPPED) == []
        assert {".mobi" in section.title for section in wording.sections(SHIPPED)} == {True, False}
        assert wording.title(["domain.xn--vermgensberatung-pwb"]).endswith(" .vermögensberatung")
    assert set(explaining.CAN) == set(CAPABILITIES) and set(explaining.NOTICES) == set(NOTICES)
    assert set(explaining.KEYS) == set(wording.SAID)


def test_a_text_is_kept_line_by_line() -> None:
    assert PolicyText.parse("a = 1  \r\n\tb = 2\r\r\n") == "a = 1\n    b = 2\n"
    assert policies.draft("# version = 7\nversion   = 9\nversion = 3") == "# version = 7\nversion   = 10\nversion = 3"
