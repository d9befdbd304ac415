"""The second wall, over all models: whatever SQL is run with one customer set, nothing of another's is seen or changed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django.db.models import Model

from gasthof.kernel import rows
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import ANONYMOUS, SYSTEM, Actor, Grant, Place
from gasthof.slices.access.models import OneTimeLink, OutgoingMail, User
from tests.habits.examples import furnish
from tests.habits.owners import owned, table
from tests.house import OPERATOR, House, settle

pytestmark = pytest.mark.django_db

OWNED = owned()
MODELS = pytest.mark.parametrize("model", OWNED, ids=table)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
# The house's own, or kept by what no customer reads: written down, so that whoever adds a table decides.
NOBODYS = {
    "auth_group", "auth_group_permissions", "auth_permission", "django_content_type", "django_session",
    "nodes_desiredobject", "nodes_node", "nodes_nodecontact", "nodes_nodeevent", "nodes_objectreport",
    "subscriptions_plan",
}  # fmt: skip
DEFINERS = {"node_changes(jsonb)", "node_report(jsonb)", "gasthof_make_node_role(text)"}


@pytest.fixture(scope="module")
def furnished(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """Something of each kind for two customers, of whom nobody resells the other."""
    with django_db_blocker.unblock(), transaction.atomic():
        house = settle()
        furnish(house)
        for subscription in (house.mine, house.other):
            house.run("subscriptions.export", subscription=subscription)
        for actor in (house.baker, house.gardener):
            house.run("accounts.change", actor, customer=actor.customer, language="de")
            _person(actor.customer or 0)
        yield house
        transaction.set_rollback(True)


@pytest.fixture
def house(furnished: House, db: None) -> House:
    return furnished


def _person(customer: int) -> None:
    user = User.objects.create(
        email=f"köchin@kunde-{customer}.test", name="Köchin", language="de", kind="member", customer_id=customer,
        created=NOW,
    )  # fmt: skip
    times = {"created": NOW, "due": NOW}
    OneTimeLink.objects.create(digest=bytes([customer]), purpose="email", user=user, created=NOW, expires=NOW)
    OutgoingMail.objects.create(user=user, recipient=user.email, subject="x", message_id=f"{customer}", **times)
    Authenticator.objects.create(user=user, type="totp", data={})
    UserSession.objects.create(user=user, ip="127.0.0.1", session_key=f"{customer}", user_agent="")
    address = EmailAddress.objects.create(user=user, email=user.email)
    EmailConfirmation.objects.create(email_address=address, key=f"{customer}")


def keys_of(model: type[Model], actor: Actor) -> set[Any]:
    """As the test's own role sees them, which is bound to nothing."""
    return set(model._base_manager.filter(**{OWNED[model]: actor.customer}).values_list("pk", flat=True))


def seen(model: type[Model]) -> set[Any]:
    return {key for (key,) in run(f'SELECT "{key_of(model)}" FROM "{table(model)}"')}


def key_of(model: type[Model]) -> str:
    return str(model._meta.pk.column)


