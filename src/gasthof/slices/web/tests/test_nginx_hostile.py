"""What a hostile visitor or customer tries against nginx itself."""

import base64
import os
import random
import socket
import string
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import idna
import pytest
from argon2 import PasswordHasher

from gasthof.slices.web.node.nginx import pid_file
from gasthof.slices.web.spec import Php, ProtectedUser, Protection, SiteSpec
from gasthof.slices.web.tests.client import connect
from gasthof.slices.web.tests.nginx_harness import WebNode, site

pytestmark = pytest.mark.daemons
COLOGNE = idna.encode("grüße-aus-köln.test", uts46=True).decode()
SECRET = "SECRET-SOURCE"
HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(scope="module")
def node() -> Iterator[WebNode]:
    with WebNode.started() as started:
        yield started


@pytest.fixture(scope="module")
def cologne(node: WebNode) -> SiteSpec:
    user = ProtectedUser("anna", HASHER.hash("zwei"))
    spec = site(COLOGNE, php=Php("8.2"), protections=(Protection("/geheim", "t", (user,)),))
    node.file(spec, "a.php", f"<?php /* {SECRET} */ echo 'RAN', file_get_contents('php://input');")
    node.file(spec, "index.html", "Köln")
    node.file(spec, "geheim/x.html", SECRET)
    node.put(spec)
    node.start_php(spec)
    return spec


@pytest.fixture(scope="module")
def other(node: WebNode) -> SiteSpec:
    spec = site("other.test", number=2)
    node.file(spec, "index.html", "other's page")
    node.put(spec)
    return spec


def raw(node: WebNode, data: bytes, *, sni: str | None = None) -> bytes:
    """What comes back for exactly these bytes, until nginx closes or is silent for a while."""
    secure = sni is not None
    with connect(
        node.prefix.ports["https" if secure else "http"], authority=node.authority if secure else None, sni=sni
    ) as stream:
        stream.sendall(data)
        stream.settimeout(1)
        received = b""
        try:
            while chunk := stream.recv(65536):
                received += chunk
        except TimeoutError:
            pass
        return received


@pytest.mark.parametrize(
    "line",
    [
        b"OPTIONS * HTTP/1.1", b"GET * HTTP/1.1", b"CONNECT other.test:443 HTTP/1.1", b"GET /geheim/x.html", b"GET /geheim/x.html HTTP/0.9",
        b"GET geheim/x.html HTTP/1.1", b"GET /geheim/x.html HTTP/2.0", b"GET \\geheim\\x.html HTTP/1.1", b"GET http:///geheim/x.html HTTP/1.1",
        b"GET /geheim/x.html HTTP/1.0", b"PRI * HTTP/2.0", b"GET /offen\t/geheim/x.html HTTP/1.1", b"GET /geheim/x.html\x00 HTTP/1.1",
        b"GET  /geheim/x.html HTTP/1.1", b"GET /../../geheim/x.html HTTP/1.1", b"GET /%2e%2e/geheim/x.html HTTP/1.1",
    ],
)  # fmt: skip
def test_odd_request_lines_open_nothing(node: WebNode, cologne: SiteSpec, line: bytes) -> None:
    answer = raw(node, line + b"\r\nHost: " + COLOGNE.encode() + b"\r\nConnection: close\r\n\r\n")
    assert SECRET.encode() not in answer
    assert not answer.startswith(b"HTTP/1.1 200")


def test_second_request_of_a_connection_cannot_change_the_site(
    node: WebNode, cologne: SiteSpec, other: SiteSpec
) -> None:
    both = b"".join(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n" for host in (COLOGNE.encode(), b"other.test"))
    answer = raw(node, both, sni=COLOGNE)
    assert b"HTTP/1.1 200" in answer and b"HTTP/1.1 421" in answer and b"other's" not in answer


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Content-Length: 5\r\nContent-Length: 60", b"Transfer-Encoding: xchunked", b"Transfer-Encoding : chunked", b"Content-Length: -1",
        b"Content-Length: +5", b"Content-Length: 0x5",
    ],
)  # fmt: skip
def test_a_hidden_second_request_is_never_answered(node: WebNode, cologne: SiteSpec, framing: bytes) -> None:
    hidden = b"0\r\n\r\nGET /a.php?hidden HTTP/1.1\r\nHost: other.test\r\n\r\n"
    data = b"POST /a.php HTTP/1.1\r\nHost: " + COLOGNE.encode() + b"\r\n" + framing + b"\r\n\r\n" + hidden
    node_answer = raw(node, data)
    assert node_answer.count(b"HTTP/1.1 ") == 1
    assert node_answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501"))


def test_names_with_line_breaks_show_no_source(node: WebNode, cologne: SiteSpec) -> None:
    for name in ("\n/a.php", "a\n.php", "x\n/b.php", "a.php\n"):
        node.file(cologne, name, f"<?php /* {SECRET} */ echo 'RAN';")
        for path in (
            "/" + name.replace("\n", "%0a"),
            "/" + name.replace("\n", "%0A") + "/x",
            "/" + name.replace("\n", "%0a") + "%0a",
        ):
            assert SECRET not in node.get(COLOGNE, path).text


