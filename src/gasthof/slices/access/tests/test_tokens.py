"""Tokens: what they are worth, to whom, and until when."""

import base64
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from tests.house import OPERATOR, House, settle
from tests.programs import people

from gasthof.kernel import audit
from gasthof.kernel.actions import perform
from gasthof.kernel.capability import Bearer
from gasthof.kernel.clock import Clocks, FixedClock
from gasthof.kernel.collection import read
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import Actor, Place
from gasthof.kernel.refusal import ActionRefused, TooManyAttempts
from gasthof.slices.access import tokens
from gasthof.slices.access.models import ApiToken, User
from gasthof.slices.access.queries import actor_of

pytestmark = [pytest.mark.django_db, pytest.mark.quick]
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
CLOCKS = Clocks(FixedClock(NOW), FixedClock(NOW))


@pytest.fixture
def house() -> House:
    cache.clear()
    return settle()


@pytest.fixture
def anna(house: House) -> User:
    return people(User.MEMBER, house.baker.customer, "anna")


def create(user: User, actor: Actor = OPERATOR, **fields: object) -> dict[str, object]:
    return dict(perform(actor, "access.create_token", {"user": user.pk, "name": "Prüfung", **fields}, CLOCKS).result)


def shown(secret: object, now: datetime = NOW, address: str = "192.0.2.7") -> Bearer | None:
    return tokens.bearer(str(secret), RequestFactory().get("/", REMOTE_ADDR=address), now)


def refused(user: User, actor: Actor, **fields: object) -> list[str]:
    with pytest.raises(ActionRefused) as refusal:
        create(user, actor, **fields)
    return [error.field for error in refusal.value.errors]


def test_only_its_digest_is_kept(anna: User) -> None:
    secret = str(create(anna)["secret"])
    raw = base64.urlsafe_b64decode(secret.removeprefix("gasthof_") + "=")
    assert len(raw) == 32
    row = ApiToken.objects.get()
    assert bytes(row.digest) == sha256(raw).digest()
    entry = AuditEntry.objects.latest("id")
    assert secret not in f"{entry.fields}{entry.words}{audit.legible(str(vars(row)))}"


def test_it_acts_as_its_person_with_its_limits(house: House, anna: User) -> None:
    made = create(anna, verbs="domains.add, domains.list", places=f"subscription:{house.mine}, domain:Grün.test")
    bearer = shown(made["secret"])
    assert bearer and bearer.actor.role == "owner" and bearer.actor.customer == anna.customer_id
    assert str(bearer.actor) == f"user:{anna.pk}/token:{bearer.token}"
    assert bearer.actor.verbs == {"domains.add", "domains.list"}
    assert bearer.actor.within == (Place(subscription=int(house.mine[1:])), Place(domain="xn--grn-ioa.test"))


def test_it_ends(anna: User) -> None:
    secret = create(anna, days=365)["secret"]
    assert shown(secret, NOW + timedelta(days=364))
    assert shown(secret, NOW + timedelta(days=365)) is None
    assert refused(anna, OPERATOR, days=366) == ["days"]


def test_it_ends_with_its_person(anna: User) -> None:
    secret = create(anna)["secret"]
    anna.active = False
    anna.save()
    assert shown(secret) is None
    assert refused(anna, OPERATOR) == ["user"]


def test_it_has_what_its_person_has_now(house: House, anna: User) -> None:
    secret = create(anna)["secret"]
    User.objects.filter(pk=anna.pk).update(customer=house.gardener.customer)
    bearer = shown(secret)
    assert bearer and bearer.actor.customer == house.gardener.customer


def test_revoked(anna: User) -> None:
    made = create(anna)
    perform(actor_of(anna), "access.revoke_token", {"token": made["token"]})
    assert shown(made["secret"]) is None


