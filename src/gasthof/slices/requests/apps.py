"""Names the slice to Django."""

from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "gasthof.slices.requests"
    label = "requests"
