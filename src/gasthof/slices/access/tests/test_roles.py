"""Roles: what people may do by them, and that nobody gives, takes or becomes more than they are."""

from dataclasses import replace

import pytest
from tests.habits.examples import DOMAIN
from tests.habits.furnished import furnished_once, house
from tests.house import House

from gasthof.kernel import registry
from gasthof.kernel.collection import read
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.slices.access.grants import matrix
from gasthof.slices.access.models import Assignment, Role, User
from gasthof.slices.access.queries import actor_of

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db

ANNA = f"anna@{DOMAIN}"
SECRET = "Sehr-geheim 1"


def anna(house: House, *roles: str, **only: object) -> Actor:
    """A user of the baker's with these roles and no other."""
    for row in Assignment.objects.filter(user__customer=house.baker.customer):
        house.run("access.withdraw", assignment=row.pk)
    for role in roles:
        house.run("access.assign", user=ANNA, role=role, **only)
    return replace(actor_of(User.objects.get(email__startswith="anna@xn--bckerei")), language="en")


def test_without_a_role_nothing_is_allowed(house: House) -> None:
    actor = anna(house)
    assert (actor.role, actor.grants) == ("user", ())
    for name in ("domains", "mailboxes", "subscriptions"):
        with pytest.raises(NotAllowed):
            read(actor, name)


def test_the_owners_role_is_the_owner(house: House) -> None:
    actor = anna(house, "owner")
    assert (actor.role, actor.customer) == ("owner", house.baker.customer) and str(actor).startswith("user:")


def test_the_owners_role_of_one_domain_is_not_the_owner(house: House) -> None:
    actor = anna(house, "owner", domain=DOMAIN)
    house.run("web.change_site", actor, domain=DOMAIN, https_redirect="no")
    with pytest.raises(ActionRefused, match="no such object"):
        house.run("domains.add", actor, subscription=house.mine, name="noch-eine.test")


def test_a_webmaster_of_one_domain_does_that_and_sees_that_only(house: House) -> None:
    house.run("domains.add", subscription=house.mine, name="zweite-ö.test")
    actor = anna(house, "webmaster", domain=DOMAIN)
    house.run("web.change_site", actor, domain=DOMAIN, php_settings="memory_limit=128M")
    assert [row["domain"] for row in read(actor, "domains").rows] == [DOMAIN]
    for verb, fields in (
        ("web.change_site", {"domain": "zweite-ö.test"}),
        ("domains.delete", {"domain": DOMAIN}),
        ("mail.add_mailbox", {"domain": DOMAIN, "name": "neu", "password": SECRET}),
        ("web.protect", {"subscription": house.mine, "path": "web/x", "title": "x"}),
        ("access.invite", {"customer": house.baker.customer, "email": "x@example.org", "name": "X"}),
    ):
        with pytest.raises(ActionRefused):
            house.run(verb, actor, **fields)


def test_a_mailboxs_own_user_changes_its_password_only(house: House) -> None:
    actor = anna(house, "mail administrator", mailbox=f"info@{DOMAIN}")
    house.run("mail.set_password", actor, mailbox=f"info@{DOMAIN}", password="Noch-geheimer 2")
    assert [row["mailbox"] for row in read(actor, "mailboxes").rows] == [f"info@{DOMAIN}"]
    house.run("mail.add_mailbox", domain=DOMAIN, name="chef", password=SECRET)
    with pytest.raises(ActionRefused, match="no such object"):
        house.run("mail.set_password", actor, mailbox=f"chef@{DOMAIN}", password="Noch-geheimer 2")


def test_who_only_reads_changes_nothing(house: House) -> None:
    actor = anna(house, "read only")
    assert read(actor, "mailboxes").rows and read(actor, "sites").rows and read(actor, "databases").rows
    for verb, fields in (("web.change_site", {"domain": DOMAIN}), ("mail.switch", {"domain": DOMAIN, "active": "no"})):
        with pytest.raises(NotAllowed):
            house.run(verb, actor, **fields)


@pytest.mark.parametrize("only", ["domain", "mailbox"])
def test_what_is_made_anew_under_an_old_name_is_not_theirs(house: House, only: str) -> None:
    name = DOMAIN if only == "domain" else f"info@{DOMAIN}"
    anna(house, "webmaster" if only == "domain" else "mail administrator", **{only: name})
    if only == "domain":
        house.run("domains.delete", domain=DOMAIN)
        house.run("domains.add", subscription=house.mine, name=DOMAIN)
    else:
        house.run("mail.remove_mailbox", mailbox=name)
        house.run("mail.add_mailbox", domain=DOMAIN, name="info", password=SECRET)
    assert not Assignment.objects.filter(user__customer=house.baker.customer).exists()


