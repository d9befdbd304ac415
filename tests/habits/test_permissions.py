"""Every verb against every kind of actor. A verb without an example fails here, and so does one that is open to more."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from django.db import connection, transaction

from gasthof.kernel import registry
from gasthof.kernel.actions import Outcome, actions, perform
from gasthof.kernel.collection import collections
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import ANONYMOUS, ROLES, SYSTEM, Actor, Grant, Place
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from tests.habits.examples import examples, of_slices, prepare
from tests.habits.furnished import furnished_once, house
from tests.house import OPERATOR, House

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db

# What a customer may do with what is theirs: written down a second time, on purpose.
CUSTOMERS = {
    "access.create_token", "access.revoke_token",
    "accounts.change", "subscriptions.usage", "subscriptions.health",
    "domains.add", "domains.delete", "web.change_site", "web.add_alias", "web.remove_alias", "web.protect",
    "web.unprotect", "web.add_protected_user", "web.change_protected_user", "web.remove_protected_user",
    "dns.set_records", "dns.add_record", "dns.change_record", "dns.remove_record", "dns.remove_records",
    "dns.switch_default", "dns.switch_dnssec", "dns.zone", "dns.history", "dns.restore",
    "databases.create", "databases.delete", "databases.add_user", "databases.change_user", "databases.set_password",
    "databases.remove_user",
    "mail.switch", "mail.set_catch_all", "mail.add_mailbox", "mail.change_mailbox", "mail.set_password", "mail.forward_mailbox",
    "mail.set_vacation",
    "mail.remove_mailbox", "mail.add_alias", "mail.remove_alias", "mail.add_forward", "mail.change_forward", "mail.remove_forward",
}  # fmt: skip
# What a reseller may do with customers of their own besides.
RESELLERS = {
    "access.act_as", "access.stop_acting", "accounts.create", "subscriptions.create", "subscriptions.suspend", "subscriptions.resume", "subscriptions.delete",
    "subscriptions.export", "subscriptions.import", "subscriptions.delete_export", "subscriptions.exports",
}  # fmt: skip
# What nobody does in a customer's place, and what the panel alone does.
IN_PERSON, PANELS = (
    {"requests.send_code", "requests.confirm"},
    {"billing.receive", "lifecycle.end_for_breach", "requests.vouch"},
)
WHILE_SUSPENDED = {
    "access.create_token",
    "access.revoke_token",
    "accounts.change",
    "dns.zone",
    "dns.history",
    "subscriptions.usage",
    "subscriptions.health",
}
for slice_ in of_slices():
    CUSTOMERS |= slice_.CUSTOMERS
    WHILE_SUSPENDED |= slice_.WHILE_SUSPENDED
VERBS = sorted(actions())
WRITTEN = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables WHERE relname <> %s"


def who_may(house: House, verb: str) -> Actor:
    """Somebody to whom that verb is open, with the fields of its example."""
    return house.baker if verb in IN_PERSON else SYSTEM if verb in PANELS else OPERATOR


def attempt(house: House, verb: str, actor: Actor) -> Outcome:
    return perform(actor, verb, examples(house)[verb])


def state() -> dict[str, int]:
    """A fingerprint of every table but the record of attempts."""
    with connection.cursor() as cursor:
        cursor.cursor.execute(_fingerprints(), prepare=True)
        return dict(cursor.fetchall())


@contextmanager
def unchanged() -> Iterator[None]:
    """As comparing `state()` before and after, which reads all tables: only where something was written at all, if only to be rolled back."""
    before, point = _written(), transaction.savepoint()
    yield
    if _written() != before:
        after = state()
        transaction.savepoint_rollback(point)
        assert state() == after


def _written() -> int:
    """Rows that this transaction has written so far, by PostgreSQL's count, which no rollback to a savepoint takes back."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN, [AuditEntry._meta.db_table])
        return int(cursor.fetchone()[0])


