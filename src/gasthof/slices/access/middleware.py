"""Who asks, and in which language they are answered."""

from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation

from gasthof.kernel import rows
from gasthof.kernel.permissions import SYSTEM
from gasthof.slices.access.queries import User, acting_for, actor_of, in_place_of

ACTING = "access.acting"  # in a session: the customer's number
OWN = ("/account/", "/reauthenticate/", "/forgotten/", "/link/")  # about one's own sign-in
Answer = Callable[[HttpRequest], HttpResponse]
View = TypeVar("View", bound=Callable[..., HttpResponse])


def _act(request: HttpRequest, user: User) -> None:
    """In a customer's place, if that was begun and is still allowed; one's own sign-in is out of reach meanwhile."""
    number = request.session.get(ACTING)
    customer = acting_for(user, number) if number else None
    if customer is None:
        return
    if request.path.startswith(OWN):
        raise PermissionDenied
    request.actor = in_place_of(user, customer)  # type: ignore[attr-defined]
    request.acting = customer  # type: ignore[attr-defined]


def known_actor(respond: Answer) -> Answer:
    """Middleware, after Django's of sessions, languages and users: `request.actor`, and the user's own language.

    Without a user the language stays what LocaleMiddleware found: the cookie, else what the browser asks for. What views read
    outside of verbs and lists are the actor's rows.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        with rows.by_default(SYSTEM) as go_on_as:  # nobody is known yet; without a session nothing is asked
            user = request.user
            request.actor = actor_of(user)  # type: ignore[attr-defined]
            if isinstance(user, User):
                _act(request, user)
                translation.activate(user.language)
                request.LANGUAGE_CODE = user.language
            if not _finds_out(request):
                go_on_as(request.actor)  # type: ignore[attr-defined]
            return respond(request)

    return answer


def finds_out(view: View) -> View:
    """Mark a view that finds out who somebody is, as allauth's do: it reads and writes people's rows, and answers for which."""
    view.finds_out = True  # type: ignore[attr-defined]
    return view


def _finds_out(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(view, "finds_out", False) or view.__module__.startswith("allauth.")
