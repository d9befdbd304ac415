"""The kernel as a Django application: it owns the audit trail."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "gasthof.kernel"
    label = "kernel"
