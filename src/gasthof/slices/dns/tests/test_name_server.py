"""Zones by the agent on the real PowerDNS: what others are answered, at once, and after everything that can go wrong."""

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dns.exception
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.update
import dns.xfr
import dns.zone
import pytest

from gasthof.agent.kinds import Machine
from gasthof.kernel.clock import SystemClock
from gasthof.slices.dns.node import facts
from gasthof.slices.dns.node.configuration import SOCKET
from gasthof.slices.dns.node.rows import database
from gasthof.slices.dns.rules import contents
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.dns.tests.name_server import UMLAUT, NameServer, record, zone

pytestmark = pytest.mark.daemons
HEX = "ab" * 32

# Of each type, what a careful customer and a hostile one would enter.
TYPED = {
    "A": ("192.0.2.1", "192.0.2.255"),
    "AAAA": ("2001:db8::1", "::ffff:192.0.2.1"),
    "CAA": ('0 issue "letsencrypt.org; accounturi=https://ca.test/1"', '128 iodef "mailto:a@b.test"'),
    "DS": (f"12345 13 2 {HEX}", f"1 8 4 {HEX}{'cd' * 16}"),
    "HTTPS": ("1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1", f"16 läden.{UMLAUT} no-default-alpn alpn=h2 ech=AAT+DQAA"),
    "MX": ("10 mail.größe.test", "20 mail2.example.test"),
    "NAPTR": ('100 10 "u" "E2U+sip" "!^.*$!sip:a b@c.test!" .', '10 20 "s" "SIP+D2U" "" _sip._udp.köln.test'),
    "NS": ("ns1.größe.test", "ns2.example.test"),
    "PTR": ("host.größe.test",),
    "SRV": ("10 5 5060 sip.größe.test", "0 0 0 ."),
    "SSHFP": (f"4 2 {HEX}", f"1 1 {'12' * 20}"),
    "SVCB": ("1 svc.größe.test port=53 mandatory=port", "0 other.test"),
    "TLSA": (f"3 1 1 {HEX}", f"2 0 2 {HEX * 2}"),
    "TXT": (
        "v=spf1 a mx -all", "grüße; \\ \"quoted\" $ORIGIN . @ ( )", "$INCLUDE /etc/passwd", "x" * 1_000, '"one" "" "two"',
        "$GENERATE 1-9 a$ A 192.0.2.$", "a.test. 60 IN A 192.0.2.66", "\\010\\000", "'; DROP TABLE records; --", "`id`$(id)",
    ),
}  # fmt: skip
OWNERS = {"SRV": "_sip._udp", "TLSA": "_443._tcp", "NS": "übergeben", "DS": "übergeben"}


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with NameServer.started() as made:
        yield made


def settled(kind: str, name: str) -> RecordSpec:
    return record(name, kind, *(contents.content(kind, each, UMLAUT) for each in TYPED[kind]))


def every_type() -> list[RecordSpec]:
    names = {kind: OWNERS.get(kind, "alles").encode("idna").decode() for kind in TYPED}
    found = [settled(kind, f"{name}.{UMLAUT}") for kind, name in names.items()]
    return [*found, record(f"zeiger.{UMLAUT}", "CNAME", "www.example.test."), record(f"*.{UMLAUT}", "TXT", '"wild"')]


def test_every_type_comes_back_as_it_was_entered(server: NameServer) -> None:
    """attacks.md, "DNS record text turned into zone directives or code"."""
    told = zone(UMLAUT, *every_type())
    server.put(told)
    assert server.intent.states()[UMLAUT][-1] == "live"
    for each in every_type():
        found = server.message(each.name, each.type, tcp=True)
        sections = [*found.answer, *found.authority] if each.name.startswith("xn--bergeben") else found.answer
        kept = {
            part.to_text() for rrset in sections if dns.rdatatype.to_text(rrset.rdtype) == each.type for part in rrset
        }
        assert {_plain(each.type, text) for text in kept} == {_plain(each.type, text) for text in each.contents}, (
            each.type
        )


def _plain(kind: str, text: str) -> bytes:
    """Wire form, so that spaces in long hexadecimal digits do not count."""
    return dns.rdata.from_text("IN", kind, text, origin=dns.name.root, relativize=False).to_digestable()


def test_the_whole_zone_is_what_was_told_and_nothing_else(server: NameServer) -> None:
    """Read as PowerDNS' own tool reads it, parsed as a zone file."""
    told = zone(UMLAUT, *every_type())
    server.put(told)
    for agent in server.agents:
        agent.executor.close()
    tool = ["/usr/bin/pdnsutil", f"--config-dir={server.prefix.state / 'dns'}", "list-zone", UMLAUT]
    done = subprocess.run(tool, env={}, cwd="/", capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if not line.startswith("$ORIGIN") and "\tSOA\t" not in line]
    found = {
        (name.rstrip("."), kind, _plain(kind, text))
        for name, _, _, kind, text in (line.split("\t", 4) for line in lines)
    }
    assert found == {(one.name, one.type, _plain(one.type, text)) for one in told.records for text in one.contents}


