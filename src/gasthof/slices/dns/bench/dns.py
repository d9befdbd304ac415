"""Benchmark "dns": PowerDNS with 20,000 zones as the agent sets it up, against PowerDNS as it comes with one zone.

- qps_ratio: answers a second to questions spread evenly over all zones, in turns with the plain one that is asked the same of its
  one zone; median of the turns' ratios. Each has been asked everything once before. The asker shares the cores; the CPU time of an
  answer is given beside it.
"""

from contextlib import ExitStack
from dataclasses import replace
from statistics import median
from typing import Any

from gasthof.bench.figures import case, machine, target
from gasthof.slices.dns.bench.ground import folder, gasthof, plain, questions, rate, tell, zone

ZONES, TURNS, SECONDS, ASKED = 20_000, 7, 4, 400_000
CHANGES = 20  # of one zone each
SMALL = (200, 2, 1, 4_000)


def run(small: bool) -> dict[str, Any]:
    """{"bench", "machine", "cases", "targets"}; at full size some two minutes."""
    zones, turns, seconds, asked = SMALL if small else (ZONES, TURNS, SECONDS, ASKED)
    with ExitStack() as stack:
        ours, theirs = stack.enter_context(folder()), stack.enter_context(folder())
        mine, executor = stack.enter_context(gasthof(ours))
        other = stack.enter_context(plain(theirs))
        took = tell(executor, [zone(number) for number in range(zones)])
        files = {mine: ours / "asked", other: theirs / "asked"}
        files[mine].write_text(questions(zones, asked))
        files[other].write_text(questions(1, asked))
        first = {server: rate(server, path, 0) for server, path in files.items()}
        pairs = [(rate(mine, files[mine], seconds), rate(other, files[other], seconds)) for _ in range(turns)]
        memory = mine.resident()
        changed = [tell(executor, [replace(zone(number), serial=2026010101)]) * 1000 for number in range(CHANGES)]
    ratios = [one[0] / another[0] for one, another in pairs]
    cases = [
        case(f"zones told of in bulk, {zones}", [zones / took], "1/s"),
        case("answers at first, all zones", [first[mine][0]], "1/s"),
        case("answers, all zones", [one[0] for one, _ in pairs], "1/s"),
        case("answers, plain with one zone", [one[0] for _, one in pairs], "1/s"),
        case("CPU an answer, all zones", [one[1] for one, _ in pairs], "µs"),
        case("CPU an answer, plain with one zone", [one[1] for _, one in pairs], "µs"),
        case("one zone changed while all answers are kept, until it is served", changed, "ms"),
        case("memory, all zones asked for", [memory], "MB"),
    ]
    targets = [target("qps_ratio", median(ratios), 0.8, least=True)]
    return {"bench": "dns", "machine": machine(), "cases": cases, "targets": targets}
