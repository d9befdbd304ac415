"""Who asks, and in which language they are answered."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from gasthof.slices.access.queries import User, acting_for, actor_of, in_place_of

ACTING = "access.acting"  # in a session: the customer's number
OWN = ("/account/", "/reauthenticate/", "/forgotten/", "/link/")  # about one's own sign-in
Answer = Callable[[HttpRequest], HttpResponse]


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

    Without a user the language stays what LocaleMiddleware found: the cookie, else what the browser asks for.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        user = request.user
        request.actor = actor_of(user)  # type: ignore[attr-defined]
        if isinstance(user, User):
            _act(request, user)
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        return respond(request)

    return answer
