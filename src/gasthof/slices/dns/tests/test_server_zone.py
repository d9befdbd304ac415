"""The zone of the machine's own name on the real PowerDNS: every other zone names servers in it, so it is there without intent."""

from collections.abc import Iterator
from dataclasses import replace

import dns.flags
import pytest

from gasthof.agent.preview import preview
from gasthof.agent.sdk import lookup
from gasthof.agent.tests import killing
from gasthof.prefix import Prefix
from gasthof.slices.dns.node.rows import SERVER, born_here, database
from gasthof.slices.dns.tests.name_server import SERVERS, TAUGHT, UMLAUT, NameServer, record, zone

pytestmark = pytest.mark.daemons
HOST = "server.gasthof.test"
OTHER = "wirt.xn--gstehaus-0za.test"  # wirt.gästehaus.test


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer.started() as made:
        yield made


def move(server: NameServer, host: str, ipv4: str = "127.0.0.1", ipv6: str = "::1") -> None:
    """As `up` does with a changed config.toml: an agent that knows it sets the fixtures right."""
    server.prefix = replace(server.prefix, host=host, ipv4=ipv4, ipv6=ipv6)
    assert server.agent().fix() == []


def test_name_servers_and_mail_of_the_house_are_found_by_asking_it(server: NameServer) -> None:
    server.put(zone(UMLAUT))
    for name in server.ask(UMLAUT, "NS"):
        host = name.removesuffix(".")
        assert (server.ask(host, "A"), server.ask(host, "AAAA")) == (["127.0.0.1"], ["::1"])
        assert server.ask(host, "A", address="::1", tcp=True) == ["127.0.0.1"]
    assert (server.ask(HOST, "A"), server.ask(HOST, "AAAA")) == (["127.0.0.1"], ["::1"])
    assert server.ask(HOST, "NS") == list(SERVERS)
    assert server.ask(HOST, "MX") == [f"10 {HOST}."] and server.ask(HOST, "TXT") == ['"v=spf1 a -all"']
    primary, contact, serial, *_ = server.ask(HOST, "SOA")[0].split()
    assert (primary, contact) == (SERVERS[0], f"hostmaster.{HOST}.")
    assert len(serial) == 10 and serial.endswith("00")
    assert server.rcode(f"fremd.{HOST}", "A") == "NXDOMAIN" and server.rcode("gasthof.test", "SOA") == "REFUSED"


def test_it_is_there_before_the_daemon_starts_and_after_a_kill() -> None:
    with NameServer.made() as server:
        server.start()
        assert server.ask(HOST, "A") == ["127.0.0.1"]
        server.kill()
        assert server.agent().fix() == [], "with a socket that nobody listens on"
        server.start()
        assert server.ask(HOST, "A") == ["127.0.0.1"]


def test_what_is_in_place_stays_untouched(server: NameServer) -> None:
    serial = server.serial(HOST)
    for _ in range(2):
        assert server.agent().fix() == []
        server.audit()
    assert server.serial(HOST) == serial


def test_other_addresses_are_served_at_once_under_a_higher_serial(server: NameServer) -> None:
    before = server.serial(HOST)
    server.ask(HOST, "A"), server.ask(f"ns1.{HOST}", "AAAA")
    move(server, HOST, "127.0.0.1", "")
    assert (server.ask(HOST, "A"), server.ask(f"ns1.{HOST}", "AAAA")) == (["127.0.0.1"], [])
    assert server.serial(HOST) == before + 1
    move(server, HOST)
    assert server.ask(f"ns1.{HOST}", "AAAA") == ["::1"] and server.serial(HOST) == before + 2


def test_another_name_takes_the_former_ones_zone_away(server: NameServer) -> None:
    before = server.serial(HOST)
    server.ask(OTHER, "A")
    move(server, "wirt.gästehaus.test")
    assert server.ask(OTHER, "A") == server.ask(f"ns2.{OTHER}", "A") == ["127.0.0.1"]
    assert server.rcode(HOST, "SOA") == "REFUSED"
    move(server, HOST)
    assert server.serial(HOST) == before + 1 and server.rcode(OTHER, "SOA") == "REFUSED"
    assert set(lookup.owners(database(server.prefix), SERVER)) == {HOST}


def test_a_former_name_may_be_a_customers(server: NameServer) -> None:
    before = server.serial(HOST)
    move(server, OTHER)
    server.put(zone(HOST, record(HOST, "A", "192.0.2.1"), serial=2020010100))
    assert server.ask(HOST, "A") == ["192.0.2.1"] and server.serial(HOST) == before + 1


