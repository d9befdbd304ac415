"""Names the slice to Django."""

from django.apps import AppConfig


class RenewalsConfig(AppConfig):
    name = "gasthof.slices.renewals"
    label = "renewals"
