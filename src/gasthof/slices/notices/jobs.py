"""Work of notices that nobody waits for."""

import logging

from procrastinate.contrib.django import app

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.notices.telling import tell

log = logging.getLogger("gasthof.notices")


@app.periodic(cron="*/5 * * * *")
@app.task(name="notices.tell", queueing_lock="notices.tell")
def tell_all(timestamp: int) -> None:
    """`timestamp` is the minute it was due at."""
    for words in tell(SYSTEM_CLOCKS):
        log.info("%s", words)
