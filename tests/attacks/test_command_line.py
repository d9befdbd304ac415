"""The command line against who may do what: it is the operator's or, on wish, one customer's, and never more than these."""

import json

import pytest
from django.db import transaction

from gasthof.kernel import verbs
from gasthof.kernel.actions import actions
from gasthof.kernel.models import AuditEntry
from tests.habits.examples import examples, prepare
from tests.habits.furnished import furnished_once, house
from tests.habits.test_permissions import CUSTOMERS, state, who_may
from tests.house import OPERATOR, House

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.long]


def words(fields: dict[str, object]) -> list[str] | None:
    """As somebody would type them, what is left out not at all; None: a list of several, which is for programs and files."""
    typed = []
    for name, value in fields.items():
        if isinstance(value, list | tuple):
            if len(value) != 1:
                return None
            value = value[0]  # noqa: PLW2901 - the one
        if isinstance(value, dict):
            return None
        if value is None:
            continue
        text = str(getattr(value, "reveal", lambda value=value: value)())
        typed.append(f"{name}=@{text}" if text.startswith("@") else f"{name}={text}")
    return typed


class Undone(Exception):
    """So that the next verb finds the house as it was."""


def ran(house: House, verb: str, who: str) -> tuple[int, dict[str, int], str]:
    """Exit code, what is different from before (nothing: {}), and who the record says it was."""
    try:
        with transaction.atomic():
            prepare(house, verb)
            typed = words(dict(examples(house)[verb]))
            if typed is None:
                raise Undone(-1, {}, "")
            before = state()
            code = verbs.run([verb, *typed, "--as", who, "--json"])
            after = state()
            changed = {table: mark for table, mark in after.items() if before[table] != mark}
            raise Undone(code, changed, str(AuditEntry.objects.latest("id").actor))
    except Undone as undone:
        return undone.args[0], undone.args[1], undone.args[2]


def test_as_a_customer_it_does_what_customers_may(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    who, looked_at = f"customer:{house.baker.customer}", 0
    for verb in actions():
        code, changed, actor = ran(house, verb, who)
        if code < 0:
            continue
        looked_at += 1
        wanted = verbs.OK if verb in CUSTOMERS else verbs.REFUSED
        assert code == wanted, (verb, capsys.readouterr().out)
        assert code == verbs.OK or changed == {}, verb
        assert actor == str(house.baker), verb
        capsys.readouterr()
    assert looked_at > len(actions()) - 12


def test_as_another_customer_it_does_nothing(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """With the baker's objects, in the gardener's name."""
    for verb in actions():
        if not actions()[verb].on:
            continue
        code, changed, _ = ran(house, verb, f"customer:{house.gardener.customer}")
        if code >= 0:
            assert (code, changed) == (verbs.REFUSED, {}), (verb, capsys.readouterr().out)
        capsys.readouterr()


def test_as_the_operator_it_is_recorded_as_the_operator(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in actions():
        code, changed, actor = ran(house, verb, "operator")
        if code >= 0 and who_may(house, verb) != OPERATOR:
            assert (code, changed) == (verbs.REFUSED, {}), (verb, capsys.readouterr().out)
        elif code >= 0:
            assert (code, actor) == (verbs.OK, "operator"), (verb, capsys.readouterr().out)
        capsys.readouterr()


@pytest.mark.parametrize(
    "who", ["", "root", "system", "user:1", "reseller:1", "customer:", "customer:0", "customer:999999999", "customer:1 ", "operator\n", "OPERATOR"]
)  # fmt: skip
def test_it_is_nobody_else(house: House, who: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = state()
    assert verbs.run(["accounts.create", "name=Niemand", "--as", who]) == verbs.USAGE
    assert state() == before


def test_what_it_prints_for_programs_is_json(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    ran(house, "domains.add", f"customer:{house.gardener.customer}")
    assert json.loads(capsys.readouterr().out)["errors"]
