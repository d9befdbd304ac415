"""Mail's settings taken out of a subscription and put back."""

import copy
import json
from typing import Any

import pytest
from tests.house import OPERATOR, House, desired, settle

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.mail.actions import moving
from gasthof.slices.mail.models import Mailbox
from gasthof.slices.mail.tests.test_verbs import ASCII, NAME, PASSWORD
from gasthof.slices.subscriptions.models import Subscription

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(db: None) -> House:
    house = settle()
    for name in (NAME, "zwei.test"):
        house.run("domains.add", subscription=house.mine, name=name)
        house.run("mail.add_mailbox", domain=name, name="info", password=PASSWORD, title="Büro", quota_mb=9)
    house.run("mail.add_mailbox", domain=NAME, name="anna", password=PASSWORD)
    house.run("mail.forward_mailbox", mailbox=f"anna@{NAME}", to="x@example.org", keep_copy="no")
    house.run("mail.add_alias", domain="zwei.test", name="kontakt", mailbox=f"info@{NAME}")
    house.run("mail.add_forward", domain=NAME, name="alle", to=[f"info@{NAME}", "y@example.org"])
    house.run("mail.set_catch_all", domain=NAME, name="anna")
    house.run("mail.switch", domain="zwei.test", active="no")
    house.run(
        "mail.set_vacation",
        mailbox=f"info@{NAME}",
        active="yes",
        text="Grüße\nvom Strand",
        first="2026-12-24",
        last="2999-01-06",
    )
    house.run("mail.set_vacation", mailbox=f"anna@{NAME}", active="no", text="für später", subject="Weg")
    return house


def subscription(name: str) -> Subscription:
    return Subscription.objects.select_related("node", "plan").get(number=int(name[1:]))


def told(house: House) -> dict[tuple[str, str], Any]:
    kinds = ("mail.domain", "mail.mailbox", "mail.address")
    return {(kind, key): json.loads(spec) for kind in kinds for key, spec in desired(kind).items()}


def restore(name: str, settings: Any) -> None:
    call = Call(OPERATOR, SYSTEM_CLOCKS)
    moving.restore(call, subscription(name), settings)
    call.finish()


def test_what_is_exported_comes_back_the_same(house: House) -> None:
    settings = json.loads(json.dumps(moving.export(subscription(house.mine))))
    before = told(house)
    for name in (NAME, "zwei.test"):
        house.run("domains.delete", domain=name)
    assert told(house) == {}
    for name in (NAME, "zwei.test"):
        house.run("domains.add", subscription=house.mine, name=name)
    restore(house.mine, settings)
    assert told(house) == before
    assert moving.export(subscription(house.mine)) == settings
    addresses = told(house)["mail.mailbox", f"info@{ASCII}"]["vacation"]["addresses"]
    assert addresses == [f"info@{ASCII}", "kontakt@zwei.test"]
    assert Mailbox.objects.get(local="info", domain__name=ASCII).title == "Büro"


def test_hashes_are_in_it_and_words_are_not(house: House) -> None:
    text = json.dumps(moving.export(subscription(house.mine)))
    assert text.count("$argon2id$") == 3 and PASSWORD not in text


def test_settings_from_before_there_were_notes_come_back(house: House) -> None:
    settings = json.loads(json.dumps(moving.export(subscription(house.mine))))
    for each in settings.values():
        for box in each["mailboxes"]:
            del box["vacation"]
    for name in (NAME, "zwei.test"):
        house.run("domains.delete", domain=name)
        house.run("domains.add", subscription=house.mine, name=name)
    restore(house.mine, settings)
    assert not Mailbox.objects.exclude(vacation_text="").exists() and Mailbox.objects.count() == 3


def spoiled(settings: Any) -> list[Any]:
    """Each way in which somebody could have changed the file."""
    ways: list[Any] = [None, [], {"x.test": {}}, {**settings, "fremd.test": settings["zwei.test"]}]
    changes = {
        "vacation": {"active": True, "subject": "", "text": "", "first": None, "last": None}, "local": "../x", "folder": "info/../../x.00c0ffee", "hash": "{PLAIN}x", "quota_mb": 0, "title": "a\nb", "forward_to": ["|cat"],
    }  # fmt: skip
    for field, value in changes.items():
        copied = copy.deepcopy(settings)
        copied[ASCII]["mailboxes"][0][field] = value
        ways.append(copied)
    for change in (
        {"local": "a b"},
        {"mailbox": "x@zwei.test"},
        {"mailbox": "x@fremd.test"},
        {"mailbox": None, "targets": []},
    ):
        copied = copy.deepcopy(settings)
        copied["zwei.test"]["addresses"][0] |= change
        ways.append(copied)
    return ways


def test_settings_that_were_spoiled_are_refused(house: House) -> None:
    settings = json.loads(json.dumps(moving.export(subscription(house.mine))))
    house.run("domains.delete", domain=NAME)
    house.run("domains.delete", domain="zwei.test")
    for number, way in enumerate(spoiled(settings)):
        one, two = f"a{number}.test", f"b{number}.test"
        renamed = json.loads(json.dumps(way).replace(ASCII, one).replace("zwei.test", two))
        for name in (one, two):
            house.run("domains.add", subscription=house.mine, name=name)
        with pytest.raises(Refused):
            restore(house.mine, renamed)
        for name in (one, two):
            house.run("domains.delete", domain=name)
