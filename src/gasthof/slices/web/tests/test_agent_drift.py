"""What was changed by hand on a node with real daemons: noted, told, set right; and what is none."""

import shutil
from collections.abc import Iterator
from datetime import timedelta

import pytest

from gasthof.agent.sdk import certificate
from gasthof.agent.tests.node import UMLAUT, Node
from gasthof.slices.web.node.document import host_path, tls_directory
from gasthof.slices.web.tests.test_agent_sites import Web

pytestmark = pytest.mark.daemons


@pytest.fixture
def web() -> Iterator[Web]:
    with Node.made() as node:
        yield Web(node)


def test_drift_is_noted_told_and_set_right(web: Web) -> None:
    web.put()
    document = host_path(web.prefix, UMLAUT)
    good = document.read_bytes()
    document.write_bytes(good.replace(b'"suspended":false', b'"suspended":true'))
    host_path(web.prefix, f"www.{UMLAUT}").unlink()
    planted = host_path(web.prefix, "untergeschoben.test")
    planted.parent.mkdir(exist_ok=True)
    planted.write_bytes(good)
    stray = host_path(web.prefix, "niemandes.test")
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("not JSON")
    foreign = host_path(web.prefix, "www.fremd.test")
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text('{"site": "fremd.test"}')
    web.home("tmp").chmod(0o777)
    shutil.rmtree(tls_directory(web.prefix, "nachbar.test"))
    pool = web.prefix.state / "php/pools/8.2/s000013.conf"
    pool.write_text(pool.read_text().replace("max_children", "max_requests"))
    web.agent.audit_now()
    web.agent.deliver()
    words = web.words()
    assert f"{document}: content differs" in words[UMLAUT] and f"www.{UMLAUT}.json: missing" in words[UMLAUT]
    assert f"{planted}: should not be there" in words[UMLAUT]
    assert "tmp: mode 0777, not 0700" in words["s000012"] and "s000013.conf: content differs" in words["8.2/s000013"]
    assert "tls" in words["nachbar.test"]
    assert document.read_bytes() == good and not planted.exists() and not stray.exists() and not foreign.exists()
    assert web.get(UMLAUT).status == web.get(f"www.{UMLAUT}").status == web.get("nachbar.test").status == 200
    assert web.names("nachbar.test") == {"nachbar.test", "www.nachbar.test"}
    reports = len(web.node.intent.reports)
    web.agent.audit_now()
    assert not [one for report in web.node.intent.reports[reports:] for one in report.reports], (
        "nothing is left to note"
    )


def test_certificates_and_keys_changed_by_hand_are_drift_and_renewals_are_none(web: Web) -> None:
    authority = certificate.load_authority(web.prefix.ca_key, web.prefix.ca_certificate)
    names = {harm: f"{harm}.test" for harm in ("opened", "foreign", "deleted", "renamed", "due")}
    for name in names.values():
        web.put(name)
    tls = {harm: tls_directory(web.prefix, name) for harm, name in names.items()}
    hosts = {harm: (name, f"www.{name}") for harm, name in names.items()}
    (tls["opened"] / "key.pem").chmod(0o644)
    (tls["foreign"] / "key.pem").write_bytes(certificate.key_pem(certificate.new_key()))
    (tls["deleted"] / "cert.pem").unlink()
    for harm, given, at in (
        ("renamed", ("andere.test",), web.agent.machine.clock.now()),
        ("due", hosts["due"], web.agent.machine.clock.now() - timedelta(days=70)),
    ):
        key = certificate.load_key((tls[harm] / "key.pem").read_bytes())
        assert key
        (tls[harm] / "cert.pem").write_bytes(certificate.give_out(authority, key, given, at))
    web.agent.audit_now()
    web.agent.deliver()
    words = web.words()
    assert "cert.pem: its key has mode 0644" in words["opened.test"]
    assert "cert.pem: does not fit its key" in words["foreign.test"]
    assert "cert.pem: missing" in words["deleted.test"] and "cert.pem: names andere.test" in words["renamed.test"]
    assert "due.test" not in words
    assert (tls["opened"] / "key.pem").stat().st_mode & 0o777 == 0o640
    for harm, name in names.items():
        assert web.names(name) == set(hosts[harm]), harm


def test_what_the_node_always_has_changed_by_hand_is_drift(web: Web) -> None:
    conf, lua = web.prefix.state / "web/nginx.conf", web.prefix.state / "web/lua/gasthof/router.lua"
    planted = web.prefix.state / "web/lua/gasthof/fremd.lua"
    good = conf.read_bytes(), lua.read_bytes()
    web.agent.audit_now()
    assert not [one for report in web.node.intent.reports for one in report.fixtures], "a first start is none"
    conf.write_bytes(good[0].replace(b"server_tokens off", b"server_tokens on"))
    lua.unlink()
    planted.write_text("return {}")
    (web.prefix.state / "web/tls/fallback/cert.pem").unlink()
    web.agent.audit_now()
    told = {one.fixture: one.words for report in web.node.intent.reports for one in report.fixtures}
    assert set(told) == {"web.nginx", "web.base"}
    assert set(told["web.nginx"].splitlines()) == {
        f"{conf}: content differs",
        f"{lua}: missing",
        f"{planted}: should not be there",
    }
    assert told["web.base"].endswith("fallback/cert.pem: missing")
    assert (conf.read_bytes(), lua.read_bytes()) == good and not planted.exists()
    assert web.get("nachbar.test").status == 200
