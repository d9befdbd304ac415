"""The panel's pages that need no sign-in."""

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from gasthof.ui.shell import frame


@login_not_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What this is, and which commands do what until signing in is possible."""
    return render(request, "panel/start.html")


@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """{"database": true} with 200, or false with 503: whether PostgreSQL answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"database": False}, status=503)
    return JsonResponse({"database": True})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Tells nothing of what was asked for."""
    sentence = gettext("There is no page at this address.")
    return _failure(request, 404, gettext("Not found"), sentence)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = gettext("The panel did not understand this request.")
    return _failure(request, 400, gettext("Bad request"), sentence)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Tells nothing of what is there."""
    return _failure(request, 403, gettext("No access"), gettext("You may not see or do this."))


def too_many(request: HttpRequest) -> HttpResponse:
    """Of whatever is limited by time."""
    return _failure(
        request, 429, gettext("Too many attempts"), gettext("Please wait a few minutes, and then try again.")
    )


def not_ours(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: forged, too old, or from a browser that keeps no cookies."""
    sentence = gettext(
        "Nothing was changed: this form did not come from the page that the panel showed last, or the browser keeps no cookies. "
        "Please open the page again, and then send the form."
    )
    return _failure(request, 403, gettext("Form not accepted"), sentence)


def broken(request: HttpRequest) -> HttpResponse:
    """Details are in the panel's log only."""
    sentence = gettext("Something went wrong here. Websites are not affected; the panel's log tells the operator more.")
    return _failure(request, 500, gettext("Error"), sentence)


def _failure(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    """Rendered without context processors: nothing that a page learns from them, nor the database, may fail here once more."""
    page = render_to_string("panel/failure.html", {"title": title, "sentence": sentence, **frame(request)})
    return HttpResponse(page, status=status)
