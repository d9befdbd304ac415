"""Which site a request reaches: by name, by certificate, over both IP and HTTP versions."""

import os
import ssl
from collections.abc import Iterator
from dataclasses import replace

import idna
import pytest

from gasthof.slices.web.node.document import fallback_tls, host_path, tls_directory
from gasthof.slices.web.spec import SiteSpec
from gasthof.slices.web.tests.client import Streams, connect, exchange
from gasthof.slices.web.tests.nginx_harness import REACHED_AT, WebNode, site

pytestmark = pytest.mark.daemons
COLOGNE = idna.encode("grüße-aus-köln.test", uts46=True).decode()


@pytest.fixture(scope="module")
def node() -> Iterator[WebNode]:
    with WebNode.started() as started:
        yield started


@pytest.fixture(scope="module")
def cologne(node: WebNode) -> SiteSpec:
    spec = site(COLOGNE, hosts=(COLOGNE, f"www.{COLOGNE}", "alias.test"))
    node.file(spec, "index.html", "Grüße aus Köln")
    node.file(spec, "ordner/seite.html", "Unterseite")
    node.put(spec)
    return spec


@pytest.fixture(scope="module")
def other(node: WebNode) -> SiteSpec:
    spec = site("other.test", number=2)
    node.file(spec, "index.html", "other's page")
    node.put(spec)
    return spec


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", REACHED_AT])
@pytest.mark.parametrize(("secure", "http2"), [(False, False), (True, False), (True, True)])
def test_serves_each_host_over_both_ip_and_http_versions(
    node: WebNode, cologne: SiteSpec, address: str, secure: bool, http2: bool
) -> None:
    for host in cologne.hosts:
        answer = node.get(host, secure=secure, http2=http2, address=address)
        assert (answer.status, answer.text) == (200, "Grüße aus Köln")
        assert not secure or answer.names == set(cologne.hosts)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_speaks_tls_1_2_and_1_3(node: WebNode, cologne: SiteSpec, version: ssl.TLSVersion) -> None:
    assert node.get(COLOGNE, secure=True, versions=(version, version)).status == 200


def test_refuses_tls_1_1(node: WebNode, cologne: SiteSpec) -> None:
    with pytest.raises(ssl.SSLError), pytest.warns(DeprecationWarning):
        node.get(COLOGNE, secure=True, versions=(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1))


@pytest.mark.parametrize("host", [COLOGNE.upper(), f"{COLOGNE}.", f"{COLOGNE}:8080", f"WWW.{COLOGNE}.:1"])
def test_reads_a_host_as_names_are_read(node: WebNode, cologne: SiteSpec, host: str) -> None:
    assert node.get(host).text == "Grüße aus Köln"


@pytest.mark.parametrize(
    "host", ["nobody.test", "127.0.0.1", "[::1]", "localhost", "x" * 300, "a..b", "%2e%2e", "..", "-", "_", "grüße-aus-köln.test", "a/b", "hosts"]
)  # fmt: skip
def test_no_name_of_ours_gets_no_site(node: WebNode, cologne: SiteSpec, host: str) -> None:
    answer = node.get(host)
    assert answer.status in (400, 404)
    assert "Köln" not in answer.text


def test_unknown_host_page_speaks_both_languages(node: WebNode) -> None:
    german = node.get("nobody.test", headers=[("Accept-Language", "fr, de;q=0.8, en;q=0.5")])
    english = node.get("nobody.test", headers=[("Accept-Language", "en-GB,de;q=0.3")])
    assert "Keine Website" in german.text and german.headers["content-language"] == "de"
    assert "No website here" in english.text and english.headers["content-language"] == "en"


def test_a_request_without_host_gets_no_site(node: WebNode, cologne: SiteSpec) -> None:
    with connect(node.prefix.ports["http"]) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert b" 404 " in connection.recv(4096).split(b"\r\n")[0]


def test_two_hosts_are_refused(node: WebNode, cologne: SiteSpec, other: SiteSpec) -> None:
    assert node.get(COLOGNE, headers=[("Host", "other.test")]).status == 400


def test_host_of_the_request_line_counts(node: WebNode, cologne: SiteSpec, other: SiteSpec) -> None:
    assert node.get(COLOGNE, b"http://other.test/").text == "other's page"


@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize("sni", [None, "other.test", "nobody.test", "127.0.0.1"])
def test_tls_name_and_host_must_agree(
    node: WebNode, cologne: SiteSpec, other: SiteSpec, http2: bool, sni: str | None
) -> None:
    answer = node.get(COLOGNE, secure=True, sni=sni, http2=http2)
    assert answer.status == 421
    assert "Köln" not in answer.text


