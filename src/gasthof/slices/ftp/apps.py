"""Names the slice to Django."""

from django.apps import AppConfig


class FtpConfig(AppConfig):
    name = "gasthof.slices.ftp"
    label = "ftp"
