"""Names the slice to Django."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "gasthof.slices.mail"
    label = "mail"
