"""Wishes for previews over the real link: who is told of them, what is taken, what is not."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection
from tests.house import OPERATOR

from gasthof.agent.link import Link, LinkRefused
from gasthof.agent.wire import PreviewPart, PreviewTold
from gasthof.kernel.actions import perform
from gasthof.slices.nodes import models
from gasthof.slices.nodes.models import Node
from gasthof.slices.nodes.tests.conftest import Connect

pytestmark = pytest.mark.usefixtures("committed")
PART = PreviewPart("web.site xn--gre-aus-kln-w6a02arc.test", "-alt\n+grüße\u202e\x1b[2J")


def wish(node: Node) -> int:
    return int(perform(OPERATOR, "nodes.preview", {"node": node.name}).result["preview"])


def test_a_wish_wakes_the_node_and_is_answered_in_portions(node: Node, link: Link) -> None:
    assert link.preview_wanted() is None
    number = wish(node)
    assert link.wait(5) and link.preview_wanted() == number
    link.preview_told(PreviewTold(number, 0, (PART, PART), False))
    link.preview_told(PreviewTold(number, 1, (PART, PART), False))  # told twice, in part
    assert link.preview_wanted() == number
    link.preview_told(PreviewTold(number, 3, (PART,), True, "only the first"))
    assert link.preview_wanted() is None
    parts = models.PreviewPart.objects.order_by("nth")
    assert [part.nth for part in parts] == [0, 1, 2, 3]
    assert parts[0].text == "-alt\n+grüße\ufffd\ufffd[2J", "nothing that turns text round or writes to a terminal"
    assert models.PreviewEnd.objects.get().words == "only the first"
    link.preview_told(PreviewTold(number, 9, (PART,), True))
    assert models.PreviewPart.objects.count() == 4, "an answered one takes no more"


def test_a_newer_wish_takes_the_place_and_an_old_one_is_nobodys(node: Node, link: Link) -> None:
    first, second = wish(node), wish(node)
    assert link.preview_wanted() == second > first
    models.Preview.objects.update(asked=datetime(2026, 1, 1, tzinfo=UTC))
    assert link.preview_wanted() is None


def test_another_node_hears_of_no_wish_and_answers_none(node: Node, neighbour: Node, connect: Connect) -> None:
    number, other = wish(node), connect(neighbour)
    assert other.preview_wanted() is None
    other.preview_told(PreviewTold(number, 0, (PART,), True))
    assert not models.PreviewPart.objects.exists() and not models.PreviewEnd.objects.exists()


@pytest.mark.parametrize(
    "told",
    [
        PreviewTold(-1, 0, (), True),
        PreviewTold(1, 999, (PART, PART), True),
        PreviewTold(1, 0, (PreviewPart("x" * 401, ""),), True),
        PreviewTold(1, 0, (PreviewPart("", "x" * 20_001),), True),
        PreviewTold(1, 0, (), True, "x" * 4_001),
    ],
)
def test_what_is_malformed_is_refused(node: Node, link: Link, told: PreviewTold) -> None:
    with pytest.raises(LinkRefused, match="malformed"):
        link.preview_told(told)


@pytest.mark.parametrize("told", ["null", "[]", "{}", '{"preview": 1, "first": 0, "parts": [1], "ended": true, "words": ""}',
                                  '{"preview": 1, "first": 0, "parts": {}, "ended": true, "words": ""}',
                                  '{"preview": 1, "first": 0, "parts": [], "ended": null, "words": ""}'])  # fmt: skip
def test_other_shapes_are_refused(node: Node, link: Link, told: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        link._connection.execute("SELECT node_preview_told(%s::jsonb)", [told])


def test_the_application_runs_none_of_it(node: Node) -> None:
    with connection.cursor() as cursor:
        for function in ("node_preview_wanted()", "node_preview_told(jsonb)", "nodes_own()"):
            cursor.execute("SELECT has_function_privilege('gasthof_app', %s, 'EXECUTE')", [function])
            assert cursor.fetchone() == (False,), function
