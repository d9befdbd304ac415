"""What websites' verbs do to tables and to what the node is told."""

import json
from typing import Any

import pytest
from tests.habits.furnished import made_once
from tests.house import House, desired, settle

from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.domains.models import Claim, Domain
from gasthof.slices.nodes.models import DesiredObject, NodeContact
from gasthof.slices.web.models import Alias, ProtectedDirectory, ProtectedUser, Site

pytestmark = [pytest.mark.django_db, pytest.mark.quick]
NAME = "grüße-aus-köln.test"
ASCII = "xn--gre-aus-kln-w6a02arc.test"


def settled() -> House:
    house = settle()
    house.run("domains.add", house.baker, subscription=house.mine, name=NAME)
    return house


furnished_once, house = made_once(settled)


def site(name: str = ASCII) -> Any:
    return json.loads(desired("web.site")[name])


def refused(house: House, verb: str, **fields: object) -> dict[str, str]:
    with pytest.raises(ActionRefused) as caught:
        house.run(verb, house.baker, **fields)
    return {error.field: error.message for error in caught.value.errors}


def test_a_domain_has_a_website_at_once(house: House) -> None:
    told = site()
    assert told["hosts"] == [ASCII, f"www.{ASCII}"]
    assert told["docroot"] == f"web/{ASCII}"
    assert (told["subscription"], told["uid"]) == (house.mine, 2_000_000 + int(house.mine[1:]))
    assert told["php"]["version"] == "8.10"
    assert (told["https_redirect"], told["suspended"], told["protections"]) == (True, False, [])
    assert list(desired("web.pool")) == [f"8.10/{house.mine}"]
    assert set(desired("subscriptions.home")) == {house.mine, house.other}


def test_the_node_is_told_in_canonical_json(house: House) -> None:
    for text in desired("web.site").values():
        assert json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False) == text


def test_settings_change_what_they_name_and_nothing_else(house: House) -> None:
    before = site()
    house.run("web.change_site", house.baker, domain=NAME, docroot="web/läden/köln", https_redirect="no")
    assert site() == before | {"docroot": "web/läden/köln", "https_redirect": False}
    house.run("web.change_site", house.baker, domain=NAME, front_controller="yes", preferred=f"www.{NAME}")
    assert site()["docroot"] == "web/läden/köln"
    assert site()["preferred"] == f"www.{ASCII}"
    house.run("web.change_site", house.baker, domain=NAME, preferred="")
    assert site()["preferred"] is None


def test_an_unchanged_site_is_no_change(house: House) -> None:
    revision = DesiredObject.objects.get(kind="web.site", key=ASCII).revision
    house.run("web.change_site", house.baker, domain=NAME, https_redirect="yes", docroot=f"web/{ASCII}")
    assert DesiredObject.objects.get(kind="web.site", key=ASCII).revision == revision


def test_a_pool_is_there_while_a_site_uses_it(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="zwei.test")
    house.run("web.change_site", house.baker, domain=NAME, php_version="8.2")
    assert set(desired("web.pool")) == {f"8.10/{house.mine}", f"8.2/{house.mine}"}
    house.run("domains.delete", house.baker, domain="zwei.test")
    assert set(desired("web.pool")) == {f"8.2/{house.mine}"}
    house.run("web.change_site", house.baker, domain=NAME, php="no")
    assert desired("web.pool") == {}
    assert site()["php"] is None
    house.run("web.change_site", house.baker, domain=NAME, php="yes")
    assert set(desired("web.pool")) == {f"8.2/{house.mine}"}


def test_php_settings(house: House) -> None:
    house.run("web.change_site", house.baker, domain=NAME, php_settings="memory_limit=256M, display_errors=on")
    assert site()["php"]["settings"]["memory_limit"] == "256M"
    house.run("web.change_site", house.baker, domain=NAME, php_settings={"memory_limit": ""})
    settings = site()["php"]["settings"]
    assert (settings["memory_limit"], settings["display_errors"]) == ("128M", "1")
    errors = refused(house, "web.change_site", domain=NAME, php_settings={"memory_limit": "99G"})
    assert list(errors) == ["php_settings.memory_limit"]
    assert set(refused(house, "web.change_site", domain=NAME, php_settings="open_basedir=/")) == {"php_settings"}


def test_a_version_that_the_node_lacks(house: House) -> None:
    assert "8.2, 8.9, 8.10" in refused(house, "web.change_site", domain=NAME, php_version="7.4")["php_version"]
    NodeContact.objects.update(facts={"php": ["8.2"]})
    house.run("web.change_site", house.baker, domain=NAME, https_redirect="no")
    assert site()["php"]["version"] == "8.10"


def test_a_plan_without_php(house: House) -> None:
    bare = house.run("subscriptions.create", customer=house.baker.customer, plan="Bare", node="local").result
    house.run("domains.add", house.baker, subscription=bare["subscription"], name="statisch.test")
    assert site("statisch.test")["php"] is None
    assert set(refused(house, "web.change_site", domain="statisch.test", php="yes")) == {"php"}


