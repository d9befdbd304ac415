"""The process that sends what is due: `python -m gasthof.slices.webhooks.courier`. It alone speaks to strangers' servers."""

import os
import signal
import threading

import django
from django.db import Error, connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gasthof.settings")
django.setup()

from gasthof.kernel import rows  # noqa: E402
from gasthof.kernel.clock import SystemClock, WallClock  # noqa: E402
from gasthof.kernel.permissions import SYSTEM  # noqa: E402
from gasthof.prefix import Prefix  # noqa: E402
from gasthof.slices.webhooks.door import Door  # noqa: E402
from gasthof.slices.webhooks.posting import post  # noqa: E402
from gasthof.slices.webhooks.sending import Sending  # noqa: E402
from gasthof.slices.webhooks.telling import PORTION, hand_out  # noqa: E402

PAUSE = 0.5  # seconds between two looks
LONGEST_FAREWELL = 16.0  # seconds for requests that are under way


def main() -> int:
    """Until TERM. A database that is away is waited for."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    prefix, clock = Prefix.current(), SystemClock()
    sending = Sending(post, clock)
    with rows.by_default(SYSTEM):  # whoever has a webhook, and whoever's rights it goes by
        while not over.is_set():
            if not _look(sending, prefix, clock):
                over.wait(PAUSE)
        sending.finish(LONGEST_FAREWELL)
    return 0


def _look(sending: Sending, prefix: Prefix, clock: WallClock) -> int:
    """How many answers came."""
    try:
        while hand_out(clock.now()) == PORTION:
            pass
        return sending.turn(Door.of(prefix), PAUSE)
    except Error:
        connection.close()
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
