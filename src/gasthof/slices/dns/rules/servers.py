"""The house's own name servers, and the zone of a machine's own name, which they are named below."""

from gasthof.slices.dns.spec import RecordSpec

TTL = 3_600
SPF = '"v=spf1 a -all"'  # the machine, and nobody else, sends what it says about mail (RFC 7208 section 2.3)


def name_servers(host: str) -> tuple[str, ...]:
    """Of a machine; A-labels without a final dot."""
    return f"ns1.{host}", f"ns2.{host}"


def contact(host: str) -> str:
    """The mailbox in a SOA (RFC 1035 section 8), of the machine's operator."""
    return f"hostmaster.{host}"


def addresses(host: str, ipv4: str, ipv6: str, *names: str) -> tuple[RecordSpec, ...]:
    """Of the name servers, and of further names of that machine."""
    given = [(kind, address) for kind, address in (("A", ipv4), ("AAAA", ipv6)) if address]
    return tuple(
        RecordSpec(name, kind, TTL, (address,)) for name in (*names, *name_servers(host)) for kind, address in given
    )


def own_zone(host: str, ipv4: str, ipv6: str) -> tuple[RecordSpec, ...]:
    """What a machine says of itself: its addresses and name servers, and that it takes mail for its operator."""
    servers = tuple(f"{each}." for each in name_servers(host))
    return (
        RecordSpec(host, "NS", TTL, servers),
        RecordSpec(host, "MX", TTL, (f"10 {host}.",)),
        RecordSpec(host, "TXT", TTL, (SPF,)),
        *addresses(host, ipv4, ipv6, host),
    )
