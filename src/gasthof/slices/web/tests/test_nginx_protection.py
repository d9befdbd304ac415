"""Protected directories: every way to a protected file ends in 401 without the password, and never in a byte of source."""

import base64
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import idna
import pytest
from argon2 import PasswordHasher

from gasthof.slices.web.spec import Php, ProtectedUser, Protection, SiteSpec
from gasthof.slices.web.tests.client import Answer
from gasthof.slices.web.tests.nginx_harness import WebNode, site

pytestmark = pytest.mark.daemons
COLOGNE = idna.encode("grüße-aus-köln.test", uts46=True).decode()
ALIAS = "alias.test"
HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
USER, PASSWORD = "Jürgen Groß", "Schlüssel: für €"
SECRET = "SECRET-SOURCE"
SCRIPT = (
    f"<?php /* {SECRET} */ echo 'RAN '; echo $_SERVER['PATH_INFO'] ?? ''; echo $_SERVER['REMOTE_USER'] ?? 'nobody';"
)
OPEN, CLOSED = "open to all", "for members only"


def protection(path: str, title: str = "Nur für Mitglieder") -> Protection:
    return Protection(
        path, title, (ProtectedUser(USER, HASHER.hash(PASSWORD)), ProtectedUser("anna", HASHER.hash("zwei")))
    )


@pytest.fixture(scope="module")
def node() -> Iterator[WebNode]:
    with WebNode.started() as started:
        yield started


def members(name: str, **fields: object) -> SiteSpec:
    fields = {"php": Php("8.2"), "front_controller": True, "protections": (protection("/geheim/bereich"),)} | fields
    return site(name, **fields)


@pytest.fixture(scope="module")
def cologne(node: WebNode) -> SiteSpec:
    spec = members(COLOGNE, hosts=(COLOGNE, ALIAS))
    fill(node, spec)
    node.put(spec)
    node.start_php(spec)
    return spec


def fill(node: WebNode, spec: SiteSpec) -> None:
    node.file(spec, "index.php", SCRIPT.replace("RAN", "FRONT"))
    node.file(spec, "offen.html", OPEN)
    node.file(spec, "geheim/daneben.html", OPEN)
    for name in (
        "index.php",
        "seite.php",
        "tief/unten.php",
        "Groß.php",
        "alt.phtml",
        "alt.php5",
        "alt.PHP",
        "bild.phar",
    ):
        node.file(spec, f"geheim/bereich/{name}", SCRIPT)
    node.file(spec, "geheim/bereich/text.html", f"{CLOSED} {SECRET}")


