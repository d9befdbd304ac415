"""click-to-live: from the commit of a change until a visitor is answered with the new content, at growing numbers of sites.

Every name has been asked for before the change, so that no cache is cold. Two changes are measured: a new domain's site,
with its certificate, and a new document root of a site that is there.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gasthof.bench import figures
from gasthof.bench.platform import DOMAINS_EACH, fill, fresh, new_subscription, settled
from gasthof.bench.visitor import Answer, Visitor
from gasthof.kernel.permissions import SYSTEM
from gasthof.prefix import WEB_USER, Prefix

SIZES, SMALL_SIZES = (10, 1_000, 20_000), (10, 200)
TIMES, SMALL_TIMES = 40, 12  # fewer than the 50 removals at once that wait for a person
LIMIT_MS, LIMIT_RATIO = 300, 1.5


def run(small: bool) -> dict[str, Any]:
    """Target names hold the number of sites; `ratio` compares the largest with the smallest of the same run."""
    sizes, times = (SMALL_SIZES, SMALL_TIMES) if small else (SIZES, TIMES)
    cases, worst = [], {}
    with fresh() as prefix:
        for size in sizes:
            _grow(size)
            found = _measure(prefix, size, times)
            worst[size] = max(figures.p95(found["new site"]), figures.p95(found["changed site"]))
            cases += [figures.case(f"{name} @{size}", values, "ms") for name, values in found.items()]
    targets = [figures.target(f"p95_ms@{size}", value, LIMIT_MS) for size, value in worst.items()]
    ratio = worst[sizes[-1]] / worst[sizes[0]]
    targets.append(figures.target(f"ratio_{sizes[-1]}_to_{sizes[0]}", ratio, LIMIT_RATIO))
    return {"bench": "click-to-live", "machine": figures.machine(), "cases": cases, "targets": targets}


def _grow(size: int) -> None:
    from gasthof.slices.domains.models import Domain

    have = Domain.objects.count() // DOMAINS_EACH
    fill(range(have, size // DOMAINS_EACH))
    settled(1_200)


def _measure(prefix: Prefix, size: int, times: int) -> dict[str, list[float]]:
    visitor, subscription = Visitor(prefix), new_subscription(f"Messung {size}")
    settled(60)
    found: dict[str, list[float]] = {"verb": [], "new site": [], "changed site": []}
    for number in range(times):
        name = f"grüße-{size}-{number}.test"
        _one(prefix, visitor, subscription, name, found)
    _remove(subscription)
    return found


def _one(prefix: Prefix, visitor: Visitor, subscription: str, name: str, found: dict[str, list[float]]) -> None:
    from gasthof.kernel.values import DomainName

    host = DomainName.parse(name).ascii
    assert visitor.ask(host).status != 200
    fields = {"subscription": subscription, "name": name}
    _timed("domains.add", fields, lambda: visitor.wait(host, lambda answer: answer.status == 200), found, "new site")
    marker = f"neu {name}".encode()
    _put(prefix, subscription, f"web/neu-{host}", marker)
    fields = {"domain": name, "docroot": f"web/neu-{host}"}

    def new(answer: Answer) -> bool:
        return answer.status == 200 and answer.body == marker

    _timed("web.change_site", fields, lambda: visitor.wait(host, new), found, "changed site")


def _timed(
    verb: str, fields: dict[str, str], wait: Callable[[], float], found: dict[str, list[float]], case: str
) -> None:
    from gasthof.kernel.actions import perform

    start = time.perf_counter()
    perform(SYSTEM, verb, fields)
    found["verb"].append((time.perf_counter() - start) * 1000)
    found[case].append(wait() * 1000)


def _put(prefix: Prefix, subscription: str, folder: str, content: bytes) -> None:
    """A page that the customer has laid there before."""
    import grp

    root: Path = prefix.home(subscription) / folder
    uid, gid = (prefix.home(subscription) / "web").stat().st_uid, grp.getgrnam(WEB_USER).gr_gid
    root.mkdir()
    page = root / "index.html"
    page.write_bytes(content)
    for path, mode in ((page, 0o640), (root, 0o2750)):
        os.chown(path, uid, gid)
        path.chmod(mode)


def _remove(subscription: str) -> None:
    """So that the next size has no more sites than its name says."""
    from gasthof.kernel.actions import perform

    perform(SYSTEM, "subscriptions.delete", {"subscription": subscription})
    settled(120)
