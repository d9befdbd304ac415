"""Routes of the panel: its own, the frame's, and those of every slice that has pages."""

from importlib.util import find_spec

from django.urls import include, path

from gasthof.installed import SLICES
from gasthof.panel import selector, views

urlpatterns = [
    path("", views.start, name="start"),
    path("find", selector.find, name="find"),
    path("health", views.health, name="health"),
    path("", include("gasthof.ui.urls")),
    path("", include("gasthof.api.urls")),
    *(path("", include(room)) for name in SLICES if find_spec(room := f"gasthof.slices.{name}.urls")),
]

handler400 = views.bad_request
handler403 = views.not_allowed
handler404 = views.not_found
handler429 = views.too_many  # allauth asks for it
handler500 = views.broken