def test_absolute_request_line_does_not_get_around_that(node: WebNode, cologne: SiteSpec, other: SiteSpec) -> None:
    assert node.get(COLOGNE, b"https://other.test/", secure=True).status == 421
    assert node.get("other.test", f"https://{COLOGNE}/", secure=True, sni=COLOGNE).status == 200


def test_reused_http2_connection_serves_no_other_name(node: WebNode, cologne: SiteSpec, other: SiteSpec) -> None:
    with connect(node.prefix.ports["https"], authority=node.authority, sni=COLOGNE, http2=True) as connection:
        streams = Streams(connection)
        assert [streams.ask(host).status for host in (COLOGNE, "other.test", f"www.{COLOGNE}", COLOGNE)] == [
            200,
            421,
            421,
            200,
        ]


def test_resumed_session_of_one_name_serves_no_other(node: WebNode, cologne: SiteSpec, other: SiteSpec) -> None:
    """In TLS 1.2 OpenSSL takes the name out of the session: it stays what the certificate was shown for, whatever is said later."""
    context = ssl.create_default_context(cadata=node.authority.pem)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    session, statuses = None, []
    for sni, host in ((COLOGNE, COLOGNE), (COLOGNE, "other.test"), ("other.test", "other.test"), (COLOGNE, COLOGNE)):
        plain = connect(node.prefix.ports["https"])
        with context.wrap_socket(plain, server_hostname=sni, session=session) as connection:
            session = session or connection.session
            statuses.append((connection.session_reused, exchange(connection, host, "/").status))
    assert statuses == [(False, 200), (True, 421), (True, 421), (True, 200)]


def test_handshake_without_a_name_of_ours_shows_the_fallback_certificate(node: WebNode, cologne: SiteSpec) -> None:
    for sni in (None, "nobody.test"):
        assert node.get("nobody.test", secure=True, sni=sni).names == {"fallback.invalid"}


def test_upper_case_tls_name(node: WebNode, other: SiteSpec) -> None:
    answer = node.get("other.test", secure=True, sni="Other.TEST")
    assert (answer.status, answer.text, answer.names) == (200, "other's page", {"other.test"})


def test_redirects_to_https_with_the_port(node: WebNode) -> None:
    spec = site("secure.test", https_redirect=True, number=3)
    node.file(spec, "index.html", "secure")
    node.put(spec)
    port = node.prefix.ports["https"]
    answer = node.get("secure.test", "/a%20b/?q=%C3%BC&x=//y")
    assert (answer.status, answer.headers["location"]) == (301, f"https://secure.test:{port}/a%20b/?q=%C3%BC&x=//y")
    assert node.get("secure.test", "/form", method="POST", body=b"x=1").status == 308
    assert node.get("secure.test", secure=True).text == "secure"


def test_redirects_to_the_preferred_host(node: WebNode) -> None:
    spec = site("main.test", hosts=("main.test", "www.main.test"), preferred="www.main.test", https_redirect=True)
    node.file(spec, "index.html", "main")
    node.put(spec)
    port = node.prefix.ports["https"]
    for secure in (False, True):
        answer = node.get("main.test", "/x", secure=secure)
        assert (answer.status, answer.headers["location"]) == (301, f"https://www.main.test:{port}/x")
    assert node.get("www.main.test", secure=True).text == "main"
    node.put(replace(spec, https_redirect=False))
    assert node.get("main.test", "/").headers["location"] == f"http://www.main.test:{node.prefix.ports['http']}/"


@pytest.mark.parametrize(
    "target", [b"//evil.test/", b"/\\evil.test", b"/%0d%0aSet-Cookie:x=1", b"http://main2.test//evil.test", b"http://main2.test?x", b"/@evil.test"]
)  # fmt: skip
def test_redirects_lead_nowhere_else(node: WebNode, target: bytes) -> None:
    node.put(site("main2.test", https_redirect=True))
    answer = node.get("main2.test", target)
    assert answer.status == 301
    assert answer.headers["location"].startswith(f"https://main2.test:{node.prefix.ports['https']}/")
    assert "set-cookie" not in answer.headers


def test_folder_without_slash_is_redirected_within_the_host(node: WebNode, cologne: SiteSpec) -> None:
    assert node.get(COLOGNE, "/ordner").headers["location"] == "/ordner/"
    assert node.get(COLOGNE, "//ordner").headers["location"] == "/ordner/"
    assert node.get(COLOGNE, "/ordner/").status == 403


