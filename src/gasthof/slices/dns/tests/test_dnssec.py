"""Signed zones on the real PowerDNS: what a validating resolver makes of them, with nothing to trust but the DS record."""

import json
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dns.rdatatype
import pytest

from gasthof.agent import rows
from gasthof.agent.preview import preview
from gasthof.agent.sdk import lookup
from gasthof.slices.dns.node import facts, keys
from gasthof.slices.dns.node.rows import KEY, born_here, database
from gasthof.slices.dns.spec import ZoneSpec
from gasthof.slices.dns.tests.name_server import SERVERS, UMLAUT, NameServer, record, zone

pytestmark = pytest.mark.daemons
RECORDS = (
    record(UMLAUT, "A", "192.0.2.1"),
    record(UMLAUT, "MX", f"10 mail.{UMLAUT}."),
    record(f"mail.{UMLAUT}", "A", "192.0.2.2"),
    record(f"a.b.c.{UMLAUT}", "TXT", '"tief"'),
    record(f"*.wild.{UMLAUT}", "A", "192.0.2.3"),
    record(f"www.{UMLAUT}", "CNAME", f"mail.{UMLAUT}."),
    record(f"filiale.{UMLAUT}", "NS", f"ns.filiale.{UMLAUT}.", "ns.example.test."),
    record(f"ns.filiale.{UMLAUT}", "A", "192.0.2.4"),
    record(f"sicher.{UMLAUT}", "NS", "ns.example.test."),
    record(f"sicher.{UMLAUT}", "DS", f"12345 13 2 {'ab' * 32}"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with NameServer.started() as made:
        made.put(signed())
        yield made


def signed(serial: int = 2026010100, **fields: bool) -> ZoneSpec:
    return zone(UMLAUT, *RECORDS, serial=serial, **({"dnssec": True} | fields))


def ds(server: NameServer, name: str = UMLAUT) -> list[str]:
    found = facts.findings(server.agents[-1].machine, {name: signed()})[name].get("ds", [])
    assert isinstance(found, list)
    return found


def delv(server: NameServer, name: str, kind: str) -> str:
    return delv_as(server, ds(server), name, kind)


def delv_as(server: NameServer, known: list[str], name: str, kind: str) -> str:
    anchors = server.prefix.root / "anchors"
    tag, algorithm, digest, text = known[0].split()
    anchors.write_text(f'trust-anchors {{ "{UMLAUT}." static-ds {tag} {algorithm} {digest} "{text}"; }};\n')
    command = [
        "/usr/bin/delv", "@127.0.0.1", "-p", str(server.prefix.ports["dns"]), "-a", str(anchors), f"+root={UMLAUT}", name, kind,
    ]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "kind"),
    [("", "A"), ("", "MX"), ("", "SOA"), ("", "DNSKEY"), ("a.b.c.", "TXT"), ("www.", "A"), ("x.wild.", "A"), ("sicher.", "DS")],
)  # fmt: skip
def test_what_there_is_validates(server: NameServer, name: str, kind: str) -> None:
    assert "; fully validated" in delv(server, f"{name}{UMLAUT}", kind)


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [("nix.", "A", "ncache nxdomain"), ("", "TXT", "ncache nxrrset"), ("b.c.", "A", "ncache nxrrset"), ("c.", "TXT", "ncache nxrrset"),
     ("x.b.c.", "A", "ncache nxdomain"), ("filiale.", "DS", "ncache nxrrset"), ("x.wild.", "TXT", "ncache nxrrset"), ("mail.", "AAAA", "ncache nxrrset")],
)  # fmt: skip
def test_what_there_is_not_validates_too(server: NameServer, name: str, kind: str, words: str) -> None:
    found = delv(server, f"{name}{UMLAUT}", kind)
    assert "; negative response, fully validated" in found and words in found, found