def basic(user: str = USER, password: str = PASSWORD, encoding: str = "utf-8") -> tuple[str, str]:
    return ("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode(encoding)).decode())


WAYS = [
    "/geheim/bereich", "/geheim/bereich/", "/geheim/bereich/index.php", "/geheim/bereich/seite.php", "/geheim/bereich/seite.php/mehr/pfad",
    "/geheim/bereich/tief/unten.php", "/geheim/bereich/text.html", "/geheim/bereich/fehlt", "/geheim/bereich/fehlt.php", "/geheim/bereich/fehlt/",
    "/geheim/bereich/alt.phtml", "/geheim/bereich/alt.php5", "/geheim/bereich/alt.PHP", "/geheim/bereich/bild.phar", "/geheim/bereich/.htaccess",
    "//geheim/bereich/seite.php", "/geheim//bereich///seite.php", "/./geheim/./bereich/seite.php", "/geheim/x/../bereich/text.html",
    "/x/../geheim/bereich/text.html", "/offen.html/../geheim/bereich/text.html", "/geheim/bereich/../bereich/text.html",
    "/%67%65%68%65%69%6d/%62ereich/text.html", "/%67eheim/bereich/seite%2ephp", "/geheim%2fbereich/text.html", "/geheim%2Fbereich%2Ftext.html",
    "/geheim/%2e/bereich/text.html", "/geheim/x/%2e%2e/bereich/text.html", "/geheim/x/%2E./bereich/text.html", "/geheim/x%2f..%2fbereich/text.html",
    "/GEHEIM/BEREICH/text.html", "/Geheim/Bereich/seite.php", "/geheim/Bereich/SEITE.PHP", "/%47EHEIM/bereich/text.html",
    "/geheim/bereich/seite.php?x=1", "/geheim/bereich/text.html?/offen.html", "/geheim/bereich/text.html#x", "/geheim/bereich/text.html%23",
    "/geheim/bereich/%2e%2e/bereich/seite.php", "/geheim/bereich/Gro%C3%9F.php", "/geheim/bereich/text.html/", "/geheim/bereich/seite.php%20",
    "/geheim/bereich/seite.php/", "/geheim/bereich/seite.php/x.html", "/geheim/bereich/seite.php%2fx", "/geheim/bereich/;x/seite.php",
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "MKCOL", "get", "XYZZY"]


def refused(answer: Answer) -> None:
    assert answer.status == 401, answer
    assert answer.headers["www-authenticate"] == 'Basic realm="Nur für Mitglieder", charset="UTF-8"'
    for word in (SECRET, CLOSED, "RAN", "FRONT", "<?php"):
        assert word not in answer.text


@pytest.mark.parametrize("path", WAYS)
def test_every_way_is_closed(node: WebNode, cologne: SiteSpec, path: str) -> None:
    for host in (COLOGNE, ALIAS):
        refused(node.get(host, path))
        refused(node.get(host, path, secure=True))
        refused(node.get(host, path, secure=True, http2=True, address="::1"))


@pytest.mark.parametrize("method", METHODS)
def test_for_every_method(node: WebNode, cologne: SiteSpec, method: str) -> None:
    body = b"x=1" if method in ("POST", "PUT", "PATCH") else b""
    for path in ("/geheim/bereich/", "/geheim/bereich/seite.php", "/geheim/bereich/text.html", "/geheim/bereich/fehlt"):
        for http2 in (False, True):
            answer = node.get(COLOGNE, path, method=method, body=body, secure=True, http2=http2)
            if method == "get":
                assert answer.status in (400, 401)
            else:
                refused(answer)


@pytest.mark.parametrize("path", ["/geheim/bereich/text.html", "/geheim/bereich/seite.php"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "nobody.test", "localhost"])
def test_by_address_or_another_name_there_is_nothing(node: WebNode, cologne: SiteSpec, host: str, path: str) -> None:
    for secure in (False, True):
        answer = node.get(host, path, secure=secure, sni=COLOGNE)
        assert answer.status in (404, 421) and SECRET not in answer.text


@pytest.mark.parametrize(
    "header",
    [
        "", "Basic", "Basic ", "Basic !!!", "Basic =", "Basic " + base64.b64encode(b"nocolon").decode(), "Basic " + base64.b64encode(b":").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(), "Basic " + base64.b64encode(b"anna\x00:zwei").decode(), "Bearer zwei",
        "Digest username=anna", "Basic " + "A" * 5000, "Basic " + base64.b64encode(b"a" * 300 + b":x").decode(), "Negotiate x",
        "Basic " + base64.b64encode(b"anna:" + b"x" * 1100).decode(), "Basic " + base64.b64encode(b"ANNA:zwei").decode(),
        "Basic " + base64.b64encode(b"users:any").decode(), "Basic " + base64.b64encode(b'anna":"zwei').decode(),
    ],
)  # fmt: skip
def test_malformed_credentials_are_refused(node: WebNode, cologne: SiteSpec, header: str) -> None:
    refused(node.get(COLOGNE, "/geheim/bereich/text.html", headers=[("Authorization", header)], source="127.0.1.1"))


def test_the_right_password_opens(node: WebNode, cologne: SiteSpec) -> None:
    for path, content in (
        ("/geheim/bereich/text.html", CLOSED),
        ("/geheim/bereich/seite.php/a", f"RAN /a{USER}"),
        ("/geheim/bereich/", "RAN"),
    ):
        for options in ({}, {"secure": True}, {"secure": True, "http2": True}):
            answer = node.get(COLOGNE, path, headers=[basic()], **options)
            assert answer.status == 200 and content in answer.text
    assert node.get(COLOGNE, "/geheim/bereich/text.html", headers=[basic("anna", "zwei")]).status == 200
    assert node.get(COLOGNE, "/geheim/bereich/fehlt.php", headers=[basic()]).status == 404
    assert "FRONT" in node.get(COLOGNE, "/geheim/bereich/fehlt", headers=[basic()]).text


def test_a_client_that_sends_iso_8859_1_is_understood(node: WebNode, cologne: SiteSpec) -> None:
    node.put(
        members("latin.test", protections=(Protection("", "t", (ProtectedUser("Jürgen", HASHER.hash("Schlüssel")),)),))
    )
    assert node.get("latin.test", "/fehlt.php", headers=[basic("Jürgen", "Schlüssel", "latin-1")]).status == 404


def test_what_lies_beside_is_open(node: WebNode, cologne: SiteSpec) -> None:
    for path in ("/offen.html", "/geheim/daneben.html", "/geheim/bereich/../../offen.html", "/x/../offen.html"):
        assert node.get(COLOGNE, path).text == OPEN
    assert node.get(COLOGNE, "/geheim/bereichx").text.startswith("FRONT")
    assert node.get(COLOGNE, "/geheim/").status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/index.php",
        "/index.php/x",
        "/fehlt",
        "/.well-known/x",
        "/.git/config",
        "/offen.html",
        "//",
        "/..%2f",
        "/%2e",
    ],
)
def test_a_whole_site(node: WebNode, cologne: SiteSpec, path: str) -> None:
    spec = members("whole.test", protections=(protection(""),))
    fill(node, spec)
    node.put(spec)
    for secure, http2 in ((False, False), (True, True)):
        answer = node.get("whole.test", path, secure=secure, http2=http2)
        if answer.status != 400:
            refused(answer)


