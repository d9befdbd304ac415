"""Names the slice to Django."""

from django.apps import AppConfig


class RegistrarConfig(AppConfig):
    name = "gasthof.slices.registrar"
    label = "registrar"
