"""Tokens of the API: what can be done with them, and who shows one.

A token acts as its person, with less where it was limited, and never with more than that person has at the moment.
"""

import base64
import binascii
import secrets
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated, Any

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from gasthof.kernel import rows
from gasthof.kernel.actions import Result, action, actions
from gasthof.kernel.call import Call
from gasthof.kernel.capability import Bearer
from gasthof.kernel.collection import Ask, collection, collections
from gasthof.kernel.fields import Between, Reference
from gasthof.kernel.permissions import ANONYMOUS, Actor, Place, reaches
from gasthof.kernel.refusal import Refused, Together, TooManyAttempts
from gasthof.kernel.values import Title
from gasthof.slices.access.address import client_address
from gasthof.slices.access.models import ApiToken
from gasthof.slices.access.queries import UserRef, actor_of, is_theirs, name_of, person_acting, theirs
from gasthof.slices.access.values import Places, VerbNames

MARK = "gasthof_"  # begins each, so that searches for lost secrets find it
BYTES = 32
LONGEST = len(MARK) + 43
MOST_TOKENS = 100  # of one person
WRONG_ALLOWED, WRONG_SECONDS = 20, 60  # from one address
NOTED_EVERY = timedelta(minutes=1)


def find_token(actor: Actor, text: str) -> ApiToken | None:
    """By number: one's own, and for the house and its operators anybody's. Locked for a change."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    rows = ApiToken.objects.select_related("user__customer").select_for_update(of=("self",))
    found = rows.filter(pk=int(text)).first()
    return found if found and reaches(actor, found.user.place) and is_theirs(actor, found.user) else None


TokenRef = Annotated[ApiToken, Reference("token", find_token, lambda row: row.user.place, "number of the token")]


@action("access.create_token", permission="access.tokens", on="user")
def create_token(
    call: Call,
    *,
    user: UserRef,
    name: Annotated[Title, "what the token is for"],
    days: Annotated[int, Between(1, 365), "how many days it is good for"] = 90,
    verbs: Annotated[VerbNames | None, "verbs that it may perform, and lists as LIST.list; empty: all"] = None,
    places: Annotated[Places | None, "where it may: customer:3, subscription:s000012, domain:NAME; empty: all"] = None,
) -> Result:
    """Make a token for programs, which act by it as that person. It is shown this once."""
    if person_acting(call.actor) not in ("", name_of(user)):
        raise Refused("Everybody makes tokens for themselves only.").at("user")
    if not user.active:
        raise Refused("This person may not sign in.").at("user")
    if user.tokens.count() >= MOST_TOKENS:
        raise Refused("One person can have %(most)d tokens at most.", most=MOST_TOKENS)
    _check_limits(call.actor, verbs, places)
    secret = secrets.token_bytes(BYTES)
    token = ApiToken(digest=sha256(secret).digest(), user=user, name=str(name), maker=_shown_by(call.actor))
    token.verbs = list(verbs) if verbs else None
    token.places = [_parts(place) for place in places or ()]
    token.created = call.clocks.wall.now()
    token.expires = token.created + timedelta(days=days)
    if token.maker:
        token.expires = min(token.expires, token.maker.expires)
    token.save()
    return {**shown(token), "secret": MARK + base64.urlsafe_b64encode(secret).rstrip(b"=").decode("ascii")}


@action("access.revoke_token", permission="access.tokens", on="token")
def revoke_token(call: Call, *, token: TokenRef) -> Result:
    """Make a token worthless, and those that it made."""
    told = shown(token)
    token.delete()
    return told


def shown(token: ApiToken) -> dict[str, object]:
    return {
        "token": token.pk,
        "name": token.name,
        "user": token.user_id,
        "verbs": token.verbs,
        "places": token.places,
        "created": token.created.isoformat(timespec="seconds"),
        "expires": token.expires.isoformat(timespec="seconds"),
        "last_used": token.last_used.date().isoformat() if token.last_used else None,
        "last_address": token.last_address,
    }


@collection("tokens", permission="access.tokens", order=("id",), shown=shown)
def tokens(ask: Ask) -> QuerySet[ApiToken]:
    """Tokens of the API: one's own, for operators everybody's; found by part of their name."""
    return ApiToken.objects.filter(theirs(ask), name__icontains=ask.search)


def _shown_by(actor: Actor) -> ApiToken | None:
    number = actor.name.partition("/token:")[2]
    return ApiToken.objects.filter(pk=int(number)).first() if number else None


def _check_limits(actor: Actor, verbs: VerbNames | None, places: Places | None) -> None:
    """A token makes none that may do more, or elsewhere."""
    together = Together()
    with together:
        _check_verbs(actor, verbs)
    with together:
        _check_places(actor, places)
    together.settle()


def _check_verbs(actor: Actor, verbs: VerbNames | None) -> None:
    known = actions().keys() | {each.verb for each in collections().values()}
    for verb in verbs or ():
        if verb not in known:
            raise Refused("There is no verb %(verb)s.", verb=verb[:80]).at("verbs")
    if actor.verbs is not None and not (verbs and set(verbs) <= actor.verbs):
        raise Refused("A token makes none that may do more than itself.").at("verbs")


def _check_places(actor: Actor, places: Places | None) -> None:
    wider = [place for place in places or () if not any(limit.contains(place) for limit in actor.within)]
    if actor.within and (wider or not places):
        raise Refused("A token makes none that may do more than itself.").at("places")


def _parts(place: Place) -> dict[str, Any]:
    return {name: value for name, value in asdict(place).items() if value is not None}


def bearer(text: str, request: HttpRequest, now: datetime) -> Bearer | None:
    """Who shows that token. Raises TooManyAttempts once an address has shown too many that are worth nothing."""
    address = client_address(request)
    digest = _digest(text)
    with rows.staff():  # it is the token that tells whose they are
        good = ApiToken.objects.select_related("user__customer").filter(expires__gt=now, user__active=True)
        token = good.filter(digest=digest).first() if digest else None
        own = actor_of(token.user) if token else ANONYMOUS
    if token is None:
        _count_wrong(address)
        return None
    verbs = None if token.verbs is None else frozenset(token.verbs)
    actor = replace(own, name=f"{own.name}/token:{token.pk}", verbs=verbs, within=token.within)
    return Bearer(token.pk, actor, lambda: _note_use(token, address, now))


def _digest(text: str) -> bytes | None:
    if not text.startswith(MARK) or len(text) != LONGEST:
        return None
    try:
        raw = base64.b64decode(text[len(MARK) :].encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return sha256(raw).digest()


def _note_use(token: ApiToken, address: str, now: datetime) -> None:
    """Bookkeeping, once a minute at most: no verb, and nobody waits for it."""
    if token.last_used is None or now - token.last_used >= NOTED_EVERY:
        stale = Q(last_used=None) | Q(last_used__lte=now - NOTED_EVERY)
        with rows.staff():
            ApiToken.objects.filter(stale, pk=token.pk).update(last_used=now, last_address=address)


def _count_wrong(address: str) -> None:
    """By the socket's address; of IPv6 the network of one customer."""
    key = f"api-wrong-token:{_network(address)}"
    if cache.add(key, 1, WRONG_SECONDS):
        return
    count = cache.get(key, 0) + 1
    if count > WRONG_ALLOWED:
        raise TooManyAttempts(WRONG_SECONDS)
    cache.set(key, count, WRONG_SECONDS)


def _network(address: str) -> str:
    found = ip_address(address)
    return str(ip_network(f"{found}/64", strict=False)) if isinstance(found, IPv6Address) else str(found)
