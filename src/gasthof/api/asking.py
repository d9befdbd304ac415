"""Who asks: a token and nothing else. No cookie is looked at where something is changed, so nothing can be forged by one."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header
from ninja.security import HttpBearer

from gasthof.kernel import registry
from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.capability import Bearer
from gasthof.kernel.permissions import Actor

LONGEST_HEADER = 200
LANGUAGES = ("de", "en")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asking:
    """One request's: who shows the token, as whom, and the token itself, which nothing else keeps."""

    bearer: Bearer
    actor: Actor  # in the language of the request
    secret: str


class Token(HttpBearer):
    """Authorization: Bearer gasthof_..."""

    def __call__(self, request: HttpRequest) -> Asking | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not 0 < len(token) < LONGEST_HEADER:
            return None
        return self.authenticate(request, token)

    def authenticate(self, request: HttpRequest, token: str) -> Asking | None:
        shown = registry.bearer(token, request, SYSTEM_CLOCKS.wall.now())
        if shown is None:
            return None
        language = _asked_for(request) or shown.actor.language
        translation.activate(language)  # until the next request, as LocaleMiddleware does
        return Asking(shown, replace(shown.actor, language=language), token)


def signed_in(request: HttpRequest) -> bool:
    """A person with a session: enough for what tells of nobody."""
    user: Any = getattr(request, "user", None)
    return bool(user is not None and user.is_authenticated)


def asking(request: HttpRequest) -> Asking:
    """Who ninja has let in."""
    return cast(Asking, request.auth)  # type: ignore[attr-defined]


def _asked_for(request: HttpRequest) -> str | None:
    listed = parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500])
    return next((name[:2] for name, _ in listed if name[:2] in LANGUAGES), None)


def note_use(respond: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the use of a token is noted once its answer is on the way."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        shown = getattr(request, "auth", None)
        if isinstance(shown, Asking):
            _when_closed(response, shown.bearer.answered)
        return response

    return answer


def _when_closed(response: HttpResponse, then: Callable[[], None]) -> None:
    """The server closes an answer when it has sent it (PEP 3333)."""
    close = response.close

    def closing() -> None:
        close()
        try:
            then()
        except Error as wrong:
            log.warning("the use of a token was not noted: %s", wrong)

    response.close = closing  # type: ignore[method-assign]
