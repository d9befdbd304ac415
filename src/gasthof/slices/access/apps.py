"""Names the slice to Django."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "gasthof.slices.access"
    label = "access"
