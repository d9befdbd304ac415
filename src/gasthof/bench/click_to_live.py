"""click-to-live: from the commit of a change until the daemon answers with the new content, at growing numbers of domains.

Every name has been asked for before the change, so that no cache is cold. Measured are a new domain's site, with its
certificate; a new document root; a new and a changed DNS record; a new mailbox, until mail for it is accepted and it opens; and a
new FTP user, until that gets in. People type a password later than a machine: the FTP user signs in once ProFTPD's look-up has them,
as each session that ends, a refused one too, keeps ProFTPD from taking the next one for 0.2 s.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gasthof.bench import figures
from gasthof.bench.clients import Clients, wait
from gasthof.bench.platform import DOMAINS_EACH, PASSWORD, fill, fresh, new_subscription, settled
from gasthof.bench.visitor import Answer, Visitor
from gasthof.kernel.permissions import SYSTEM
from gasthof.prefix import WEB_USER, Prefix

SIZES, SMALL_SIZES = (10, 1_000, 20_000), (10, 40)
TIMES, SMALL_TIMES = 80, 3
LIMIT_MS, LIMIT_RATIO = 300, 1.5
CHANGES = ("new site", "changed site", "new record", "changed record", "new mailbox", "new FTP user")


@dataclass
class Measure:
    """One size's figures, in milliseconds by case."""

    prefix: Prefix
    subscription: str
    visitor: Visitor
    clients: Clients
    found: dict[str, list[float]] = field(default_factory=lambda: {"verb": [], **{name: [] for name in CHANGES}})

    def timed(self, case: str, verb: str, fields: dict[str, object], waiting: Callable[[], float]) -> None:
        """The verb, commit included, and from then on until the change is live."""
        from gasthof.kernel.actions import perform

        start = time.perf_counter()
        perform(SYSTEM, verb, fields)
        self.found["verb"].append((time.perf_counter() - start) * 1000)
        self.found[case].append(waiting() * 1000)


def run(small: bool) -> dict[str, Any]:
    """Target names hold the number of domains; `ratio` compares the largest with the smallest of the same run."""
    sizes, times = (SMALL_SIZES, SMALL_TIMES) if small else (SIZES, TIMES)
    cases, worst = [], {}
    with fresh() as prefix:
        for size in sizes:
            _grow(size)
            found = _measure(prefix, size, times)
            worst[size] = max(figures.p95(found[name]) for name in CHANGES)
            cases += [figures.case(f"{name} @{size}", values, "ms") for name, values in found.items()]
    targets = [figures.target(f"p95_ms@{size}", value, LIMIT_MS) for size, value in worst.items()]
    ratio = worst[sizes[-1]] / worst[sizes[0]]
    targets.append(figures.target(f"ratio_{sizes[-1]}_to_{sizes[0]}", ratio, LIMIT_RATIO))
    return {"bench": "click-to-live", "machine": figures.machine(), "cases": cases, "targets": targets}


def _grow(size: int) -> None:
    from gasthof.slices.domains.models import Domain

    have = Domain.objects.count() // DOMAINS_EACH
    fill(max(0, size // DOMAINS_EACH - have))
    settled(2_400)


def _measure(prefix: Prefix, size: int, times: int) -> dict[str, list[float]]:
    measure = Measure(prefix, new_subscription(f"Messung {size}"), Visitor(prefix), Clients(prefix))
    settled(60)
    for number in range(times):
        name = f"grüße-{size}-{number}.test"
        assert not measure.clients.transfers(_login(measure, number), PASSWORD)
        _site(measure, name)
        _record(measure, name)
        _mailbox(measure, name)
        _ftp_user(measure, number)
    _remove(measure.subscription)
    return measure.found


def _site(measure: Measure, name: str) -> None:
    host, visitor = _ascii(name), measure.visitor
    assert visitor.ask(host).status != 200
    fields: dict[str, object] = {"subscription": measure.subscription, "name": name}
    measure.timed("new site", "domains.add", fields, lambda: visitor.wait(host, lambda answer: answer.status == 200))
    marker, folder = f"neu {name}".encode(), f"web/neu-{host}"
    _put(measure.prefix, measure.subscription, folder, marker)

    def new(answer: Answer) -> bool:
        return answer.status == 200 and answer.body == marker

    fields = {"domain": name, "docroot": folder}
    measure.timed("changed site", "web.change_site", fields, lambda: visitor.wait(host, new))


def _record(measure: Measure, name: str) -> None:
    asked, clients = f"prüfung.{_ascii(name)}", measure.clients
    asked = _ascii(asked)
    wait(lambda: clients.texts(asked) == [])
    fields: dict[str, object] = {"domain": name, "name": "prüfung", "type": "TXT", "content": '"eins"'}
    measure.timed("new record", "dns.add_record", fields, lambda: wait(lambda: clients.texts(asked) == ['"eins"']))
    fields |= {"new": '"zwei"'}
    measure.timed(
        "changed record", "dns.change_record", fields, lambda: wait(lambda: clients.texts(asked) == ['"zwei"'])
    )


def _mailbox(measure: Measure, name: str) -> None:
    """It may be read as soon as mail for it is accepted: the first attempt has to succeed."""
    address, clients = f"post@{_ascii(name)}", measure.clients
    assert not clients.delivers(address)

    def live() -> float:
        start = time.perf_counter()
        wait(lambda: clients.delivers(address))
        assert clients.reads(address, PASSWORD)
        return time.perf_counter() - start

    fields: dict[str, object] = {"domain": name, "name": "post", "password": PASSWORD}
    measure.timed("new mailbox", "mail.add_mailbox", fields, live)


def _login(measure: Measure, number: int) -> str:
    """Asked for well before the change: after each session ProFTPD accepts nobody for 0.2 s."""
    return f"{measure.subscription}-neu{number}"


def _ftp_user(measure: Measure, number: int) -> None:
    user, clients = _login(measure, number), measure.clients
    fields: dict[str, object] = {
        "subscription": measure.subscription, "name": f"neu{number}", "directory": "web", "password": PASSWORD,
    }  # fmt: skip

    def live() -> float:
        start = time.perf_counter()
        wait(lambda: clients.knows(user))
        wait(lambda: clients.transfers(user, PASSWORD))
        return time.perf_counter() - start

    measure.timed("new FTP user", "ftp.add_user", fields, live)


def _ascii(name: str) -> str:
    from gasthof.kernel.values import DomainName

    return DomainName.parse(name).ascii


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
    """So that the next size has no more domains than its name says. Among few others it is a mass removal, which waits for a person."""
    from gasthof.kernel.actions import perform
    from gasthof.slices.nodes.queries import status

    perform(SYSTEM, "subscriptions.delete", {"subscription": subscription})
    wait(lambda: not status()[0].pending or bool(status()[0].held), 120)
    if status()[0].held:
        perform(SYSTEM, "nodes.release", {"node": "local"})
    settled(120)
