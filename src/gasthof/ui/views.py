"""What every page's frame needs: switching language and look."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from gasthof.ui import theme


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Kept in a cookie, as Django's own middleware reads it."""
    response = _back(request)
    if request.POST.get("language") in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, request.POST["language"],
            max_age=theme.YEAR, secure=True, httponly=True, samesite="Lax",
        )  # fmt: skip
    return response


@login_not_required
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    response = _back(request)
    theme.keep(response, request.POST.get("theme", ""))
    return response


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To where the form stood, on this host only."""
    wanted = request.POST.get("next", "")
    fits = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return HttpResponseRedirect(wanted if fits else "/", status=303)
