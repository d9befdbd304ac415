"""What the demo's customer centre shows: services with their days, prices, and a proforma that waits to be paid."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.domains.queries import Domain
from gasthof.slices.lifecycle.queries import Service
from gasthof.slices.renewals.queries import Price

Do = Callable[..., dict[str, Any]]
PRICES = (("hosting", "", "60,00"), ("mail", "", "24,00"), ("domain", "", "18,00"), ("domain", "de", "12,00"))
FAR, NEAR = timedelta(days=300), timedelta(days=20)  # until the baker's and the gardener's hosting expires


def furnish(do: Do, baker: Domain, gardener: Domain) -> None:
    """Done twice, it changes nothing."""
    for type_, tld, net in PRICES:
        if not Price.objects.filter(type=type_, tld=tld).exists():
            do("renewals.set_price", type=type_, tld=tld, months=12, net=net)
    today = SYSTEM_CLOCKS.business.now().date()
    for domain, days in ((baker, FAR), (gardener, NEAR)):
        subscription = domain.subscription
        if not Service.objects.filter(subscription=subscription, type="hosting", ended=None).exists():
            do(
                "lifecycle.begin", customer=subscription.customer_id, type="hosting", name=domain.name,
                first_unpaid=(today + days).isoformat(), subscription=subscription.system_name,
            )  # fmt: skip
