"""Pages of nodes, for operators."""

import re
from datetime import timedelta

import pytest
from tests import members
from tests.habits.furnished import made_once
from tests.house import House, all_live, settle

from gasthof.slices.nodes.models import DesiredObject, NodeContact, NodeEvent, Preview, PreviewEnd, PreviewPart
from gasthof.slices.nodes.watch import forget_previews

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


furnished_once, house = made_once(settle)


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


def answered(parts: dict[str, str], words: str = "") -> None:
    """As if the node had told all of what was asked for last."""
    wish = Preview.objects.latest("pk")
    for nth, (title, text) in enumerate(parts.items()):
        PreviewPart.objects.create(preview=wish, nth=nth, title=title, text=text)
    PreviewEnd.objects.create(preview=wish, at=wish.asked, words=words)


def test_a_preview_is_asked_for_waited_for_and_shown(house: House) -> None:
    operator, page = members.operator(), "/nodes/local/plan"
    assert "Compare now" in members.text(operator.get(page))
    assert operator.post(page).status_code == 303
    waiting = members.text(operator.get(page))
    assert 'hx-trigger="every 1s"' in waiting and 'http-equiv="refresh"' in waiting and "Compare again" not in waiting
    assert operator.get(page, headers={"hx-request": "true"}).status_code == 204
    answered(
        {"web.site xn--gre-aus-kln-w6a02arc.test": "--- /a\n+++ /a\n-alt <b>\n+neu", "web.nginx": "> nginx reload"}
    )
    found = operator.get(page, headers={"hx-request": "true"})
    assert found.status_code == 200 and "<html" not in members.text(found) and "every 1s" not in members.text(found)
    whole = members.text(operator.get(page))
    assert "grüße-aus-köln.test" in whole and '<span class="gone">-alt &lt;b&gt;' in whole and "+neu" in whole
    assert "Compare again" in whole and "nginx reload" in whole


def test_a_long_preview_comes_in_portions(house: House) -> None:
    operator, page = members.operator(), "/nodes/local/plan"
    operator.post(page)
    answered(
        {f"web.site s{nth}.test": "\n".join(f"+line {line} of {nth}" for line in range(70)) for nth in range(25)},
        "only the first",
    )
    first = members.text(operator.get(page))
    onward = re.search(r'href="(\?after=[^"]+)"', first)
    assert (
        "s19.test" in first
        and "s20.test" not in first
        and "only the first" in first
        and "Show all 70 lines" in first
        and onward
    )
    assert "s24.test" in members.text(operator.get(page + onward[1])) and "s19.test" not in members.text(
        operator.get(page + onward[1])
    )
    assert members.queries(operator, page) < 15


def test_nothing_to_change_is_said(house: House) -> None:
    operator, page = members.operator(), "/nodes/local/plan"
    operator.post(page)
    answered({})
    assert "Nothing would be changed" in members.text(operator.get(page))
    assert members.owner(house.baker).get(page).status_code in (403, 404)


def test_previews_of_yesterday_go(house: House) -> None:
    members.operator().post("/nodes/local/plan")
    answered({"web.nginx": "+x"})
    wish = Preview.objects.get()
    forget_previews(wish.asked + timedelta(hours=23))
    assert PreviewPart.objects.count() == 1
    forget_previews(wish.asked + timedelta(hours=25))
    assert not Preview.objects.exists() and not PreviewPart.objects.exists() and not PreviewEnd.objects.exists()
