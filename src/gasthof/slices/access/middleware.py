"""Who asks, and in which language they are answered."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation

from gasthof.kernel import rows
from gasthof.kernel.permissions import SYSTEM, Actor
from gasthof.slices.access.queries import User, actor_of

Answer = Callable[[HttpRequest], HttpResponse]


class PanelRequest(HttpRequest):
    """A request as views get it."""

    actor: Actor


def known_actor(respond: Answer) -> Answer:
    """Middleware, after Django's of sessions, languages and users: `request.actor`, and the user's own language.

    Without a user the language stays what LocaleMiddleware found: the cookie, else what the browser asks for. What views read
    outside of verbs and lists are the actor's rows.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        with rows.by_default(SYSTEM):  # nobody is known yet; without a session nothing is asked
            user = request.user
            request.actor = actor_of(user)  # type: ignore[attr-defined]
        if isinstance(user, User):
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        with rows.by_default(SYSTEM if _finds_out(request) else request.actor):  # type: ignore[attr-defined]
            return respond(request)

    return answer


def finds_out(view: Answer) -> Answer:
    """Mark a view that finds out who somebody is, as allauth's do: it reads and writes people's rows, and answers for which."""
    view.finds_out = True  # type: ignore[attr-defined]
    return view


def _finds_out(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(view, "finds_out", False) or view.__module__.startswith("allauth.")
