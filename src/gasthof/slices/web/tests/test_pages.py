"""Forms of websites and protected directories: what they change, what they keep of what was typed, and for whom."""

import pytest
from django.test import Client
from tests import members
from tests.habits.furnished import made_once
from tests.house import House, all_live, settle

from gasthof.kernel.values import DomainName
from gasthof.slices.domains.models import Domain
from gasthof.slices.nodes.models import NodeContact, ObjectReport
from gasthof.slices.subscriptions.models import Plan
from gasthof.slices.web.models import ProtectedDirectory, Site

pytestmark = pytest.mark.django_db
NAME = "grüße-aus-köln.test"
ASCII = DomainName.parse(NAME).ascii


def settled() -> House:
    house = settle()
    house.run("domains.add", subscription=house.mine, name=NAME)
    return house


furnished_once, house = made_once(settled)


@pytest.fixture
def owner(house: House) -> Client:
    return members.owner(house.baker)


def site() -> Site:
    return Site.objects.get(domain__name=ASCII)


PHP = {"php": "on", "php_version": "8.9", "set-memory_limit": "256M", "set-max_execution_time": "30", "set-date__timezone": "Europe/Berlin",
       "set-log_errors": "on", "set-session__cookie_httponly": "on", "set-session__cookie_secure": "on"}  # fmt: skip


def defaults() -> dict[str, str]:
    """The fields of PHP's form as a browser sends them back unchanged."""
    from_rules = {
        "set-default_charset": "UTF-8", "set-error_reporting": "22527", "set-max_file_uploads": "20", "set-max_input_time": "60",
        "set-max_input_vars": "1000", "set-output_buffering": "4096", "set-post_max_size": "16M", "set-session__cookie_samesite": "Lax",
        "set-session__gc_maxlifetime": "1440", "set-upload_max_filesize": "16M",
    }  # fmt: skip
    return PHP | from_rules


def test_hosting_settings(owner: Client) -> None:
    sent = {"docroot": "web/köln/öffentlich", "preferred": f"www.{ASCII}", "front_controller": "on"}
    answer = owner.post(f"/domains/{ASCII}/hosting", sent)
    assert answer.status_code == 303
    found = site()
    assert (found.docroot, found.preferred) == ("web/köln/öffentlich", f"www.{ASCII}")
    assert (found.https_redirect, found.front_controller) == (False, True)
    page = members.text(owner.get(answer["Location"]))
    assert "On its way to the server" in page and "web/köln/öffentlich" in page
    assert page.count(f"www.{NAME}</option>") == 1
    assert members.text(owner.get(f"/domains/{ASCII}/hosting")).count(f"www.{NAME}</option>") == 1


def test_a_plan_without_php_says_so_and_what_to_do(house: House, owner: Client) -> None:
    subscription = house.run("subscriptions.create", customer=house.baker.customer, plan="Bare", node="local").result[
        "subscription"
    ]
    house.run("domains.add", subscription=subscription, name="törtchen.test")
    page = f"/domains/{DomainName.parse('törtchen.test').ascii}/php"
    shown = members.text(owner.get(page))
    assert (
        "Bare does not include PHP" in shown and "Ask your hoster" in shown and "<select" not in shown.split("<main")[1]
    )
    by_operator = members.text(members.operator().get(page))
    assert f"/plans/{Plan.objects.get(name='Bare').pk}" in by_operator


def test_a_server_without_php_says_so(house: House, owner: Client) -> None:
    NodeContact.objects.update(facts={})
    house.run("domains.add", subscription=house.mine, name="törtchen.test")
    assert "offers no version of PHP" in members.text(
        owner.get(f"/domains/{DomainName.parse('törtchen.test').ascii}/php")
    )
    assert "offers no version" not in members.text(owner.get(f"/domains/{ASCII}/php")), "who has it goes on having it"


def test_a_card_tells_how_many_mailboxes_and_how_full(house: House, owner: Client) -> None:
    for name in ("info", "büro"):
        house.run("mail.add_mailbox", domain=NAME, name=name.replace("ü", "ue"), password="Sehr-geheim 1", quota_mb=100)
    all_live()
    ObjectReport.objects.filter(target__key=f"info@{ASCII}").update(findings={"bytes": 180 * 1024 * 1024})
    shown = members.text(owner.get(f"/subscriptions/{house.mine}/websites"))
    assert (
        "Mailboxes: 2" in shown
        and "90\xa0%" in shown.replace("90 %", "90\xa0%")
        and '<rect class="bar" width="90"' in shown
    )
    webmaster = members.text(
        members.member(house.baker, "webmaster", ASCII).get(f"/subscriptions/{house.mine}/websites")
    )
    assert NAME in webmaster and "Mailboxes:" not in webmaster, "who may not know of mail is told nothing of it"


def test_cards_with_more_mailboxes_ask_no_more(house: House, owner: Client) -> None:
    page = f"/subscriptions/{house.mine}/websites"
    house.run("mail.add_mailbox", domain=NAME, name="a", password="Sehr-geheim 1", quota_mb=10)
    before = members.queries(owner, page)
    for nth in range(3):
        house.run("domains.add", subscription=house.mine, name=f"straße-{nth}.test")
        house.run("mail.add_mailbox", domain=f"straße-{nth}.test", name="b", password="Sehr-geheim 1", quota_mb=10)
    assert members.queries(owner, page) == before


def test_a_wrong_document_root_stays_typed(owner: Client) -> None:
    answer = owner.post(f"/domains/{ASCII}/hosting", {"docroot": "logs/köln", "preferred": ""})
    page = members.text(answer)
    assert answer.status_code == 422 and "must lie below “web/”" in page and 'value="logs/köln"' in page
    assert 'aria-invalid="true"' in page and site().docroot == f"web/{ASCII}"


