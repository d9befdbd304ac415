"""Zones that were deleted with their domains: kept for their customer alone, and set again by one click (spec L13)."""

import pytest
from tests.habits.furnished import made_once
from tests.house import House
from tests.readers import member, owner, stranger

from gasthof.kernel.actions import perform
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.dns.actions.former import MOST_KEPT
from gasthof.slices.dns.models import Change, FormerZone, Zone
from gasthof.slices.dns.queries import own_records
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.dns.tests.test_verbs import ASCII, NAME, change, put, refused, sets, settled

pytestmark = pytest.mark.django_db
furnished_once, house = made_once(settled)
DNS = f"/domains/{ASCII}/dns/"


def own() -> tuple[RecordSpec, ...]:
    return own_records(Zone.objects.get(domain__name=ASCII))


def former() -> FormerZone:
    return FormerZone.objects.latest("pk")


def deleted(house: House) -> tuple[RecordSpec, ...]:
    """What was set in the zone when its domain went."""
    put(house, "büro", "TXT", "Grüße", ttl=300)
    put(house, "@", "MX", "10 mail.example.net", "20 post.example.net")
    change(house, "switch_default", name="www", type="AAAA", on=False)
    was = own()
    house.run("domains.delete", house.baker, domain=NAME)
    return was


def back(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name=NAME)


def test_a_domain_that_comes_back_has_defaults_until_the_former_records_are_set_again(house: House) -> None:
    was = deleted(house)
    back(house)
    assert own() == () and sets()[ASCII, "MX"] != ["10 mail.example.net.", "20 post.example.net."]
    put(house, "neu", "A", "192.0.2.1")
    last = Change.objects.latest("pk").pk
    change(house, "restore_former", former=former().pk)
    assert own() == was and sets()[f"xn--bro-hoa.{ASCII}", "TXT"] == ['"Gr\\195\\188\\195\\159e"']
    assert {row.what for row in Change.objects.filter(pk__gt=last)} == {"restored"}
    change(house, "restore", change=last)
    assert [(each.name, each.contents) for each in own()] == [(f"neu.{ASCII}", ("192.0.2.1",))]


def test_another_account_with_the_name_sees_and_sets_nothing(house: House) -> None:
    deleted(house)
    kept = former().pk
    house.run("domains.add", house.gardener, subscription=house.other, name=NAME)
    other = stranger(house)
    assert f"/former-zones/{kept}" not in (other.get(DNS).content + other.get(f"{DNS}history").content).decode()
    assert other.get(f"/former-zones/{kept}/").status_code == other.post(f"/former-zones/{kept}/").status_code == 404
    assert NAME not in other.get(f"/customers/{house.gardener.customer}/former-zones/").content.decode()
    for fields in ({"former": kept}, {"former": kept + 1}):
        with pytest.raises(ActionRefused, match="There is no such object"):
            perform(house.gardener, "dns.restore_former", {"domain": NAME, **fields})
    mine = owner(house)
    assert "not in your account" in mine.get(f"/former-zones/{kept}/").content.decode()
    assert mine.post(f"/former-zones/{kept}/").status_code == 404 and own() == ()


def test_a_former_zone_is_of_one_name(house: House) -> None:
    deleted(house)
    house.run("domains.add", house.baker, subscription=house.mine, name="andere-ö.test")
    assert refused(house, "restore_former", domain="andere-ö.test", former=former().pk) == {
        "former": "This is no former zone of this domain."
    }


def test_what_breaks_a_rule_by_now_is_refused_with_the_reason(house: House) -> None:
    put(house, "blog", "TXT", "alt")
    house.run("domains.delete", house.baker, domain=NAME)
    back(house)
    house.run("domains.add", house.baker, subscription=house.mine, name=f"blog.{NAME}")
    assert "belongs to the zone" in refused(house, "restore_former", former=former().pk)["former"]


def test_so_many_are_kept_and_none_twice(house: House) -> None:
    deleted(house)
    back(house)
    change(house, "restore_former", former=former().pk)
    house.run("domains.delete", house.baker, domain=NAME)
    assert FormerZone.objects.count() == 1, "the same again"
    for number in range(MOST_KEPT):
        back(house)
        put(house, "zähler", "TXT", str(number))
        house.run("domains.delete", house.baker, domain=NAME)
    assert FormerZone.objects.count() == MOST_KEPT
    assert former().records[0]["contents"] == [f'"{MOST_KEPT - 1}"']
    back(house)
    house.run("domains.delete", house.baker, domain=NAME)
    assert FormerZone.objects.count() == MOST_KEPT, "nothing of its own was set"


def test_the_page_shows_what_would_change_and_does_it(house: House) -> None:
    was, mine = deleted(house), owner(house)
    at = f"/former-zones/{former().pk}/"
    assert NAME in mine.get(f"/customers/{house.baker.customer}/former-zones/").content.decode()
    back(house)
    assert at in mine.get(DNS).content.decode() and at in mine.get(f"{DNS}history").content.decode()
    shown = mine.get(at)
    assert {(each.type, *each.then) for each in shown.context["differences"]} >= {
        ("TXT", "Grüße"), ("MX", "10 mail.example.net", "20 post.example.net"), ("AAAA", "default switched off")
    }  # fmt: skip
    reader = member(house.baker.customer, "read only")
    assert "button primary" not in reader.get(at).content.decode() and reader.post(at).status_code == 403
    assert member(house.baker.customer, domain=ASCII).get(at).status_code in (403, 404)
    done = mine.post(at, {"once": shown.context["form"].once})
    assert done.status_code == 303 and own() == was
    assert "Nothing would change" in mine.get(at).content.decode()
