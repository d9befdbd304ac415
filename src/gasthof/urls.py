"""Routes of the panel."""

from django.urls import include, path

from gasthof.panel import views

urlpatterns = [
    path("", views.start, name="start"),
    path("health", views.health, name="health"),
    path("", include("gasthof.slices.access.urls")),
]

handler400 = views.bad_request
handler403 = views.not_allowed
handler404 = views.not_found
handler429 = views.too_many  # allauth asks for it
handler500 = views.broken
