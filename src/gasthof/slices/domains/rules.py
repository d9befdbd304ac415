"""Pure decisions about names."""

from collections.abc import Iterable
from functools import cache

from publicsuffixlist import PublicSuffixList

from gasthof.kernel.values import DomainName


def is_public_suffix(name: DomainName) -> bool:
    """Whether a registry gives out names below this one, as below "co.uk" (publicsuffix.org, the registries' section)."""
    return _suffixes().publicsuffix(name.ascii) == name.ascii


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)


def is_servers(name: DomainName, hosts: Iterable[str]) -> bool:
    """Whether the name is one of these machines' own, or lies below it: clients and other name servers take it for the machine."""
    return not {name.ascii, *name.above}.isdisjoint(hosts)


def is_above_server(name: DomainName, hosts: Iterable[str]) -> bool:
    """Whether whoever has this name could say where the name of one of these machines leads to."""
    return any(name.ascii in DomainName(host).above for host in hosts)
