"""Names the slice to Django."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "gasthof.slices.cases"
    label = "cases"
