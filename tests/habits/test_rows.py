"""The second wall, over all models: whatever SQL is run with one customer set, nothing of another's is seen or changed."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import Model

from gasthof.kernel import rows
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import ANONYMOUS, SYSTEM, Actor, Grant, Place
from tests.habits.owners import filled_once, house, owned, table, theirs
from tests.house import OPERATOR, House

__all__ = ["filled_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db

OWNED = owned()
MODELS = pytest.mark.parametrize("model", OWNED, ids=table)
# Written down, so that whoever adds a table decides. Here keys and contents tell whose they are, and only staff looks:
CLOSED = {
    "billing_bankbooking", "billing_posting", "billing_statement",
    "api_keptanswer", "nodes_desiredobject", "nodes_nodeevent", "nodes_objectreport", "nodes_preview", "nodes_previewend",
    "nodes_previewpart", "registrar_notice", "registrar_registryaccount", "registrar_registrymessage",
    "registrar_registryname", "registrar_registrypending", "ui_bundle", "ui_submission", "webhooks_event",
}  # fmt: skip
WALLED = {table(model) for model in OWNED} | CLOSED
# And these are the house's own, or kept by what no customer reads.
NOBODYS = {
    "access_attempts", "billing_counter", "billing_house", "auth_group", "auth_group_permissions", "auth_permission", "cases_terms", "django_content_type",
    "django_migrations", "django_session", "lifecycle_follow", "lifecycle_noticestep", "lifecycle_policyversion", "lifecycle_rollout", "lifecycle_step", "lifecycle_sweep",
    "nodes_node", "nodes_nodecontact", "notices_round", "renewals_price", "subscriptions_plan",
}  # fmt: skip
DEFINERS = {
    "node_changes(jsonb)", "node_report(jsonb)", "node_preview_wanted()", "node_preview_told(jsonb)",
    "gasthof_make_node_role(text)",
}  # fmt: skip


def keys_of(model: type[Model], actor: Actor) -> set[Any]:
    return theirs(model, OWNED[model], actor.customer)


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
    tables = dict(
        run(
            "SELECT relname, relrowsecurity FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
            " AND relname NOT LIKE 'procrastinate%%'"
        )
    )
    assert {name for name, walled in tables.items() if walled} == WALLED
    assert {name for name, walled in tables.items() if not walled} == NOBODYS


@pytest.mark.parametrize("name", sorted(WALLED))
def test_the_policies_are_the_known_ones(name: str) -> None:
    policies = run(
        "SELECT policyname, roles::text[], cmd, permissive, with_check FROM pg_policies WHERE tablename = %s ORDER BY 1",
        name,
    )
    assert policies == [
        ("locked", ["gasthof_app"], "UPDATE", "PERMISSIVE", "false"),
        ("seen", ["gasthof_app"], "SELECT", "PERMISSIVE", None),
        ("staff", ["gasthof_staff"], "ALL", "PERMISSIVE", None),
    ]


@MODELS
def test_a_customer_sees_theirs_and_nothing_else(house: House, model: type[Model]) -> None:
    mine = keys_of(model, house.baker)
    for actor in actors(house):
        with rows.of(actor):
            assert seen(model) == mine


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


@pytest.mark.parametrize("name", sorted(CLOSED))
def test_what_is_closed_is_shown_to_no_customer_and_to_staff(house: House, name: str) -> None:
    everybodys = run(f'SELECT count(*) FROM "{name}"')
    assert everybodys != [(0,)]
    for actor in (*actors(house), ANONYMOUS):
        with rows.of(actor):
            assert run(f'SELECT count(*) FROM "{name}"') == [(0,)]
            assert refused(f'DELETE FROM "{name}"')
            assert refused(f'INSERT INTO "{name}" DEFAULT VALUES')
    with rows.staff():
        assert run(f'SELECT count(*) FROM "{name}"') == everybodys


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
    taken = {(name, right) for name in WALLED for right in ("INSERT", "DELETE")}
    assert not app & taken
    assert app <= staff
    assert staff - app == taken - {("kernel_auditentry", "DELETE"), ("nodes_nodeevent", "DELETE")}


def test_plans_of_the_application_are_not_compiled() -> None:
    """It takes longer than the lists that policies make look dear (docs/decisions/0007-row-level-security.md)."""
    assert run("SELECT 'jit=off' = ANY (rolconfig) FROM pg_roles WHERE rolname = 'gasthof_app'") == [(True,)]


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