def test_suspended(node: WebNode) -> None:
    spec = site("late.test", hosts=("late.test", "www.late.test"), preferred="late.test", https_redirect=True)
    node.file(spec, "index.html", "page")
    node.put(replace(spec, suspended=True))
    for host, secure in (("late.test", False), ("www.late.test", True)):
        answer = node.get(host, secure=secure, headers=[("Accept-Language", "de-DE,de;q=0.9,en;q=0.8")])
        assert answer.status == 503 and "Website gesperrt" in answer.text
        assert answer.headers["retry-after"] == "3600" and answer.headers["cache-control"] == "no-store"
    assert "Website suspended" in node.get("late.test", method="POST", body=b"x" * 100_000).text
    node.put(spec)
    assert node.get("late.test", secure=True).text == "page"


def test_one_log_for_all(node: WebNode, cologne: SiteSpec) -> None:
    node.get(
        COLOGNE, '/"\\x?a=b', headers=[("User-Agent", 'Bröwser "1"\t\x7f'), ("Referer", "http://x/\\")], secure=True
    )
    line = next(entry for entry in node.log() if entry["uri"].startswith('/"'))
    assert (line["customer"], line["site"], line["host"], line["scheme"]) == ("s000001", COLOGNE, COLOGNE, "https")
    assert (line["uri"], line["referer"], line["user_agent"]) == ('/"\\x?a=b', "http://x/\\", 'Bröwser "1"\t\x7f')
    assert (line["remote_addr"], line["method"], line["status"], line["protocol"]) == (
        "127.0.0.1",
        "GET",
        404,
        "HTTP/1.1",
    )
    assert line["time"].endswith("+00:00") or "T" in line["time"]
    assert isinstance(line["bytes"], int) and isinstance(line["request_time"], float)


def test_address_of_the_log_is_the_sockets(node: WebNode, cologne: SiteSpec) -> None:
    spoofed = [
        (name, "203.0.113.9")
        for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP")
    ]
    node.get(COLOGNE, "/spoof", headers=spoofed)
    assert {entry["remote_addr"] for entry in node.log() if entry["uri"] == "/spoof"} == {"127.0.0.1"}


def test_links_lead_only_to_what_the_customer_owns(node: WebNode, cologne: SiteSpec, other: SiteSpec) -> None:
    docroot, foreign = node.docroot(cologne), node.docroot(other)
    links = {
        "own": docroot / "ordner" / "seite.html", "file": foreign / "index.html", "folder": foreign, "passwd": "/etc/passwd",
        "key": tls_directory(node.prefix, COLOGNE) / "key.pem", "document": host_path(node.prefix, "other.test"), "root": "/",
        "relative": f"../../../s000002/web/{other.name}/index.html", "fallback": fallback_tls(node.prefix) / "key.pem",
    }  # fmt: skip
    for name, target in links.items():
        (docroot / name).symlink_to(target)
        os.chown(docroot / name, cologne.uid, -1, follow_symlinks=False)
    assert node.get(COLOGNE, "/own").text == "Unterseite"
    for path in (
        "/file",
        "/folder/",
        "/folder/index.html",
        "/passwd",
        "/key",
        "/document",
        "/root/etc/passwd",
        "/relative",
        "/fallback",
    ):
        answer = node.get(COLOGNE, path)
        assert answer.status in (403, 404), path
        assert "other's" not in answer.text and "root:" not in answer.text and "BEGIN" not in answer.text


def test_a_document_root_turned_into_a_link_shows_nothing(node: WebNode, other: SiteSpec) -> None:
    spec = site("turned.test", docroot="web/turned/deep")
    node.file(spec, "index.html", "mine")
    node.put(spec)
    assert node.get("turned.test").text == "mine"
    turned = node.home(spec) / "web" / "turned"
    turned.rename(turned.with_name("aside"))
    (node.home(other) / "web" / "deep").mkdir()
    node.file(replace(other, docroot="web/deep"), "index.html", "other's deep")
    for target in (node.home(other) / "web", f"../../{other.subscription}/web"):
        turned.symlink_to(target)
        os.chown(turned, spec.uid, -1, follow_symlinks=False)
        answer = node.get("turned.test")
        assert answer.status in (403, 404) and "other's" not in answer.text
        turned.unlink()


def test_methods_and_limits(node: WebNode, cologne: SiteSpec) -> None:
    assert node.get(COLOGNE, method="HEAD").status == 200
    assert node.get(COLOGNE, method="POST", body=b"x").status == 405
    assert node.get(COLOGNE, method="TRACE").status == 405
    assert node.get(COLOGNE, "/" + "x" * 20_000).status == 414
    assert node.get(COLOGNE, headers=[("X-Long", "x" * 20_000)]).status in (400, 431)
    assert node.get(COLOGNE, headers=[("Content-Length", str(2**31))]).status == 413
    assert "nginx/" not in str(node.get(COLOGNE, "/missing"))