def test_a_wrong_ds_validates_nothing(server: NameServer) -> None:
    other = keys.ds(UMLAUT, keys.new_key())
    anchors = server.prefix.root / "anchors"
    tag, algorithm, digest, text = other.split()
    anchors.write_text(f'trust-anchors {{ "{UMLAUT}." static-ds {tag} {algorithm} {digest} "{text}"; }};\n')
    command = [
        "/usr/bin/delv",
        "@127.0.0.1",
        "-p",
        str(server.prefix.ports["dns"]),
        "-a",
        str(anchors),
        f"+root={UMLAUT}",
        UMLAUT,
        "A",
    ]
    assert "resolution failed" in subprocess.run(command, check=False, capture_output=True, text=True).stderr


def test_the_chain_is_as_the_standards_advise(server: NameServer) -> None:
    """RFC 9276: no further rounds, no salt. RFC 8624: ECDSA P-256, SHA-256."""
    assert server.ask(UMLAUT, "NSEC3PARAM") == ["1 0 0 -"]
    (key,) = server.ask(UMLAUT, "DNSKEY")
    assert key.startswith("257 3 13 ")
    assert [each.split()[1:3] for each in ds(server)] == [["13", "2"]]


def test_names_are_ordered_as_the_daemons_own_tool_would(server: NameServer) -> None:
    """`pdnsutil rectify-zone` on a copy in its own schema finds the same hashes and the same names to be the zone's own."""
    spec = signed()
    folder = server.prefix.root / "copy"
    folder.mkdir()
    copy = folder / "pdns.db"
    schema = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")
    with schema.open() as text:
        subprocess.run(["/usr/bin/sqlite3", str(copy)], stdin=text, check=True)
    (folder / "pdns.conf").write_text(f"launch=gsqlite3\ngsqlite3-database={copy}\ngsqlite3-dnssec=yes\n")
    lines = [f"{spec.name}. 3600 IN SOA {SERVERS[0]} hostmaster.server.gasthof.test. 1 2 3 4 5"]
    lines += [f"{one.name}. {one.ttl} IN {one.type} {each}" for one in spec.records for each in one.contents]
    (folder / "zone").write_text("\n".join(lines) + "\n")
    tool = ["/usr/bin/pdnsutil", f"--config-dir={folder}"]
    for words in (
        ["load-zone", UMLAUT, str(folder / "zone")],
        ["secure-zone", UMLAUT],
        ["set-nsec3", UMLAUT, "1 0 0 -"],
        ["rectify-zone", UMLAUT],
    ):
        subprocess.run([*tool, *words], check=True, capture_output=True)
    wanted = _order(server, str(copy))
    assert wanted == _order(server, str(database(server.prefix).path))
    assert len({row for row in wanted if row[1]}) > 8


def _order(server: NameServer, path: str) -> set[tuple[str, ...]]:
    """In a process of its own: two SQLite libraries in one must not meet."""
    query = "SELECT DISTINCT name, coalesce(ordername, ''), auth, coalesce(type, '') FROM records"
    query += f" WHERE name LIKE '%{UMLAUT}'"
    done = subprocess.run(["/usr/bin/sqlite3", "-readonly", path, query], check=True, capture_output=True, text=True)
    return {tuple(line.split("|")) for line in done.stdout.splitlines()}


def test_its_key_survives_everything_but_an_order(server: NameServer) -> None:
    before = ds(server)
    server.put(signed(2026010200, dnssec=False))
    assert server.ask(UMLAUT, "DNSKEY") == [] and server.ask(UMLAUT, "A", dnssec=True) == ["192.0.2.1"]
    assert not [one for one in server.message(UMLAUT, "A", dnssec=True).answer if one.rdtype == dns.rdatatype.RRSIG]
    server.put(signed(2026010300))
    assert ds(server) == before
    server.agents[-1].executor.close()
    server.intent.changes.clear()  # as in a control plane that knows nothing of it any more
    server.intent.epoch = "two"
    server.turn()
    server.audit()
    assert server.rcode(UMLAUT, "SOA") == "REFUSED"
    server.put(signed(2026010400))
    assert ds(server) == before
    server.put(signed(2026010500, dnssec=False, forget_key=True))
    server.put(signed(2026010600))
    assert ds(server) != before and len(ds(server)) == 1
    server.drop(UMLAUT)
    assert ds(server) == []
    server.put(signed())


