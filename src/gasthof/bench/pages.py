"""pages: the panel's pages with 100,000 domains of 10,000 customers, of whom one owns a fifth of all domains.

Asked for over HTTPS from the panel's nginx on one kept connection, by an operator, by that customer and by a small one: lists and
their next portion, search for what few and for what all have in their names, the selector, the cards of a subscription and a
domain. Nothing is live, so that every state shown has to be looked up.
"""

import html
import http.client
import itertools
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from gasthof.bench import figures
from gasthof.bench.platform import FILLERS, fresh, stop_agent
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.values import DomainName
from gasthof.prefix import Prefix

PLAN = "Bench pages"
SMALL_CUSTOMER = 7
AT_ONCE = 1_000  # domains in a transaction
WARM = 4  # times that a page is asked for before: the panel has more than one process
COMMON = quote("küche")  # in the names of all
Pages = Mapping[str, Sequence[str]]  # by name: the addresses that are asked for in turn


@dataclass(frozen=True)
class Size:
    customers: int
    domains: int
    times: int  # each page is asked for

    @property
    def large(self) -> int:
        """Domains of the one who has the most."""
        return self.domains // 5


FULL, SMALL = Size(10_000, 100_000, 40), Size(10, 110, 2)
LIMITS = {"median": 100, "p95": 250}  # milliseconds


@dataclass
class Reader:
    """Somebody who has signed in."""

    prefix: Prefix
    email: str
    cookie: str = ""
    connection: http.client.HTTPSConnection = field(init=False)

    def __post_init__(self) -> None:
        trust = ssl.create_default_context(cafile=str(self.prefix.ca_certificate))
        port = self.prefix.ports["panel"]
        self.connection = http.client.HTTPSConnection("localhost", port, timeout=60, context=trust)
        self.cookie = _session(self.email)

    def ask(self, path: str) -> tuple[float, str]:
        """Milliseconds until the page is there, and the page. RuntimeError: another answer than 200."""
        start = time.perf_counter()
        self.connection.request("GET", path, headers={"Cookie": self.cookie, "Accept-Language": "de"})
        answer = self.connection.getresponse()
        page = answer.read().decode()
        took = (time.perf_counter() - start) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{path} of {self.email}: {answer.status}")
        return took, page


def run(small: bool) -> dict[str, Any]:
    """{"bench", "machine", "cases", "targets"}. The targets are of the slowest page: its median and its p95."""
    size = SMALL if small else FULL
    with fresh() as prefix:
        stop_agent(prefix)
        start = time.monotonic()
        _fill(size)
        filling = time.monotonic() - start
        found = dict(_measured(prefix, size))
    pages = [figures.case(name, values, "ms") for name, values in found.items()]
    worst = {name: max(page[name] for page in pages) for name in LIMITS}
    targets = [figures.target(f"{name}_ms@{size.domains}", worst[name], limit) for name, limit in LIMITS.items()]
    cases = [figures.case("writing the intent", [filling], "s"), *pages]
    return {"bench": "pages", "machine": figures.machine(), "cases": cases, "targets": targets}


def _measured(prefix: Prefix, size: Size) -> Iterator[tuple[str, list[float]]]:
    """Each page by name, and how long it took."""
    for name, reader, pages in _readers(prefix):
        for page, paths in pages.items():
            for _ in range(WARM):
                reader.ask(paths[0])
            asked = itertools.islice(itertools.cycle(paths), size.times)
            yield f"{page}, {name}", [reader.ask(path)[0] for path in asked]


def _readers(prefix: Prefix) -> Iterator[tuple[str, Reader, Pages]]:
    operator = Reader(prefix, _person("access.create_operator", "betrieb@example.org"))
    yield "operator", operator, {**_house(operator), **_of_customer(0)}
    for name, customer in (("large customer", 0), ("small customer", SMALL_CUSTOMER)):
        email = f"kundin{customer}@example.org"
        person = _person("access.invite", email, customer=_row(customer).customer.number, role="owner")
        yield name, Reader(prefix, person), _of_customer(customer)


def _house(operator: Reader) -> Pages:
    _, first = operator.ask("/domains")
    onward = re.search(r'href="(\?[^"]*after=[^"]+)"', first)
    if onward is None:
        raise RuntimeError("the list of domains has no next portion")
    return {
        "start": ["/"],
        "domains": ["/domains"],
        "domains, backwards": ["/domains?sort=-name"],
        "domains, next portion": [f"/domains{html.unescape(onward[1])}"],
        "domains, search for few": [f"/domains?search={quote(f'küche-{number}-')}" for number in range(11, 19)],
        "domains, search by A-label": [f"/domains?search={_ascii(_domain(3, 2))}"],
        "domains, search for all": [f"/domains?search={COMMON}"],
        "customers": ["/customers"],
        "customers, search": [f"/customers?search={quote(_name(1))}"],
        "subscriptions": ["/subscriptions"],
        "audit trail": ["/audit"],
    }


def _of_customer(customer: int) -> Pages:
    found = _row(customer)
    overview, cards = f"/customers/{found.customer.number}/domains", f"/subscriptions/{found.system_name}/websites"
    return {
        "account overview": [overview],
        "account overview, search for few": [f"{overview}?search={quote(f'-{number}.')}" for number in range(1, 6)],
        "account overview, search for all": [f"{overview}?search={COMMON}"],
        "selector, few": [f"/find?search={quote(f'küche-{number}-')}" for number in (0, SMALL_CUSTOMER)],
        "selector, all": [f"/find?search={COMMON}"],
        "cards": [cards],
        "cards, search": [f"{cards}?search={quote('-1.')}"],
        "domain": [f"/domains/{_ascii(_domain(customer, 1))}"],
    }


