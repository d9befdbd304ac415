"""Names the slice to Django."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "gasthof.slices.subscriptions"
    label = "subscriptions"
