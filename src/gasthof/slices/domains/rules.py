"""Pure decisions about names."""

from functools import cache

from publicsuffixlist import PublicSuffixList

from gasthof.kernel.values import DomainName


def is_public_suffix(name: DomainName) -> bool:
    """Whether a registry gives out names below this one, as below "co.uk" (publicsuffix.org, the registries' section)."""
    return _suffixes().publicsuffix(name.ascii) == name.ascii


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)
