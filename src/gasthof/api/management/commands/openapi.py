"""`./gasthof manage openapi` prints the OpenAPI document: to have it without a token."""

from typing import Any

from django.core.management.base import BaseCommand

from gasthof.api.service import described


class Command(BaseCommand):
    help = "Print the OpenAPI document of the API."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(described())