def test_closed_to_all_without_users(node: WebNode, cologne: SiteSpec) -> None:
    spec = members("closed.test", protections=(Protection("/geheim", "Nur für Mitglieder"),))
    fill(node, spec)
    node.put(spec)
    for header in ([], [basic()], [basic("", "")], [basic("any", "")]):
        refused(node.get("closed.test", "/geheim/bereich/text.html", headers=header))


def test_the_innermost_directory_decides(node: WebNode, cologne: SiteSpec) -> None:
    inner = Protection("/geheim/bereich", "Innen", (ProtectedUser("innen", HASHER.hash("i")),))
    spec = members("nested.test", protections=(protection(""), inner, protection("/geheim")))
    fill(node, spec)
    node.put(spec)
    assert (
        node.get("nested.test", "/geheim/bereich/text.html", headers=[basic("innen", "i")], source="127.0.1.2").status
        == 200
    )
    assert (
        node.get("nested.test", "/geheim/daneben.html", headers=[basic("innen", "i")], source="127.0.1.2").status == 401
    )
    assert node.get("nested.test", "/geheim/daneben.html", headers=[basic()], source="127.0.1.2").status == 200
    assert node.get("nested.test", "/geheim/bereich/text.html", headers=[basic()], source="127.0.1.2").status == 401


def test_directories_that_differ_in_case_only_keep_their_own_users(node: WebNode, cologne: SiteSpec) -> None:
    upper = Protection("/Geheim", "A", (ProtectedUser("a", HASHER.hash("a")),))
    lower = Protection("/geheim", "B", (ProtectedUser("b", HASHER.hash("b")),))
    spec = members("case.test", protections=(upper, lower))
    node.file(spec, "geheim/x.html", "b's")
    node.file(spec, "Geheim/x.html", "a's")
    node.put(spec)
    get = lambda path, user: node.get("case.test", path, headers=[basic(user, user)], source="127.0.1.3").status  # noqa: E731
    assert [
        get("/geheim/x.html", "b"),
        get("/geheim/x.html", "a"),
        get("/Geheim/x.html", "a"),
        get("/Geheim/x.html", "b"),
    ] == [200, 401, 200, 401]


@pytest.mark.parametrize("title", ['a "quoted" \\ title', "Größe & Ärger", "x\\", '"', "a, Bearer realm=b"])
def test_titles_stay_within_their_quotes(node: WebNode, cologne: SiteSpec, title: str) -> None:
    node.put(members("title.test", protections=(protection("", title),)))
    header = node.get("title.test").headers["www-authenticate"]
    assert header.startswith('Basic realm="') and header.endswith('", charset="UTF-8"')
    quoted = header.removeprefix('Basic realm="').removesuffix('", charset="UTF-8"')
    assert quoted.replace('\\"', "\0").replace("\\\\", "\\").replace("\0", '"') == title
    assert '"' not in quoted.replace("\\\\", "").replace('\\"', "")


