"""Light or dark: the system's choice, or the reader's, kept in a cookie."""

from django.http import HttpRequest, HttpResponse

COOKIE = "theme"
CHOICES = ("light", "dark")
YEAR = 365 * 24 * 3600  # seconds


def of(request: HttpRequest) -> str:
    """ "" follows the system."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in CHOICES else ""


def keep(response: HttpResponse, chosen: str) -> None:
    if chosen in CHOICES:
        response.set_cookie(COOKIE, chosen, max_age=YEAR, secure=True, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