def test_a_site_before_the_node_has_said_what_it_offers(house: House) -> None:
    NodeContact.objects.update(facts={})
    house.run("domains.add", house.baker, subscription=house.mine, name="früh.test")
    assert site("xn--frh-ioa.test")["php"] is None
    assert set(refused(house, "web.change_site", domain="früh.test", php="yes")) == {"php_version"}


def test_aliases(house: House) -> None:
    house.run("web.add_alias", house.baker, domain=NAME, name="brötchen.test")
    assert site()["hosts"] == [ASCII, f"www.{ASCII}", "xn--brtchen-b1a.test"]
    house.run("web.change_site", house.baker, domain=NAME, preferred="brötchen.test")
    house.run("web.remove_alias", house.baker, domain=NAME, name="BRÖTCHEN.test")
    assert (site()["hosts"], site()["preferred"]) == ([ASCII, f"www.{ASCII}"], None)
    house.run("domains.add", house.gardener, subscription=house.other, name="brötchen.test")


def test_the_domain_itself_is_no_alias(house: House) -> None:
    assert set(refused(house, "web.remove_alias", domain=NAME, name=NAME)) == {"name"}
    assert set(refused(house, "web.add_alias", domain=NAME, name=NAME)) == {"name"}
    house.run("web.remove_alias", house.baker, domain=NAME, name=f"www.{NAME}")
    assert site()["hosts"] == [ASCII]


def test_the_limit_of_aliases_leaves_the_www_name_out(house: House) -> None:
    for name in ("eins.test", "zwei.test", "drei.test"):
        house.run("web.add_alias", house.baker, domain=NAME, name=name)
    assert set(refused(house, "web.add_alias", domain=NAME, name="vier.test")) == {"name"}


def test_a_www_name_that_is_taken_is_left_out(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="www.laden.test")
    house.run("domains.add", house.baker, subscription=house.mine, name="laden.test")
    assert site("laden.test")["hosts"] == ["laden.test"]
    assert site("www.laden.test")["hosts"] == ["www.laden.test"]


