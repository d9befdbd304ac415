"""Names the slice to Django."""

from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "gasthof.slices.lifecycle"
    label = "lifecycle"
