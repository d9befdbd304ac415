"""The API as a Django application: it owns the answers that it would give again."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "gasthof.api"
    label = "api"
