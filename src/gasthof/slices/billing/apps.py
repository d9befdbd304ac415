"""Names the slice to Django."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "gasthof.slices.billing"
    label = "billing"
