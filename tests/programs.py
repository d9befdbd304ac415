"""A program that speaks to the API with a token, through Django's own client."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import SystemClock
from gasthof.slices.access.grants import OWNER
from gasthof.slices.access.models import Assignment, User
from tests.house import OPERATOR

ROOT = "/api/v1"


def people(kind: str, customer: int | None, name: str) -> User:
    """Somebody who signs in; a member with all that the customer has."""
    user = User.objects.create(
        email=f"{name}@example.org", name=name, language="en", kind=kind, customer_id=customer,
        created=SystemClock().now(),
    )  # fmt: skip
    if kind == User.MEMBER:
        Assignment.objects.create(user=user, standard=OWNER)
    return user


@dataclass(frozen=True)
class Program:
    secret: str

    @classmethod
    def of(cls, user: User, **limits: object) -> "Program":
        made = perform(OPERATOR, "access.create_token", {"user": user.pk, "name": "Program", **limits})
        return cls(str(made.result["secret"]))

    def run(self, verb: str, fields: object, **headers: str) -> HttpResponse:
        return self.send("POST", f"/verbs/{verb}", json.dumps(fields, ensure_ascii=False).encode(), **headers)

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
        return Client().get(ROOT + path, query or {}, headers=self._headers(headers))

    def send(
        self, method: str, path: str, body: bytes, content_type: str = "application/json", **headers: str
    ) -> HttpResponse:
        return Client().generic(method, ROOT + path, body, content_type, headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        said = {name.replace("_", "-"): value for name, value in more.items()}
        return ({"Authorization": f"Bearer {self.secret}"} if self.secret else {}) | said


STRANGER = Program("")
