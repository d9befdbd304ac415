"""Routes of the panel, and some that go wrong, for tests of what is shown then."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path

from gasthof import urls

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


@login_not_required
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse("taken")


@login_not_required
def suspicious(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("secret")


@login_not_required
def denied(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("secret")


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret")


urlpatterns = [
    *urls.urlpatterns,
    path("form", form),
    path("suspicious", suspicious),
    path("denied", denied),
    path("broken", broken),
]
