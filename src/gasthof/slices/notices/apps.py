"""Names the slice to Django."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "gasthof.slices.notices"
    label = "notices"
