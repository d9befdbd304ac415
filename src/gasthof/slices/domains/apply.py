"""The part of a file (docs/apply.md) that names domains."""

from collections.abc import Iterator

from gasthof.kernel.sheet import Sheet, Step
from gasthof.kernel.values import DomainName
from gasthof.slices.domains.models import Domain
from gasthof.slices.domains.queries import described
from gasthof.slices.subscriptions.queries import Subscription


def apply(sheet: Sheet, subscription: Subscription, prune: bool) -> Iterator[Step]:
    """Hook."""
    there = set(Domain.objects.filter(subscription=subscription).values_list("name", flat=True))
    wanted = {name.ascii: inner.line for name, inner in described(sheet)}
    for name, line in wanted.items():
        if name not in there:
            place = {"subscription": subscription.system_name, "name": DomainName(name).unicode}
            yield Step("domains.add", place, line)
    if prune:
        for name in sorted(there - wanted.keys()):
            yield Step("domains.delete", {"domain": DomainName(name).unicode}, sheet.line, removes=True)
