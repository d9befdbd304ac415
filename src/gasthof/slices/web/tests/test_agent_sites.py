"""Sites, pools and homes by the agent on the real daemons: what visitors get, what is left, what neighbours notice."""

import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gasthof.agent.loop import Agent
from gasthof.agent.preview import preview
from gasthof.agent.sdk import certificate
from gasthof.agent.sdk.customer import acting_as
from gasthof.agent.tests.node import UMLAUT, Node, php
from gasthof.slices.web.node import facts
from gasthof.slices.web.node.document import host_path, tls_directory
from gasthof.slices.web.spec import Protection, SiteSpec
from gasthof.slices.web.tests.client import Answer, request

pytestmark = pytest.mark.daemons
UID = 1_000_012


class Web:
    """A node with nginx and the activator, a subscription of ours and a neighbour's."""

    def __init__(self, node: Node) -> None:
        self.node, self.prefix = node, node.prefix
        self.agent: Agent = node.agent()
        assert self.agent.fix() == []
        node.start_daemons()
        for number in (12, 13):
            node.put_home(number)
            node.put_pool(number)
        node.put_site("nachbar.test", 13)
        self.turn()

    def turn(self) -> None:
        self.agent.backoff.waiting.clear()
        self.agent.reach()
        self.agent.fetch()
        self.agent.work()
        self.agent.deliver()

    def put(self, name: str = UMLAUT, **fields: object) -> SiteSpec:
        spec = self.node.put_site(name, **fields)  # type: ignore[arg-type]
        self.turn()
        return spec

    def get(self, host: str, path: str = "/") -> Answer:
        return request(host, path, port=self.prefix.ports["http"])

    def names(self, host: str) -> set[str]:
        """What the certificate names that a visitor gets, checked against the local authority."""
        context = ssl.create_default_context(cafile=str(self.prefix.ca_certificate))
        plain = socket.create_connection(("127.0.0.1", self.prefix.ports["https"]), 10)
        with context.wrap_socket(plain, server_hostname=host) as secure:
            found = secure.getpeercert() or {}
        return {str(name) for _, name in found["subjectAltName"]}  # type: ignore[misc]

    def words(self) -> dict[str, str]:
        reports = [one for report in self.node.intent.reports for one in report.reports]
        return {one.key: one.words for one in reports if one.state == "drift"}

    def home(self, path: str = "") -> Path:
        return self.prefix.home("s000012") / path


@pytest.fixture
def web() -> Iterator[Web]:
    with Node.made() as node:
        yield Web(node)


def test_a_site_is_served_by_name_with_a_certificate_that_fits(web: Web) -> None:
    web.put()
    answer = web.get(UMLAUT)
    assert answer.status == 200 and b"Hier entsteht" in answer.body and "grüße-aus-köln.test" in answer.body.decode()
    assert web.names(UMLAUT) == web.names(f"www.{UMLAUT}") == {UMLAUT, f"www.{UMLAUT}"}
    assert web.home(f"web/{UMLAUT}/index.html").stat().st_uid == UID


def test_php_tells_the_customers_uid(web: Web) -> None:
    web.put(php=php())
    with acting_as(UID):
        web.home(f"web/{UMLAUT}/index.html").unlink()
        web.home(f"web/{UMLAUT}/index.php").write_text(
            "<?php echo getmyuid(), ' ', posix_getuid(), ' ', ini_get('memory_limit');"
        )
    assert web.get(UMLAUT, "/index.php").body == f"{UID} {UID} 64M".encode()


def test_hosts_come_and_go_with_their_certificate(web: Web) -> None:
    web.put()
    web.put(hosts=(UMLAUT, f"neu.{UMLAUT}"))
    assert web.get(f"www.{UMLAUT}").status == 404 and web.get(f"neu.{UMLAUT}").status == 200
    assert web.names(f"neu.{UMLAUT}") == {UMLAUT, f"neu.{UMLAUT}"}
    assert not host_path(web.prefix, f"www.{UMLAUT}").exists()


