"""Models that hold customers' things, found by walking from each model to accounts.Customer, and a house with rows in all of them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db import transaction
from django.db.models import ForeignKey, Model

from gasthof.api.models import KeptAnswer
from gasthof.kernel.models import AuditEntry
from gasthof.slices.access.models import OneTimeLink, OutgoingMail, User
from gasthof.slices.accounts.models import Customer
from gasthof.slices.nodes.models import NodeEvent, Preview, PreviewEnd, PreviewPart
from gasthof.ui.models import Bundle, Submission
from tests.habits.examples import furnish
from tests.house import House, all_live, settle

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

Found = dict[type[Model], str]
HOUSES = {"cases_step": {"house": True}}  # rows of a customer's that the house keeps to itself


def owned() -> Found:
    """Each model with the path to its customer's number; the shortest there is. The record of what was done has a bare number."""
    found: Found = {Customer: "number", AuditEntry: "customer"}
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    while more := {model: path for model in models if model not in found and (path := _path(model, found))}:
        found |= more
    return found


def _path(model: type[Model], found: Found) -> str:
    keys = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey) and not field.null]
    keys += [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey) and field.null]
    paths = [f"{field.name}__{found[field.related_model]}" for field in keys if field.related_model in found]
    return min(paths, key=lambda path: path.count("__"), default="")


def table(model: type[Model]) -> str:
    return str(model._meta.db_table)


def theirs(model: type[Model], way: str, customer: int | None) -> set[Any]:
    """Keys of the rows that a customer may see, as the test's own role sees them, which is bound to nothing."""
    rows = model._base_manager.filter(**{way: customer}).exclude(pk__in=houses(model))
    return set(rows.values_list("pk", flat=True))


def houses(model: type[Model]) -> set[Any]:
    """Keys of rows that are behind the wall for their own customer, too."""
    kept = HOUSES.get(table(model))
    return set(model._base_manager.filter(**kept).values_list("pk", flat=True)) if kept else set()


@pytest.fixture(scope="module")
def filled_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """Something of each kind for two customers, of whom nobody resells the other."""
    with django_db_blocker.unblock(), transaction.atomic():
        house = settle()
        furnish(house)
        for subscription in (house.mine, house.other):
            house.run("subscriptions.export", subscription=subscription)
        for actor in (house.baker, house.gardener):
            house.run("accounts.change", actor, customer=actor.customer, language="de")
            _person(actor.customer or 0)
        _closed(house)
        yield house
        transaction.set_rollback(True)


@pytest.fixture
def house(filled_once: House, db: None) -> House:
    return filled_once


def _person(customer: int) -> None:
    user = User.objects.create(
        email=f"köchin@kunde-{customer}.test", name="Köchin", language="de", kind="member", customer_id=customer,
        created=NOW,
    )  # fmt: skip
    times = {"created": NOW, "due": NOW}
    OneTimeLink.objects.create(
        digest=customer.to_bytes(32, "big"), purpose="email", user=user, created=NOW, expires=NOW
    )
    OutgoingMail.objects.create(user=user, recipient=user.email, subject="x", message_id=f"{customer}", **times)
    Authenticator.objects.create(user=user, type="totp", data={})
    UserSession.objects.create(user=user, ip="127.0.0.1", session_key=f"{customer}", user_agent="")
    address = EmailAddress.objects.create(user=user, email=user.email)
    EmailConfirmation.objects.create(email_address=address, key=f"{customer}")


def _closed(house: House) -> None:
    """Furnishing told the node of objects; of the rest something by hand."""
    all_live()
    NodeEvent.objects.create(node=house.node, at=NOW, what="drift", subject=f"web.pool 8.2/{house.mine}", words="")
    preview = Preview.objects.create(node=house.node, asked=NOW)
    PreviewPart.objects.create(preview=preview, nth=0, title=f"web.pool 8.2/{house.mine}", text="+listen")
    PreviewEnd.objects.create(preview=preview, at=NOW, words="")
    KeptAnswer.objects.create(token=1, key=b"k", request=b"r", answer=b"a", created=NOW)
    Submission.objects.create(key="k", location="/", at=NOW)
    Bundle.objects.create(key="k", changes=[], at=NOW)
