"""Serves questions over a unix socket: a line each, any number a connection, a bounded number at once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gasthof.slices.web.verifier.check import LINE, answer, reply

AT_ONCE = 2  # checks that run; with AT_ONCE times 64 MiB the process is bounded
WAITING = 64  # checks that wait; one more is told to come back
CONNECTIONS = 256
IDLE = 60.0  # seconds a connection may be silent


class Server:
    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._asked = 0
        self._connected = 0

    async def serve(self, path: Path) -> None:
        """Until cancelled. A socket left behind by a process that was killed is replaced."""
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._connection, path, limit=LINE)
        async with server:
            await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connected += 1
        try:
            if self._connected <= CONNECTIONS:
                await self._questions(reader, writer)
        except (ConnectionError, TimeoutError):
            pass
        finally:
            self._connected -= 1
            writer.close()

    async def _questions(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                line = await asyncio.wait_for(reader.readline(), IDLE)
            except ValueError:  # longer than LINE
                writer.write(reply(False, "too long"))
                return
            if not line.endswith(b"\n"):
                return
            writer.write(await self._answer(line))
            await writer.drain()

    async def _answer(self, line: bytes) -> bytes:
        if self._asked >= AT_ONCE + WAITING:
            return reply(False, "busy")
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, answer, line)
        finally:
            self._asked -= 1