@cache
def _fingerprints() -> str:
    """One question for all tables: it is asked some thousand times."""
    tables = sorted(set(connection.introspection.table_names()) - {AuditEntry._meta.db_table})
    return " UNION ALL ".join(
        f"SELECT '{table}', coalesce(sum(hashtext(t::text)::bigint), 0) FROM \"{table}\" t" for table in tables
    )


def test_what_was_changed_is_seen(house: House) -> None:
    """Else the tests below would prove nothing."""
    with pytest.raises(AssertionError), unchanged():
        house.run("accounts.change", customer=house.baker.customer, name="Andere Bäckerei")
    with unchanged(), transaction.atomic():
        house.run("accounts.change", customer=house.baker.customer, name="Andere Bäckerei")
        transaction.set_rollback(True)


def test_every_verb_has_an_example_and_every_example_a_verb(house: House) -> None:
    assert sorted(examples(house)) == VERBS


def test_every_example_gives_every_field(house: House) -> None:
    for verb, action in actions().items():
        assert {field.name for field in action.fields} == set(examples(house)[verb]), verb


def test_every_permission_is_given_to_somebody_and_asked_for() -> None:
    asked_for = {action.permission for action in actions().values()}
    assert asked_for | {each.permission for each in collections().values()} == set(registry.grants())
    assert all(roles and roles <= set(ROLES) for roles in registry.grants().values())


def test_verbs_of_customers_name_their_object() -> None:
    assert {verb for verb, action in actions().items() if "owner" in registry.grants()[action.permission]} == CUSTOMERS
    assert all(actions()[verb].on for verb in CUSTOMERS)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("actor", [OPERATOR, SYSTEM], ids=str)
def test_the_operator_may(house: House, verb: str, actor: Actor) -> None:
    prepare(house, verb)
    if verb in IN_PERSON or (verb in PANELS and actor is OPERATOR):
        with pytest.raises(ActionRefused):
            attempt(house, verb, actor)
        return
    attempt(house, verb, actor)
    assert AuditEntry.objects.latest("id").outcome == "done"


@pytest.mark.parametrize("verb", VERBS)
def test_the_owner_may_what_is_the_customers(house: House, verb: str) -> None:
    prepare(house, verb)
    if verb in CUSTOMERS:
        attempt(house, verb, house.baker)
        assert AuditEntry.objects.latest("id").outcome == "done"
    else:
        with unchanged(), pytest.raises(NotAllowed):
            attempt(house, verb, house.baker)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if actions()[verb].reads])
def test_what_only_reads_changes_nothing(house: House, verb: str) -> None:
    with unchanged():
        attempt(house, verb, OPERATOR)


@pytest.fixture
def dealer(house: House) -> Actor:
    """A reseller, who looks after the baker and not after the gardener."""
    number = house.run("accounts.create", name="Händler").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=number)
    return Actor("reseller", number)


def user(house: House, *verbs: str, **within: object) -> Actor:
    """One of the baker's users, who may do this there."""
    permissions = frozenset(actions()[verb].permission for verb in verbs)
    return Actor("user", house.baker.customer, grants=(Grant(permissions, Place(house.baker.customer, **within)),))


@pytest.mark.parametrize("verb", VERBS)
def test_a_reseller_may_for_customers_of_their_own(house: House, dealer: Actor, verb: str) -> None:
    prepare(house, verb)
    if verb in (CUSTOMERS | RESELLERS) - IN_PERSON:
        attempt(house, verb, dealer)
        return
    with unchanged(), pytest.raises(ActionRefused if verb in IN_PERSON else NotAllowed):
        attempt(house, verb, dealer)


@pytest.mark.parametrize("verb", sorted(CUSTOMERS | RESELLERS - {"accounts.create"}))
def test_a_reseller_may_not_for_others(house: House, dealer: Actor, verb: str) -> None:
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller="")
    prepare(house, verb)
    with unchanged(), pytest.raises(ActionRefused, match="no such object"):
        attempt(house, verb, dealer)


