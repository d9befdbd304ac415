"""One-time links: made, looked at, spent. Whoever spends one is the person that its address belongs to."""

import base64
import binascii
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings

from gasthof.slices.access.models import OneTimeLink, User

TOKEN_BYTES = 32
PATHS = {OneTimeLink.PASSWORD: "/link/password/%s/", OneTimeLink.EMAIL: "/link/e-mail/%s/"}


def make(user: User, purpose: str, now: datetime, lifetime: timedelta, detail: str = "") -> str:
    """The link. Earlier ones of that purpose are worth nothing from here on. Its host is the panel's own, not a request's."""
    revoke(user, purpose)
    token = secrets.token_bytes(TOKEN_BYTES)
    OneTimeLink.objects.create(
        digest=sha256(token).digest(), purpose=purpose, user=user, detail=detail, created=now, expires=now + lifetime
    )
    return settings.PANEL_ADDRESS + PATHS[purpose] % base64.urlsafe_b64encode(token).rstrip(b"=").decode("ascii")


def revoke(user: User, *purposes: str) -> None:
    """Links of these purposes that nobody has spent yet; without any, of all."""
    OneTimeLink.objects.filter(user=user, spent=None, purpose__in=purposes or PATHS).delete()


def find(purpose: str, token: str, now: datetime, *, lock: bool = False) -> OneTimeLink | None:
    """One that can be spent now. Looking spends nothing: programs that check mail open links."""
    digest = _digest(token)
    rows = OneTimeLink.objects.select_related("user")
    rows = rows.select_for_update(of=("self",)) if lock else rows
    usable = rows.filter(digest=digest, purpose=purpose, spent=None, expires__gt=now, user__active=True)
    return usable.first() if digest else None


def spend(purpose: str, token: str, now: datetime) -> OneTimeLink | None:
    """Once: whoever comes second waits for the row and then finds it spent. In a transaction."""
    link = find(purpose, token, now, lock=True)
    if link is not None:
        link.spent = now
        link.save(update_fields=["spent"])
    return link


def _digest(token: str) -> bytes | None:
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return None
    return sha256(raw).digest() if len(raw) == TOKEN_BYTES else None
