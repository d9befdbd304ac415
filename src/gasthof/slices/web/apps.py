"""Names the slice to Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "gasthof.slices.web"
    label = "web"
