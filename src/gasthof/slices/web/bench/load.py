"""Load on one nginx: static requests by wrk, full TLS handshakes by a small client. Both sides of a comparison get the same."""

import http.client
import random
import re
import socket
import ssl
import subprocess
from collections.abc import Iterable, Sequence
from itertools import accumulate

from gasthof.slices.web.bench.ground import Server

WRK = "/usr/bin/wrk"


def requests_per_second(server: Server, host: str, seconds: int) -> tuple[float, float]:
    """Of a 1 kB file over 32 kept connections: requests a second, and microseconds of the worker's CPU for each.
    RuntimeError when one of them was not answered with 200."""
    before = server.cpu()
    url = f"http://127.0.0.1:{server.http}/page.html"
    done = subprocess.run(
        [WRK, "-t1", "-c32", f"-d{seconds}s", "-H", f"Host: {host}", url], check=True, capture_output=True, text=True
    )
    used = server.cpu() - before
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    count = int(re.search(r"(\d+) requests in", done.stdout)[1])  # type: ignore[index]
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)[1])  # type: ignore[index]
    return rate, used / count * 1e6


def zipf(names: Sequence[str], count: int, seed: int) -> list[str]:
    """Names drawn by Zipf's law with exponent 1, in an order that does not follow their numbers."""
    draw = random.Random(seed)  # noqa: S311 - load, not secrets
    shuffled = draw.sample(names, len(names))
    weights = list(accumulate(1 / rank for rank in range(1, len(names) + 1)))
    return draw.choices(shuffled, cum_weights=weights, k=count)


def handshakes(server: Server, names: Sequence[str]) -> float:
    """Milliseconds of the worker's CPU for a full handshake, TCP and close included. No session is offered again."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    before = server.cpu()
    for name in names:
        _handshake(context, server.https, name)
    return (server.cpu() - before) / len(names) * 1e3


def _handshake(context: ssl.SSLContext, port: int, name: str) -> None:
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain, server_hostname=name):
        pass


def visit(server: Server, names: Iterable[str]) -> None:
    """One request to each. RuntimeError for any answer but 200."""
    connection = http.client.HTTPConnection("127.0.0.1", server.http)
    for name in names:
        connection.request("GET", "/page.html", headers={"Host": name})
        answer = connection.getresponse()
        if answer.status != 200 or len(answer.read()) != 1024:
            raise RuntimeError(f"{name} answered {answer.status}")
    connection.close()