def test_its_key_survives_another_schema_and_a_damaged_database(server: NameServer) -> None:
    before, places = ds(server), (database(server.prefix), born_here(server.prefix))
    server.write("PRAGMA user_version = 7")  # as another release's
    assert _mended(server) == [] and ds(server) == before
    server.write("PRAGMA user_version = 7", at=places[1])
    assert _mended(server) == [] and ds(server) == before
    _close(server)
    with places[0].path.open("r+b") as file:
        file.write(b"not a database " * 4000)
    assert _mended(server) == [] and ds(server) == before
    assert "; fully validated" in delv(server, UMLAUT, "A")
    _close(server)
    places[1].path.unlink()  # then the copies are all there is
    assert _mended(server) == [] and ds(server) == before
    assert len(lookup.rows(places[1], [f"{KEY} {UMLAUT}"])[f"{KEY} {UMLAUT}"]["keys"]) == 1


def test_a_damaged_database_of_keys_is_left_alone_and_told_of(server: NameServer) -> None:
    before, path = ds(server), born_here(server.prefix).path
    _close(server)
    whole = path.read_bytes()
    path.write_bytes(b"garbage" * 1000)
    (words,) = _mended(server)
    assert "keys.db" in words and "left alone" in words and path.read_bytes() == b"garbage" * 1000
    assert "; fully validated" in delv_as(server, before, UMLAUT, "A")
    server.put(signed(2026020100))
    assert server.intent.states()[UMLAUT][-1] == "failed"
    _close(server)
    path.write_bytes(whole)
    assert _mended(server) == [] and ds(server) == before


def test_keys_are_roots_alone_and_written_first(server: NameServer) -> None:
    found = born_here(server.prefix).path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (0, 0, 0o600)
    server.put(zone("unsigned.test"))
    order: list[str] = []
    real = rows.LookUps._write
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            rows.LookUps,
            "_write",
            lambda self, place, steps: (order.append(place.path.name), real(self, place, steps))[1],
        )
        server.put(zone("unsigned.test", serial=2026020100), zone("z.test", dnssec=True))
    assert order == ["keys.db", "zones.db"]
    server.drop("unsigned.test")
    server.drop("z.test")


def test_no_plan_and_no_note_shows_a_private_key(server: NameServer) -> None:
    agent = server.agents[-1]
    server.intent.put("dns.zone", "neu.test", zone("neu.test", dnssec=True))
    agent.reach()
    agent.fetch()
    said = "\n".join(preview(agent))
    assert "+ keys: (secret)" in said and "+ keys: 1, 257, 1, (secret)" in said and "ns1.server" in said
    server.turn()
    owner = f"{KEY} neu.test"
    (row,) = lookup.rows(database(server.prefix), [owner])[owner]["keys"]
    server.write(
        f"INSERT INTO {lookup.BEFORE} VALUES ('{owner}', 'keys', '{json.dumps(row)}')",
        f"UPDATE keys SET content = content || 'x' WHERE owner = '{owner}'",
    )
    said += "\n".join(preview(agent))
    server.audit()
    told = repr(server.intent.reports)
    assert "rows differ in keys" in told and "broken off" in said and "- keys: 1, 257, 1, (secret)" in said
    for shown in (said, told):
        assert "Private" not in shown and str(row[-1]).split()[-1] not in shown
    server.drop("neu.test")


def _close(server: NameServer) -> None:
    for agent in server.agents:
        agent.executor.close()


def _mended(server: NameServer) -> list[str]:
    words = server.agents[-1].fix()
    server.audit()
    return words
