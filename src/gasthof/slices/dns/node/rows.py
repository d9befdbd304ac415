# ruff: noqa: S608 - constants only
"""What PowerDNS looks up: the tables, its queries, and the rows of a zone in them. Pure.

One database, node/dns/zones.db (group pdns, WAL), written by the agent only; PowerDNS reads. A row's `owner` ("dns.zone NAME") is
also what ties records to their zone: a record without a zone of the same owner is served to nobody.

Beside it lies node/dns/keys.db (root's alone), which is never emptied: keys, and the last serials of zones that are gone. The keys
in zones.db are copies.
"""

from base64 import b32hexencode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha1
from pathlib import Path

from gasthof.agent.sdk.steps import LookupDatabase, Row, Rows
from gasthof.prefix import Prefix
from gasthof.slices.dns.spec import RecordSpec, ZoneSpec

GROUP = "pdns"
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS domains (owner TEXT NOT NULL, name TEXT NOT NULL)",
    "CREATE UNIQUE INDEX IF NOT EXISTS domains_name ON domains (name)",
    "CREATE INDEX IF NOT EXISTS domains_owner ON domains (owner)",
    "CREATE TABLE IF NOT EXISTS records (owner TEXT NOT NULL, name TEXT NOT NULL, type TEXT, content TEXT, ttl INTEGER,"
    " prio INTEGER, ordername TEXT, auth INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS records_name ON records (name, type)",
    "CREATE INDEX IF NOT EXISTS records_order ON records (owner, ordername)",
    "CREATE TABLE IF NOT EXISTS metadata (owner TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS metadata_owner ON metadata (owner, kind)",
    "CREATE TABLE IF NOT EXISTS keys (owner TEXT NOT NULL, number INTEGER NOT NULL, flags INTEGER NOT NULL,"
    " active INTEGER NOT NULL, content TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS keys_owner ON keys (owner)",
)
BORN_HERE = (
    "CREATE TABLE IF NOT EXISTS keys (owner TEXT NOT NULL, content TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS serials (owner TEXT NOT NULL, serial INTEGER NOT NULL)",
)  # never changed, only added to
ZONE, KEY = "dns.zone", "dns.key"  # owners: the key outlives its zone unless somebody ordered otherwise
SERVER = "dns.server"  # owner: the zone of the machine's own name
SERIAL = "dns.serial"  # owner, in keys.db: of a zone that is gone, for the day it comes back, and of the machine's own

_ANSWER = (
    "SELECT content, ttl, prio, type, (SELECT rowid FROM domains WHERE domains.owner = records.owner), 0, name, auth"
)
_OF = "owner = (SELECT owner FROM domains WHERE rowid = :domain_id)"
_ZONE = "(SELECT owner FROM domains WHERE name = :domain)"
_ORDER = f"FROM records WHERE {_OF} AND ordername"
QUERIES: Mapping[str, str] = {  # gsqlite3-NAME-query: those that a daemon without API, transfers and updates asks
    "basic": f"{_ANSWER} FROM records WHERE type = :qtype AND name = :qname AND owner IN (SELECT owner FROM domains)",
    "id": f"{_ANSWER} FROM records WHERE type = :qtype AND name = :qname AND {_OF}",
    "any": f"{_ANSWER} FROM records WHERE name = :qname AND owner IN (SELECT owner FROM domains)",
    "any-id": f"{_ANSWER} FROM records WHERE name = :qname AND {_OF}",
    "list": f"{_ANSWER}, ordername FROM records WHERE :include_disabled IN (0, 1) AND {_OF} ORDER BY name, type",
    "info-zone": "SELECT rowid, name, '', 0, 0, 'NATIVE', '', '', '' FROM domains WHERE name = :domain",
    "get-all-domains": "SELECT rowid, name, '', 'NATIVE', '', 0, 0, '' FROM domains WHERE :include_disabled IN (0, 1)",
    "get-order-first": f"SELECT ordername {_ORDER} IS NOT NULL ORDER BY 1 LIMIT 1",
    "get-order-before": f"SELECT ordername, name {_ORDER} <= :ordername ORDER BY 1 DESC LIMIT 1",
    "get-order-after": f"SELECT min(ordername) {_ORDER} > :ordername",
    "get-order-last": f"SELECT ordername, name {_ORDER} != '' ORDER BY 1 DESC LIMIT 1",
    "get-all-domain-metadata": f"SELECT kind, content FROM metadata WHERE owner = {_ZONE}",
    "get-domain-metadata": f"SELECT content FROM metadata WHERE owner = {_ZONE} AND kind = :kind",
    "list-domain-keys": f"SELECT number, flags, active, active, content FROM keys WHERE owner = '{KEY} ' || :domain",
    "get-tsig-key": "SELECT '', '' WHERE :key_name IS NULL",
    "get-tsig-keys": "SELECT '', '', '' WHERE 0",
}  # fmt: skip
REFRESH, RETRY, EXPIRE, NEGATIVE, SOA_TTL = (
    10_800,
    3_600,
    1_209_600,
    300,
    3_600,
)  # RIPE-203, but for shorter negative answers
NSEC3 = "1 0 0 -"  # SHA-1, no opt-out, no further rounds, no salt: RFC 9276 section 3.1
WITH_PRIORITY = ("MX", "SRV")  # PowerDNS keeps their first number in a column of its own


