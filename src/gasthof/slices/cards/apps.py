"""Names the slice to Django."""

from django.apps import AppConfig


class CardsConfig(AppConfig):
    name = "gasthof.slices.cards"
    label = "cards"