def test_what_was_changed_by_hand_is_set_right_and_noted(server: NameServer) -> None:
    before = server.serial(HOST)
    server.put(zone(UMLAUT))
    server.ask(HOST, "A")
    server.write(f"UPDATE records SET content = '203.0.113.66' WHERE owner = '{SERVER} {HOST}' AND type = 'A'")
    server.audit()
    assert server.ask(HOST, "A") == ["127.0.0.1"] and server.serial(HOST) == before + 1
    told = [one for report in server.intent.reports for one in report.fixtures]
    assert [one.fixture for one in told] == ["dns.server"] and "rows differ in records" in told[0].words


def test_a_lost_database_comes_back_with_a_higher_serial(server: NameServer) -> None:
    before = server.serial(HOST)
    server.stop()
    for agent in server.agents:
        agent.executor.close()
    for path in lookup.files(database(server.prefix)):
        path.unlink()
    assert server.agent().fix() == []
    server.start()
    assert server.ask(HOST, "A") == ["127.0.0.1"] and server.serial(HOST) == before + 1


def test_no_customer_stands_in_for_the_machine(server: NameServer) -> None:
    """Should intent hold such a zone all the same, by an older release or a stolen control plane."""
    server.put(zone(HOST, record(HOST, "A", "203.0.113.66")), zone(UMLAUT))
    assert server.intent.states()[HOST] == ["failed"] and server.intent.states()[UMLAUT] == ["live"]
    assert server.ask(HOST, "A") == ["127.0.0.1"]
    server.drop(HOST)
    assert server.intent.states()[HOST][-1] == "live" and server.ask(HOST, "A") == ["127.0.0.1"]


def test_a_machine_called_like_a_customers_domain_waits_for_it_to_go(server: NameServer) -> None:
    server.put(zone(UMLAUT, record(UMLAUT, "A", "192.0.2.1")))
    server.prefix = replace(server.prefix, host=UMLAUT)
    assert ["the domain of a customer" in words for words in server.agent().fix()] == [True]
    assert [line for line in preview(server.agents[-1]) if "the domain of a customer" in line]
    assert server.ask(UMLAUT, "A") == ["192.0.2.1"]
    server.drop(UMLAUT)
    assert server.agent().fix() == [] and server.ask(UMLAUT, "A") == ["127.0.0.1"]


def test_beside_a_zone_above_it_the_machine_answers_for_itself(server: NameServer) -> None:
    """The operator's own domain hands the name over, with addresses that another machine would be asked for."""
    glue = [record(f"ns{number}.{HOST}", "A", "203.0.113.66") for number in (1, 2)]
    server.put(zone("gasthof.test", record(HOST, "NS", *SERVERS), *glue, record("gasthof.test", "A", "192.0.2.1")))
    assert server.ask("gasthof.test", "A") == ["192.0.2.1"]
    for name in (HOST, f"ns1.{HOST}", f"ns2.{HOST}"):
        found = server.message(name, "A")
        assert server.ask(name, "A") == ["127.0.0.1"] and found.flags & dns.flags.AA
    assert "203.0.113.66" not in server.message(HOST, "NS").to_text()


@pytest.mark.parametrize("host", ["localhost", "", "192.0.2.1", "-.test", "a b.test"])
def test_what_is_no_name_has_no_zone_and_harms_no_other(server: NameServer, host: str) -> None:
    server.prefix = replace(server.prefix, host=host)
    failed = server.agent().fix()
    assert [words.partition(":")[0] for words in failed] == ["dns.server"]
    assert server.ask(HOST, "A") == ["127.0.0.1"]


def test_killed_at_every_boundary_it_ends_in_the_same_state() -> None:
    with NameServer.started() as server:
        places: list[Prefix] = [server.prefix, replace(server.prefix, host=OTHER, ipv6="")]

        def work(agent: object) -> None:
            agent.fix()  # type: ignore[attr-defined]

        server.prefix = places[1]
        boundaries = killing.run(server, work, taught=TAUGHT)  # type: ignore[arg-type]
        assert boundaries and boundaries > 5
        for at in killing.some(boundaries):
            server.prefix = places[0]
            assert server.agent().fix() == []
            before = server.serial(HOST)
            server.prefix = places[1]
            killing.run(server, work, at, TAUGHT)  # type: ignore[arg-type]
            server.ask(OTHER, "A"), server.ask(HOST, "A")
            assert server.agent().fix() == []
            assert (server.ask(OTHER, "A"), server.ask(OTHER, "AAAA")) == (["127.0.0.1"], []), at
            assert server.rcode(HOST, "SOA") == "REFUSED"
            serials = lookup.rows(born_here(server.prefix), [f"dns.serial {HOST}"])
            assert serials[f"dns.serial {HOST}"]["serials"] == ((before,),)