def test_dig_is_answered_over_both_protocols_and_families(server: NameServer) -> None:
    server.put(zone(UMLAUT, record(UMLAUT, "A", "192.0.2.1")))
    for address in ("127.0.0.1", "::1"):
        for transport in ("+notcp", "+tcp"):
            command = [
                "/usr/bin/dig",
                f"@{address}",
                "-p",
                str(server.prefix.ports["dns"]),
                transport,
                "+short",
                UMLAUT,
                "A",
            ]
            assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "192.0.2.1\n"


def test_a_change_is_seen_at_once_by_who_asked_before(server: NameServer) -> None:
    name = f"neu.{UMLAUT}"
    server.drop(UMLAUT)
    assert server.rcode(name, "A") == server.rcode(UMLAUT, "SOA") == "REFUSED"
    server.put(zone(UMLAUT))
    assert server.rcode(name, "A") == "NXDOMAIN" and server.message(name, "A").authority
    for number in range(1, 30):
        server.put(zone(UMLAUT, record(name, "A", f"192.0.2.{number}"), serial=2026010200 + number))
        assert server.ask(name, "A") == [f"192.0.2.{number}"]
        assert server.serial(UMLAUT) == 2026010200 + number
        assert server.rcode(name, "AAAA") == "NOERROR"
    server.put(zone(UMLAUT, serial=2026010300))
    assert server.rcode(name, "A") == "NXDOMAIN"
    server.drop(UMLAUT)
    assert server.rcode(name, "A") == "REFUSED"


def test_no_answer_is_stale_while_others_keep_asking(server: NameServer) -> None:
    """What was being answered while the rows changed must not be kept."""
    name, stop, stale = f"heiß.{UMLAUT}".encode("idna").decode(), threading.Event(), []
    server.put(zone(UMLAUT, record(name, "A", "192.0.2.1"), serial=2026020100))

    def ask() -> None:
        while not stop.is_set():
            server.ask(name, "A")

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for each in askers:
        each.start()
    for number in range(2, 60):
        server.put(zone(UMLAUT, record(name, "A", f"192.0.2.{number}"), serial=2026020100 + number))
        stale += [server.ask(name, "A") for _ in range(3)] if server.ask(name, "A") != [f"192.0.2.{number}"] else []
    stop.set()
    for each in askers:
        each.join()
    assert stale == []


def test_names_between_exist_and_wildcards_answer(server: NameServer) -> None:
    server.put(zone(UMLAUT, record(f"a.b.c.{UMLAUT}", "A", "192.0.2.1"), record(f"*.w.{UMLAUT}", "A", "192.0.2.2")))
    assert [server.rcode(f"{name}.{UMLAUT}", "A") for name in ("b.c", "c", "x.c", "x")] == [
        "NOERROR",
        "NOERROR",
        "NXDOMAIN",
        "NXDOMAIN",
    ]
    assert server.ask(f"irgend.was.w.{UMLAUT}", "A") == ["192.0.2.2"]


def test_an_alias_is_answered_with_its_targets_addresses() -> None:
    with NameServer.made() as server:
        server.start("--expand-alias=yes", f"--resolver=127.0.0.1:{server.prefix.ports['dns']}")
        server.put(
            zone(UMLAUT, record(UMLAUT, "ALIAS", "ziel.test.")),
            zone("ziel.test", record("ziel.test", "A", "192.0.2.7")),
        )
        assert server.ask(UMLAUT, "A") == ["192.0.2.7"]
        assert server.ask(UMLAUT, "NS") == ["ns1.server.gasthof.test.", "ns2.server.gasthof.test."]