def test_what_a_reseller_makes_is_theirs(house: House, dealer: Actor) -> None:
    made = house.run("accounts.create", dealer, name="Neuer Kunde").result
    assert made["reseller"] == dealer.customer
    assert house.run("subscriptions.create", dealer, customer=made["customer"], plan="Bare", node="local")


@pytest.mark.parametrize("verb", sorted(CUSTOMERS))
def test_a_user_may_what_was_granted_there(house: House, verb: str) -> None:
    """Who lets others in must have all that they give."""
    prepare(house, verb)
    whole = Grant(registry.standard_roles()["owner"], Place(house.baker.customer))
    giver = Actor("user", house.baker.customer, grants=(whole,))
    attempt(house, verb, giver if verb.startswith("access.") else user(house, verb))


@pytest.mark.parametrize("verb", sorted(CUSTOMERS))
def test_a_user_may_nothing_else_and_nowhere_else(house: House, verb: str) -> None:
    """Another permission there; that permission in another subscription; a grant that names another customer."""
    prepare(house, verb)
    with unchanged():
        other = next(each for each in sorted(CUSTOMERS) if actions()[each].permission != actions()[verb].permission)
        stranger = Actor("user", house.baker.customer, grants=user(house, verb).grants[:0])
        foreign = Actor("user", house.gardener.customer, grants=user(house, verb).grants)
        elsewhere = user(house, verb, subscription=int(house.other[1:]))
        for actor in (user(house, other), elsewhere, stranger, foreign):
            with pytest.raises(ActionRefused):
                attempt(house, verb, actor)


@pytest.mark.parametrize("verb", sorted(CUSTOMERS))
def test_a_token_is_good_for_its_verbs_and_places_only(house: House, verb: str) -> None:
    prepare(house, verb)
    with unchanged():
        baker = house.baker.customer
        for limits in (
            {"verbs": frozenset({"nothing.else"})},
            {"verbs": frozenset({verb}), "within": (Place(baker, subscription=999_999),)},
        ):
            with pytest.raises(ActionRefused):
                attempt(house, verb, Actor("owner", baker, **limits))
    attempt(house, verb, Actor("owner", baker, verbs=frozenset({verb}), within=(Place(baker),)))


@pytest.mark.parametrize("verb", VERBS)
def test_another_customer_may_not(house: House, verb: str) -> None:
    prepare(house, verb)
    with unchanged(), pytest.raises(ActionRefused) as refused:
        attempt(house, verb, house.gardener)
    if verb in CUSTOMERS:
        told = {error.field: error.message for error in refused.value.errors}
        assert actions()[verb].on in told and set(told.values()) == {"There is no such object."}


@pytest.mark.parametrize("verb", VERBS)
def test_strangers_may_not(house: House, verb: str) -> None:
    prepare(house, verb)
    with unchanged():
        for stranger in (
            ANONYMOUS,
            Actor("owner", None),
            Actor("owner", 999_999),
            Actor("anonymous", house.baker.customer),
        ):
            with pytest.raises(ActionRefused):
                attempt(house, verb, stranger)


@pytest.mark.parametrize("verb", sorted(CUSTOMERS))
def test_the_owner_of_a_suspended_subscription_changes_nothing_in_it(house: House, verb: str) -> None:
    prepare(house, verb)
    house.run("subscriptions.suspend", subscription=house.mine)
    if verb in WHILE_SUSPENDED:
        attempt(house, verb, house.baker)
        return
    with unchanged(), pytest.raises(ActionRefused, match="suspended"):
        attempt(house, verb, house.baker)


@pytest.mark.parametrize("verb", VERBS)
def test_strangers_learn_nothing_from_wrong_fields(house: House, verb: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        perform(ANONYMOUS, verb, {"nonsense": "x"})
    assert [error.field for error in refused.value.errors] == [""]
