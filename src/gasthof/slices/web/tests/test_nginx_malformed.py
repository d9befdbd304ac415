"""What nginx cannot read, and plain HTTP at the door for HTTPS: pages of our own, and nothing of a site's."""

from collections.abc import Iterator

import idna
import pytest

from gasthof.slices.web.spec import SiteSpec
from gasthof.slices.web.tests.client import connect
from gasthof.slices.web.tests.nginx_harness import WebNode, site

pytestmark = pytest.mark.daemons
COLOGNE = idna.encode("grüße-aus-köln.test", uts46=True).decode()
HOST = b"Host: " + COLOGNE.encode() + b"\r\n"


@pytest.fixture(scope="module")
def node() -> Iterator[WebNode]:
    with WebNode.started() as started:
        yield started


@pytest.fixture(scope="module")
def cologne(node: WebNode) -> SiteSpec:
    spec = site(COLOGNE)
    node.file(spec, "index.html", "Köln")
    node.file(spec, ".gasthof/malformed", "the customer's")
    node.put(spec)
    return spec


def raw(node: WebNode, data: bytes, port: str = "http") -> tuple[bytes, str]:
    """Head and body of what comes back for these bytes, until nginx closes."""
    with connect(node.prefix.ports[port]) as stream:
        stream.settimeout(10)
        stream.sendall(data)
        received = b""
        while chunk := stream.recv(65536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body.decode()


MALFORMED = {
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a bad host": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST + b"Host: other.test\r\n\r\n",
    "no request": b"hello there\r\n\r\n",
    "another method": b"ge/t / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a bad length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n",
    "a long header": b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: " + b"x" * 20_000 + b"\r\n\r\n",
    "a null byte": b"GET /%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "TLS": bytes.fromhex("16030100") + b"\0" * 60 + b"\r\n\r\n",
}


@pytest.mark.parametrize("what", MALFORMED)
def test_what_cannot_be_read_gets_a_page_of_our_own(node: WebNode, cologne: SiteSpec, what: str) -> None:
    head, body = raw(node, MALFORMED[what])
    assert head.startswith(b"HTTP/1.1 400 "), head
    assert "<h1>Not understood</h1>" in body and '<h2 lang="de">Nicht verstanden</h2>' in body and "nginx" not in body
    assert b"Connection: close" in head and b"Content-Security-Policy" in head


def test_a_long_address_gets_it_too(node: WebNode, cologne: SiteSpec) -> None:
    head, body = raw(node, b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    assert head.startswith(b"HTTP/1.1 414 ") and "<h1>Not understood</h1>" in body
    head, body = raw(node, b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: x\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 501 ") and "<h1>Not understood</h1>" in body


def test_it_is_said_in_german_where_the_language_could_be_read(node: WebNode, cologne: SiteSpec) -> None:
    _, body = raw(node, b"GET / HTTP/1.1\r\nAccept-Language: de\r\n" + HOST + b"Content-Length: x\r\n\r\n")
    assert '<html lang="de">' in body and "<h1>Nicht verstanden</h1>" in body and "understood" not in body


def test_that_page_has_no_address(node: WebNode, cologne: SiteSpec) -> None:
    for path in ("/.gasthof/malformed", "/.gasthof/malformed/x", "/%2egasthof/malformed"):
        answer = node.get(COLOGNE, path)
        assert answer.status == 404 and "the customer's" not in answer.text and "Not understood" not in answer.text


@pytest.mark.parametrize(("method", "status"), [(b"GET", 301), (b"HEAD", 301), (b"POST", 308)])
@pytest.mark.parametrize("host", [COLOGNE, "unbekannt.test"])
def test_plain_http_at_the_door_for_https_is_shown_in(
    node: WebNode, cologne: SiteSpec, method: bytes, status: int, host: str
) -> None:
    port = node.prefix.ports["https"]
    request = method + f" /pfad?x=%C3%BC HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 0\r\n\r\n".encode()
    head, body = raw(node, request, "https")
    assert head.startswith(b"HTTP/1.1 %d " % status), head
    assert f"\r\nLocation: https://{host}:{port}/pfad?x=%C3%BC\r\n".encode() in head + b"\r\n"
    assert "plain HTTP" not in body and "Köln" not in body


def test_without_a_host_there_is_nowhere_to_go(node: WebNode, cologne: SiteSpec) -> None:
    head, body = raw(node, b"GET / HTTP/1.0\r\n\r\n", "https")
    assert head.startswith(b"HTTP/1.1 400 ") and "<h1>Not understood</h1>" in body


@pytest.mark.parametrize("line", [b"GET http://other.test/x HTTP/1.1", b"GET //other.test/x HTTP/1.1"])
def test_the_redirect_stays_on_the_host_that_was_asked(node: WebNode, cologne: SiteSpec, line: bytes) -> None:
    head, _ = raw(node, line + b"\r\n" + HOST + b"\r\n", "https")
    port = str(node.prefix.ports["https"]).encode()
    asked = b"other.test" if b"http:" in line else COLOGNE.encode()
    assert b"Location: https://" + asked + b":" + port + b"/" in head
