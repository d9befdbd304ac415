"""How a daemon is asked whether it does its work. Standard library only."""

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path

PATIENCE = 3.0  # seconds for one answer


def http_answers(port: int) -> str | None:
    """Any answer of HTTP will do: no site need exist."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/", headers={"Host": "probe.invalid"})
        connection.getresponse().read()
    finally:
        connection.close()
    return None


def json_line(path: Path, question: Mapping[str, str], expect: str | None) -> str | None:
    """One line there, one line back; `expect` names the field that must be true."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(PATIENCE)
        wire.connect(str(path))
        wire.sendall(json.dumps(question).encode() + b"\n")
        with wire.makefile("rb") as lines:
            answer = json.loads(lines.readline() or b"null")
    if not isinstance(answer, dict):
        return "it closed the connection without an answer"
    return None if expect is None or answer.get(expect) else f"it answers {answer}"


def greets(port: int, start: bytes, authority: Path | None = None, name: str = "") -> str | None:
    """The first line that a server says must begin so; with an authority's file, inside TLS as `name`."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain:
        wire = plain
        if authority:
            wire = ssl.create_default_context(cafile=str(authority)).wrap_socket(plain, server_hostname=name)
        with wire, wire.makefile("rb") as lines:
            said = lines.readline(1000)
    return None if said.startswith(start) else f"it says {said[:100]!r}"
