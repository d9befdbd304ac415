"""converge: an empty node is told at once about all domains, each with site, zone, mailbox and FTP user; and then about none."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gasthof.bench import figures
from gasthof.bench.platform import DOMAINS_EACH, agent_pid, fill, fresh, settled, start_agent, stop_agent
from gasthof.prefix import Prefix

SITES, SMALL_SITES = 20_000, 50
PASSES = 5
LIMITS = {"converge_s": 600, "agent_rss_mb": 500, "noop_change_pass_s": 0.2, "audit_pass_s": 60}


def run(small: bool) -> dict[str, Any]:
    """Time from the agent's start on an empty node until it has reported every object live; then its passes at rest."""
    sites = SMALL_SITES if small else SITES
    with fresh() as prefix:
        stop_agent(prefix)
        filling = _timed_fill(sites)
        start = time.monotonic()
        start_agent(prefix)
        settled(1_800)
        converged = time.monotonic() - start
        memory = _peak_memory(agent_pid(prefix))
        stop_agent(prefix)
        passes = _passes(prefix)
    memory = max(memory, passes["rss_mb"])
    cases = [
        figures.case("writing the intent", [filling], "s"),
        figures.case("empty node to all live", [converged], "s"),
        figures.case("change pass with nothing to do", passes["noop_s"], "s"),
        figures.case("audit pass", [passes["audit_s"]], "s"),
        figures.case("agent's peak memory", [memory], "MB"),
    ]
    targets = [
        figures.target(f"empty_to_{sites}_s", converged, LIMITS["converge_s"]),
        figures.target("agent_rss_mb", memory, LIMITS["agent_rss_mb"]),
        figures.target("noop_change_pass_s", figures.p95(passes["noop_s"]), LIMITS["noop_change_pass_s"]),
        figures.target("audit_pass_s", passes["audit_s"], LIMITS["audit_pass_s"]),
    ]
    return {"bench": "converge", "machine": figures.machine(), "cases": cases, "targets": targets}


def _timed_fill(sites: int) -> float:
    start = time.monotonic()
    fill(sites // DOMAINS_EACH)
    return time.monotonic() - start


def _peak_memory(pid: int) -> float:
    """Largest resident set so far, in MB (proc(5), VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def _passes(prefix: Prefix) -> dict[str, Any]:
    """In a process of its own, so that memory is the agent's alone. The platform's agent must be stopped."""
    done = subprocess.run(
        [sys.executable, "-m", "gasthof.bench.converge", str(prefix.root)], check=True, capture_output=True, text=True
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _measure_passes(root: Path) -> dict[str, Any]:
    import os

    from gasthof.agent import knowledge
    from gasthof.agent.journal import Journal
    from gasthof.agent.kinds import Machine
    from gasthof.agent.link import Link
    from gasthof.agent.loop import Agent
    from gasthof.agent.sdk import customer
    from gasthof.kernel.clock import SystemClock

    prefix = Prefix.load(root)
    customer.forget_groups()
    journal = Journal(prefix.state / "agent.db")
    agent = Agent(Machine(prefix, SystemClock()), knowledge.installed(), journal, lambda: Link.of(prefix))
    agent.reach()
    noop = []
    for _ in range(PASSES):
        start = time.perf_counter()
        agent.fetch()
        agent.work()
        agent.deliver()
        noop.append(time.perf_counter() - start)
    start = time.perf_counter()
    agent.audit_now()
    audit = time.perf_counter() - start
    agent.drop_link()
    return {"noop_s": noop, "audit_s": audit, "rss_mb": _peak_memory(os.getpid())}


if __name__ == "__main__":
    print(json.dumps(_measure_passes(Path(sys.argv[1]))))  # noqa: T201 - this is its answer
