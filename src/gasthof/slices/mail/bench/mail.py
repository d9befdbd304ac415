"""Benchmark "mail": the mail path of this house against the same daemons with static look-up tables.

- delivery_ratio: messages a second from the first submission (TLS, SASL, several clients) until the last lies in its maildir,
  against a second machine of the same configuration whose Postfix tables are indexed files and whose users are a passwd-file. Each lies
  in a part of the disk of its own. A turn is four runs, ours, theirs, theirs, ours, the next one the other way round, so that what
  drifts falls on both; median of the turns' ratios.
  Its quartiles stand beside it: where they lie far apart, something else was busy. So does the ratio of the CPU that the daemons used
  for a mail, which hardly heeds what else is going on.
- lookup_ratio_100000_to_100: how long `postmap -q` for all tables that a recipient meets takes with 100,000 mailboxes
  against 100: median of the turns' ratios.
"""

from contextlib import ExitStack
from statistics import harmonic_mean, mean, median, quantiles
from typing import Any

from gasthof.bench.figures import case, machine, target
from gasthof.slices.mail.bench.ground import Ground, Turn, customers, gasthof, look_up, static, submit

MAILS, CLIENTS, BOXES, TURNS, MANY, FEW, QUESTIONS, ASKINGS = 200, 8, 40, 21, 100_000, 100, 4_000, 15
SMALL = (60, 4, 10, 2, 2_000, 100, 40, 1)
WARM = 5  # runs before the first turn: all processes are there, as after some minutes of service


def run(small: bool) -> dict[str, Any]:
    """{"bench", "machine", "cases", "targets"}; at full size some three minutes."""
    mails, clients, boxes, turns, many, few, questions, askings = (
        SMALL if small else (MAILS, CLIENTS, BOXES, TURNS, MANY, FEW, QUESTIONS, ASKINGS)
    )
    with ExitStack() as stack:
        ours, theirs = stack.enter_context(gasthof()), stack.enter_context(static())
        for ground in (ours, theirs):
            ground.fill(boxes)
            for _ in range(1 if small else WARM):
                submit(ground, mails, clients, boxes)
        taken = [_turn(ours, theirs, number, (mails, clients, boxes)) for number in range(turns)]
        latencies = _latencies(ours, few, many, questions, askings)
    delivered = [mine.rate / other.rate for mine, other in taken]
    looked = [at_many / at_few for at_few, at_many in latencies]
    low, _, high = quantiles(delivered, n=4)
    cases = [
        case("submission to maildir", [mine.rate for mine, _ in taken], "1/s"),
        case("submission to maildir, static tables", [other.rate for _, other in taken], "1/s"),
        case("CPU for a mail", [mine.cost for mine, _ in taken], "ms"),
        case("CPU for a mail, static tables", [other.cost for _, other in taken], "ms"),
        case("CPU ratio, static to ours", [other.cost / mine.cost for mine, other in taken], "1"),
        case("delivery ratio", delivered, "1"),
        case("delivery ratio, lower quartile", [low], "1"),
        case("delivery ratio, upper quartile", [high], "1"),
        case(f"look-ups for a recipient, {few} mailboxes", [each for each, _ in latencies], "µs"),
        case(f"look-ups for a recipient, {many} mailboxes", [each for _, each in latencies], "µs"),
    ]
    targets = [
        target("delivery_ratio", median(delivered), 0.9, least=True),
        target(f"lookup_ratio_{many}_to_{few}", median(looked), 1.2),
    ]
    return {"bench": "mail", "machine": machine(), "cases": cases, "targets": targets}


def _turn(ours: Ground, theirs: Ground, number: int, load: tuple[int, int, int]) -> tuple[Turn, Turn]:
    """Ours and theirs, each of two runs; who is outside and who between changes from turn to turn."""
    outside, between = (theirs, ours) if number % 2 else (ours, theirs)
    first, second, third, fourth = (submit(ground, *load) for ground in (outside, between, between, outside))
    outer, inner = _joined(first, fourth), _joined(second, third)
    return (inner, outer) if number % 2 else (outer, inner)


def _joined(one: Turn, other: Turn) -> Turn:
    """Two runs of as many mails as one."""
    return Turn(harmonic_mean([one.rate, other.rate]), mean([one.cost, other.cost]))


def _latencies(ground: Ground, few: int, many: int, questions: int, turns: int) -> list[tuple[float, float]]:
    customers(ground, few)
    at_few = [look_up(ground, few, questions) for _ in range(turns)]
    customers(ground, many)
    at_many = [look_up(ground, many, questions) for _ in range(turns)]
    return list(zip(at_few, at_many, strict=True))
