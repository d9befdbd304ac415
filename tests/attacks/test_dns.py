"""DNS record text turned into directives, records or code (Hestia CVE-2025-30007; Froxlor CVE-2026-30932, -41234): every record type,
name and content, through the verbs and the real name server, and read back as its own tool reads it.
"""

import subprocess
from collections.abc import Iterator

import dns.name
import dns.rdata
import msgspec
import pytest

from gasthof.kernel.refusal import ActionRefused, Refused
from gasthof.slices.dns.rules import contents, names
from gasthof.slices.dns.spec import ZoneSpec
from gasthof.slices.dns.tests.name_server import UMLAUT, NameServer
from gasthof.slices.dns.tests.test_contents import GOOD
from tests.habits.furnished import made_once
from tests.house import House, desired, settle

pytestmark = [pytest.mark.django_db, pytest.mark.daemons]
NAME = "grüße-aus-köln.test"

HOSTILE = [
    "$INCLUDE /etc/shadow", "$ORIGIN .", "$GENERATE 1-9 a$ A 192.0.2.$", "$TTL 0", "a IN A 203.0.113.66", "; comment", "( a", "a )",
    '" "', '"', "\\", "\\010$INCLUDE /etc/shadow", '" ; "', "a\nb 60 IN A 203.0.113.66", "a\r\nb", "a\x00b", "\x1b[2J", "a\tb",
    "'; DROP TABLE records; --", "' OR '1'='1", "$(touch /tmp/gasthof-canary-dns)", "`id`", "%s%n", "{{7*7}}", "../../etc/passwd",
    "@ IN SOA a b 1 2 3 4 5", "\\# 4 cb007142", "\\", "LUA A \"io.open('/etc/passwd')\"",
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with NameServer.started() as made:
        yield made


def settled() -> House:
    house = settle()
    house.run("domains.add", house.baker, subscription=house.mine, name=NAME)
    return house


furnished_once, house = made_once(settled)


def tries(kind: str) -> Iterator[tuple[str, str]]:
    """(name, content): a hostile word alone, behind, before and within what is right; and for a name."""
    good = GOOD[kind][0]
    place = {"SRV": "_a._tcp.", "TLSA": "_1._tcp."}.get(kind, "")
    for number, word in enumerate(HOSTILE):
        middle = good.replace(" ", f" {word} ", 1) if " " in good else f"{word}{good}"
        for shape, text in enumerate((word, f"{good} {word}", f"{word} {good}", middle, f'"{word}"')):
            yield f"{place}{kind.lower()}{number}x{shape}", text
        yield word, good


def attempt(house: House, name: str, kind: str, content: str) -> bool:
    try:
        fields = {"domain": NAME, "name": name, "type": kind, "contents": [content]}
        return bool(house.run("dns.set_records", house.baker, **fields))
    except ActionRefused:
        return False


def refused_by_grammar(name: str, kind: str, content: str) -> bool:
    try:
        names.owner(name)
        contents.content(kind, content, UMLAUT)
    except Refused:
        return True
    return False


def told() -> ZoneSpec:
    return msgspec.json.decode(desired("dns.zone")[UMLAUT], type=ZoneSpec)


@pytest.mark.parametrize("kind", sorted(contents.SHAPES))
def test_what_is_taken_is_served_as_one_record_of_that_type(house: House, server: NameServer, kind: str) -> None:
    """Of what the grammar refuses, a tenth is tried all the same: the verb must not be the weaker one."""
    before = {(one.name, one.type) for one in told().records}
    taken = 0
    for number, (name, content) in enumerate(tries(kind)):
        refused = refused_by_grammar(name, kind, content)
        if not refused or number % 10 == 0:
            done = attempt(house, name, kind, content)
            assert not (done and refused)
            taken += done
    good = attempt(house, {"SRV": "_a._tcp.gut", "TLSA": "_1._tcp.gut"}.get(kind, "gut"), kind, GOOD[kind][-1])
    assert good or kind == "DS"
    zone = told()
    server.put(zone)
    assert server.intent.states()[UMLAUT][-1] == "live"
    assert served(server) == {
        (one.name, one.type, wire(one.type, text)) for one in zone.records for text in one.contents
    }
    new = {(one.name, one.type) for one in zone.records} - before
    assert len(new) == taken + good and {each for _, each in new} <= {kind}
    assert all(server.message(*one, tcp=True).rcode() == 0 for one in new if kind != "ALIAS")


def served(server: NameServer) -> set[tuple[str, str, bytes]]:
    for agent in server.agents:
        agent.executor.close()
    tool = ["/usr/bin/pdnsutil", f"--config-dir={server.prefix.state / 'dns'}", "list-zone", UMLAUT]
    done = subprocess.run(tool, env={}, cwd="/", capture_output=True, text=True, check=True)
    lines = [line.split("\t", 4) for line in done.stdout.splitlines() if not line.startswith("$ORIGIN")]
    return {(name.rstrip("."), kind, wire(kind, text)) for name, _, _, kind, text in lines if kind != "SOA"}


def wire(kind: str, text: str) -> bytes:
    shape = "CNAME" if kind == "ALIAS" else kind
    return dns.rdata.from_text("IN", shape, text, origin=dns.name.root, relativize=False).to_digestable()
