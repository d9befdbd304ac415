"""What mail's verbs do to tables and to what the node is told."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.habits.furnished import made_once
from tests.house import House, desired, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks, FixedClock
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.slices.mail.models import Address, Mailbox, MailDomain
from gasthof.slices.nodes.models import DesiredObject

pytestmark = pytest.mark.django_db
NAME = "grüße-aus-köln.test"
ASCII = "xn--gre-aus-kln-w6a02arc.test"
PASSWORD = "Sehr-geheim 1"
INFO = f"info@{ASCII}"


def settled() -> House:
    house = settle()
    house.run("domains.add", house.baker, subscription=house.mine, name=NAME)
    return house


furnished_once, house = made_once(settled)


def add(house: House, name: str = "info", domain: str = NAME, **fields: object) -> Any:
    return house.run("mail.add_mailbox", house.baker, domain=domain, name=name, password=PASSWORD, **fields).result


def told(kind: str, key: str) -> Any:
    return json.loads(desired(kind)[key])


def refused(house: House, verb: str, **fields: object) -> dict[str, str]:
    with pytest.raises(ActionRefused) as caught:
        house.run(verb, house.baker, **fields)
    return {error.field: error.message for error in caught.value.errors}


def reserved(name: str = ASCII) -> dict[str, str | None]:
    return {each["local"]: each["target"] for each in told("mail.domain", name)["reserved"]}


def test_a_domain_takes_mail_for_its_postmaster_at_once(house: House) -> None:
    spec = told("mail.domain", ASCII)
    assert (spec["subscription"], spec["uid"]) == (house.mine, 2_000_000 + int(house.mine[1:]))
    assert (spec["active"], spec["suspended"], spec["catch_all"]) == (True, False, None)
    assert reserved() == {"postmaster": None, "abuse": None}


def test_a_plan_without_mail(house: House) -> None:
    house.run("subscriptions.change_plan", plan="Standard", mailboxes=0, mail_addresses=0)
    house.run("domains.add", house.baker, subscription=house.mine, name="nur-web.test")
    assert told("mail.domain", "nur-web.test")["active"] is False
    assert set(refused(house, "mail.add_mailbox", domain=NAME, name="info", password=PASSWORD)) == {"name"}


def test_a_mailbox(house: House) -> None:
    assert add(house, "Info", quota_mb=100, title="Büro")["mailbox"] == f"info@{NAME}"
    spec = told("mail.mailbox", INFO)
    assert spec["password"].startswith("{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$")
    assert (spec["quota_mb"], spec["forward_to"], spec["keep_copy"]) == (100, [], True)
    assert (spec["subscription"], spec["uid"]) == (house.mine, 2_000_000 + int(house.mine[1:]))
    folder, _, token = spec["folder"].rpartition(".")
    assert folder == f"{ASCII}/info" and len(token) == 8
    assert reserved() == {"postmaster": INFO, "abuse": INFO}
    assert add(house, "zweite")["quota_mb"] == 5_000


def test_a_mailbox_that_comes_again_has_another_folder(house: House) -> None:
    add(house)
    first = told("mail.mailbox", INFO)["folder"]
    house.run("mail.remove_mailbox", house.baker, mailbox=f"info@{NAME}")
    assert desired("mail.mailbox") == {}
    add(house)
    assert told("mail.mailbox", INFO)["folder"] != first


def test_a_mailbox_changes(house: House) -> None:
    add(house)
    before = told("mail.mailbox", INFO)
    assert house.run("mail.change_mailbox", house.baker, mailbox=f"INFO@{NAME}", quota_mb=7).result["quota_mb"] == 7
    assert told("mail.mailbox", INFO) == before | {"quota_mb": 7}
    house.run("mail.change_mailbox", house.baker, mailbox=INFO, title="Neu")
    house.run("mail.change_mailbox", house.baker, mailbox=INFO, title="")
    assert Mailbox.objects.get().title == ""
    house.run("mail.set_password", house.baker, mailbox=INFO, password="Noch-geheimer 2")
    after = told("mail.mailbox", INFO)
    assert after["password"] != before["password"] and after | {"password": before["password"]} == before | {
        "quota_mb": 7
    }
    assert set(refused(house, "mail.change_mailbox", mailbox=INFO, quota_mb=5_001)) == {"quota_mb"}
    assert set(refused(house, "mail.add_mailbox", domain=NAME, name="a", password=PASSWORD, quota_mb=5_001)) == {
        "quota_mb"
    }


@pytest.mark.parametrize("password", ["geheim", "sehr-geheim 1", "Sehr geheim", "SehrGeheim12", "Kontakt-geheim 1"])
def test_passwords_by_the_rules(house: House, password: str) -> None:
    assert set(refused(house, "mail.add_mailbox", domain=NAME, name="kontakt", password=password)) == {"password"}
    add(house, "kontakt")
    assert set(refused(house, "mail.set_password", mailbox=f"kontakt@{NAME}", password=password)) == {"password"}


def test_names_are_one_space(house: House) -> None:
    add(house)
    house.run("mail.add_alias", house.baker, domain=NAME, name="kontakt", mailbox=INFO)
    house.run("mail.add_forward", house.baker, domain=NAME, name="alle", to="x@example.org")
    for name in ("info", "Kontakt", "alle"):
        assert set(refused(house, "mail.add_mailbox", domain=NAME, name=name, password=PASSWORD)) == {"name"}
        assert set(refused(house, "mail.add_alias", domain=NAME, name=name, mailbox=INFO)) == {"name"}
        assert set(refused(house, "mail.add_forward", domain=NAME, name=name, to="x@example.org")) == {"name"}
    house.run("domains.add", house.baker, subscription=house.mine, name="zwei.test")
    add(house, "info", "zwei.test")


def test_an_alias_leads_to_its_mailbox_which_may_send_as_it(house: House) -> None:
    add(house)
    house.run("domains.add", house.baker, subscription=house.mine, name="zwei.test")
    answer = house.run("mail.add_alias", house.baker, domain="zwei.test", name="kontakt", mailbox=INFO).result
    assert answer == {"alias": "kontakt@zwei.test", "to": [INFO]}
    spec = told("mail.address", "kontakt@zwei.test")
    assert (spec["targets"], spec["senders"]) == ([INFO], [INFO])
    assert set(refused(house, "mail.remove_forward", forward="kontakt@zwei.test")) == {"forward"}
    house.run("mail.remove_alias", house.baker, alias="kontakt@zwei.test")
    assert desired("mail.address") == {}


def test_an_alias_of_anothers_mailbox(house: House) -> None:
    house.run("domains.add", house.gardener, subscription=house.other, name="andere.test")
    house.run("mail.add_mailbox", domain="andere.test", name="info", password=PASSWORD)
    assert set(refused(house, "mail.add_alias", domain=NAME, name="a", mailbox="info@andere.test")) == {"mailbox"}


def test_a_forward_leads_to_several(house: House) -> None:
    add(house)
    to = f"info@{NAME}, Max@müller.test"
    house.run("mail.add_forward", house.baker, domain=NAME, name="team", to=to)
    spec = told("mail.address", f"team@{ASCII}")
    assert (spec["targets"], spec["senders"]) == ([INFO, "Max@xn--mller-kva.test"], [])
    house.run("mail.change_forward", house.baker, forward=f"team@{NAME}", to=["x@example.org"])
    assert told("mail.address", f"team@{ASCII}")["targets"] == ["x@example.org"]
    assert set(refused(house, "mail.change_forward", forward=f"team@{NAME}", to="")) == {"to"}
    assert set(refused(house, "mail.add_forward", domain=NAME, name="leer", to="")) == {"to"}
    assert set(refused(house, "mail.remove_alias", alias=f"team@{NAME}")) == {"alias"}
    house.run("mail.remove_forward", house.baker, forward=f"team@{NAME}")
    assert not Address.objects.exists()


def test_a_mailbox_is_forwarded_with_or_without_a_copy(house: House) -> None:
    add(house)
    house.run("mail.forward_mailbox", house.baker, mailbox=INFO, to="x@example.org", keep_copy="no")
    assert (told("mail.mailbox", INFO)["forward_to"], told("mail.mailbox", INFO)["keep_copy"]) == (
        ["x@example.org"],
        False,
    )
    house.run("mail.forward_mailbox", house.baker, mailbox=INFO, to="", keep_copy="no")
    assert (told("mail.mailbox", INFO)["forward_to"], told("mail.mailbox", INFO)["keep_copy"]) == ([], True)


def test_mail_never_goes_round_in_circles(house: House) -> None:
    add(house, "a")
    house.run("mail.add_forward", house.baker, domain=NAME, name="b", to=f"a+x@{NAME}")
    house.run("mail.add_forward", house.baker, domain=NAME, name="c", to=[f"B@{NAME}", f"d@{NAME}"])
    for target in ("a", "b", "c", "A+shop"):
        assert set(refused(house, "mail.forward_mailbox", mailbox=f"a@{NAME}", to=f"{target}@{NAME}")) == {"to"}
    assert set(refused(house, "mail.change_forward", forward=f"b@{NAME}", to=f"c@{NAME}")) == {"to"}
    assert set(refused(house, "mail.add_forward", domain=NAME, name="d", to=f"c@{NAME}")) == {"to"}
    house.run("mail.forward_mailbox", house.baker, mailbox=f"a@{NAME}", to=f"e@{NAME}")
    assert set(refused(house, "mail.add_alias", domain=NAME, name="e", mailbox=f"a@{NAME}")) == {"mailbox"}


def test_a_chain_that_is_too_long(house: House) -> None:
    house.run("subscriptions.change_plan", plan="Standard", mail_addresses=100)
    for number in range(50):
        house.run("mail.add_forward", house.baker, domain=NAME, name=f"n{number}", to=f"n{number - 1}@{NAME}")
    assert set(refused(house, "mail.add_forward", domain=NAME, name="noch-eine", to=f"n49@{NAME}")) == {"to"}


def test_the_plans_limits(house: House) -> None:
    house.run("subscriptions.change_plan", plan="Standard", mailboxes=1, mail_addresses=1)
    add(house)
    house.run("mail.add_alias", house.baker, domain=NAME, name="kontakt", mailbox=INFO)
    assert set(refused(house, "mail.add_mailbox", domain=NAME, name="b", password=PASSWORD)) == {"name"}
    assert set(refused(house, "mail.add_alias", domain=NAME, name="b", mailbox=INFO)) == {"name"}
    assert set(refused(house, "mail.add_forward", domain=NAME, name="b", to="x@example.org")) == {"name"}


def test_postmaster_and_abuse_always_reach_somebody(house: House) -> None:
    add(house, "anna")
    add(house, "postmaster")
    assert reserved() == {"abuse": f"anna@{ASCII}"}
    house.run("mail.add_forward", house.baker, domain=NAME, name="abuse", to="x@example.org")
    assert reserved() == {}
    house.run("mail.remove_forward", house.baker, forward=f"abuse@{NAME}")
    house.run("mail.remove_mailbox", house.baker, mailbox=f"anna@{NAME}")
    assert reserved() == {"abuse": f"postmaster@{ASCII}"}
    house.run("mail.remove_mailbox", house.baker, mailbox=f"postmaster@{NAME}")
    assert reserved() == {"postmaster": None, "abuse": None}


def test_a_catch_all_ends_with_its_mailbox(house: House) -> None:
    add(house)
    assert house.run("mail.set_catch_all", house.baker, domain=NAME, name="Info").result["catch_all"] == "info"
    assert told("mail.domain", ASCII)["catch_all"] == INFO
    assert set(refused(house, "mail.set_catch_all", domain=NAME, name="gibt-es-nicht")) == {"name"}
    house.run("mail.set_catch_all", house.baker, domain=NAME, name="")
    assert told("mail.domain", ASCII)["catch_all"] is None
    house.run("mail.set_catch_all", house.baker, domain=NAME, name="info")
    house.run("mail.remove_mailbox", house.baker, mailbox=INFO)
    assert told("mail.domain", ASCII)["catch_all"] is None


def test_mail_is_switched_off_and_on_and_mailboxes_stay(house: House) -> None:
    add(house)
    assert house.run("mail.switch", house.baker, domain=NAME, active="no").result["active"] is False
    assert told("mail.domain", ASCII)["active"] is False and INFO in desired("mail.mailbox")
    house.run("mail.switch", house.baker, domain=NAME, active="yes")
    assert told("mail.domain", ASCII)["active"] is True


def test_a_mailbox_goes_with_its_aliases(house: House) -> None:
    add(house)
    add(house, "anna")
    house.run("domains.add", house.baker, subscription=house.mine, name="zwei.test")
    house.run("mail.add_alias", house.baker, domain="zwei.test", name="postmaster", mailbox=INFO)
    house.run("mail.add_alias", house.baker, domain=NAME, name="kontakt", mailbox=f"anna@{NAME}")
    assert set(reserved("zwei.test")) == {"abuse"}
    house.run("mail.remove_mailbox", house.baker, mailbox=INFO)
    assert set(desired("mail.address")) == {f"kontakt@{ASCII}"} and set(desired("mail.mailbox")) == {f"anna@{ASCII}"}
    assert set(reserved("zwei.test")) == {"postmaster", "abuse"}


def test_suspension_is_told_once_a_domain(house: House) -> None:
    add(house)
    add(house, "anna")
    change = house.run("subscriptions.suspend", subscription=house.mine)
    assert {each.kind for each in change.awaited if each.kind.startswith("mail.")} == {"mail.domain"}
    assert told("mail.domain", ASCII)["suspended"] is True
    house.run("subscriptions.resume", subscription=house.mine)
    assert told("mail.domain", ASCII)["suspended"] is False


def test_a_deleted_domain_leaves_nothing(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="zwei.test")
    add(house)
    house.run("mail.set_catch_all", house.baker, domain=NAME, name="info")
    house.run("mail.add_alias", house.baker, domain="zwei.test", name="abuse", mailbox=INFO)
    house.run("mail.add_forward", house.baker, domain=NAME, name="alle", to="x@example.org")
    house.run("domains.delete", house.baker, domain=NAME)
    gone = set(DesiredObject.objects.filter(spec__isnull=True, kind__startswith="mail.").values_list("kind", "key"))
    assert gone == {
        ("mail.domain", ASCII), ("mail.mailbox", INFO), ("mail.address", "abuse@zwei.test"), ("mail.address", f"alle@{ASCII}"),
    }  # fmt: skip
    assert not Mailbox.objects.exists() and not Address.objects.exists() and MailDomain.objects.count() == 1
    assert set(reserved("zwei.test")) == {"postmaster", "abuse"}


def test_a_deleted_subscription_leaves_tombstones_only(house: House) -> None:
    add(house)
    house.run("mail.add_alias", house.baker, domain=NAME, name="kontakt", mailbox=INFO)
    house.run("subscriptions.delete", subscription=house.mine)
    assert desired("mail.domain") == desired("mail.mailbox") == desired("mail.address") == {}
    assert not MailDomain.objects.exists()


WORDS = "Grüße vom Strand \U0001f3d6\n\nAb Januar wieder."


def note(address: str = INFO) -> Any:
    return told("mail.mailbox", address)["vacation"]


def test_an_out_of_office_note_is_told_with_days_in_utc_and_every_address(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="zwei.test")
    add(house)
    assert note() is None
    given = {
        "mailbox": INFO,
        "active": "yes",
        "text": WORDS.replace("\n", "\r\n"),
        "subject": "Nicht da",
        "first": "2998-12-24",
        "last": "6.7.2999",
    }
    shown = house.run("mail.set_vacation", house.baker, **given).result["vacation"]
    assert shown == {"active": True, "subject": "Nicht da", "text": WORDS, "first": "2998-12-24", "last": "2999-07-06"}
    days = {
        "since": "2998-12-23T23:00:00",
        "until": "2999-07-06T22:00:00",
    }  # midnights in Berlin, in winter and in summer
    assert note() == {"text": WORDS, "subject": "Nicht da", "addresses": [INFO], **days}
    house.run("mail.add_alias", house.baker, domain="zwei.test", name="kontakt", mailbox=INFO)
    assert note()["addresses"] == [INFO, "kontakt@zwei.test"]
    house.run("mail.add_alias", house.baker, domain=NAME, name="hallo", mailbox=INFO)
    house.run("domains.delete", house.baker, domain="zwei.test")
    assert note()["addresses"] == [INFO, f"hallo@{ASCII}"]
    house.run("mail.remove_alias", house.baker, alias=f"hallo@{NAME}")
    assert note()["addresses"] == [INFO]
    house.run("mail.set_vacation", house.baker, mailbox=INFO, active="no")
    assert note() is None
    house.run("mail.set_vacation", house.baker, mailbox=INFO, active="yes", first="", last="")
    assert note() == {"text": WORDS, "subject": "Nicht da", "addresses": [INFO], "since": "", "until": ""}


def test_an_out_of_office_note_that_makes_no_sense_is_refused_beside_its_field(house: House) -> None:
    add(house)
    on = {"mailbox": INFO, "active": "yes"}
    assert set(refused(house, "mail.set_vacation", **on)) == {"text"}
    assert set(refused(house, "mail.set_vacation", **on, text="x", first="2999-02-01", last="2999-01-31")) == {"last"}
    assert set(refused(house, "mail.set_vacation", **on, text="x", last="2020-01-01")) == {"last"}
    wrong = {"subject": "a\nb", "text": "a\0b", "first": "morgen", "last": "2026-02-30"}
    assert set(refused(house, "mail.set_vacation", **on, **wrong)) == set(wrong)
    assert note() is None and not Mailbox.objects.filter(vacation_on=True).exists()
    house.run("mail.set_vacation", house.baker, mailbox=INFO, active="no", text="für später", last="2020-01-01")
    assert Mailbox.objects.get(local="info").vacation_text == "für später"


def test_today_is_the_last_day_on_which_a_note_may_be_switched_on(house: House) -> None:
    """By the clock that is handed in, where the house is: half past eleven in the evening in UTC is the next day there."""
    add(house)
    for hour, accepted in ((22, True), (23, False)):
        clock = FixedClock(datetime(2026, 12, 24, hour, 30, tzinfo=UTC))
        given = {"mailbox": INFO, "active": "yes", "text": "x", "last": "2026-12-24"}
        with contextlib.nullcontext() if accepted else pytest.raises(ActionRefused, match="over"):
            perform(house.baker, "mail.set_vacation", given, Clocks(clock, clock))


def test_an_unchanged_mailbox_is_no_change(house: House) -> None:
    add(house)
    before = DesiredObject.objects.get(kind="mail.mailbox").revision
    house.run("mail.change_mailbox", house.baker, mailbox=INFO, quota_mb=5_000)
    assert DesiredObject.objects.get(kind="mail.mailbox").revision == before


@pytest.mark.parametrize(
    ("verb", "fields", "queries"),
    [
        ("mail.add_mailbox", {"domain": NAME, "name": "neu", "password": PASSWORD}, 22),
        ("mail.set_password", {"mailbox": INFO, "password": PASSWORD}, 13),
        ("mail.add_forward", {"domain": NAME, "name": "neu", "to": "x@example.org"}, 24),
        ("mail.remove_mailbox", {"mailbox": INFO}, 24),
        ("mail.switch", {"domain": NAME, "active": "no"}, 22),
    ],
)
def test_the_number_of_queries(
    house: House, django_assert_max_num_queries: Any, verb: str, fields: dict[str, object], queries: int
) -> None:
    add(house)
    with django_assert_max_num_queries(queries):
        house.run(verb, house.baker, **fields)


def test_a_locked_mailbox_is_the_houses_to_unlock(house: House) -> None:
    add(house)
    for verb in ("mail.lock_mailbox", "mail.unlock_mailbox"):
        with pytest.raises(NotAllowed):
            house.run(verb, house.baker, mailbox=f"info@{NAME}")
    house.run("mail.lock_mailbox", mailbox=f"info@{NAME}")
    assert told("mail.mailbox", INFO)["locked"] is True
    assert "locked" in refused(house, "mail.remove_mailbox", mailbox=f"info@{NAME}")["mailbox"]
    house.run("mail.set_password", house.baker, mailbox=f"info@{NAME}", password="Noch-geheimer 2")
    assert told("mail.mailbox", INFO)["locked"] is True, "a new password opens nothing"
    house.run("mail.unlock_mailbox", mailbox=f"info@{NAME}")
    assert told("mail.mailbox", INFO)["locked"] is False