def test_php_settings_keep_what_differs_only(owner: Client) -> None:
    assert owner.post(f"/domains/{ASCII}/php", defaults()).status_code == 303
    assert (site().php_version, site().php_settings) == ("8.9", {"memory_limit": "256M"})
    assert owner.post(f"/domains/{ASCII}/php", defaults() | {"set-memory_limit": "128M"}).status_code == 303
    assert site().php_settings == {}


def test_a_wrong_php_setting_is_told_beside_its_field(owner: Client) -> None:
    answer = owner.post(f"/domains/{ASCII}/php", defaults() | {"set-memory_limit": "viel"})
    page = members.text(answer)
    assert answer.status_code == 422 and 'value="viel"' in page
    assert "A size from 16M to 1024M is needed." in page and 'href="#field-set-memory_limit"' in page


def test_further_names(owner: Client, house: House) -> None:
    assert owner.post(f"/domains/{ASCII}/names/new", {"name": "köln-grüßt.test"}).status_code == 303
    assert "köln-grüßt.test" in members.text(owner.get(f"/domains/{ASCII}/names"))
    taken = owner.post(f"/domains/{ASCII}/names/new", {"name": "köln-grüßt.test"})
    assert taken.status_code == 422 and 'value="köln-grüßt.test"' in members.text(taken)
    number = site().aliases.get(name=DomainName.parse("köln-grüßt.test").ascii).pk
    assert members.owner(house.gardener).post(f"/domains/{ASCII}/names/{number}/remove").status_code == 404
    assert owner.post(f"/domains/{ASCII}/names/{number}/remove").status_code == 303
    assert site().aliases.count() == 1


def test_a_subdomain_shows_any_directory(owner: Client) -> None:
    path = f"/domains/{ASCII}/subdomains/new"
    assert owner.post(path, {"name": "büro", "docroot": f"web/{ASCII}/büro"}).status_code == 303
    assert Domain.objects.get(unicode=f"büro.{NAME}").site.docroot == f"web/{ASCII}/büro"


@pytest.mark.parametrize(
    ("sent", "words"),
    [({"name": "bü ro", "docroot": "web/x"}, "domain name"), ({"name": "büro", "docroot": "../x"}, "")],
)
def test_a_wrong_subdomain_is_not_half_made(owner: Client, sent: dict[str, str], words: str) -> None:
    answer = owner.post(f"/domains/{ASCII}/subdomains/new", sent)
    page = members.text(answer)
    assert answer.status_code == 422 and words in page and f'value="{sent["name"]}"' in page
    assert 'aria-invalid="true"' in page and Domain.objects.count() == 1


def test_protected_directories_and_their_users(owner: Client, house: House) -> None:
    base = f"/subscriptions/{house.mine}/protected"
    assert owner.post(f"{base}/new", {"path": "web/büro", "title": "Nur für uns"}).status_code == 303
    row = ProtectedDirectory.objects.get()
    users = f"{base}/{row.pk}/users"
    assert owner.post(f"{users}/new", {"name": "jörg", "password": "kurz"}).status_code == 422
    assert owner.post(f"{users}/new", {"name": "joerg", "password": "Sehr-geheim-7!"}).status_code == 303
    user = row.users.get()
    before = user.hash
    assert owner.post(f"{users}/{user.pk}/password", {"password": "Ganz-anders-8!"}).status_code == 303
    user.refresh_from_db()
    assert user.hash != before
    assert owner.post(f"{base}/{row.pk}/title", {"title": "Büro"}).status_code == 303
    strange = members.owner(house.gardener)
    for path in (f"{base}/{row.pk}/end", f"/subscriptions/{house.other}/protected/{row.pk}/end"):
        assert strange.post(path).status_code == 404
    assert owner.post(f"{users}/{user.pk}/remove").status_code == 303
    assert owner.post(f"{base}/{row.pk}/end").status_code == 303
    assert ProtectedDirectory.objects.count() == 0


def test_a_card_tells_its_state_in_the_daemons_words(owner: Client, house: House) -> None:
    path = f"/subscriptions/{house.mine}/websites"
    assert "on its way" in members.text(owner.get(path))
    part = members.text(owner.get(path, {"search": "köln"}, headers={"hx-request": "true"}))
    assert NAME in part and "<html" not in part
    assert "Nothing found" in members.text(owner.get(path, {"search": "zzz"}))
    assert owner.get(path, {"search": "x" * 300}).status_code == 200
    assert owner.get(path, {"search": "a\tb", "after": "nonsense"}).status_code == 200


def test_cards_are_read_anew_once_what_was_done_is_live(owner: Client, house: House) -> None:
    """With scripts; what the reader asked for meanwhile is told to screen readers, this is not."""

    def wrapping(page: str) -> str:
        return page.partition('id="list-cards"')[2].partition(">")[0]

    done = owner.post(f"/subscriptions/{house.mine}/domains/new", {"name": "törtchen.test", "once": "1"})
    address = done.headers["location"]
    assert 'hx-trigger="live from:body"' in wrapping(members.text(owner.get(address)))
    anew = members.text(owner.get(address, headers={"hx-request": "true", "hx-trigger": "list-cards"}))
    assert "törtchen.test" in anew and not wrapping(anew) and "found on this page" not in anew
    assert "found on this page" in members.text(owner.get(address, headers={"hx-request": "true"}))
    all_live()
    assert not wrapping(members.text(owner.get(address)))
