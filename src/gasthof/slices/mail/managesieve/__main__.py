"""`python -m gasthof.slices.mail.managesieve`: where programs change a mailbox' filters; ends TLS for Dovecot (door.py)."""

import asyncio
import logging

from gasthof.prefix import Prefix
from gasthof.slices.mail.managesieve.door import Door
from gasthof.slices.mail.managesieve.names import Names
from gasthof.slices.mail.managesieve.prelude import LONGEST_LINE
from gasthof.slices.mail.node import places


async def serve(prefix: Prefix) -> None:
    door = Door(Names(places.tls(prefix)), (places.inside(prefix), places.SIEVE), places.front(prefix))
    port = int(prefix.ports["sieve"])
    server = await asyncio.start_server(door.welcome, prefix.addresses, port, limit=LONGEST_LINE, backlog=128)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    asyncio.run(serve(Prefix.current()))
