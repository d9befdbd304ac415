"""The OpenAPI document against the API itself: schemathesis makes requests of it, fitting ones and others."""

import json
import re

import pytest
import schemathesis
from django.core.management import call_command
from django.db import connection, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gasthof.api.service import described
from gasthof.kernel.actions import actions
from gasthof.kernel.collection import collections
from gasthof.panel.wsgi import application
from gasthof.slices.access.models import User
from tests.habits.furnished import furnished_once, house
from tests.house import House
from tests.programs import ROOT, STRANGER, Program, people

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.long]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
DOCUMENT = json.loads(described())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.app = application
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.fixture
def operator(house: House, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The server closes a connection after a request that failed in it; here the house stands in its transaction."""
    for way in ("close", "close_if_unusable_or_obsolete"):
        monkeypatch.setattr(connections["default"], way, lambda: None)
    return Program.of(people(User.OPERATOR, None, "betrieb"))


@given(data=st.data())
@settings(max_examples=250, suppress_health_check=list(HealthCheck), database=None)
def test_what_is_documented_is_so(operator: Program, data: st.DataObject) -> None:
    """Requests that fit the document, and requests that do not: never an accident, and answers as documented."""
    operation = data.draw(st.sampled_from(OPERATIONS))
    mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    case = data.draw(operation.as_strategy(generation_mode=mode))
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        response = case.call(headers={"Authorization": f"Bearer {operator.secret}"})
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    case.validate_response(response, checks=CHECKS)


def test_it_is_complete() -> None:
    paths = {f"{ROOT}/verbs/{verb}" for verb in actions()} | {f"{ROOT}/{name}" for name in collections()}
    assert set(DOCUMENT["paths"]) == paths | {f"{ROOT}/changes", f"{ROOT}/openapi.json"}
    assert (
        DOCUMENT["openapi"].startswith("3.1")
        and DOCUMENT["components"]["securitySchemes"]["Token"]["scheme"] == "bearer"
    )
    operations = [told for path in DOCUMENT["paths"].values() for told in path.values()]
    assert len({told["operationId"] for told in operations}) == len(operations)
    for told in operations:
        assert told["summary"] and told["security"] and {"200", "401", "429", "500"} <= told["responses"].keys()
        assert all(parameter["description"] for parameter in told.get("parameters", []))
    assert not re.search("[äöüß]", json.dumps(DOCUMENT, ensure_ascii=False).replace("grün", ""))


def test_it_can_be_had_without_a_token_by_the_operator_alone(
    capsys: pytest.CaptureFixture[str], operator: Program
) -> None:
    call_command("openapi")
    printed = json.loads(capsys.readouterr().out)
    assert printed == DOCUMENT == operator.get("/openapi.json").json()
    assert STRANGER.get("/openapi.json").status_code == 401
