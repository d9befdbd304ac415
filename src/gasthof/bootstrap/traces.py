"""What processes leave in the database (`python -m gasthof.bootstrap.traces WHAT ...` prints JSON). Needs Django."""

import json
import sys
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from gasthof.bootstrap.progress import say  # noqa: E402

RECENT = "60 seconds"  # a worker's heart beats every 10 s, an agent polls every 30 s


def worker() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - %s::interval)", [RECENT]
        )
        return bool(cursor.fetchone()[0])


READ = {"worker": worker}

if __name__ == "__main__":
    found: dict[str, Any] = {what: READ[what]() for what in sys.argv[1:]}
    say(json.dumps(found, default=str))