def test_a_pipe_in_the_document_root_holds_up_nobody(node: WebNode, cologne: SiteSpec) -> None:
    pipe = node.docroot(cologne) / "pipe"
    os.mkfifo(pipe)
    pipe.chmod(0o644)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(node.docroot(cologne) / "socket"))
    begin = time.monotonic()
    for path in ("/pipe", "/socket", "/pipe/x", "/pipe.php"):
        assert node.get(COLOGNE, path).status in (403, 404, 500)  # 500: a socket cannot be opened at all
    assert time.monotonic() - begin < 3
    listener.close()


def test_a_file_that_nginx_may_not_read_is_refused(node: WebNode, cologne: SiteSpec) -> None:
    node.file(cologne, "private.html", SECRET).chmod(0o600)
    answer = node.get(COLOGNE, "/private.html")
    assert answer.status == 403 and SECRET not in answer.text


def test_anothers_password_under_an_invented_name_counts_as_a_guess(node: WebNode) -> None:
    user = ProtectedUser("anna", HASHER.hash("zwei"))
    spec = site("names.test", protections=(Protection("", "t", (user,)),))
    node.file(spec, "index.html", "page")
    node.put(spec)

    def status(name: str, password: str) -> int:
        header = ("Authorization", "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode())
        return node.get("names.test", headers=[header], source="127.0.3.1").status

    assert [status(f"nobody{number}", "zwei") for number in range(12)] == [401] * 10 + [429] * 2
    assert status("anna", "zwei") == 429


def test_log_lines_stay_lines(node: WebNode, cologne: SiteSpec) -> None:
    node.get(
        COLOGNE,
        b"/line?\xff\xfe\x80'\"",
        headers=[("User-Agent", "a\x01\x1b[31m"), ("Referer", '","customer":"s000002')],
    )
    time.sleep(1.3)
    content = (node.prefix.logs / "access.log").read_bytes()
    line = next(line for line in content.split(b"\n") if b"/line" in line)
    assert line.startswith(b'{"time":') and line.endswith(b"}") and b'"customer":"s000001"' in line
    assert line.count(b'"customer":') == 1 and b"\x1b" not in line


def test_a_flood_of_names_leaves_the_cache_bounded(node: WebNode, cologne: SiteSpec) -> None:
    draw = random.Random(1)
    master = int(pid_file(node.prefix).read_text())
    worker = Path(f"/proc/{master}/task/{master}/children").read_text().split()[0]

    def resident() -> int:
        return int(Path(f"/proc/{worker}/status").read_text().partition("VmRSS:")[2].split()[0])

    def flood(count: int) -> None:
        with connect(node.prefix.ports["http"]) as stream:
            file = stream.makefile("rb")
            for _ in range(count):
                host = "".join(draw.choices(string.ascii_lowercase, k=30)) + ".test"
                stream.sendall(f"HEAD / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                while file.readline() not in (b"\r\n", b""):
                    pass

    def rounds(count: int) -> None:
        for _ in range(count):
            flood(900)  # keepalive_requests ends a connection at 1,000

    rounds(6)
    before = resident()
    rounds(12)
    assert resident() - before < 3_000
    assert node.get(COLOGNE).status == 200


def test_many_hanging_connections_do_not_stop_others(node: WebNode, cologne: SiteSpec) -> None:
    hanging = [connect(node.prefix.ports["http"]) for _ in range(1500)]
    for stream in hanging:
        stream.sendall(b"GET / HTTP/1.1\r\nHost: ")
    assert node.get(COLOGNE).status == 200
    assert node.get(COLOGNE, secure=True, http2=True).status == 200
    for stream in hanging:
        stream.close()


def test_documents_that_change_all_the_time_never_show_a_neighbour(
    node: WebNode, cologne: SiteSpec, other: SiteSpec
) -> None:
    """200 changes of one site while others are asked for: nothing fails, nothing is mixed up."""
    seen: list[tuple[int, str]] = []

    def visit(number: int) -> None:
        host = (COLOGNE, "other.test")[number % 2]
        answer = node.get(host, secure=number % 3 == 0, http2=number % 6 == 0)
        seen.append((answer.status, f"{host}:{answer.text}"))

    flapping = site("flap.test", number=3)
    node.file(flapping, "index.html", "flap")
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(visit, number) for number in range(400)]
        for _ in range(200):
            node.put(flapping)
        for job in jobs:
            job.result()
    assert set(seen) == {(200, f"{COLOGNE}:Köln"), (200, "other.test:other's page")}


def test_a_whole_header_full_of_hostile_languages(node: WebNode) -> None:
    for value in (
        "de" * 4000,
        ",".join(["de;q=9e99"] * 500),
        "de;q=-1",
        "de;q=nan",
        ";;;,,,",
        "\xfc",
        "*",
        "de;q=0, en;q=0",
    ):
        assert node.get("nobody.test", headers=[("Accept-Language", value)]).status == 404