def test_changed_passwords_and_removed_users_count_at_once(node: WebNode, cologne: SiteSpec) -> None:
    spec = members("users.test", protections=(protection(""),))
    node.file(spec, "a.html", "page")
    node.put(spec)
    get = lambda *who: node.get("users.test", "/a.html", headers=[basic(*who)], source="127.0.1.4").status  # noqa: E731
    assert [get(), get("anna", "zwei")] == [200, 200]
    node.put(replace(spec, protections=(Protection("", "t", (ProtectedUser(USER, HASHER.hash("neu")),)),)))
    assert [get(), get("anna", "zwei"), get(USER, "neu")] == [401, 401, 200]
    node.put(replace(spec, protections=()))
    assert node.get("users.test", "/a.html").status == 200


def test_guessing_is_stopped_and_harms_no_other_address(node: WebNode, cologne: SiteSpec) -> None:
    spec = members("guess.test", protections=(protection(""),))
    node.file(spec, "a.html", "page")
    node.put(spec)
    get = lambda who, source: node.get("guess.test", "/a.html", headers=[who], source=source)  # noqa: E731
    assert get(basic("anna", "zwei"), "127.0.2.1").status == 200
    statuses = [get(basic("anna", f"guess{number}"), "127.0.2.1").status for number in range(14)]
    assert statuses == [401] * 10 + [429] * 4
    assert get(basic(), "127.0.2.1").status == 429
    assert get(basic("anna", "zwei"), "127.0.2.1").status == 200, "a password known to be right still opens"
    assert get(basic(), "127.0.2.2").status == 200
    assert get(basic("anna", "guess99"), "127.0.2.1").headers["retry-after"] == "60"


def test_guesses_in_parallel_are_counted_too(node: WebNode, cologne: SiteSpec) -> None:
    spec = members("burst.test", protections=(protection(""),))
    node.put(spec)
    with ThreadPoolExecutor(30) as pool:
        guess = lambda number: node.get("burst.test", headers=[basic("anna", f"g{number}")], source="127.0.2.9").status  # noqa: E731
        statuses = list(pool.map(guess, range(60)))
    assert set(statuses) == {401, 429} and statuses.count(401) <= 10


def test_many_at_once_with_one_password_ask_once(node: WebNode, cologne: SiteSpec) -> None:
    dear = PasswordHasher(time_cost=8, memory_cost=65_536, parallelism=1).hash("x")
    spec = members("crowd.test", protections=(Protection("", "t", (ProtectedUser("a", dear),)),))
    node.file(spec, "a.html", "page")
    node.put(spec)
    begin = time.monotonic()
    with ThreadPoolExecutor(40) as pool:
        get = lambda _: node.get("crowd.test", "/a.html", headers=[basic("a", "x")], source="127.0.2.8").status  # noqa: E731
        assert set(pool.map(get, range(40))) == {200}
    assert time.monotonic() - begin < 8


def test_without_its_verifier_everything_stays_closed() -> None:
    with WebNode.started() as fresh:
        spec = site("a.test", protections=(protection("/geheim"),))
        fresh.file(spec, "geheim/x.html", CLOSED)
        fresh.file(spec, "y.html", OPEN)
        fresh.put(spec)
        assert fresh.get("a.test", "/geheim/x.html", headers=[basic("anna", "zwei")]).status == 200
        verifier = fresh.processes[0]
        verifier.kill()
        verifier.wait()
        answer = fresh.get("a.test", "/geheim/x.html", headers=[basic()])
        assert answer.status == 503 and CLOSED not in answer.text
        assert fresh.get("a.test", "/y.html").text == OPEN
        assert fresh.get("a.test", "/geheim/x.html").status == 401
        fresh.start_verifier()
        assert fresh.get("a.test", "/geheim/x.html", headers=[basic()]).status == 200


def test_a_hash_that_cannot_be_checked_stays_closed(node: WebNode, cologne: SiteSpec) -> None:
    for text in ("", "plain", "$2y$10$abc", HASHER.hash("x").replace("m=64", "m=99999999")):
        node.put(members("bad.test", protections=(Protection("", "t", (ProtectedUser("a", text),)),)))
        assert node.get("bad.test", headers=[basic("a", "x")], source="127.0.1.7").status in (401, 503)
        assert node.get("bad.test", headers=[basic("a", "")], source="127.0.1.7").status in (401, 503)
