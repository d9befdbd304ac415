"""What slices want in a zone, and what a node is told about zones (spec row P10). Pure data; the wire form is its JSON."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RecordSpec:
    """A record set (RFC 2181 section 5): all records of one name and type."""

    name: str  # absolute, A-labels, lower case, without a final dot
    type: str  # "MX"
    ttl: int  # seconds
    contents: tuple[
        str, ...
    ]  # each in the form of zone files (RFC 1035 section 5.1), names in it absolute: "10 mail.example.de."


@dataclass(frozen=True)
class ZoneSpec:
    """Kind "dns.zone", key: the domain's A-label. SOA but for its serial, and all record sets, NS of the zone among them."""

    name: str
    subscription: str  # system name, "s000012"
    serial: int  # at least this; the node never goes back behind what it has served
    primary: str  # name server in the SOA (MNAME), A-label without a final dot
    contact: str  # mailbox in the SOA (RNAME), "hostmaster.server.example"
    records: tuple[RecordSpec, ...]
    dnssec: bool = False  # signed with a key that is born on the node
    forget_key: bool = False  # not signed, and its key is not kept for another time
