"""Pages of people and roles, and acting in a customer's place."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.habits.examples import DOMAIN
from tests.habits.furnished import furnished_once, house
from tests.house import House
from tests.readers import ASCII, anonymous, member, operator, owner, stranger

from gasthof.kernel import registry
from gasthof.kernel.clock import SystemClock
from gasthof.kernel.models import AuditEntry
from gasthof.slices.access.models import Assignment, Role, User

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db


def anna(house: House) -> User:
    return User.objects.get(customer=house.baker.customer, name="Anna Öz")


def pages(house: House) -> list[str]:
    base, user = f"/customers/{house.baker.customer}/", f"/customers/{house.baker.customer}/users/{anna(house).pk}/"
    role = Role.objects.get(customer=house.baker.customer, name="Ungenutzt").pk
    given = Assignment.objects.get(user=anna(house)).pk
    steps = ("change", "assign", f"withdraw/{given}", "send-link", "end-sessions", "deactivate", "activate", "remove")
    own = [f"{base}roles/", f"{base}roles/create", f"{base}roles/{role}/change", f"{base}roles/{role}/remove"]
    return [f"{base}users/", f"{base}users/invite", user, *(f"{user}{step}" for step in steps), *own]


def test_every_page_for_everybody(house: House) -> None:
    mine, theirs, other = owner(house), operator(), stranger(house)
    webmaster = member(house.baker.customer, "webmaster")
    of_domain = member(house.baker.customer, "owner", domain=ASCII)
    for page in pages(house):
        assert mine.get(page).status_code == theirs.get(page).status_code == 200, page
        assert other.get(page).status_code == of_domain.get(page).status_code == 404, page
        assert webmaster.get(page).status_code == 403, page
        assert anonymous().get(page).status_code == 302, page
    assert mine.get("/operators/").status_code == mine.get("/operators/add").status_code == 404
    assert theirs.get("/operators/").status_code == theirs.get("/operators/add").status_code == 200
    assert mine.get(f"/customers/{house.baker.customer}/users/{anna(house).pk}/reset-factors").status_code == 403


def test_what_takes_nothing_away_is_asked_calmly(house: House) -> None:
    client, user = owner(house), f"/customers/{house.baker.customer}/users/{anna(house).pk}/"
    for step, tone in {
        "send-link": "primary",
        "activate": "primary",
        "deactivate": "danger",
        "remove": "danger",
    }.items():
        assert f'class="button {tone}"' in client.get(f"{user}{step}").content.decode(), step


def test_another_customers_person_or_role_is_not_found_below_ones_own(house: House) -> None:
    client, base = owner(house), f"/customers/{house.baker.customer}/"
    strange = User.objects.filter(customer=house.gardener.customer).latest("pk").pk
    role = Role.objects.filter(customer=house.gardener.customer).latest("pk").pk
    for page in (f"users/{strange}/", f"users/{strange}/remove", f"roles/{role}/change", f"roles/{role}/remove"):
        assert client.get(base + page).status_code == 404, page
        assert client.post(base + page).status_code in (404, 405), page


def test_inviting_gives_a_role_in_one(house: House) -> None:
    client, page = owner(house), f"/customers/{house.baker.customer}/users/invite"
    typed = {"email": "jörg@example.org", "name": "Jörg Groß", "language": "de", "give": "webmaster"}
    wrong = client.post(page, typed | {"mailbox_only": "keins@example.org"})
    assert wrong.status_code == 422 and 'value="Jörg Groß"' in wrong.content.decode()
    assert not User.objects.filter(name="Jörg Groß").exists()
    typed["email"] = "joerg@example.org"
    wrong = client.post(page, typed | {"mailbox_only": "keins@example.org"})
    assert wrong.status_code == 422 and not User.objects.filter(name="Jörg Groß").exists()
    assert client.post(page, typed | {"where": f"domain:{ASCII}"}).status_code == 303
    given = Assignment.objects.get(user__name="Jörg Groß")
    assert (given.standard, given.domain) == ("webmaster", ASCII)
    assert f"Webmaster ({DOMAIN})" in client.get(f"/customers/{house.baker.customer}/users/").content.decode()


def test_a_person_is_changed_blocked_and_removed(house: House) -> None:
    client, who = owner(house), anna(house)
    base = f"/customers/{house.baker.customer}/users/{who.pk}/"
    client.post(f"{base}change", {"name": "Anna Grün", "email": "anna@grün.example", "language": "de"})
    client.post(f"{base}assign", {"role": "accountant", "where": ""})
    assert who.assignments.count() == 2
    client.post(f"{base}withdraw/{who.assignments.latest('pk').pk}")
    assert who.assignments.count() == 1
    client.post(f"{base}deactivate")
    who.refresh_from_db()
    assert (who.name, who.active) == ("Anna Grün", False)
    client.post(f"{base}activate")
    client.post(f"{base}remove")
    assert not User.objects.filter(pk=who.pk).exists()


def test_roles_of_ones_own(house: House) -> None:
    client, base = owner(house), f"/customers/{house.baker.customer}/roles/"
    client.post(f"{base}create", {"name": "Grafik", "permissions": ["web.read", "web.write"]})
    role = Role.objects.get(name="Grafik")
    assert role.permissions == ["web.read", "web.write"]
    client.post(f"{base}{role.pk}/change", {"name": "Bilder", "permissions": ["web.read"]})
    role.refresh_from_db()
    assert (role.name, role.permissions) == ("Bilder", ["web.read"])
    assert "Bilder" in client.get(base).content.decode()
    given = Role.objects.get(customer=house.baker.customer, name="Redaktion").pk
    assert client.post(f"{base}{given}/remove").status_code == 422
    assert client.post(f"{base}{role.pk}/remove").status_code == 303


def test_every_permission_that_a_role_may_name_is_said_in_words() -> None:
    assert registry.titles().keys() == registry.standard_roles()["owner"]


def acting(client: Client, customer: int | None) -> object:
    return client.post(f"/customers/{customer}/act")


def test_an_operator_acts_as_a_customer_and_ends_it(house: House) -> None:
    client = operator()
    who = User.objects.filter(kind=User.OPERATOR).latest("pk")
    assert b"Act as" in client.get(f"/customers/{house.baker.customer}/users/").content
    assert acting(client, house.baker.customer).status_code == 302
    page = client.get(f"/domains/{ASCII}/dns/").content.decode()
    assert "You act as Bäckerei Müller" in page and "/acting/end" in page
    assert client.get("/operators/").status_code == 404
    assert client.get(f"/customers/{house.gardener.customer}/users/").status_code == 404
    assert acting(client, house.gardener.customer).status_code == 403
    for own in ("/account/", "/account/e-mail/", "/account/second-factor/", "/reauthenticate/", "/account/sessions/"):
        assert client.get(own).status_code == 403, own
    client.post(f"/domains/{ASCII}/dns/add/A", {"name": "x", "address": "192.0.2.1"})
    assert AuditEntry.objects.latest("id").actor == f"user:{who.pk} as customer:{house.baker.customer}"
    client.post("/acting/end")
    assert client.get("/operators/").status_code == 200
    noted = AuditEntry.objects.filter(verb__in=["access.act_as", "access.stop_acting"]).order_by("id")
    assert [(one.actor, one.customer) for one in noted] == [
        (f"user:{who.pk}", house.baker.customer),
        (f"user:{who.pk}", house.baker.customer),
    ]


def test_signing_out_ends_acting_too(house: House) -> None:
    client = operator()
    acting(client, house.baker.customer)
    client.post("/sign-out/")
    assert client.get("/operators/").status_code == 302
    assert AuditEntry.objects.filter(verb="access.stop_acting", customer=house.baker.customer).count() == 1
    again = operator()
    again.post("/sign-out/")
    assert AuditEntry.objects.filter(verb="access.stop_acting").count() == 1, "who acts for nobody ends nothing"


def test_nobody_acts_for_whom_they_do_not_reach(house: House) -> None:
    number = house.run("accounts.create", name="Händler").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=number)
    person = {"email": "h@example.org", "name": "H", "language": "en", "kind": User.RESELLER, "customer_id": number}
    client = anonymous()
    user = User.objects.create(**person, created=SystemClock().now())
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    assert acting(client, house.gardener.customer).status_code == 404
    assert acting(client, number).status_code == 404
    assert acting(client, house.baker.customer).status_code == 302
    assert client.get(f"/domains/{ASCII}/mail/").status_code == 200
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller="")
    assert client.get(f"/domains/{ASCII}/mail/").status_code == 404
    assert acting(owner(house), house.baker.customer).status_code == 404
    assert acting(anonymous(), house.baker.customer).status_code == 302
    assert client.get(f"/customers/{house.baker.customer}/act").status_code == 405


def test_longer_lists_ask_no_more(house: House) -> None:
    client, base = owner(house), f"/customers/{house.baker.customer}/"

    def questions(page: str) -> int:
        client.get(page)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200
        return len(asked)

    listed = [f"{base}users/", f"{base}roles/", f"{base}users/{anna(house).pk}/"]
    before = [questions(page) for page in listed]
    for nth in range(30):
        person = {"email": f"n{nth}@example.org", "name": f"N {nth}", "language": "en", "kind": User.MEMBER}
        user = User.objects.create(**person, customer_id=house.baker.customer, created=SystemClock().now())
        role = Role.objects.create(customer_id=house.baker.customer, name=f"r{nth}", permissions=["web.read"])
        Assignment.objects.create(user=user, role=role)
        Assignment.objects.create(user=anna(house), role=role)
    assert [questions(page) for page in listed] == before
