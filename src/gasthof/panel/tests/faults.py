"""Routes of the panel, and some that go wrong, for tests of what is shown then."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path

from gasthof import urls

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse("taken")


def suspicious(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("secret")


def denied(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("secret")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret")


urlpatterns = [
    *urls.urlpatterns,
    path("form", form),
    path("suspicious", suspicious),
    path("denied", denied),
    path("broken", broken),
]
