"""Who asks, and in which language they are answered."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from gasthof.slices.access.queries import User, actor_of

Answer = Callable[[HttpRequest], HttpResponse]


def known_actor(respond: Answer) -> Answer:
    """Middleware, after Django's of sessions, languages and users: `request.actor`, and the user's own language.

    Without a user the language stays what LocaleMiddleware found: the cookie, else what the browser asks for.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        user = request.user
        request.actor = actor_of(user)  # type: ignore[attr-defined]
        if isinstance(user, User):
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        return respond(request)

    return answer
