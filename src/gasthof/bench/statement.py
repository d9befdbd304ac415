"""Benchmark "statement": a bank statement of 10,000 bookings against 100,000 open proformas.

- match_s@10000: from the file to the commit: reading, the database, matching, payments, postings, receipts and events; median of three.
- ratio_to_row_loop: a booking in a loop over bookings, each in a transaction of its own, against a booking of the statement. The loop
  looks its proforma up by number, so that it is spared what the statement does once: reading all that is open.
"""

import base64
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from gasthof.bench.figures import case, machine, target
from gasthof.bench.platform import fresh, stop_agent
from gasthof.kernel.permissions import SYSTEM
from gasthof.prefix import Prefix

RUNS = 3
OPEN, BOOKINGS, LOOPED = 100_000, 10_000, 500
SMALL_OPEN, SMALL_BOOKINGS, SMALL_LOOPED = 2_000, 200, 50
LIMIT = 10.0
LEAST_RATIO = 10


def run(small: bool) -> dict[str, Any]:
    """{"bench", "machine", "cases", "targets"}; at full size a minute or two. RuntimeError: something else was settled than was paid."""
    sizes = (SMALL_OPEN, SMALL_BOOKINGS, SMALL_LOOPED) if small else (OPEN, BOOKINGS, LOOPED)
    with fresh() as prefix:
        stop_agent(prefix)
        return _measured(prefix, *sizes)


def _measured(prefix: Prefix, open_: int, bookings: int, looped: int) -> dict[str, Any]:
    """More proformas are written than are open at the last run: each run pays its own."""
    from gasthof.bench import proformas as ground

    start = time.perf_counter()
    numbers = ground.fill(prefix, open_ + (RUNS - 1) * bookings + looped)
    filling = time.perf_counter() - start
    parts = [numbers[nth * bookings : (nth + 1) * bookings] for nth in range(RUNS)]
    runs = [_uploaded(ground.statement(part, f"{nth}"), part) for nth, part in enumerate(parts)]
    loop = ground.loop(numbers[RUNS * bookings :][:looped])
    each = median(runs) / bookings
    cases = [
        case("writing the proformas", [filling], "s"),
        case(f"statement of {bookings} bookings", runs, "s"),
        case("a booking of the statement", [seconds / bookings * 1_000 for seconds in runs], "ms"),
        case("a booking in a loop", [seconds * 1_000 for seconds in loop], "ms"),
    ]
    targets = [
        target(f"match_s@{bookings}", median(runs), LIMIT),
        target("ratio_to_row_loop", median(loop) / each, LEAST_RATIO, least=True),
    ]
    return {"bench": "statement", "machine": machine(), "cases": cases, "targets": targets}


def _uploaded(text: str, paid: Sequence[int]) -> float:
    """Seconds of the verb, as people use it."""
    from gasthof.kernel.actions import perform
    from gasthof.slices.billing.models import Proforma

    file = base64.b64encode(text.encode()).decode()
    start = time.perf_counter()
    told = perform(SYSTEM, "billing.upload_statement", {"file": file}).result
    seconds = time.perf_counter() - start
    settled = Proforma.objects.filter(pk__in=paid, state=Proforma.PAID).count()
    if told["new"] != len(paid) or settled != told["outcomes"]["exact"] + told["outcomes"]["overpaid"]:
        raise RuntimeError(f"{settled} proformas were settled: {told}")
    return seconds
