"""What is told after the end, and how mails look: the same words twice, and nothing in them that is fetched."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from tests.house import OPERATOR, all_live
from tests.readers import operator

from gasthof.kernel.actions import perform
from gasthof.slices.access import outbox
from gasthof.slices.access.models import OutgoingMail
from gasthof.slices.lifecycle import carrying, changing
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.notices.models import Notice
from gasthof.slices.notices.tests.test_notices import EXPIRES, NAME, Desk, desk

__all__ = ["desk"]
pytestmark = pytest.mark.quick


def deleted(desk: Desk, *, type_: str = "hosting", after: int = 60) -> Service:
    service = desk.begin(type_)
    changing.notice_delivered(service, EXPIRES, desk.clock.at)
    desk.on(after - 1)
    desk.on(after)
    sweep(desk.clock.at)
    desk.on(after)
    service.refresh_from_db()
    assert service.phase == "deleted"
    return service


def said(service: Service) -> list[str]:
    rows = Notice.objects.filter(service=service, name__in=("ended", "last_chance", "restored")).order_by("pk")
    return [f"{row.name}: {row.subject}\n{row.text}" for row in rows]


def test_deleted_it_is_told_once_with_the_last_day_on_which_it_can_come_back(desk: Desk) -> None:
    service = deleted(desk)
    (ended,) = said(service)
    assert "bäckerei-müller.test wurde gelöscht" in ended and "bis 15. Mai 2027 wiederhergestellt" in ended
    for offset in (60, 61, 65):
        desk.on(offset)
    assert len(said(service)) == 1
    for offset in (70, 71, 72):
        desk.on(offset)
    assert len(said(service)) == 2 and "bis 15. Mai 2027" in said(service)[1].partition("\n")[0]


def test_of_a_server_it_is_said_before_and_after_what_is_lost_and_how_it_comes_back(desk: Desk) -> None:
    """Spec L20."""
    service = deleted(desk, type_="vps", after=30)
    before = Notice.objects.filter(service=service).exclude(name="ended").latest("pk").text
    for text in (before, said(service)[0]):
        assert "Nicht gesichert und endgültig verloren: Backup-Speicher." in text
        assert "neu bestellten und bezahlten Server" in text and "Lizenz wird zurückgegeben" in text


def test_where_nothing_can_be_restored_that_is_what_is_said(desk: Desk) -> None:
    service = deleted(desk, type_="shop")
    assert "Nichts davon kann wiederhergestellt werden" in said(service)[0]
    for offset in (70, 71, 72, 90):
        desk.on(offset)
    assert len(said(service)) == 1


def test_after_an_outage_the_last_word_is_enough(desk: Desk) -> None:
    service = desk.begin()
    changing.notice_delivered(service, EXPIRES, desk.clock.at)
    desk.on(59)
    Service.objects.filter(pk=service.pk).update(
        phase="deleted", nth=2, ended=EXPIRES + timedelta(days=60), due_at=EXPIRES + timedelta(days=74)
    )
    desk.on(72)
    assert [each.partition(":")[0] for each in said(service)] == ["ended", "last_chance"]
    assert Notice.objects.get(service=service, name="ended").state == Notice.OVERTAKEN


def test_restored_it_is_told_at_once(desk: Desk) -> None:
    house = desk.house
    house.run("domains.add", subscription=house.mine, name=NAME)
    begun = {"customer": house.baker.customer, "type": "hosting", "name": NAME, "first_unpaid": EXPIRES.isoformat()}
    made = perform(OPERATOR, "lifecycle.begin", begun | {"subscription": house.mine}, desk.clocks).result["service"]
    changing.notice_delivered(Service.objects.get(pk=made), EXPIRES, desk.clock.at)
    desk.on(60)
    sweep(desk.clock.at)
    for _ in range(2):
        list(carrying.carry_out(desk.clocks))
        all_live()
    list(carrying.carry_out(desk.clocks))
    fields = {"service": made, "first_unpaid": "2028-03-03"}
    fresh = perform(OPERATOR, "lifecycle.restore", fields, desk.clocks).result["service"]
    (restored,) = said(Service.objects.get(pk=fresh))
    assert "ist wieder da" in restored and "3. März 2028" in restored
    desk.on(71)
    assert not [each for each in said(Service.objects.get(pk=made)) if each.startswith("last_chance")]


@pytest.mark.parametrize("name", ["<b>Köln</b> & Söhne", "<img src=https://böse.test/x.png>", "bäckerei-müller.test"])
def test_both_parts_say_the_same_and_nothing_is_fetched(desk: Desk, name: str) -> None:
    desk.begin("shop", name)
    desk.on(-30)
    mail = outbox.message(OutgoingMail.objects.get(), "panel@server.test")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    plain, page = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None and page is not None
    html = page.get_content()
    tags = re.findall(r"<[^>]+>", html)
    assert {re.split(r"[ >/]", tag.lstrip("</"))[0] for tag in tags} <= {
        "!doctype",
        "html",
        "head",
        "meta",
        "title",
        "body",
        "p",
        "br",
        "a",
    }
    assert not any(re.search(r"\b(src|style|background|srcset)\b|url\(", tag) for tag in tags), tags
    words = unescape(re.sub(r"<[^>]+>", " ", html.partition("<body>")[2]))
    assert words.split() == plain.get_content().split()
    assert set(re.findall(r'href="([^"]+)"', html)) == {
        f"{settings.PANEL_ADDRESS}/services/{Service.objects.get(parent=None).pk}/"
    }


def test_the_preview_shows_both(desk: Desk) -> None:
    service = desk.begin()
    page = operator().get(f"/services/{service.pk}/notices").content.decode()
    assert page.count("As text") == 10  # five notices in two languages, and the same beside it as HTML shows it
    assert page.count("<p>Service:") == page.count("<p>Dienst:") == 5
