"""Pages' own ground as a Django application."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "gasthof.ui"
    label = "ui"