def test_everybody_for_themselves(house: House, anna: User) -> None:
    """An operator who signed in revokes anybody's, and makes none for another."""
    colleague, boss = people(User.MEMBER, house.baker.customer, "otto"), people(User.OPERATOR, None, "betrieb")
    stranger = people(User.MEMBER, house.gardener.customer, "fremd")
    made = create(anna, actor_of(anna))
    for other in (colleague, boss, stranger):
        assert refused(anna, actor_of(other)) == ["user"]
    for other in (colleague, stranger):
        with pytest.raises(ActionRefused, match="no such object"):
            perform(actor_of(other), "access.revoke_token", {"token": made["token"]})
        assert read(actor_of(other), "tokens").rows == ()
    assert [row["token"] for row in read(actor_of(anna), "tokens").rows] == [made["token"]]
    assert [row["token"] for row in read(actor_of(boss), "tokens").rows] == [made["token"]]
    perform(actor_of(boss), "access.revoke_token", {"token": made["token"]})


def test_a_token_makes_no_wider_one(house: House, anna: User) -> None:
    limits = {"verbs": "access.create_token domains.add", "places": f"customer:{anna.customer_id}", "days": 10}
    maker = create(anna, **limits)
    bearer = shown(maker["secret"])
    assert bearer
    assert refused(anna, bearer.actor, places=limits["places"]) == ["verbs"]
    assert refused(anna, bearer.actor, verbs="domains.delete", places=limits["places"]) == ["verbs"]
    assert refused(anna, bearer.actor, verbs="domains.add") == ["places"]
    assert refused(anna, bearer.actor, verbs="domains.add", places="customer:999") == ["places"]
    made = create(anna, bearer.actor, **(limits | {"days": 300, "verbs": "domains.add"}))
    assert made["expires"] == maker["expires"]
    perform(OPERATOR, "access.revoke_token", {"token": maker["token"]})
    assert shown(made["secret"]) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("verbs", "domains.nothing"), ("verbs", "a" * 6_000), ("verbs", ["domains.add"] * 201), ("verbs", [["x"]]), ("places", "house"),
     ("places", "customer:"), ("places", "customer:x"), ("places", "customer:٣"), ("places", "domain:a b"), ("places", "reseller:0"),
     ("places", "mailbox:x"), ("days", 0), ("name", "")],
)  # fmt: skip
def test_wrong_limits(anna: User, field: str, value: object) -> None:
    assert refused(anna, OPERATOR, **{field: value}) == [field]


def test_its_use_is_noted_once_a_minute(anna: User) -> None:
    secret = create(anna)["secret"]
    for seconds, address in ((0, "192.0.2.7"), (59, "192.0.2.8"), (60, "192.0.2.9")):
        bearer = shown(secret, NOW + timedelta(seconds=seconds), address)
        assert bearer
        bearer.answered()
    row = ApiToken.objects.get()
    assert (row.last_used, row.last_address) == (NOW + timedelta(seconds=60), "192.0.2.9")


def test_guessing_is_slow_and_learns_nothing(anna: User) -> None:
    """Known and unknown beginnings, expired and never made: the same. Others, and good tokens, are not held up."""
    secret = str(create(anna)["secret"])
    gone = create(anna, days=1)["secret"]
    late = NOW + timedelta(days=2)
    for wrong in [str(gone), secret[:-1], secret[:-1] + "~", secret.upper(), "", "gasthof_" + "A" * 43] * 3 + ["x"] * 2:
        assert shown(wrong, late) is None
    for wrong in (secret[:-1], str(gone)):
        with pytest.raises(TooManyAttempts):
            shown(wrong, late)
    assert shown(secret, late)
    assert shown("x", late, "192.0.2.8") is None


def test_a_network_of_addresses_is_one_guesser(anna: User) -> None:
    with pytest.raises(TooManyAttempts):
        for number in range(30):
            shown("x", NOW, f"2001:db8:0:1::{number:x}")
    assert shown("x", NOW, "2001:db8:0:2::1") is None


def test_there_is_an_end_of_tokens(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_TOKENS", 2)
    create(anna)
    create(anna)
    with pytest.raises(ActionRefused, match="2 tokens at most"):
        create(anna)
