"""Names the slice to Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "gasthof.slices.accounts"
    label = "accounts"
