"""Names the slice to Django."""

from django.apps import AppConfig


class NodesConfig(AppConfig):
    name = "gasthof.slices.nodes"
    label = "nodes"