def run(sql: str, *values: Any) -> list[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


def refused(sql: str, *values: Any) -> bool:
    try:
        run(sql, *values)
    except ProgrammingError as error:
        assert type(error.__cause__).__name__ == "InsufficientPrivilege", error
        return True
    return False


def actors(house: House) -> list[Actor]:
    place = Place(customer=house.baker.customer, domain="xn--bckerei-mller-bfb28a.test")
    user = replace(house.baker, role="user", grants=(Grant(frozenset({"web.write"}), place),))
    return [house.baker, user, replace(house.baker, role="reseller")]


def test_there_is_something_of_everybodys(house: House) -> None:
    assert [table(model) for model in OWNED if not keys_of(model, house.baker)] == []
    assert [table(model) for model in OWNED if not keys_of(model, house.gardener)] == []


def test_every_table_is_behind_the_wall_or_named_as_nobodys() -> None:
    walled = {name for (name,) in run("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')")}
    assert walled == {table(model) for model in OWNED}
    ours = {
        table(model)
        for model in apps.get_models(include_auto_created=True)
        if model not in OWNED and model._meta.app_label != "procrastinate"
    }
    assert ours == NOBODYS


@MODELS
def test_the_policies_are_the_known_ones(model: type[Model]) -> None:
    policies = run(
        "SELECT policyname, roles::text[], cmd, permissive, with_check FROM pg_policies WHERE tablename = %s ORDER BY 1",
        table(model),
    )
    assert policies == [
        ("locked", ["gasthof_app"], "UPDATE", "PERMISSIVE", "false"),
        ("seen", ["gasthof_app"], "SELECT", "PERMISSIVE", None),
        ("staff", ["gasthof_staff"], "ALL", "PERMISSIVE", None),
    ]


@MODELS
def test_a_customer_sees_theirs_and_nothing_else(house: House, model: type[Model]) -> None:
    theirs = keys_of(model, house.baker)
    for actor in actors(house):
        with rows.of(actor):
            assert seen(model) == theirs


@MODELS
def test_a_customer_changes_nothing_of_anybodys(house: House, model: type[Model]) -> None:
    key = key_of(model)
    mine, other = keys_of(model, house.baker).pop(), keys_of(model, house.gardener).pop()
    ((row,),) = run(f'SELECT to_jsonb(t) FROM "{table(model)}" t WHERE "{key}" = %s', other)
    for actor in actors(house):
        with rows.of(actor):
            set_it = f'UPDATE "{table(model)}" SET "{key}" = "{key}" WHERE "{key}" = %s'
            assert refused(set_it, mine)
            assert refused(set_it, other) or run(set_it, other) == [(0,)]
            assert refused(f'DELETE FROM "{table(model)}" WHERE "{key}" = %s', other)
            assert refused(f'TRUNCATE "{table(model)}"')
            into = (
                f'INSERT INTO "{table(model)}" SELECT * FROM jsonb_populate_record(NULL::"{table(model)}", %s::jsonb)'
            )
            assert refused(into, row if isinstance(row, str) else json.dumps(row))


@MODELS
def test_a_customer_may_lock_theirs_and_finds_no_other_to_lock(house: House, model: type[Model]) -> None:
    keys = [(keys_of(model, house.baker).pop(), 1), (keys_of(model, house.gardener).pop(), 0)]
    with rows.of(house.baker):
        for key, count in keys:
            sql = f'SELECT 1 FROM "{table(model)}" WHERE "{key_of(model)}" = %s FOR NO KEY UPDATE'
            assert refused(sql, key) if model is AuditEntry else len(run(sql, key)) == count


@MODELS
def test_with_nothing_set_there_is_nothing(house: House, model: type[Model]) -> None:
    for stranger in (ANONYMOUS, Actor("owner"), Actor("reseller"), replace(house.baker, role="anonymous")):
        with rows.of(stranger):
            assert seen(model) == set()
    with transaction.atomic():
        run("SET LOCAL ROLE gasthof_app")
        assert seen(model) == set()
        run("RESET ROLE")


@MODELS
def test_staff_sees_everybodys(house: House, model: type[Model]) -> None:
    everybodys = set(model._base_manager.values_list("pk", flat=True))
    for actor in (OPERATOR, SYSTEM):
        with rows.of(actor):
            assert seen(model) == everybodys
    with rows.staff():
        assert seen(model) == everybodys


@MODELS
def test_a_reseller_sees_their_customers_and_nobody_elses(house: House, model: type[Model]) -> None:
    baker, gardener = house.baker, house.gardener
    mine, other = keys_of(model, baker), keys_of(model, gardener)
    with transaction.atomic():
        house.run("accounts.set_reseller", customer=baker.customer, resells="yes")
        house.run("accounts.set_reseller", customer=gardener.customer, reseller=baker.customer)
        with rows.of(replace(baker, role="reseller")):
            assert mine | other <= seen(model)
        with rows.of(baker):
            assert not other & seen(model)
        with rows.of(replace(gardener, role="reseller")):
            assert not mine & seen(model)
        transaction.set_rollback(True)


def test_staff_has_the_rights_of_the_application_and_those_that_the_wall_took() -> None:
    def rights(role: str) -> set[tuple[str, str]]:
        return set(
            run(
                "SELECT c.relname, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a"
                " WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = %s::regrole",
                role,
            )
        )

    app, staff = rights("gasthof_app"), rights("gasthof_staff")
    taken = {(table(model), right) for model in OWNED for right in ("INSERT", "DELETE")}
    assert not app & taken
    assert app <= staff
    assert staff - app == taken - {("kernel_auditentry", "DELETE")}


def test_both_may_run_the_same_functions() -> None:
    differ = (
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND"
        " has_function_privilege('gasthof_app', p.oid, 'EXECUTE') <> has_function_privilege('gasthof_staff', p.oid, 'EXECUTE')"
    )
    assert run(differ) == []


def test_nothing_looks_over_the_wall() -> None:
    """The owner is bound by no policy, so nothing may read for others in its name."""
    assert (
        run("SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace") == []
    )
    definers = run(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert {name for (name,) in definers} == DEFINERS
