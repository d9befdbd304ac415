"""Names the slice to Django."""

from django.apps import AppConfig


class DomainsConfig(AppConfig):
    name = "gasthof.slices.domains"
    label = "domains"
