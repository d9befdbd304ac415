"""The shape of every benchmark's result."""

import os
import platform
import statistics
from collections.abc import Sequence
from typing import Any


def machine() -> str:
    """Cores and memory of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release().split('-')[0]}"


def case(name: str, values: Sequence[float], unit: str) -> dict[str, Any]:
    """Median and 95th percentile; a single value is both."""
    return {"name": name, "n": len(values), "median": statistics.median(values), "p95": p95(values), "unit": unit}


def p95(values: Sequence[float]) -> float:
    """The smallest value that 95 % do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]


def target(name: str, value: float, limit: float, *, least: bool = False) -> dict[str, Any]:
    """`limit` is the most that is allowed, or the least."""
    return {"name": name, "value": value, "limit": limit, "met": value >= limit if least else value <= limit}
