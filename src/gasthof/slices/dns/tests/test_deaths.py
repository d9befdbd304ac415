"""Zones by the agent on the real PowerDNS: kills, drift, older dumps, and what cannot be told."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gasthof.agent.tests import killing
from gasthof.slices.dns.tests.name_server import TAUGHT, UMLAUT, NameServer, record, zone

pytestmark = pytest.mark.daemons


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with NameServer.started() as made:
        yield made


def test_serials_never_go_back(server: NameServer) -> None:
    """Intent out of an older dump: what it tells has an old serial, others have copies under newer ones."""
    server.put(zone(UMLAUT, record(UMLAUT, "A", "192.0.2.1"), serial=2026030107))
    server.put(zone(UMLAUT, record(UMLAUT, "A", "192.0.2.2"), serial=2026030101))
    assert (server.ask(UMLAUT, "A"), server.serial(UMLAUT)) == (["192.0.2.2"], 2026030108)
    server.put(zone(UMLAUT, record(UMLAUT, "A", "192.0.2.2"), serial=2026030101))
    assert server.serial(UMLAUT) == 2026030108
    server.put(zone(UMLAUT, record(UMLAUT, "A", "192.0.2.3"), serial=2026030109))
    assert server.serial(UMLAUT) == 2026030109


@pytest.mark.parametrize("ordered", [True, False])
def test_nor_those_of_a_zone_that_went_and_came_again(server: NameServer, ordered: bool) -> None:
    name = f"wieder-{ordered}.test".lower()
    server.put(zone(name, serial=2026030105))
    if ordered:
        server.drop(name)
    else:
        del server.intent.changes["dns.zone", name]
        server.intent.epoch = "two"
        server.turn()
        server.audit()
    assert server.rcode(name, "SOA") == "REFUSED"
    server.put(zone(name, serial=2026030100))
    assert server.serial(name) == 2026030106
    server.put(zone(name, serial=2026030101))
    assert server.serial(name) == 2026030106
    server.drop(name)


def test_drift_is_noted_and_repaired(server: NameServer) -> None:
    server.put(zone(UMLAUT, record(UMLAUT, "A", "192.0.2.1"), serial=2026040100))
    server.ask(UMLAUT, "A")
    owner = f"dns.zone {UMLAUT}"
    server.write(
        f"UPDATE records SET content = '203.0.113.66' WHERE owner = '{owner}' AND type = 'A'",
        f"INSERT INTO records VALUES ('{owner}', 'böse.{UMLAUT}', 'A', '203.0.113.66', 60, NULL, NULL, 1)",
        "INSERT INTO domains VALUES ('dns.zone fremd.test', 'fremd.test')",
    )
    server.audit()
    assert server.ask(UMLAUT, "A") == ["192.0.2.1"] and server.serial(UMLAUT) == 2026040101
    assert server.rcode("fremd.test", "SOA") == "REFUSED"
    notes = [
        one.words
        for report in server.intent.reports
        for one in report.reports
        if one.state == "drift" and one.key == UMLAUT
    ]
    assert "rows differ in records" in notes[-1]


def test_rows_of_nobody_are_served_to_nobody(server: NameServer) -> None:
    server.put(zone(UMLAUT))
    server.write(f"INSERT INTO records VALUES ('x', 'fremd.{UMLAUT}', 'A', '203.0.113.66', 60, NULL, NULL, 1)")
    assert server.rcode(f"fremd.{UMLAUT}", "A") == "NXDOMAIN"
    server.write("DELETE FROM records WHERE owner = 'x'")


def test_a_zone_that_cannot_be_told_harms_no_other(server: NameServer) -> None:
    bad = replace(zone("kaputt.test"), records=(record("kaputt.test", "TXT", '"a"\n$INCLUDE /etc/passwd'),))
    server.put(bad, zone(UMLAUT, record(UMLAUT, "A", "192.0.2.5"), serial=2026050100))
    assert server.intent.states()["kaputt.test"] == ["failed"]
    assert server.ask(UMLAUT, "A") == ["192.0.2.5"]
    outside = replace(zone("kaputt.test"), records=(record("other.test", "A", "192.0.2.5"),))
    server.put(outside)
    assert server.rcode("kaputt.test", "SOA") == "REFUSED"
    server.drop("kaputt.test")


def test_a_killed_name_server_comes_back_with_all_that_was_live(server: NameServer) -> None:
    for number in range(1, 6):
        server.put(zone(UMLAUT, record(UMLAUT, "A", f"192.0.2.{number}"), serial=2026060100 + number))
        server.kill()
        server.start()
        assert server.ask(UMLAUT, "A") == [f"192.0.2.{number}"]


def test_while_it_is_down_a_change_waits(server: NameServer) -> None:
    server.put(zone(UMLAUT, record(UMLAUT, "A", "192.0.2.1"), serial=2026070100))
    server.kill()
    server.put(zone(UMLAUT, record(UMLAUT, "A", "192.0.2.2"), serial=2026070101))
    assert server.intent.states()[UMLAUT][-1] == "failed"
    server.start()
    server.turn()
    assert server.ask(UMLAUT, "A") == ["192.0.2.2"] and server.intent.states()[UMLAUT][-1] == "live"


def change_one_add_one_drop_one(server: NameServer) -> None:
    server.intent.put(
        "dns.zone", UMLAUT, zone(UMLAUT, record(UMLAUT, "A", "192.0.2.2"), serial=2026080102, dnssec=True)
    )
    server.intent.put("dns.zone", "neu.test", zone("neu.test", record("neu.test", "A", "192.0.2.2")))
    server.intent.put("dns.zone", "weg.test", None)


def test_killed_at_every_boundary_the_agent_ends_in_the_same_state() -> None:
    with NameServer.started() as server:

        def begin() -> None:
            server.put(
                zone(UMLAUT, record(UMLAUT, "A", "192.0.2.1"), serial=2026080101),
                zone("weg.test", record("weg.test", "A", "192.0.2.1")),
            )
            server.drop("neu.test")

        def work(agent: object) -> None:
            agent.reach(), agent.fetch(), agent.work(), agent.deliver()  # type: ignore[attr-defined]

        begin()
        change_one_add_one_drop_one(server)
        boundaries = killing.run(server, work, taught=TAUGHT)  # type: ignore[arg-type]
        assert boundaries and boundaries > 10
        for at in killing.some(boundaries):
            server.turn()
            begin()
            server.ask(UMLAUT, "A"), server.ask("neu.test", "A")
            change_one_add_one_drop_one(server)
            killing.run(server, work, at, TAUGHT)  # type: ignore[arg-type]
            server.turn()
            assert server.ask(UMLAUT, "A") == server.ask("neu.test", "A") == ["192.0.2.2"], at
            assert server.rcode("weg.test", "SOA") == "REFUSED" and len(server.ask(UMLAUT, "DNSKEY")) == 1, at
