"""opening: from the upload of a bank statement until a site that was suspended for non-payment answers again.

Each payment comes in a statement of its own, while all other sites of the run are suspended or open; then one statement pays for all that are left.
The baseline of the same run is `subscriptions.resume`, which only opens: what lies between is matching, ledger, renewal and outbox.
"""

import base64
import contextlib
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from gasthof.bench.figures import case, machine, p95, target
from gasthof.bench.platform import add_domains, fresh, new_subscription, settled
from gasthof.bench.visitor import Visitor
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.values import DomainName
from gasthof.prefix import Prefix

SITES, SMALL = (60, 40), (6, 4)  # that are paid for: by themselves, all at once
LIMIT_S = 2.0
OPEN, CLOSED = 200, 503
STATEMENT = """:20:STARTUMS
:25:DE89370400440532013000
:28C:{number}
:60F:C261126EUR0,00
{lines}:62F:C261126EUR{total}
-
"""
LINE = """:61:2611261126C{amount}NTRFNONREF
:86:166?00GUTSCHRIFT?20SVWZ+VS:{proforma}?30BYLADEM1001?31DE02120300000000202051?32Kundin {proforma}
"""


def run(small: bool) -> dict[str, Any]:
    """{"bench", "machine", "cases", "targets"}."""
    alone, together = SMALL if small else SITES
    with fresh() as prefix:
        proformas = _suspended(prefix, alone + together)
        hosts, visitor = list(proformas), Visitor(prefix)
        opening = [_paid(visitor, number, {host: proformas[host]}) for number, host in enumerate(hosts[:alone], 1)]
        at_once = _paid(visitor, alone + 1, {host: proformas[host] for host in hosts[alone:]})
        resuming = [_resumed(visitor, host) for host in hosts[:alone]]
    cases = [
        case("payment known until the site answers", opening, "s"),
        case(f"one statement for {together}, until the last one answers", [at_once], "s"),
        case("resumed by hand until the site answers", resuming, "s"),
        case("ratio to resuming by hand", [paid / hand for paid, hand in zip(opening, resuming, strict=True)], "1"),
    ]
    targets = [target("p95_s", p95(opening), LIMIT_S)]
    return {"bench": "opening", "machine": machine(), "cases": cases, "targets": targets}


def _suspended(prefix: Prefix, sites: int) -> dict[str, tuple[int, int]]:
    """Host -> number and amount of the proforma that opens it again."""
    from gasthof.kernel.actions import SYSTEM_CLOCKS, perform
    from gasthof.kernel.refusal import ActionRefused
    from gasthof.slices.billing.models import Proforma

    perform(SYSTEM, "renewals.set_price", {"type": "hosting", "months": 12, "net": "100,00"})
    yesterday, found = SYSTEM_CLOCKS.business.now().date() - timedelta(days=1), {}
    for number in range(sites):
        name = f"bezahlt-{number}-köln.test"
        subscription = new_subscription(f"Kundin {number}")
        add_domains(subscription, [name])
        customer = _customer(subscription)
        begun = perform(SYSTEM, "lifecycle.begin", {
            "customer": customer, "type": "hosting", "name": name, "first_unpaid": yesterday.isoformat(), "subscription": subscription,
        })  # fmt: skip
        with contextlib.suppress(ActionRefused):  # the worker may have asked already
            perform(SYSTEM, "renewals.ask", {"service": begun.result["service"]})
        made = Proforma.objects.get(asked__service=begun.result["service"])
        found[DomainName.parse(name).ascii] = (made.number, made.total)
    settled(300)
    visitor = Visitor(prefix)
    for host in found:
        visitor.wait(host, lambda answer: answer.status == CLOSED, 180)
    return found


def _customer(subscription: str) -> int:
    from gasthof.slices.subscriptions.models import Subscription

    return int(Subscription.objects.get(number=int(subscription[1:])).customer_id)


def _paid(visitor: Visitor, number: int, proformas: dict[str, tuple[int, int]]) -> float:
    """Seconds from the beginning of the upload until all of these sites answer."""
    from gasthof.kernel.actions import perform

    text, begun = _statement(number, list(proformas.values())), time.perf_counter()
    perform(SYSTEM, "billing.upload_statement", {"file": base64.b64encode(text.encode()).decode()})
    for host in proformas:
        visitor.wait(host, lambda answer: answer.status == OPEN, 60)
    return time.perf_counter() - begun


def _statement(number: int, paid: Sequence[tuple[int, int]]) -> str:
    lines = "".join(LINE.format(amount=_comma(units), proforma=proforma) for proforma, units in paid)
    return STATEMENT.format(number=number, lines=lines, total=_comma(sum(units for _, units in paid)))


def _comma(units: int) -> str:
    return f"{units // 100},{units % 100:02d}"


def _resumed(visitor: Visitor, host: str) -> float:
    from gasthof.kernel.actions import perform
    from gasthof.slices.domains.models import Domain

    subscription = Domain.objects.select_related("subscription").get(name=host).subscription.system_name
    perform(SYSTEM, "subscriptions.suspend", {"subscription": subscription})
    visitor.wait(host, lambda answer: answer.status == CLOSED)
    begun = time.perf_counter()
    perform(SYSTEM, "subscriptions.resume", {"subscription": subscription})
    visitor.wait(host, lambda answer: answer.status == OPEN)
    return time.perf_counter() - begun
