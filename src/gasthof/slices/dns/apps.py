"""Names the slice to Django."""

from django.apps import AppConfig


class DnsConfig(AppConfig):
    name = "gasthof.slices.dns"
    label = "dns"
