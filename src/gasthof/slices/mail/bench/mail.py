"""Benchmark "mail": the mail path of this house against the same daemons with static look-up tables.

- delivery_ratio: messages a second from the first submission (TLS, SASL, several clients) until the last lies in its maildir, in
  turns with a second machine of the same configuration whose Postfix tables are indexed files and whose users are a passwd-file;
  median of the turns' ratios.
- lookup_ratio_100000_to_100: how long `postmap -q` for all tables that a recipient meets takes with 100,000 mailboxes
  against 100: median of the turns' ratios.
"""

from contextlib import ExitStack
from statistics import median
from typing import Any

from gasthof.bench.figures import case, machine, target
from gasthof.slices.mail.bench.ground import Ground, Turn, customers, gasthof, look_up, static, submit

MAILS, CLIENTS, BOXES, TURNS, MANY, FEW, QUESTIONS = 600, 8, 40, 15, 100_000, 100, 4_000
SMALL = (60, 4, 10, 1, 2_000, 100, 40)


def run(small: bool) -> dict[str, Any]:
    """{"bench", "machine", "cases", "targets"}; at full size some three minutes."""
    mails, clients, boxes, turns, many, few, questions = (
        SMALL if small else (MAILS, CLIENTS, BOXES, TURNS, MANY, FEW, QUESTIONS)
    )
    with ExitStack() as stack:
        ours, theirs = stack.enter_context(gasthof()), stack.enter_context(static())
        for ground in (ours, theirs):
            ground.fill(boxes)
            submit(ground, mails // 4, clients, boxes)
        taken = [_turn(ours, theirs, number, (mails, clients, boxes)) for number in range(turns)]
        latencies = _latencies(ours, few, many, questions, turns)
    delivered = [mine.rate / other.rate for mine, other in taken]
    looked = [at_many / at_few for at_few, at_many in latencies]
    cases = [
        case("submission to maildir", [mine.rate for mine, _ in taken], "1/s"),
        case("submission to maildir, static tables", [other.rate for _, other in taken], "1/s"),
        case("CPU for a mail", [mine.cost for mine, _ in taken], "ms"),
        case("CPU for a mail, static tables", [other.cost for _, other in taken], "ms"),
        case("delivery ratio", delivered, "1"),
        case(f"look-ups for a recipient, {few} mailboxes", [each for each, _ in latencies], "µs"),
        case(f"look-ups for a recipient, {many} mailboxes", [each for _, each in latencies], "µs"),
    ]
    targets = [
        target("delivery_ratio", median(delivered), 0.9, least=True),
        target(f"lookup_ratio_{many}_to_{few}", median(looked), 1.2),
    ]
    return {"bench": "mail", "machine": machine(), "cases": cases, "targets": targets}


def _turn(ours: Ground, theirs: Ground, number: int, load: tuple[int, int, int]) -> tuple[Turn, Turn]:
    """Ours and theirs; each is the first one in every other turn."""
    if number % 2:
        other = submit(theirs, *load)
        return submit(ours, *load), other
    return submit(ours, *load), submit(theirs, *load)


def _latencies(ground: Ground, few: int, many: int, questions: int, turns: int) -> list[tuple[float, float]]:
    customers(ground, few)
    at_few = [look_up(ground, few, questions) for _ in range(turns)]
    customers(ground, many)
    at_many = [look_up(ground, many, questions) for _ in range(turns)]
    return list(zip(at_few, at_many, strict=True))
