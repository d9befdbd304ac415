"""Names the slice to Django."""

from django.apps import AppConfig


class DatabasesConfig(AppConfig):
    name = "gasthof.slices.databases"
    label = "databases"
