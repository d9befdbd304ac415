"""Benchmark "nginx": the web data path against a plain nginx with one site, both with one worker on the same machine.

- static_ratio: requests a second of a 1 kB file, in turns with the plain one, median of the turns' ratios. The worker is the
  bottleneck; its CPU time for each request is given beside it and does not depend on who else uses the machine.
- handshake_ratio: the worker's CPU time for a full handshake with names drawn by Zipf's law, against the static certificate's. CPU
  time, because client and server share the cores and a client's handshake costs more than the server's.
- worker_rss_mb: the worker's VmRSS after a handshake with and a request to every site and all the load above.
"""

from contextlib import ExitStack
from statistics import median
from typing import Any

from gasthof.bench.figures import case, machine, target
from gasthof.slices.web.bench.ground import Ground, Server, laid_out
from gasthof.slices.web.bench.load import handshakes, requests_per_second, visit, zipf

SITES, TURNS, SECONDS, BATCH, BATCHES = 20_000, 7, 3, 1_000, 12
SMALL = (300, 2, 1, 150, 2)


def run(small: bool) -> dict[str, Any]:
    """{"bench", "machine", "cases", "targets"}; at full size some four minutes."""
    sites, turns, seconds, batch, batches = SMALL if small else (SITES, TURNS, SECONDS, BATCH, BATCHES)
    cases: list[dict[str, Any]] = []
    with laid_out(sites) as ground, ExitStack() as stack:
        ours = stack.enter_context(ground.gasthof())
        plain = stack.enter_context(ground.plain(links=True))
        bare = stack.enter_context(ground.plain(links=False))
        static = _static(ground, ours, plain, bare, turns, seconds, cases)
        fresh = ours.resident()
        _visit_all(ground, ours)
        handshake = _handshakes(ground, ours, plain, batch, batches, cases)
        memory = ours.resident()
    cases.append(case("worker memory before all sites were visited", [fresh], "MB"))
    cases.append(case("worker memory after all sites were visited", [memory], "MB"))
    targets = [
        target(f"worker_rss_mb@{sites}", memory, 100),
        target("static_ratio", static, 0.75, least=True),
        target(f"handshake_ratio@{sites}", handshake, 0.7, least=True),
    ]
    return {"bench": "nginx", "machine": machine(), "cases": cases, "targets": targets}


def _static(
    ground: Ground, ours: Server, plain: Server, bare: Server, turns: int, seconds: int, cases: list[dict[str, Any]]
) -> float:
    servers = {"gasthof": ours, "plain": plain, "plain without disable_symlinks": bare}
    rates: dict[str, list[float]] = {name: [] for name in servers}
    costs: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(turns):
        for name, server in servers.items():
            rate, cost = requests_per_second(server, ground.names[0], seconds)
            rates[name].append(rate)
            costs[name].append(cost)
    for name in servers:
        cases.append(case(f"static requests, {name}", rates[name], "1/s"))
        cases.append(case(f"worker CPU a static request, {name}", costs[name], "µs"))
    ratios = [mine / theirs for mine, theirs in zip(rates["gasthof"], rates["plain"], strict=True)]
    without = [
        mine / theirs for mine, theirs in zip(rates["gasthof"], rates["plain without disable_symlinks"], strict=True)
    ]
    cases.append(case("static ratio to plain with the same disable_symlinks", ratios, "1"))
    cases.append(case("static ratio to plain without disable_symlinks", without, "1"))
    return median(ratios)


def _handshakes(
    ground: Ground, ours: Server, plain: Server, batch: int, batches: int, cases: list[dict[str, Any]]
) -> float:
    """The first half of the draw only brings the caches, full of all sites in turn, to what Zipf's law keeps there."""
    drawn = zipf(ground.names, 2 * batches * batch, seed=1)
    half = len(drawn) // 2
    handshakes(ours, drawn[:half])
    handshakes(plain, drawn[:batch])
    mine, theirs = [], []
    for start in range(half, len(drawn), batch):
        mine.append(handshakes(ours, drawn[start : start + batch]))
        theirs.append(handshakes(plain, drawn[start : start + batch]))
    cases.append(case("worker CPU a full handshake, names by Zipf", mine, "ms"))
    cases.append(case("worker CPU a full handshake, one static certificate", theirs, "ms"))
    return median(theirs) / median(mine)


def _visit_all(ground: Ground, ours: Server) -> None:
    """A handshake with and a request to every site: a worker that has been up for long."""
    handshakes(ours, ground.names)
    visit(ours, ground.names)
