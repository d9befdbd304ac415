"""manage gather_static: what browsers load, into STATIC_ROOT. `up` runs it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from gasthof.ui.statics import gather


class Command(BaseCommand):
    help = "Gather what browsers load into one folder."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(f"{gather(Path(settings.STATIC_ROOT))} files")