def _row(customer: int) -> Any:
    """Their subscription."""
    from gasthof.slices.subscriptions.models import Subscription

    return Subscription.objects.select_related("customer").get(customer__name=_name(customer))


def _person(verb: str, email: str, **fields: object) -> str:
    from gasthof.kernel.actions import perform

    perform(SYSTEM, verb, {"email": email, "name": "Käthe Öz", "mail": "no", **fields})
    return email


def _session(email: str) -> str:
    """A cookie, as signing in would have set it."""
    from django.conf import settings
    from django.contrib import auth

    from gasthof.slices.access.models import User
    from gasthof.slices.access.sessions import SessionStore

    user = User.objects.get(email=email)
    session = SessionStore()
    session[auth.SESSION_KEY] = str(user.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _name(customer: int) -> str:
    return f"Köchin {customer}"


def _domain(customer: int, number: int) -> str:
    return f"küche-{customer}-{number}.test"


def _ascii(name: str) -> str:
    return str(DomainName.parse(name).ascii)


def _domains(customer: int, size: Size) -> list[str]:
    count = size.large if customer == 0 else (size.domains - size.large) // (size.customers - 1)
    rest = (size.domains - size.large) % (size.customers - 1) if customer == SMALL_CUSTOMER else 0
    return [_domain(customer, number) for number in range(count + rest)]


def _fill(size: Size) -> None:
    """Customers and their subscriptions, in as many processes as there are cores."""
    from gasthof.kernel.actions import perform

    perform(SYSTEM, "subscriptions.create_plan", {"name": PLAN, "domains": size.domains})
    words = [str(size.customers), str(size.domains)]
    lines = [[sys.executable, "-m", __name__, str(part), str(FILLERS), *words] for part in range(FILLERS)]
    processes = [subprocess.Popen(line) for line in lines]
    codes = [process.wait() for process in processes]
    if any(codes):
        raise RuntimeError("the platform could not be filled")


def _fill_part(part: int, parts: int, size: Size) -> None:
    """A process' first domain is added by the verb; the others' rows are copies of its rows."""
    from gasthof.kernel.actions import perform
    from gasthof.slices.domains.models import Domain

    first, ahead = None, list[tuple[Any, str]]()
    for customer in range(part, size.customers, parts):
        number = perform(SYSTEM, "accounts.create", {"name": _name(customer)}).result["customer"]
        perform(SYSTEM, "subscriptions.create", {"customer": number, "plan": PLAN, "node": "local"})
        subscription, names = _row(customer), _domains(customer, size)
        if first is None:
            perform(SYSTEM, "domains.add", {"subscription": subscription.system_name, "name": names.pop(0)})
            first = Rows(Domain.objects.get(subscription=subscription))
        ahead += [(subscription, name) for name in names]
        while len(ahead) >= AT_ONCE:
            first.copy(ahead[:AT_ONCE])
            del ahead[:AT_ONCE]
    if first is not None:
        first.copy(ahead)


class Rows:
    """What the verb wrote for a domain, to be written for others: 20,000 verbs take ten minutes, and pages read rows only."""

    def __init__(self, domain: Any) -> None:
        from gasthof.slices.nodes.models import DesiredObject

        self.domain, self.below = domain, list(_below(domain))
        self.told = list(DesiredObject.objects.filter(key__contains=domain.name))

    def copy(self, wanted: Sequence[tuple[Any, str]]) -> None:
        """For each pair of a subscription and a new name."""
        from django.db import transaction

        with transaction.atomic():
            swaps = [_swaps(self.domain.name, _ascii(name)) for _, name in wanted]
            places = [{"subscription": place, "customer": place.customer} for place, _ in wanted]
            domains = _copies(self.domain, swaps, places)
            for row, parent, children in self.below:
                made = _copies(row, swaps, [{parent: domain} | _owner(row, domain) for domain in domains])
                for child, field_name in children:
                    _copies(child, swaps, [{field_name: each} for each in made])
            for told in self.told:
                _copies(told, swaps, [{} for _ in wanted])


def _below(row: Any) -> Iterator[tuple[Any, str, list[tuple[Any, str]]]]:
    """Each row that refers to it and by which field, with what refers to that one in turn."""
    for relation in row._meta.related_objects:
        if relation.field.concrete and not relation.field.null:
            for each in relation.related_model.objects.filter(**{relation.field.name: row}):
                yield each, relation.field.name, [(child, name) for child, name, _ in _below(each)]


def _owner(row: Any, domain: Any) -> dict[str, Any]:
    return {"customer": domain.customer} if any(each.name == "customer" for each in row._meta.fields) else {}


def _swaps(old: str, new: str) -> list[tuple[str, str]]:
    """A-label, U-label and the reversed name."""
    before, after = DomainName(old), DomainName(new)
    return [(before.ascii, after.ascii), (before.unicode, after.unicode), (before.reverse, after.reverse)]


def _copies(row: Any, swaps: Sequence[list[tuple[str, str]]], values: Sequence[dict[str, Any]]) -> list[Any]:
    from django.db.models import GeneratedField

    fields = [
        each for each in row._meta.concrete_fields if not each.primary_key and not isinstance(each, GeneratedField)
    ]
    made = []
    for swap, own in zip(swaps, values, strict=True):
        kept = {each.name: getattr(row, each.name) for each in fields if each.name not in own}
        for old, new in swap:
            kept = {name: value.replace(old, new) if isinstance(value, str) else value for name, value in kept.items()}
        made.append(type(row)(**kept, **own))
    return list(type(row).objects.bulk_create(made))


if __name__ == "__main__":
    import django

    django.setup()
    from gasthof.kernel import rows

    with rows.by_default(SYSTEM):
        _fill_part(int(sys.argv[1]), int(sys.argv[2]), Size(int(sys.argv[3]), int(sys.argv[4]), 0))
