"""The admin socket: what is unfit is named before it is swapped in, and what is served is answered by its digest."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import idna
import pytest

from gasthof.prefix import Prefix
from gasthof.slices.web.node.document import documents, host_path, seal, tls_directory
from gasthof.slices.web.node.nginx import check_command, configuration_digest, nginx_files
from gasthof.slices.web.spec import Php, ProtectedUser, Protection, SiteSpec
from gasthof.slices.web.tests.nginx_harness import WebNode, site, wait_for

pytestmark = pytest.mark.daemons
COLOGNE = idna.encode("grüße-aus-köln.test", uts46=True).decode()
FULL = site(
    COLOGNE, hosts=(COLOGNE, "alias.test"), preferred=COLOGNE, php=Php("8.2", {"memory_limit": "64M"}), front_controller=True,
    protections=(Protection("/geheim", "Nur für uns", (ProtectedUser("Jürgen", "$argon2id$v=19$m=64,t=1,p=1$x$y"),)), Protection("", "t")),
)  # fmt: skip


@pytest.fixture(scope="module")
def node() -> Iterator[WebNode]:
    with WebNode.started(verifier=False) as started:
        started.put(FULL)
        yield started


def stage(node: WebNode, host: str, content: bytes) -> Path:
    path = host_path(node.prefix, host).with_suffix(".json.staged")
    node.write(path, content)
    return path


def fields(node: WebNode, spec: SiteSpec = FULL) -> dict[str, object]:
    loaded = json.loads(documents(node.prefix, spec)[spec.name])
    assert isinstance(loaded, dict)
    del loaded["digest"]
    return loaded


def words(node: WebNode, **changed: object) -> str:
    path = stage(node, COLOGNE, seal(fields(node) | changed))
    return node.check(path).get(str(path), "")


def test_fit_documents_have_no_errors(node: WebNode) -> None:
    paths = [stage(node, host, content) for host, content in documents(node.prefix, FULL).items()]
    assert node.check(*paths) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 2), ("version", "1"), ("host", "Ä.test"), ("host", "../x"), ("host", ""), ("site", "a/b"), ("customer", "../s1"), ("customer", ""),
        ("root", "/"), ("root", "/etc"), ("docroot", "/etc"), ("docroot", ""), ("certificate", "/etc/passwd"), ("certificate", ""),
        ("key", "/etc/shadow"), ("preferred", "evil test"), ("preferred", None), ("https_redirect", "yes"), ("suspended", 0),
        ("php_socket", "/run/docker.sock"), ("php_values", 1), ("protections", {"path": 1}), ("protections", [1]), ("protections", None),
        ("protections", [{"path": "/A", "folded": "/A", "title": "t", "users": []}]), ("more", 1),
        ("protections", [{"path": "x", "folded": "x", "title": "t", "users": []}]),
        ("protections", [{"path": "/a", "folded": "/a", "title": "a\r\nSet-Cookie: x", "users": []}]),
        ("protections", [{"path": "/a", "folded": "/a", "title": "t", "users": [{"name": "x"}]}]),
        ("protections", [{"path": "/a", "folded": "/a", "title": "t", "users": {"name": "x", "hash": "y"}}]),
    ],
)  # fmt: skip
def test_each_field_is_looked_at(node: WebNode, field: str, value: object) -> None:
    assert field.rstrip("s") in words(node, **{field: value}) or field in ("protections", "root", "customer")
    assert words(node, **{field: value})


@pytest.mark.parametrize("field", ["root", "docroot", "certificate", "key", "php_socket"])
def test_paths_do_not_climb_out(node: WebNode, field: str) -> None:
    value = fields(node)[field]
    assert words(node, **{field: f"{value}/../../../../../etc/shadow"}) and words(node, **{field: f"{value}/.."})


def test_missing_field(node: WebNode) -> None:
    for name in fields(node):
        path = stage(node, COLOGNE, seal({key: value for key, value in fields(node).items() if key != name}))
        assert name in node.check(path)[str(path)]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"{}", b" " * 300_000])
def test_what_is_no_document(node: WebNode, content: bytes) -> None:
    path = stage(node, COLOGNE, content)
    assert node.check(path)[str(path)]


def test_certificate_and_key_are_read_as_a_handshake_would(node: WebNode) -> None:
    spec = site("keys.test")
    directory = tls_directory(node.prefix, "keys.test")
    path = stage(node, "keys.test", documents(node.prefix, spec)["keys.test"])
    assert "No such file" in node.check(path)[str(path)]
    node.write_certificate(directory, ("keys.test",))
    assert node.check(path) == {}
    _, foreign = node.authority.issue(["keys.test"])
    node.write(directory / "key.pem", foreign)
    assert "do not belong together" in node.check(path)[str(path)]
    node.write(directory / "key.pem", b"no key")
    assert "key" in node.check(path)[str(path)]
    node.write_certificate(directory, ("else.test",))
    assert "does not name keys.test" in node.check(path)[str(path)]
    node.write_certificate(directory, ("keys.test",))
    (directory / "key.pem").chmod(0o600)
    assert "Permission denied" in node.check(path)[str(path)]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "relative", "", "{hosts}/../../../config.toml", "{hosts}/zz/missing.json"]
)
def test_check_reads_documents_only(node: WebNode, path: str) -> None:
    path = path.replace("{hosts}", str(node.prefix.state / "web" / "hosts"))
    assert node.check(Path(path)) or path == "relative"


def test_check_serves_nothing(node: WebNode) -> None:
    path = stage(node, "staged.test", documents(node.prefix, site("staged.test"))["staged.test"])
    node.check(path)
    assert node.get("staged.test").status == 404


@pytest.mark.parametrize(
    "body",
    [None, "", "{", "[]", "null", '{"hosts": "x"}', '{"hosts": [1]}', '{"documents": [[]]}', '{"documents": null}'],
)
def test_malformed_questions(node: WebNode, body: str | None) -> None:
    for path in ("/check", "/tell"):
        status, answer = node.ask("POST", path, body)
        assert status == 400 and answer["error"]
        assert node.ask("GET", path)[0] == 400


def test_hosts_that_are_none_are_not_served(node: WebNode) -> None:
    hosts = ["", "..", "../../etc", "Ä", "a" * 400, "A.TEST", "1.2.3.4", "[::1]", "a\nb", "a\0b", "hosts/../x"]
    assert node.tell(*hosts) == dict.fromkeys(hosts)


def test_many_at_once(node: WebNode) -> None:
    names = [f"n{number}.test" for number in range(500)]
    for name in names:
        node.write(host_path(node.prefix, name), documents(node.prefix, site(name))[name])
    serving = node.tell(*names)
    assert all(serving[name] for name in names)
    shutil.rmtree(node.prefix.state / "web" / "hosts")
    assert node.tell(*names) == dict.fromkeys(names)
    (node.prefix.state / "web" / "hosts").mkdir(mode=0o755)
    node.put(FULL)


def test_only_root_reaches_it(node: WebNode) -> None:
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(1_000_001)
        os.setuid(1_000_001)
        with socket.socket(socket.AF_UNIX) as stranger:
            os._exit(0 if stranger.connect_ex(str(node.prefix.nginx_admin)) else 1)
    assert os.waitpid(child, 0)[1] == 0
    for host in ("admin", "localhost", ""):
        assert node.get(host, "/tell", method="POST", body=b'{"hosts":[]}').status in (400, 404)


def test_says_which_configuration_runs(node: WebNode) -> None:
    """Also that it is none: files may be read while they are being swapped."""
    files = nginx_files(node.prefix)
    digest, other = configuration_digest(files), "0" * 64
    web, places = node.prefix.state / "web", ("lua/gasthof/settings.lua", "nginx.conf")
    assert node.ask("GET", "/configuration") == (200, {"digest": digest})

    def load(settings: str, conf: str) -> None:
        for place, named in zip(places, (settings, conf), strict=True):
            (web / place).write_bytes(files[place].replace(digest.encode(), named.encode()))
        node.reload()

    for settings, conf, wanted in (
        (other, digest, f"{other} beside {digest}"),
        (digest, other, f"{digest} beside {other}"),
        (other, other, other),
        (digest, digest, digest),
    ):
        load(settings, conf)
        wait_for(lambda wanted=wanted: node.ask("GET", "/configuration")[1] == {"digest": wanted})  # type: ignore[misc]
    assert node.tell(COLOGNE) == {COLOGNE: json.loads(documents(node.prefix, FULL)[COLOGNE])["digest"]}


def test_a_configuration_that_lua_refuses_leaves_the_old_one_running(node: WebNode) -> None:
    router = node.prefix.state / "web" / "lua" / "gasthof" / "router.lua"
    good = router.read_bytes()
    router.write_bytes(b"this is no lua")
    node.reload()
    wait_for(lambda: "router.lua" in (node.prefix.logs / "nginx-error.log").read_text())
    assert node.get(COLOGNE, "/x").status in (301, 401)
    router.write_bytes(good)
    node.reload()


def test_staged_files_are_checked_by_nginx(node: WebNode, tmp_path: Path) -> None:
    for path, content in nginx_files(node.prefix).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(check_command(node.prefix, str(tmp_path)), capture_output=True, text=True, check=False)

    assert check().returncode == 0
    conf = (tmp_path / "nginx.conf").read_bytes()
    (tmp_path / "nginx.conf").write_bytes(conf.replace(b"index ", b"indexx ", 1))
    assert check().returncode == 1 and "indexx" in check().stderr
    assert node.get(COLOGNE, "/x").status in (301, 401)


def test_same_prefix_gives_the_same_files_and_another_gives_others() -> None:
    one, two = (nginx_files(Prefix(Path(root), {"http": 1, "https": 2})) for root in ("/srv/a", "/srv/b"))
    assert one == nginx_files(Prefix(Path("/srv/a"), {"http": 1, "https": 2}))
    assert configuration_digest(one) != configuration_digest(two)
    assert not any(b"<<" in content for content in one.values())


@pytest.mark.parametrize("root", ["/srv/a b", "/srv/a;b", "/srv/ü", "/srv/$x", '/srv/"', "/srv/a\nb", "/" + "x" * 120])
def test_prefixes_that_nginx_would_misread_are_refused(root: str) -> None:
    with pytest.raises(ValueError, match=r"/srv|longer"):
        nginx_files(Prefix(Path(root)))


def test_suspension_and_return_are_told(node: WebNode) -> None:
    assert node.put(replace(FULL, suspended=True)) == node.tell(*FULL.hosts)
    assert node.get(COLOGNE).status == 503
    assert node.put(FULL) == node.tell(*FULL.hosts)
    assert node.get(COLOGNE).status == 401