def test_a_host_moves_from_one_site_to_another_in_one_batch(web: Web) -> None:
    web.put(hosts=(UMLAUT, "wandert.test"))
    web.node.put_site(UMLAUT, hosts=(UMLAUT,))
    web.node.put_site("ziel.test", hosts=("ziel.test", "wandert.test"))
    web.turn()
    assert "ziel.test" in web.get("wandert.test").body.decode()
    web.node.put_site("ziel.test", hosts=("ziel.test",))
    web.put(hosts=(UMLAUT, "wandert.test"))
    web.turn()
    assert "grüße" in web.get("wandert.test").body.decode()
    assert {states[-1] for states in web.node.intent.states().values()} == {"live"}


def test_what_nginx_refuses_is_put_back_with_its_words(web: Web) -> None:
    web.put()
    folder = tls_directory(web.prefix, UMLAUT)
    document = host_path(web.prefix, UMLAUT).read_bytes()
    real = certificate.give_out
    certificate.give_out = lambda authority, key, names, now: real(authority, key, ("falsch.test",), now)  # type: ignore[assignment]
    try:
        web.put(hosts=(UMLAUT, f"neu.{UMLAUT}"))
    finally:
        certificate.give_out = real
    assert "certificate does not name" in web.node.intent.words(UMLAUT)
    assert host_path(web.prefix, UMLAUT).read_bytes() == document and web.get(UMLAUT).status == 200
    web.turn()
    assert web.get(f"neu.{UMLAUT}").status == 200 and (folder / "key.pem").stat().st_mode & 0o777 == 0o640


def test_a_site_goes_with_its_files_and_the_neighbour_notices_nothing(web: Web) -> None:
    web.put()
    before = web.get("nachbar.test").body
    web.node.drop("web.site", UMLAUT)
    web.turn()
    assert web.get(UMLAUT).status == 404 and web.get(f"www.{UMLAUT}").status == 404
    assert not web.home(f"web/{UMLAUT}").exists() and not tls_directory(web.prefix, UMLAUT).exists()
    assert web.get("nachbar.test").body == before
    assert ("web.site", UMLAUT) not in web.node.intent.changes


@pytest.mark.parametrize(("other", "stays"), [("same", True), ("above", True), ("below", True), ("beside", False)])
def test_files_stay_while_another_site_shows_them(web: Web, other: str, stays: bool) -> None:
    docroots = {
        "same": f"web/{UMLAUT}/a",
        "above": f"web/{UMLAUT}",
        "below": f"web/{UMLAUT}/a/b",
        "beside": f"web/{UMLAUT}/ab",
    }
    web.put(docroot=f"web/{UMLAUT}/a")
    web.put("zweite.test", docroot=docroots[other])
    web.node.drop("web.site", UMLAUT)
    web.turn()
    assert web.home(f"web/{UMLAUT}/a").exists() == stays
    assert web.get("zweite.test").status == 200 or other != "beside"


def test_a_document_root_that_is_the_whole_web_folder_is_emptied(web: Web) -> None:
    web.put(docroot="web")
    assert web.get(UMLAUT).status == 200
    web.node.drop("web.site", UMLAUT)
    web.turn()
    assert list(web.home("web").iterdir()) == []


def test_what_is_only_not_listed_keeps_the_customers_files(web: Web) -> None:
    web.put()
    for one in [one for one in web.node.intent.changes if "s000012" in one[1] or one[1] == UMLAUT]:
        del web.node.intent.changes[one]
    web.node.intent.epoch = "restored"
    web.turn()
    assert web.get(UMLAUT).status == 404 and not tls_directory(web.prefix, UMLAUT).exists()
    assert web.home(f"web/{UMLAUT}/index.html").exists()
    assert web.get("nachbar.test").status == 200


def test_an_emptied_site_gets_no_page_it_did_not_ask_for(web: Web) -> None:
    web.put()
    with acting_as(UID):
        web.home(f"web/{UMLAUT}/index.html").unlink()
    web.put(suspended=True)
    web.put()
    web.agent.audit_now()
    assert list(web.home(f"web/{UMLAUT}").iterdir()) == []