def test_protection_follows_directories_over_all_sites(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="zwei.test")
    house.run("web.change_site", house.baker, domain="zwei.test", docroot=f"web/{ASCII}/öffentlich")
    place = {"subscription": house.mine, "path": f"web/{ASCII}/öffentlich"}
    house.run("web.protect", house.baker, **place, title="Nur für „uns“")
    assert site()["protections"] == [{"path": "/öffentlich", "title": "Nur für „uns“", "users": []}]
    house.run("web.add_protected_user", house.baker, **place, name="jörg", password="Sehr geheim 1")
    for protection in (site()["protections"][0], site("zwei.test")["protections"][0]):
        assert [user["name"] for user in protection["users"]] == ["jörg"]
        assert protection["users"][0]["hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert site("zwei.test")["protections"][0]["path"] == ""
    house.run("web.unprotect", house.baker, **place)
    assert site()["protections"] == site("zwei.test")["protections"] == []
    assert not ProtectedUser.objects.exists()


def test_moving_a_docroot_moves_what_is_protected(house: House) -> None:
    house.run("web.protect", house.baker, subscription=house.mine, path="web/a/b")
    assert site()["protections"] == []
    house.run("web.change_site", house.baker, domain=NAME, docroot="web/a")
    assert [each["path"] for each in site()["protections"]] == ["/b"]
    house.run("web.change_site", house.baker, domain=NAME, docroot="web/a/b/c")
    assert [each["path"] for each in site()["protections"]] == [""]


def test_protection_is_one_subscriptions_own(house: House) -> None:
    house.run("domains.add", house.gardener, subscription=house.other, name="andere.test")
    house.run("web.protect", house.baker, subscription=house.mine, path="web")
    assert site()["protections"] and not site("andere.test")["protections"]


def test_users_of_a_protected_directory(house: House) -> None:
    place = {"subscription": house.mine, "path": "web"}
    house.run("web.protect", house.baker, **place)
    user = {**place, "name": "käthe", "password": "Sehr geheim 1"}
    house.run("web.add_protected_user", house.baker, **user)
    first = site()["protections"][0]["users"][0]["hash"]
    assert set(refused(house, "web.add_protected_user", **user)) == {"name"}
    house.run("web.change_protected_user", house.baker, **{**user, "password": "Noch geheimer 2"})
    assert site()["protections"][0]["users"][0]["hash"] != first
    assert set(refused(house, "web.change_protected_user", **{**user, "name": "hans"})) == {"name"}
    assert set(refused(house, "web.add_protected_user", **{**user, "name": "hans", "password": "xxHANSxx123"})) == {
        "password"
    }
    assert set(refused(house, "web.add_protected_user", **{**user, "path": "web/x"})) == {"path"}
    house.run("web.remove_protected_user", house.baker, **place, name="käthe")
    assert site()["protections"][0]["users"] == []


@pytest.mark.parametrize("path", ["logs", "tmp", "webx", "web2/x"])
def test_only_web_is_protected_and_shown(house: House, path: str) -> None:
    assert set(refused(house, "web.protect", subscription=house.mine, path=path)) == {"path"}
    assert set(refused(house, "web.change_site", domain=NAME, docroot=path)) == {"docroot"}
    assert set(refused(house, "web.change_site", domain=NAME, docroot="web")) == {"docroot"}


def test_no_php_of_a_suspended_subscription_runs(house: House) -> None:
    house.run("domains.add", subscription=house.mine, name="zwei.test")
    house.run("domains.add", subscription=house.other, name="andere.test")
    before = desired("web.pool")
    house.run("subscriptions.suspend", subscription=house.mine)
    house.run("domains.add", subscription=house.mine, name="drei.test")
    house.run("web.change_site", domain="drei.test", php_version="8.2")
    assert list(desired("web.pool")) == [f"8.10/{house.other}"]
    house.run("domains.delete", domain="drei.test")
    house.run("subscriptions.resume", subscription=house.mine)
    assert desired("web.pool") == before


def test_suspension_is_told_for_every_site(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="zwei.test")
    house.run("domains.add", house.gardener, subscription=house.other, name="andere.test")
    house.run("subscriptions.suspend", subscription=house.mine)
    assert [site(name)["suspended"] for name in (ASCII, "zwei.test", "andere.test")] == [True, True, False]
    house.run("subscriptions.resume", subscription=house.mine)
    assert [site(name)["suspended"] for name in (ASCII, "zwei.test")] == [False, False]


def test_a_deleted_domain_leaves_nothing(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="zwei.test")
    house.run("web.add_alias", house.baker, domain=NAME, name="brötchen.test")
    house.run("web.protect", house.baker, subscription=house.mine, path=f"web/{ASCII}/intern")
    house.run("web.protect", house.baker, subscription=house.mine, path="web/zwei.test")
    told = house.run("domains.delete", house.baker, domain=NAME).awaited
    assert ("web.site", ASCII) in {(each.kind, each.key) for each in told}
    assert set(desired("web.site")) == {"zwei.test"}
    assert DesiredObject.objects.get(kind="web.site", key=ASCII).spec is None
    assert list(Alias.objects.values_list("name", flat=True)) == ["www.zwei.test"]
    assert set(Claim.objects.values_list("name", flat=True)) == {"zwei.test", "www.zwei.test"}
    assert list(ProtectedDirectory.objects.values_list("path", flat=True)) == ["web/zwei.test"]
    house.run("domains.add", house.gardener, subscription=house.other, name=NAME)
    assert site()["subscription"] == house.other


def test_a_deleted_subscription_leaves_tombstones_only(house: House) -> None:
    house.run("domains.add", house.gardener, subscription=house.other, name="andere.test")
    house.run("web.protect", house.baker, subscription=house.mine, path="web/x")
    house.run("subscriptions.delete", subscription=house.mine)
    gone = set(DesiredObject.objects.filter(spec__isnull=True).values_list("kind", "key"))
    assert gone >= {("web.site", ASCII), ("web.pool", f"8.10/{house.mine}"), ("subscriptions.home", house.mine)}
    assert list(Domain.objects.values_list("name", flat=True)) == ["andere.test"]
    assert Site.objects.count() == 1
    assert set(desired("web.site")) == {"andere.test"}
    assert set(desired("subscriptions.home")) == {house.other}


@pytest.mark.parametrize(
    ("verb", "fields", "queries"),
    [
        ("domains.add", {"name": "neu.test"}, 60),
        ("web.change_site", {"domain": NAME, "https_redirect": "no"}, 14),
        ("web.add_alias", {"domain": NAME, "name": "neu.test"}, 22),
        ("domains.delete", {"domain": NAME}, 60),
    ],
)
def test_the_number_of_queries(
    house: House, django_assert_max_num_queries: Any, verb: str, fields: dict[str, object], queries: int
) -> None:
    """It is what a verb costs, and does not grow with what there is."""
    if "domain" not in fields:
        fields = {**fields, "subscription": house.mine}
    with django_assert_max_num_queries(queries):
        house.run(verb, house.baker, **fields)


def test_every_name_of_a_site_stands_in_its_zone(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="blumen.test")
    house.run("web.add_alias", house.baker, domain=NAME, name="köln.blumen.test")
    at = ("xn--kln-sna.blumen.test", "A", "127.0.0.1")
    assert at in addresses("blumen.test") and at not in addresses(ASCII)
    assert {(ASCII, "AAAA", "::1"), (f"www.{ASCII}", "A", "127.0.0.1")} <= addresses(ASCII)
    house.run("web.remove_alias", house.baker, domain=NAME, name="köln.blumen.test")
    assert at not in addresses("blumen.test")
    house.run("web.add_alias", house.baker, domain=NAME, name="köln.blumen.test")
    house.run("domains.delete", house.baker, domain=NAME)
    assert at not in addresses("blumen.test")


def addresses(zone: str) -> set[tuple[str, str, str]]:
    told = json.loads(desired("dns.zone")[zone])["records"]
    return {(each["name"], each["type"], content) for each in told for content in each["contents"]}
