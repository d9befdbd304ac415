"""PHP behind nginx: what reaches it, what never leaves as source, and what nginx says when it does not answer."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace

import idna
import pytest

from gasthof.slices.web import rules
from gasthof.slices.web.node.document import tls_directory
from gasthof.slices.web.spec import Php, SiteSpec
from gasthof.slices.web.tests.nginx_harness import WebNode, end_group, site

pytestmark = pytest.mark.daemons
COLOGNE = idna.encode("grüße-aus-köln.test", uts46=True).decode()
SECRET = "SECRET-SOURCE"
ECHO = f"<?php /* {SECRET} */ header('Content-Type: application/json'); echo json_encode($_SERVER + ['uid' => posix_geteuid()] + ['ini' => ini_get_all(null, false)] + ['body' => file_get_contents('php://input')]);"
NAMES = ["a.php", "a.PHP", "a.Php", "a.phtml", "a.PHTML", "a.phar", "a.php5", "a.php7", "a.phps", "a.pht", "a.inc", "a.php~", "a.php.bak", "a.PHP.old", "a.php.swp", ".a.php", ".env", ".git/a.php", ".htaccess", ".htpasswd"]  # fmt: skip
TAILS = ["", "/", "/x", "/x.css", "/x.php", "/..%2fa", "%20", "%00", "?x", "/.", "%2f", "//", "/%2e%2e/x.jpg"]


@pytest.fixture(scope="module")
def node() -> Iterator[WebNode]:
    with WebNode.started() as started:
        yield started


@pytest.fixture(scope="module")
def cologne(node: WebNode) -> SiteSpec:
    spec = site(COLOGNE, php=Php("8.2", rules.php_settings({"memory_limit": "64M", "session.cookie_samesite": "None"})))
    node.file(spec, "echo.php", ECHO)
    node.file(spec, "ordner/index.php", ECHO)
    node.put(spec)
    node.start_php(spec)
    return spec


def shown(node: WebNode, path: str, **options: object) -> dict[str, object]:

    answer = node.get(COLOGNE, path, **options)
    assert answer.status == 200, answer
    loaded = json.loads(answer.body)
    assert isinstance(loaded, dict)
    return loaded


def test_runs_as_the_customer_with_the_sites_settings(node: WebNode, cologne: SiteSpec) -> None:
    seen = shown(node, "/echo.php/pfad/%C3%BC?x=%C3%BC&y[]=1", secure=True, http2=True)
    assert seen["uid"] == cologne.uid
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"], seen["QUERY_STRING"]) == ("/echo.php", "/pfad/ü", "x=%C3%BC&y[]=1")
    assert seen["SCRIPT_FILENAME"] == str(node.docroot(cologne) / "echo.php")
    assert (seen["HTTPS"], seen["SERVER_NAME"], seen["REQUEST_URI"]) == (
        "on",
        COLOGNE,
        "/echo.php/pfad/%C3%BC?x=%C3%BC&y[]=1",
    )
    assert seen["HTTP_HOST"] == f"{COLOGNE}:{node.prefix.ports['https']}"
    assert shown(node, "/ordner/")["SCRIPT_NAME"] == "/ordner/index.php"


@pytest.mark.parametrize(("path", "script"), [("/echo.php", "/echo.php"), ("/ordner/?x", "/ordner/index.php")])
def test_a_script_knows_its_own_address(node: WebNode, cologne: SiteSpec, path: str, script: str) -> None:
    assert shown(node, path, secure=True)["PHP_SELF"] == script


@pytest.mark.parametrize(("path", "info"), [("/echo.php/foo", "/foo"), ("/echo.php/", "/"), ("/echo.php/a.php/%C3%BC?x", "/a.php/ü"), ("/echo.php/s//x", "/s/x")])  # fmt: skip
def test_behind_a_scripts_address_more_may_follow(node: WebNode, cologne: SiteSpec, path: str, info: str) -> None:
    seen = shown(node, path, secure=True)
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == ("/echo.php", info)
    assert seen["PHP_SELF"] == f"/echo.php{info}", "PHP manual, $_SERVER: the script's address, what follows included"
    assert seen["SCRIPT_FILENAME"] == str(node.docroot(cologne) / "echo.php") and "ORIG_PATH_INFO" not in seen


def test_every_setting_of_the_safe_list_arrives(node: WebNode, cologne: SiteSpec) -> None:
    assert cologne.php
    settings = shown(node, "/echo.php")["ini"]
    assert isinstance(settings, dict)
    assert {name: settings[name] for name in cologne.php.settings} == cologne.php.settings
    assert (settings["memory_limit"], settings["session.cookie_samesite"]) == ("64M", "None")


def test_settings_change_without_touching_php(node: WebNode, cologne: SiteSpec) -> None:
    for limit in ("32M", "256M"):
        node.put(replace(cologne, php=Php("8.2", rules.php_settings({"memory_limit": limit}))))
        for _ in range(4):
            settings = shown(node, "/echo.php")["ini"]
            assert isinstance(settings, dict) and settings["memory_limit"] == limit
    node.put(cologne)


def test_headers_that_would_fool_a_program_are_dropped(node: WebNode, cologne: SiteSpec) -> None:
    hostile = [("Proxy", "http://evil.test"), ("X_Forwarded_For", "1.2.3.4"), ("Remote-User", "admin")]
    seen = shown(node, "/echo.php", headers=hostile)
    assert seen.get("HTTP_PROXY", "") == "" and "HTTP_X_FORWARDED_FOR" not in seen
    assert seen["REMOTE_USER"] == "" and seen["REMOTE_ADDR"] == "127.0.0.1"


def test_host_that_php_sees_is_the_one_that_was_routed(node: WebNode, cologne: SiteSpec) -> None:
    port = node.prefix.ports["http"]
    for host, path in (
        (f"{COLOGNE}:99999", "/echo.php"),
        (f"{COLOGNE.upper()}.", "/echo.php"),
        ("evil.test", f"http://{COLOGNE}/echo.php"),
    ):
        answer = node.get(host, path)
        assert f'"HTTP_HOST":"{COLOGNE}:{port}"' in answer.text, answer
        assert "evil" not in answer.text


def test_unverified_credentials_are_no_remote_user(node: WebNode, cologne: SiteSpec) -> None:
    seen = shown(node, "/echo.php", headers=[("Authorization", "Basic YWRtaW46eA==")])
    assert seen["REMOTE_USER"] == "" and seen["HTTP_AUTHORIZATION"] == "Basic YWRtaW46eA=="


@pytest.mark.parametrize("php", [True, False])
def test_source_never_leaves(node: WebNode, cologne: SiteSpec, php: bool) -> None:
    spec = site("source.test", php=Php("8.2") if php else None, front_controller=php)
    for name in NAMES:
        node.file(spec, name, f"<?php /* {SECRET} */ echo 'RAN';")
        node.file(spec, f"ordner/{name}", f"<?php /* {SECRET} */ echo 'RAN';")
    node.put(spec)
    for name, tail, folder in itertools.product(NAMES, TAILS, ("/", "/ordner/", "//ordner/./", "/x/../ordner/")):
        answer = node.get("source.test", f"{folder}{name}{tail}")
        assert SECRET not in answer.text and "<?php" not in answer.text, (name, tail)
        if not php or name != "a.php":
            assert answer.status in (400, 403, 404), (folder, name, tail, answer)


def test_an_index_is_not_sent_as_source_either(node: WebNode, cologne: SiteSpec) -> None:
    spec = site("off.test")
    for path in ("index.php", "ordner/index.php", ".well-known/index.php"):
        node.file(spec, path, f"<?php /* {SECRET} */ echo 'RAN';")
    node.put(spec)
    for path in ("/", "/ordner/", "/ordner", "/.well-known/", "/.well-known/index.php", "/index.php", "/index.php/x"):
        for method in ("GET", "HEAD", "POST"):
            answer = node.get("off.test", path, method=method)
            assert answer.status in (301, 403, 404, 405) and SECRET not in answer.text and "RAN" not in answer.text


def test_an_upload_with_a_script_path_behind_it_does_not_run(node: WebNode, cologne: SiteSpec) -> None:
    node.file(cologne, "bild.jpg", "<?php echo 'RAN';")
    for path in ("/bild.jpg/x.php", "/bild.jpg%00.php", "/bild.jpg/.php", "/bild.jpg%0a.php"):
        answer = node.get(COLOGNE, path)
        assert answer.status in (400, 404) and "RAN" not in answer.text
    assert node.get(COLOGNE, "/bild.jpg").headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_front_controller_gets_what_is_not_a_file_with_every_method(
    node: WebNode, cologne: SiteSpec, method: str
) -> None:
    spec = site("front.test", php=Php("8.2"), front_controller=True)
    node.file(
        spec,
        "index.php",
        "<?php echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['REQUEST_URI'], ' ', $_SERVER['SCRIPT_NAME'], ' ', file_get_contents('php://input');",
    )
    node.file(spec, "da.html", "file")
    node.put(spec)
    body = b"k\xc3\xb6rper" * 5000 if method in ("POST", "PUT", "PATCH") else b""
    for http2 in (False, True):
        answer = node.get("front.test", "/api/ding%20?x=1", method=method, body=body, secure=True, http2=http2)
        assert answer.status == 200
        assert method == "HEAD" or answer.body == f"{method} /api/ding%20?x=1 /index.php ".encode() + body
        assert node.get("front.test", "/da.html", secure=True).text == "file"
    assert node.get("front.test", "/fehlt.php").status == 404


def test_without_a_front_controller_missing_is_missing(node: WebNode, cologne: SiteSpec) -> None:
    answer = node.get(COLOGNE, "/fehlt", headers=[("Accept-Language", "de")])
    assert answer.status == 404 and "Seite nicht gefunden" in answer.text
    assert node.get(COLOGNE, "/fehlt", method="PUT", body=b"x").status == 405


def test_a_front_controller_that_is_not_there(node: WebNode, cologne: SiteSpec) -> None:
    node.put(site("empty.test", php=Php("8.2"), front_controller=True))
    assert {node.get("empty.test", path).status for path in ("/x", "/x/y")} == {404}
    assert node.get("empty.test", "/").status in (403, 404)


def test_internal_redirects_of_a_program_are_not_followed(node: WebNode, cologne: SiteSpec) -> None:
    node.file(cologne, "leak.php", "<?php header('X-Accel-Redirect: /echo.php'); echo 'own answer';")
    answer = node.get(COLOGNE, "/leak.php")
    assert answer.text == "own answer" and "x-accel-redirect" not in answer.headers


def test_links_to_scripts_and_keys_of_others(node: WebNode, cologne: SiteSpec) -> None:
    other = site("other.test", number=2)
    node.file(other, "neighbour.php", f"<?php /* {SECRET} */ echo 'NEIGHBOUR';")
    node.put(other)
    for name, target in (
        ("n.php", node.docroot(other) / "neighbour.php"),
        ("k.php", tls_directory(node.prefix, COLOGNE) / "key.pem"),
    ):
        (node.docroot(cologne) / name).symlink_to(target)
        answer = node.get(COLOGNE, f"/{name}")
        assert answer.status in (403, 404) and "NEIGHBOUR" not in answer.text and "BEGIN" not in answer.text


def test_php_that_is_away_or_slow_gets_a_friendly_page() -> None:
    with WebNode.started(verifier=False) as fresh:
        spec = site("a.test", php=Php("8.2"))
        fresh.file(spec, "a.php", "<?php echo 'ran';")
        fresh.file(spec, "b.html", "static")
        fresh.put(spec)
        answer = fresh.get("a.test", "/a.php", headers=[("Accept-Language", "de")])
        assert answer.status == 502 and "antwortet nicht" in answer.text and answer.headers["retry-after"] == "10"
        php = fresh.start_php(spec)
        assert fresh.get("a.test", "/a.php").text == "ran"
        end_group(php.pid)
        php.wait()
        assert fresh.get("a.test", "/a.php").status == 502
        assert fresh.get("a.test", "/b.html").text == "static"


def test_php_output_of_any_size_passes(node: WebNode, cologne: SiteSpec) -> None:
    node.file(cologne, "big.php", "<?php for ($i = 0; $i < 200; $i++) echo str_repeat('x', 100000);")
    assert len(node.get(COLOGNE, "/big.php", secure=True, http2=True).body) == 20_000_000
    node.file(cologne, "error.php", "<?php http_response_code(500); echo 'own words';")
    assert node.get(COLOGNE, "/error.php").text == "own words"
