"""What went wrong, as RFC 9457 says it: application/problem+json, in the reader's language, and never with a word of the code."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from http.client import responses
from typing import Any

from django.db import Error, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja.errors import AuthenticationError, HttpError

from gasthof.kernel.actions import WORTH_AGAIN
from gasthof.kernel.refusal import ActionRefused, FieldError, NotAllowed, TooManyAttempts

Headers = Mapping[str, str]
ROOT = "/api/"
PROBLEM = "application/problem+json"
log = logging.getLogger(__name__)


class Problem(Exception):
    """A request that ends here. `errors` are in the reader's language."""

    def __init__(self, status: int, *errors: FieldError, headers: Headers | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.errors = errors
        self.headers = headers


def sentence(status: int) -> str:
    known: dict[int, Callable[[], str]] = {
        400: lambda: gettext("This request cannot be read: one JSON object is needed, each field once."),
        401: lambda: gettext("A token is needed that is good now: “Authorization: Bearer …”."),
        403: lambda: gettext("You may not do this."),
        404: lambda: gettext("There is nothing at this address."),
        405: lambda: gettext("This address does not take this method."),
        409: lambda: gettext("Somebody else is at this right now. Please try again."),
        413: lambda: gettext("This request is too long."),
        415: lambda: gettext("This must be sent as application/json."),
        422: lambda: gettext("This was refused, and nothing was changed."),
        429: lambda: gettext("Too many attempts. Please wait a while."),
        503: lambda: gettext("The database does not answer. Please try again."),
    }
    return known.get(status, lambda: gettext("Something went wrong here. The panel's log tells the operator more."))()


def problem(status: int, errors: Iterable[FieldError] = (), headers: Headers | None = None) -> HttpResponse:
    """The type is about:blank, so the title is the status' own (RFC 9457 section 4.2.1)."""
    said: dict[str, Any] = {"type": "about:blank", "title": responses[status], "status": status}
    said["detail"] = sentence(status)
    said["errors"] = [{"field": error.field, "message": error.message} for error in errors]
    answer = HttpResponse(json.dumps(said, ensure_ascii=False), status=status, content_type=PROBLEM)
    for name, value in (headers or {}).items():
        answer[name] = value
    return answer


def of_exception(request: HttpRequest, wrong: Any) -> HttpResponse:
    """For ninja: every exception of a view ends here."""
    if isinstance(wrong, Problem):
        return problem(wrong.status, wrong.errors, wrong.headers)
    if isinstance(wrong, ActionRefused):
        return problem(403 if isinstance(wrong, NotAllowed) else 422, wrong.errors)
    if isinstance(wrong, TooManyAttempts):
        return problem(429, headers={"Retry-After": str(wrong.seconds)})
    if isinstance(wrong, AuthenticationError):
        return problem(401, headers={"WWW-Authenticate": 'Bearer realm="gasthof"'})
    if isinstance(wrong, Http404 | HttpError):
        return problem(getattr(wrong, "status_code", 404))
    if isinstance(wrong, Error):
        return _of_database(request, wrong)
    log.error("%s %s failed", request.method, request.path, exc_info=wrong)
    return problem(500)


def _of_database(request: HttpRequest, wrong: Error) -> HttpResponse:
    if isinstance(wrong, OperationalError | IntegrityError) and isinstance(wrong.__cause__, WORTH_AGAIN):
        return problem(409, headers={"Retry-After": "1"})
    log.error("%s %s failed", request.method, request.path, exc_info=wrong)
    return problem(503 if isinstance(wrong, OperationalError) else 500)


def as_problems(respond: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, the outermost but for headers: what Django itself refuses below /api/ is told in the same form."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        wrong = request.path_info.startswith(ROOT) and response.status_code >= 400
        if not wrong or response.get("Content-Type") == PROBLEM:
            return response
        kept = {name: response[name] for name in ("Allow", "Content-Language") if name in response}
        return problem(response.status_code, headers=kept)

    return answer