def test_without_a_resolver_an_alias_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked to answer one that leads to itself, PowerDNS without a resolver stays at rest, and answers others."""
    monkeypatch.setattr(facts, "RESOLVERS", tmp_path / "resolv.conf")
    with NameServer.started() as server:
        words = (server.prefix.state / "dns/pdns.conf").read_text().splitlines()
        assert "expand-alias=no" in words and not [word for word in words if word.startswith("resolver=")]
        server.put(zone(UMLAUT, record(UMLAUT, "ALIAS", f"{UMLAUT}."), record(f"a.{UMLAUT}", "A", "192.0.2.1")))
        before = spent(server)
        assert (server.ask(UMLAUT, "A"), server.rcode(UMLAUT, "A")) == ([], "NOERROR")
        assert server.ask(f"a.{UMLAUT}", "A") == ["192.0.2.1"]
        time.sleep(1)
        assert spent(server) - before < 0.5


def spent(server: NameServer) -> float:
    """Seconds of processor time."""
    assert server.process
    words = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ""),
        ("search a.test\nnameserver 127.0.0.1\n", ""),
        ("nameserver x\nnameserver 127.0.0.1\nnameserver 192.0.2.53\n", "192.0.2.53:53"),
        ("nameserver 2001:db8::53\n", "[2001:db8::53]:53"),
    ],
)
def test_the_resolver_is_never_the_name_server_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, wanted: str
) -> None:
    monkeypatch.setattr(facts, "RESOLVERS", tmp_path / "resolv.conf")
    (tmp_path / "resolv.conf").write_text(text)
    with NameServer.made() as server:
        prefix = server.prefix
        object.__setattr__(prefix, "ports", {**prefix.ports, "dns": 53})
        assert prefix.ipv4 == "127.0.0.1"
        assert facts.base(Machine(prefix, SystemClock())).resolver == wanted


def test_many_changes_at_once(server: NameServer) -> None:
    zones = [zone(f"viele{number}.test", record(f"viele{number}.test", "A", "192.0.2.1")) for number in range(200)]
    server.put(*zones)
    assert all(server.serial(each.name) == each.serial for each in zones)
    server.put(*(replace(each, serial=each.serial + 1, records=each.records[:1]) for each in zones))
    assert all(server.serial(each.name) == each.serial + 1 for each in zones)
    for start in range(0, 200, 40):  # more at once wait for a person
        for each in zones[start : start + 40]:
            server.intent.put("dns.zone", each.name, None)
        server.turn()
    assert {server.rcode(each.name, "SOA") for each in zones} == {"REFUSED"}


def test_nobody_transfers_updates_or_notifies(server: NameServer) -> None:
    server.put(zone(UMLAUT, record(UMLAUT, "A", "192.0.2.1"), serial=2026090100))
    port = server.prefix.ports["dns"]
    with pytest.raises((dns.xfr.TransferError, dns.exception.FormError, EOFError)):
        dns.query.inbound_xfr("127.0.0.1", dns.zone.Zone(f"{UMLAUT}."), port=port, timeout=5)
    update = dns.update.UpdateMessage(f"{UMLAUT}.")
    update.add("böse".encode("idna").decode(), 60, "A", "192.0.2.66")
    assert dns.query.udp(update, "127.0.0.1", 5, port).rcode() == dns.rcode.REFUSED
    notify = dns.message.make_query(f"{UMLAUT}.", "SOA")
    notify.set_opcode(dns.opcode.NOTIFY)
    with contextlib.suppress(dns.exception.Timeout):
        assert dns.query.udp(notify, "127.0.0.1", 2, port).rcode() == dns.rcode.REFUSED
    assert server.serial(UMLAUT) == 2026090100
    version = dns.message.make_query("version.bind.", "TXT", "CH")
    assert "PowerDNS" not in dns.query.udp(version, "127.0.0.1", 5, port).to_text()


def test_it_listens_for_dns_only_and_its_control_is_roots(server: NameServer) -> None:
    assert server.process
    inodes = {str(link.readlink()) for link in Path(f"/proc/{server.process.pid}/fd").iterdir() if link.is_symlink()}
    sockets = {found[1] for each in inodes if (found := re.fullmatch(r"socket:\[(\d+)\]", each))}
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[9] in sockets and words[3] == "0A":
                listening.add(int(words[1].rpartition(":")[2], 16))
    assert listening == {server.prefix.ports["dns"]}
    control = server.prefix.run / "dns" / SOCKET
    assert oct(control.parent.stat().st_mode & 0o777) == "0o750" and control.parent.owner() == "pdns"
    assert oct(database(server.prefix).path.stat().st_mode & 0o777) == "0o640"
    code = f"import socket; socket.socket(socket.AF_UNIX).connect({str(control)!r})"
    stranger = [
        "/usr/bin/setpriv",
        "--reuid=1000012",
        "--regid=1000012",
        "--clear-groups",
        "/usr/bin/python3",
        "-c",
        code,
    ]
    assert b"PermissionError" in subprocess.run(stranger, check=False, capture_output=True, cwd="/").stderr


def test_it_cannot_write_what_it_serves(server: NameServer) -> None:
    """A hole in the name server changes no zone."""
    path = database(server.prefix).path
    code = f"import sqlite3; sqlite3.connect({str(path)!r}).execute('DELETE FROM records')"
    daemon = ["/usr/bin/setpriv", "--reuid=pdns", "--regid=pdns", "--clear-groups", "/usr/bin/python3", "-c", code]
    assert b"readonly" in subprocess.run(daemon, check=False, capture_output=True, cwd="/").stderr


def test_a_zone_and_one_below_it_are_apart(server: NameServer) -> None:
    child = f"blog.{UMLAUT}"
    server.put(
        zone(UMLAUT, record(child, "NS", "ns1.server.gasthof.test."), serial=2026100100),
        zone(child, record(child, "A", "192.0.2.9")),
    )
    assert server.ask(child, "A") == ["192.0.2.9"]
    assert server.message(f"nix.{child}", "A").authority[0].name.to_text() == f"{child}."
    server.drop(child)
    found = server.message(child, "A")
    assert not found.answer and dns.rdatatype.to_text(found.authority[0].rdtype) == "NS"
