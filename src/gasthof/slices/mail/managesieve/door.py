"""Connections of ManageSieve clients: STARTTLS, then all that is said goes to Dovecot and back.

nginx speaks no STARTTLS of this protocol, and Dovecot holds certificates for few names only (measured). So TLS ends here. Dovecot's
greeting is what the client waits for after the handshake: the capabilities once more, now with ways to sign in (RFC 5804 section 2.2).
"""

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from gasthof.slices.mail.managesieve import prelude
from gasthof.slices.mail.managesieve.names import Names
from gasthof.slices.mail.managesieve.prelude import Then

PATIENCE = 60.0  # seconds until TLS is spoken; what is idle afterwards Dovecot ends
HANDSHAKE, FAREWELL = 20.0, 5.0  # seconds
LINES = 20  # before TLS
CHUNK = 64 * 1024  # bytes
MOST = 200  # connections; each with TLS costs some 400 kB here
MOST_OF_ONE = 40  # of them from one address: from 127.0.0.1 all customers' PHP calls

log = logging.getLogger("gasthof.mail.managesieve")

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
End = tuple[IPv4Address | IPv6Address, int]  # address and port


class Busy(Exception):
    """There is no room for this one."""


@dataclass
class Door:
    names: Names
    dovecot: tuple[str, int]
    front: str  # the address that Dovecot believes (node/places.py)
    guests: Counter[str] = field(default_factory=Counter)
    held: set[asyncio.Task[None]] = field(default_factory=set)

    def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection. Its task is held here: with TLS asyncio lets go of the protocol that did, and it would be collected."""
        task = asyncio.create_task(self._serve(reader, writer))
        self.held.add(task)
        task.add_done_callback(self.held.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until either side goes."""
        client, server = (_end(writer.get_extra_info(name)) for name in ("peername", "sockname"))
        secured: Stream | None = None
        try:
            with self._room(client):
                secured = await self._begin(reader, writer)
                if secured:
                    await self._carry(secured, proxied(client, server))
        except Busy:
            writer.write(prelude.BUSY)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            log.info("%s: %r", client[0], error)
        finally:
            if secured:
                secured[1].close()  # TLS looks at the clock itself
            else:
                _close(writer)

    @contextmanager
    def _room(self, client: End) -> Iterator[None]:
        whose = str(client[0] if client[0].version == 4 else ip_network((client[0], 64), strict=False))
        if self.guests.total() >= MOST or self.guests[whose] >= MOST_OF_ONE:
            raise Busy
        self.guests[whose] += 1
        try:
            yield
        finally:
            self.guests[whose] -= 1
            if not self.guests[whose]:
                del self.guests[whose]

    async def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Stream | None:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        async with asyncio.timeout(PATIENCE):
            return await _secured(writer, self.names.context()) if await _asked(reader, writer) else None

    async def _carry(self, client: Stream, head: bytes) -> None:
        dovecot = await asyncio.open_connection(*self.dovecot, local_addr=(self.front, 0), limit=CHUNK)
        dovecot[1].write(head)
        ways = [asyncio.create_task(_pump(client[0], dovecot[1])), asyncio.create_task(_pump(dovecot[0], client[1]))]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in ways:
                each.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            _close(dovecot[1])


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Whether TLS is to begin. Nothing is awaited after the word that it may: its first byte is for TLS."""
    writer.write(prelude.GREETING)
    for _ in range(LINES):
        await writer.drain()
        line = await reader.readline()
        if not line.endswith(b"\n"):
            return False
        said, then = prelude.answer(line)
        writer.write(said)
        if then is not Then.MORE:
            return then is Then.TLS
    return False


async def _secured(writer: asyncio.StreamWriter, context: ssl.SSLContext) -> Stream:
    """With a reader of its own: what a client sent behind STARTTLS, in the open, stays in the old one unread (CVE-2011-0411)."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=CHUNK)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport = await loop.start_tls(
        writer.transport, protocol, context, server_side=True,
        ssl_handshake_timeout=HANDSHAKE, ssl_shutdown_timeout=FAREWELL,
    )  # fmt: skip
    if transport is None:
        raise ConnectionAbortedError("gone during the handshake")
    protocol.connection_made(transport)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(CHUNK):
        writer.write(part)
        await writer.drain()


def _close(writer: asyncio.StreamWriter) -> None:
    """Of what speaks no TLS: what was written still goes out, if the other side takes it in time."""
    writer.close()
    asyncio.get_running_loop().call_later(FAREWELL, writer.transport.abort)


def _end(name: tuple[str, int]) -> End:
    """Of a socket's name; an address of a link loses its scope."""
    return ip_address(name[0].partition("%")[0]), name[1]


def proxied(client: End, server: End) -> bytes:
    """The PROXY protocol's line, version 1."""
    return f"PROXY TCP{client[0].version} {client[0]} {server[0]} {client[1]} {server[1]}\r\n".encode()
