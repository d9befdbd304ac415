"""Pages of nodes, for operators."""

import pytest
from tests import members
from tests.house import House, all_live, settle

from gasthof.slices.nodes.models import DesiredObject, NodeContact, NodeEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return settle()


def test_a_node_tells_what_failed_and_tries_again(house: House) -> None:
    operator = members.operator()
    all_live("failed", "mkdir: übergroß")
    page = members.text(operator.get("/nodes/local"))
    assert "mkdir: übergroß" in page and "subscriptions.home" in page
    before = DesiredObject.objects.order_by("revision").last()
    assert operator.post("/nodes/local/retry").status_code == 303
    after = DesiredObject.objects.order_by("revision").last()
    assert before and after and after.revision > before.revision
    assert "On their way" in members.text(operator.get("/nodes/local"))


def test_a_parked_node_is_adopted_and_one_that_holds_back_released(house: House) -> None:
    operator = members.operator()
    NodeContact.objects.update(parked="epoch", held="60 of web.site")
    page = members.text(operator.get("/nodes/local"))
    assert "/nodes/local/adopt" in page and "/nodes/local/release" in page
    assert "60 of web.site" in members.text(operator.get("/nodes/local/release"))
    assert operator.post("/nodes/local/release").status_code == 303
    assert operator.post("/nodes/local/adopt").status_code == 303
    assert NodeContact.objects.get().parked is None
    assert set(NodeEvent.objects.values_list("what", flat=True)) == {"released", "adopted"}
    assert operator.get("/nodes/nix").status_code == 404
