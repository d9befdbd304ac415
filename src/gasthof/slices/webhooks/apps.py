"""Names the slice to Django."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "gasthof.slices.webhooks"
    label = "webhooks"