def test_a_mailboxs_role_goes_with_its_domain(house: House) -> None:
    anna(house, "mail administrator", mailbox=f"info@{DOMAIN}")
    house.run("subscriptions.delete", subscription=house.mine)
    assert not Assignment.objects.filter(user__customer=house.baker.customer).exists()


def manager(house: House) -> Actor:
    """A user who manages users and the web, and nothing else."""
    customer = house.baker.customer
    permissions = ["access.members", "web.write", "web.read"]
    house.run("access.create_role", customer=customer, name="Personal", permissions=permissions)
    return anna(house, "Personal")


def test_nobody_gives_what_they_do_not_have(house: House) -> None:
    actor, customer = manager(house), house.baker.customer
    house.run("access.invite", actor, customer=customer, email="b@example.org", name="B", mail="no")
    for role in ("owner", "mail administrator", "read only"):
        with pytest.raises(ActionRefused, match="only what you may do"):
            house.run("access.assign", actor, user="b@example.org", role=role)
        with pytest.raises(ActionRefused, match="only what you may do"):
            house.run("access.invite", actor, customer=customer, email="c@example.org", name="C", role=role, mail="no")
    with pytest.raises(ActionRefused, match="only what you may do"):
        house.run("access.create_role", actor, customer=customer, name="Alles", permissions="mail.write")
    house.run("access.create_role", actor, customer=customer, name="Web", permissions="web.write")
    house.run("access.assign", actor, user="b@example.org", role="Web", domain=DOMAIN)


def test_nobody_gets_at_somebody_who_may_do_more(house: House) -> None:
    actor, customer = manager(house), house.baker.customer
    house.run("access.invite", customer=customer, email="chef@example.org", name="Chef", role="owner", mail="no")
    for verb, fields in (
        ("access.change_user", {"email": "mein@example.org"}),
        ("access.send_link", {"mail": "no"}),
        ("access.deactivate", {}),
        ("access.remove_user", {}),
        ("access.end_sessions", {}),
    ):
        with pytest.raises(ActionRefused, match="may do more"):
            house.run(verb, actor, user="chef@example.org", **fields)
    row = Assignment.objects.get(user__email="chef@example.org")
    with pytest.raises(ActionRefused, match="only what you may do"):
        house.run("access.withdraw", actor, assignment=row.pk)


def test_a_role_cannot_grow_beyond_who_changes_it(house: House) -> None:
    house.run("access.create_role", customer=house.baker.customer, name="Post", permissions="mail.write")
    actor = manager(house)
    role = Role.objects.get(name="Post")
    for permissions in ("web.write", "mail.write"):
        with pytest.raises(ActionRefused, match="only what you may do"):
            house.run("access.change_role", actor, role=role.pk, name="Post", permissions=permissions)


@pytest.mark.parametrize("permissions", ["nodes.manage", "access.operators", "nonsense", "subscriptions.manage"])
def test_a_role_names_only_what_owners_may(house: House, permissions: str) -> None:
    with pytest.raises(ActionRefused, match="no permission"):
        house.run("access.create_role", customer=house.baker.customer, name="X", permissions=permissions)


def test_a_role_is_limited_to_the_customers_own(house: House) -> None:
    with pytest.raises(ActionRefused, match="no such object"):
        house.run("access.assign", user=ANNA, role="webmaster", subscription=house.other)
    with pytest.raises(ActionRefused, match="one of these"):
        house.run("access.assign", user=ANNA, role="webmaster", subscription=house.mine, domain=DOMAIN)


def test_roles_of_another_customer_are_none(house: House) -> None:
    role = Role.objects.filter(customer=house.gardener.customer).latest("pk")
    with pytest.raises(ActionRefused, match="no such object"):
        house.run("access.change_role", house.baker, role=role.pk, name="x", permissions="web.read")
    with pytest.raises(ActionRefused, match="no such role"):
        house.run("access.create_role", customer=house.gardener.customer, name="Nur dort", permissions="web.read")
        house.run("access.assign", user=ANNA, role="Nur dort")


def test_the_matrix_names_the_ready_made_roles_first(house: House) -> None:
    found = matrix(Role.objects.filter(customer=house.baker.customer))
    assert list(found)[: len(registry.standard_roles())] == list(registry.standard_roles())
    assert found["Redaktion"] == {"web.read", "domains.read"}
    assert found["webmaster"] < found["owner"] and "mail.write" not in found["webmaster"]
