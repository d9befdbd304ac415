"""One transaction: everything of a verb happens, or nothing; and the record says which."""

import json
from dataclasses import replace

import pytest
from django.db import ProgrammingError, connection
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, desired, settle

from gasthof.kernel.actions import actions, perform, perform_many
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import ANONYMOUS, Actor
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.slices.domains.models import Domain

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


furnished_once, house = made_once(settle)


def fields_refused(actor: Actor, verb: str, **fields: object) -> dict[str, str]:
    with pytest.raises(ActionRefused) as caught:
        perform(actor, verb, fields)
    return {error.field: error.message for error in caught.value.errors}


def test_every_verb_says_what_it_does_and_takes() -> None:
    for verb, action in actions().items():
        assert action.help.endswith("."), verb
        assert all(field.help for field in action.fields), verb
        assert action.on is None or any(field.name == action.on and field.reference for field in action.fields), verb


def test_all_errors_come_at_once_and_unknown_fields_are_refused(house: House) -> None:
    errors = fields_refused(OPERATOR, "subscriptions.create_plan", domains="viele", php="vielleicht", owner="1")
    assert set(errors) == {"name", "domains", "php", "owner"}


def test_errors_are_in_the_readers_language(house: House) -> None:
    german = replace(OPERATOR, language="de")
    assert fields_refused(german, "domains.add", name="a b")["name"] == "Das ist kein gültiger Domainname."


def test_a_refusal_changes_nothing_and_is_recorded(house: House) -> None:
    fields_refused(house.baker, "domains.add", subscription=house.mine, name="kein name")
    row = AuditEntry.objects.latest("id")
    assert (row.outcome, row.actor, row.verb) == ("refused", str(house.baker), "domains.add")
    assert row.fields["name"] == "kein name"
    assert not Domain.objects.exists()


def test_what_is_done_is_recorded_with_its_object(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="bäckerei-müller.test")
    row = AuditEntry.objects.latest("id")
    assert (row.outcome, row.customer, row.verb) == ("done", house.baker.customer, "domains.add")
    assert row.object == f"subscription:{int(house.mine[1:])}"


def test_secrets_stay_out_of_the_record(house: House) -> None:
    place = {"subscription": house.mine, "path": "web/intern"}
    house.run("web.protect", **place)
    house.run("web.add_protected_user", **place, name="jörg", password="Streng geheim 9")
    fields_refused(OPERATOR, "web.add_protected_user", **place, name="jörg", password="Streng geheim 9")
    fields_refused(OPERATOR, "web.protect", **place, passwort="Streng geheim 9")
    assert AuditEntry.objects.filter(verb="web.add_protected_user").count() == 2
    assert "geheim" not in json.dumps([[row.fields, row.words] for row in AuditEntry.objects.all()])
    assert "geheim" not in "".join(desired("web.site").values())


def test_the_record_cannot_be_changed(house: House) -> None:
    with pytest.raises(ProgrammingError, match="append-only"):
        AuditEntry.objects.update(actor="nobody")


@pytest.mark.parametrize("sql", ["UPDATE kernel_auditentry SET actor = 'x'", "DELETE FROM kernel_auditentry",
                                 "TRUNCATE kernel_auditentry", "ALTER TABLE kernel_auditentry DISABLE TRIGGER ALL"])  # fmt: skip
def test_the_application_has_no_right_to_change_the_record(house: House, sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE gasthof_app")
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            cursor.execute(sql)


def test_the_application_may_do_its_work(house: House) -> None:
    """The tables' owner is another role than the one that the panel runs as."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE gasthof_app")
    house.run("domains.add", house.baker, subscription=house.mine, name="grüße-aus-köln.test")
    house.run("web.change_site", domain="grüße-aus-köln.test", php=False)
    house.run("domains.delete", domain="grüße-aus-köln.test")


def test_strangers_may_do_nothing_and_fill_no_table(house: House) -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(NotAllowed):
        perform(ANONYMOUS, "domains.add", {"subscription": house.mine, "name": "x.test"})
    assert AuditEntry.objects.count() == before


def test_others_objects_are_no_objects(house: House) -> None:
    house.run("domains.add", house.gardener, subscription=house.other, name="gärtnerei-grün.test")
    others = fields_refused(house.baker, "domains.delete", domain="gärtnerei-grün.test")
    assert others == fields_refused(house.baker, "domains.delete", domain="gibt-es-nicht.test")
    assert set(others) == {"domain"}
    others = fields_refused(house.baker, "domains.add", subscription=house.other, name="neu.test")
    assert others == fields_refused(house.baker, "domains.add", subscription="s999999", name="neu.test")


def test_many_are_all_or_none(house: House) -> None:
    names = ["eins.test", "zwei.test", "nicht gut"]
    with pytest.raises(ActionRefused):
        perform_many(OPERATOR, [("domains.add", {"subscription": house.mine, "name": name}) for name in names])
    assert not Domain.objects.exists()
    done = perform_many(OPERATOR, [("domains.add", {"subscription": house.mine, "name": name}) for name in names[:2]])
    assert [outcome.result["domain"] for outcome in done] == names[:2]
    assert {each.key for each in done[-1].awaited} >= {"eins.test", "zwei.test"}
