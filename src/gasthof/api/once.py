"""Idempotency keys: what was done is done once, however often a program asks, and whatever was killed meanwhile.

The answer lies in the table as soon as the verb is done, for it is written in the verb's own transaction. It may hold what is shown
once, a new token or a one-time link, so it is sealed by a key made from the token of the request, of which only a digest is kept
anywhere: nobody reads it from the table or from a backup, and the same program reads it again.
"""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import connection
from django.utils.translation import gettext

from gasthof.api.asking import Asking
from gasthof.api.models import KeptAnswer
from gasthof.api.problems import Problem
from gasthof.kernel import rows
from gasthof.kernel.refusal import ActionRefused, FieldError

HEADER = "Idempotency-Key"
LONGEST = 255
KEPT = timedelta(hours=24)
Said = Mapping[str, Any]


@dataclass(frozen=True)
class Once:
    """What makes a request the same as another: who asks, the key, and what is asked, as digests."""

    asking: Asking
    key: bytes
    request: bytes


def once(asking: Asking, key: str, verb: str, fields: Mapping[str, object]) -> Once:
    if not 0 < len(key) <= LONGEST or not all("!" <= sign <= "~" for sign in key):
        raise Problem(400, FieldError(HEADER, gettext("1 to 255 visible ASCII characters are needed.")))
    asked = json.dumps([verb, fields], sort_keys=True)
    return Once(asking, _digest(asking, "key", key), _digest(asking, "request", asked))


def carry_out(one: Once, now: datetime, work: Callable[[], Said]) -> tuple[Said, bool]:
    """The answer, and whether it was given before. A refusal is not kept: it changed nothing."""
    refusal: ActionRefused | None = None
    said: Said = {}
    with rows.staff():
        _take_turn(one)
        earlier = _earlier(one, now)
        if earlier is not None:
            return earlier, True
        try:
            said = work()
            _keep(one, now, said)
        except ActionRefused as wrong:  # leaves by the door below: its record in the audit trail stays
            refusal = wrong
    if refusal:
        raise refusal
    return said, False


def forget(now: datetime) -> None:
    KeptAnswer.objects.filter(created__lte=now - KEPT).delete()


def _take_turn(one: Once) -> None:
    """Until the end of the transaction. Whoever asks the same meanwhile is told to come back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(one.key[:8], "big", signed=True)])
        if not cursor.fetchone()[0]:
            raise Problem(409, headers={"Retry-After": "1"})


def _earlier(one: Once, now: datetime) -> Said | None:
    rows = KeptAnswer.objects.filter(token=one.asking.bearer.token, key=one.key)
    row = rows.filter(created__gt=now - KEPT).first()
    if row is None:
        rows.delete()
        return None
    if not hmac.compare_digest(bytes(row.request), one.request):
        raise Problem(422, FieldError(HEADER, gettext("This key was used for another request.")))
    found: Said = json.loads(_seal(one.asking).decrypt(bytes(row.answer)))
    return found


def _keep(one: Once, now: datetime, said: Said) -> None:
    sealed = _seal(one.asking).encrypt(json.dumps(said).encode())
    KeptAnswer.objects.create(
        token=one.asking.bearer.token, key=one.key, request=one.request, answer=sealed, created=now
    )


def _digest(asking: Asking, purpose: str, text: str) -> bytes:
    return hmac.digest(_derived(asking, purpose), text.encode(), sha256)


def _seal(asking: Asking) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(asking, "answer")))


def _derived(asking: Asking, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, None, f"gasthof.api.{purpose}".encode()).derive(asking.secret.encode())
