"""Codes that are mailed: one confirms one request, as it stood when it was mailed, once, within minutes.

A verb that refuses leaves nothing behind but its line in the audit trail, so wrong guesses are counted there.
"""

import secrets
from datetime import datetime, timedelta

from django.utils.crypto import constant_time_compare, salted_hmac

from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import Refused
from gasthof.slices.access.queries import User, name_of, person_acting
from gasthof.slices.requests import rules
from gasthof.slices.requests.models import Code, Request

CONFIRM = "requests.confirm"


def make(request: Request, user: User, now: datetime) -> str:
    """Those before it are worth nothing from here on. Raises Refused: this person was sent enough of them."""
    if Code.objects.filter(user=user, made__gt=now - timedelta(hours=1)).count() >= rules.MOST_CODES:
        raise Refused("You have been sent enough codes for now. Please try again in an hour.").at("request")
    code = f"{secrets.randbelow(10**rules.DIGITS):0{rules.DIGITS}d}"
    Code.objects.create(
        request=request, user=user, digest=digest(request, code), made=now, expires=now + rules.LIFETIME
    )
    return code


def spend(request: Request, actor: Actor, typed: str, now: datetime) -> User:
    """Who confirmed. Raises Refused, in the same words whatever is wrong."""
    last = Code.objects.select_related("user").filter(request=request).order_by("-pk").first()
    if last is None or not _usable(last, request, actor, now) or not _fits(last, request, typed):
        raise Refused("This code is not right, or it is not valid any more. You can have another one sent.").at("code")
    last.spent = now
    last.save(update_fields=["spent"])
    return last.user


def digest(request: Request, code: str) -> str:
    """Keyed by the panel's secret: of so few digits a plain one would be found by trying."""
    return salted_hmac("gasthof.requests.code", f"{request.contents.hex()}:{code}", algorithm="sha256").hexdigest()


def _usable(code: Code, request: Request, actor: Actor, now: datetime) -> bool:
    theirs = person_acting(actor) in ("", name_of(code.user)) and code.user.active
    return theirs and code.spent is None and now < code.expires and _wrong(request, code.made) < rules.WRONG_ALLOWED


def _wrong(request: Request, since: datetime) -> int:
    """Refused by whomever of the customer's, about whichever request: a number can be spelled in many ways."""
    tried = AuditEntry.objects.filter(customer=request.customer_id, verb=CONFIRM, outcome="refused", at__gte=since)
    return tried.count()


def _fits(code: Code, request: Request, typed: str) -> bool:
    return constant_time_compare(code.digest, digest(request, "".join(typed.split())))