def database(prefix: Prefix) -> LookupDatabase:
    return _databases(prefix.state)[0]


def born_here(prefix: Prefix) -> LookupDatabase:
    """Of what no spec holds."""
    return _databases(prefix.state)[1]


@lru_cache(maxsize=8)
def _databases(state: Path) -> tuple[LookupDatabase, LookupDatabase]:
    """Each zone's facts and plan name them several times."""
    masked = ("keys.content",)
    zones = LookupDatabase(state / "dns" / "zones.db", SCHEMA, GROUP, "wal", secrets=masked)
    kept = LookupDatabase(state / "dns" / "keys.db", BORN_HERE, "root", "delete", 0o600, secrets=masked, kept=True)
    return zones, kept


def zone_rows(spec: ZoneSpec, serial: int) -> Rows:
    """Rows of the owner "dns.zone NAME", rectified: which names are the zone's own, and the order of their hashes."""
    soa = f"{spec.primary}. {spec.contact}. {serial} {REFRESH} {RETRY} {EXPIRE} {NEGATIVE}"
    records = (RecordSpec(spec.name, "SOA", SOA_TTL, (soa,)), *spec.records)
    cuts = {each.name for each in records if each.type == "NS"} - {spec.name}
    order = _ordered(spec, {each.name for each in records}, cuts)
    found = [row for each in records for row in _record_rows(each, cuts, order)]
    found += [(name, None, None, None, None, order[name], 1) for name in order.keys() - {each.name for each in records}]
    metadata = (("NSEC3PARAM", NSEC3),) if spec.dnssec else ()
    return {"domains": ((spec.name,),), "records": tuple(found), "metadata": metadata}


def serial_of(found: Rows) -> int | None:
    """The serial that rows of a zone carry; None without a SOA that can be read."""
    for _, kind, content, *_ in found.get("records", ()):
        words = str(content).split()
        if kind == "SOA" and len(words) == 7 and words[2].isdigit():
            return int(words[2])
    return None


def _ordered(spec: ZoneSpec, names: Iterable[str], cuts: set[str]) -> dict[str, str | None]:
    """Every name of the zone's own, those in between that hold nothing included -> its place among the hashes if it is signed."""
    found: dict[str, str | None] = {}
    for name in names:
        if _beyond(name, cuts):
            continue
        while name not in found:
            found[name] = _hashed(name) if spec.dnssec else None
            if name != spec.name:
                name = name.partition(".")[2]  # noqa: PLW2901
    return found


def _beyond(name: str, cuts: set[str]) -> bool:
    """Below a delegation."""
    return any(name.endswith(f".{cut}") for cut in cuts)


def _hashed(name: str) -> str:
    """RFC 5155 section 5, without further rounds and salt."""
    wire = b"".join(bytes([len(label)]) + label for label in name.encode().split(b".")) + b"\0"
    return b32hexencode(sha1(wire).digest()).decode().lower()  # noqa: S324 - the one hash that NSEC3 has


def _record_rows(record: RecordSpec, cuts: set[str], order: Mapping[str, str | None]) -> Iterable[Row]:
    foreign = record.name in cuts or record.name not in order
    auth = int(not foreign or (record.type == "DS" and record.name in order))
    place = None if foreign and record.type in ("A", "AAAA") else order.get(record.name)
    for each in record.contents:
        priority, content = each.split(" ", 1) if record.type in WITH_PRIORITY else (None, each)
        number = int(priority) if priority is not None else None
        yield record.name, record.type, content, record.ttl, number, place, auth
