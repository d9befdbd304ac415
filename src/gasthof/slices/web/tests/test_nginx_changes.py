"""What changes without a reload: documents and certificates, told, lost, damaged and gone."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import idna
import pytest

from gasthof.slices.web.node.document import host_path, tls_directory
from gasthof.slices.web.spec import SiteSpec
from gasthof.slices.web.tests.nginx_harness import WebNode, site

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


def test_a_change_is_seen_at_once_when_told_by_every_worker(node: WebNode) -> None:
    spec = site("change.test")
    for turn in range(20):
        folder = f"web/change{turn}.test"
        node.file(replace(spec, docroot=folder), "index.html", str(turn))
        digests = node.put(replace(spec, docroot=folder), tell=False)
        assert node.tell("change.test") == digests
        assert {node.get("change.test").text for _ in range(8)} == {str(turn)}


def test_a_name_asked_for_before_is_live_at_once(node: WebNode) -> None:
    assert {node.get("later.test").status for _ in range(8)} == {404}
    node.file(site("later.test"), "index.html", "there")
    node.put(site("later.test"))
    assert {node.get("later.test", secure=True).text for _ in range(8)} == {"there"}


def test_a_lost_message_is_made_up_for(node: WebNode) -> None:
    spec = site("lost.test")
    node.file(spec, "index.html", "page")
    assert node.get("lost.test").status == 404
    node.put(spec, tell=False)
    until = time.monotonic() + 8
    while node.get("lost.test").status != 200:
        assert time.monotonic() < until
        time.sleep(0.2)
    host_path(node.prefix, "lost.test").unlink()
    until = time.monotonic() + 8
    while node.get("lost.test").status != 404:
        assert time.monotonic() < until
        time.sleep(0.2)


def test_deleted_site_is_gone_and_its_neighbour_untouched(node: WebNode, other: SiteSpec) -> None:
    spec = site("gone.test")
    node.file(spec, "index.html", "page")
    node.put(spec)
    assert node.get("gone.test", secure=True).names == {"gone.test"}
    host_path(node.prefix, "gone.test").unlink()
    assert node.tell("gone.test") == {"gone.test": None}
    answer = node.get("gone.test", secure=True)
    assert answer.status == 404 and answer.names == {"fallback.invalid"}
    assert node.get("other.test", secure=True).text == "other's page"


def test_a_new_certificate_is_shown_at_once_when_told(node: WebNode) -> None:
    spec = site("cert.test", hosts=("cert.test", "www.cert.test"))
    node.put(spec)
    before = {str(node.get("cert.test", secure=True).certificate) for _ in range(6)}
    node.write_certificate(tls_directory(node.prefix, "cert.test"), spec.hosts)
    node.tell("cert.test")
    for host in spec.hosts:
        after = {str(node.get(host, secure=True).certificate) for _ in range(6)}
        assert len(before) == len(after) == 1 and before != after


def test_a_broken_certificate_leaves_the_good_one_in_use(node: WebNode) -> None:
    spec = site("half.test")
    node.put(spec)
    assert {next(iter(node.get("half.test", secure=True).names)) for _ in range(6)} == {"half.test"}
    good = (tls_directory(node.prefix, "half.test") / "cert.pem").read_bytes()
    foreign, _ = node.authority.issue(["half.test"])
    for broken in (
        foreign,
        b"",
        b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
        good[: len(good) // 2],
    ):
        node.write(tls_directory(node.prefix, "half.test") / "cert.pem", broken)
        node.tell("half.test")
        answers = [node.get("half.test", secure=True) for _ in range(6)]
        assert {answer.names == {"half.test"} or answer.names == {"fallback.invalid"} for answer in answers} == {True}
        assert node.get("half.test").status in (200, 403)
    node.write(tls_directory(node.prefix, "half.test") / "cert.pem", good)
    node.tell("half.test")
    assert {str(node.get("half.test", secure=True).names) for _ in range(6)} == {"{'half.test'}"}


def test_unreadable_and_damaged_documents_serve_nobody_else(node: WebNode, other: SiteSpec) -> None:
    node.put(site("broken.test"))
    content = json.loads(host_path(node.prefix, "broken.test").read_bytes())
    stolen = content | {"docroot": str(node.docroot(other))}
    for damaged in (
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"x" * 300_000,
        json.dumps(stolen | {"root": "/"}).encode(),
        json.dumps(stolen).encode(),
    ):
        node.write(host_path(node.prefix, "broken.test"), damaged)
        assert node.tell("broken.test", "other.test")["broken.test"] is None
        assert node.get("broken.test").status == 404
        assert node.get("other.test").text == "other's page"


def test_a_document_for_another_host_is_not_served(node: WebNode, cologne: SiteSpec) -> None:
    node.write(host_path(node.prefix, "mixed.test"), host_path(node.prefix, COLOGNE).read_bytes())
    assert node.tell("mixed.test") == {"mixed.test": None}
    assert node.get("mixed.test").status == 404


def test_workers_end_with_a_killed_master_and_the_next_one_starts() -> None:
    with WebNode.started(verifier=False) as fresh:
        spec = site("a.test")
        fresh.file(spec, "index.html", "page")
        fresh.put(spec)
        master = fresh.processes.pop()
        master.kill()
        master.wait()
        fresh.start_nginx()
        assert fresh.get("a.test", secure=True).text == "page"