@pytest.mark.parametrize("how", ["a link to nothing", "a closed folder", "a link just now"])
def test_customers_who_spoil_their_folder_keep_no_change_from_their_site(
    web: Web, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.put(php=php())
    with acting_as(UID):
        shutil.rmtree(web.home(f"web/{UMLAUT}"))
        if how == "a closed folder":
            web.home("web").chmod(0o2550)
        else:
            web.home(f"web/{UMLAUT}").symlink_to("nirgends")
    if how == "a link just now":  # it came between the look and the act
        monkeypatch.setattr(facts, "_docroot", lambda *_: "missing")
    web.put(suspended=True)
    assert web.get(UMLAUT).status == 503
    web.put(hosts=(UMLAUT, f"neu.{UMLAUT}"), protections=(Protection("/geheim", "Geheim"),))
    assert web.get(UMLAUT).status == 404 and web.get(UMLAUT, "/geheim/").status == 401
    assert web.names(UMLAUT) == {UMLAUT, f"neu.{UMLAUT}"}
    assert set(web.node.intent.states()[UMLAUT]) == {"live"}


def test_a_new_site_waits_for_its_home(web: Web) -> None:
    web.node.put_site("zu-früh.test".encode("idna").decode(), 14)
    web.turn()
    name = "zu-früh.test".encode("idna").decode()
    assert web.node.intent.states()[name] == ["failed"]
    web.node.put_home(14)
    web.turn()
    assert web.node.intent.states()[name] == ["failed", "live"] and web.get(name).status == 200


def test_a_plan_for_healthy_sites_says_nothing_and_for_harmed_ones_what(web: Web) -> None:
    web.put(php=php())
    assert list(preview(web.agent)) == ["nothing to change"]
    document = host_path(web.prefix, UMLAUT)
    document.write_bytes(document.read_bytes().replace(b'"suspended":false', b'"suspended":true'))
    stray = host_path(web.prefix, "www.fremd.test")
    stray.parent.mkdir(exist_ok=True)
    stray.write_text('{"site": "fremd.test"}')
    lines = list(preview(web.agent))
    assert [line for line in lines if line.startswith("# ")] == [f"# web.site {UMLAUT}", "# web.site fremd.test"]
    assert {'-  "suspended": true,', '+  "suspended": false,', '-  "site": "fremd.test"'} <= set(lines)
    assert not [line for line in lines if line.startswith("! ")]


def test_a_subscription_goes_as_a_whole(web: Web) -> None:
    web.put(php=php())
    with acting_as(UID):
        web.home("tmp/sitzung").write_text("x")
    for kind, key in (("subscriptions.home", "s000012"), ("web.pool", "8.2/s000012"), ("web.site", UMLAUT)):
        web.node.drop(kind, key)
    web.turn()
    assert not web.home().exists() and web.get("nachbar.test").status == 200
    assert not (web.prefix.state / "php/pools/8.2/s000012.json").exists()
    assert not web.prefix.php_socket("8.2", "s000012").exists()
    assert not [key for _, key in web.node.intent.changes if "s000012" in key or key == UMLAUT]


def test_sites_are_served_while_nginx_was_away_and_come_when_it_is_back(web: Web) -> None:
    nginx = web.node.processes[0]
    nginx.terminate()
    nginx.wait(10)
    web.put()
    assert web.node.intent.states()[UMLAUT] == ["failed"]
    web.node.start_nginx()
    web.turn()
    assert web.get(UMLAUT).status == 200


def test_one_change_is_live_within_milliseconds(web: Web) -> None:
    """Generous against other load; docs/decisions/0003 has the figures of a quiet machine."""
    took = []
    for number in range(20):
        web.node.put_site(f"neu{number}.test")
        started = time.monotonic()
        web.agent.fetch()
        web.agent.work()
        took.append(time.monotonic() - started)
    print(f"median {sorted(took)[10] * 1000:.1f} ms")
    assert sorted(took)[10] < 0.15 and web.get("neu19.test").status == 200
