"""Where deliveries may go to from here, and by whose certificates they know it: what the operator's config.toml says, and the machines there are."""

import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import dns.exception
import dns.resolver

from gasthof.kernel.refusal import Refused
from gasthof.prefix import Prefix
from gasthof.slices.nodes.queries import addresses
from gasthof.slices.webhooks.addresses import Address, is_public

LOOK_UP = 5.0  # seconds
MOST_TRIED = 4  # addresses of one name
Resolve = Callable[[str], Iterable[str]]  # a name -> its addresses; raises OSError when there are none


def resolve(name: str) -> list[str]:
    """By the machine's resolvers, in bounded time; nothing of /etc/hosts, no search list."""
    try:
        found = dns.resolver.Resolver().resolve_name(f"{name}.", lifetime=LOOK_UP, search=False)
    except (dns.exception.DNSException, OSError) as error:
        raise OSError(str(error)) from error
    return list(found.addresses())


@dataclass(frozen=True)
class Door:
    """`allowed`: networks of config.toml that may be reached although they are not public. `own`: this house's machines."""

    allowed: tuple[IPv4Network | IPv6Network, ...] = ()
    own: frozenset[Address] = frozenset()
    authority: str = ""  # file with the local CA, which is believed within `allowed` only
    resolve: Resolve = resolve

    @classmethod
    def of(cls, prefix: Prefix) -> "Door":
        """ValueError: config.toml names what is no network."""
        allowed = tuple(ip_network(text) for text in prefix.webhook_networks)
        authority = str(prefix.ca_certificate) if allowed and prefix.ca_certificate.exists() else ""
        return cls(allowed, frozenset(map(ip_address, addresses())), authority)

    def is_allowed(self, address: Address) -> bool:
        return any(address in network for network in self.allowed)

    def admits(self, address: Address) -> bool:
        return self.is_allowed(address) or (is_public(address) and address not in self.own)

    def addresses(self, host: str) -> list[Address]:
        """What a name leads to at this moment, or the address itself. Raises Refused: nothing, or one that may not be reached."""
        found = self._found(host)
        if not all(self.admits(each) for each in found):
            raise Refused("The address leads to a machine that is not on the public internet.")
        return found[:MOST_TRIED]

    def _found(self, host: str) -> list[Address]:
        try:
            return [ip_address(host)]
        except ValueError:
            pass
        try:
            found = [ip_address(text) for text in self.resolve(host)]
        except (OSError, ValueError) as error:
            raise Refused("The name cannot be found.") from error
        if not found:
            raise Refused("The name cannot be found.")
        return found

    def trust(self, address: Address) -> ssl.SSLContext:
        """Certificates of the machine's list of authorities; the local one's too, where only this house can be reached."""
        return _context(self.authority if self.is_allowed(address) else "")


@cache
def _context(authority: str) -> ssl.SSLContext:
    """It reads the whole list: once."""
    context = ssl.create_default_context()
    if authority:
        context.load_verify_locations(authority)
    return context
