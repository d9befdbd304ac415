"""The last swept day beside the database: a database that was put back to an older state does not know that it was."""

from datetime import date
from pathlib import Path

from django.conf import settings

from gasthof.kernel.durable import put


def place() -> Path:
    """Lies in a folder of the panel's user (bootstrap.layout); root writes there as well, when a try-out's time is moved."""
    return Path(settings.MEMORY) / "swept"


def remembered() -> date | None:
    """None: nothing was swept yet. ValueError, OSError: it cannot be read, and nothing may be swept on a guess."""
    try:
        return date.fromisoformat(place().read_text("ascii").strip())
    except FileNotFoundError:
        return None


def remember(day: date) -> None:
    """After the commit: should the machine die in between, it remembers the day before, which stops nothing."""
    put(place(), f"{day.isoformat()}\n", 0o644)
