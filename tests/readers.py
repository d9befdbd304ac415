"""Who looks at pages, in tests: each signed in as a person of their own."""

from django.test import Client

from gasthof.kernel.clock import SystemClock
from gasthof.slices.access.models import Assignment, User
from tests.habits.examples import DOMAIN
from tests.house import House

ASCII = DOMAIN.encode("idna").decode()


def anonymous() -> Client:
    return Client(headers={"host": "localhost", "x-forwarded-proto": "https", "accept-language": "en"})


def _as(user: User) -> Client:
    client = anonymous()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def _person(kind: str, customer: int | None = None) -> User:
    email = f"{kind}-{customer or 'house'}-{User.objects.count()}@example.org"
    made = {"email": email, "name": "Jutta Öz", "language": "en", "kind": kind, "customer_id": customer}
    return User.objects.create(**made, created=SystemClock().now())


def operator() -> Client:
    return _as(_person(User.OPERATOR))


def member(customer: int | None, role: str = "owner", **where: object) -> Client:
    """One of a customer's users with a ready-made role; `where` limits it: subscription, domain, mailbox."""
    user = _person(User.MEMBER, customer)
    Assignment.objects.create(user=user, standard=role, **where)
    return _as(user)


def owner(house: House) -> Client:
    return member(house.baker.customer)


def stranger(house: House) -> Client:
    """Another customer's owner."""
    return member(house.gardener.customer)
