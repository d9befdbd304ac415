"""The demo: two customers whose isolation can be seen (`python -m gasthof.bootstrap.demo`). Done twice, it changes nothing."""

import json
import os
import secrets
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import django

django.setup()

from gasthof.agent.sdk.beneath import RESOLVE_NO_SYMLINKS, make_directory, open_beneath, standing_in  # noqa: E402
from gasthof.agent.sdk.customer import forget_groups  # noqa: E402
from gasthof.bootstrap import demo_centre  # noqa: E402
from gasthof.bootstrap.configuration import put  # noqa: E402
from gasthof.bootstrap.demo_services import furnish  # noqa: E402
from gasthof.bootstrap.progress import tell  # noqa: E402
from gasthof.kernel import rows  # noqa: E402
from gasthof.kernel.actions import perform  # noqa: E402
from gasthof.kernel.permissions import Actor  # noqa: E402
from gasthof.prefix import Prefix  # noqa: E402
from gasthof.slices.access.queries import user_of  # noqa: E402
from gasthof.slices.accounts.models import Customer  # noqa: E402
from gasthof.slices.domains.models import Domain  # noqa: E402
from gasthof.slices.nodes.queries import wait_until_live  # noqa: E402
from gasthof.slices.subscriptions.models import Plan, Subscription  # noqa: E402
from gasthof.slices.web.models import ProtectedUser, Site  # noqa: E402

OPERATOR = Actor("operator", language="de")
PLAN = "Demo"
USER = "jörg"
WAIT = 30.0  # seconds for one change to be live
TEMPLATES = Path(__file__).with_name("demo_pages")


@dataclass(frozen=True)
class Guest:
    customer: str
    domain: str
    person: str
    email: str  # the baker's is the mailbox that the demo makes: what the panel writes can be read there


BAKER = Guest("Bäckerei Müller", "bäckerei-müller.test", "Jörg Müller", "info@bäckerei-müller.test")
GARDENER = Guest("Gärtnerei Grün", "gärtnerei-grün.test", "Käthe Grün", "kaethe@gärtnerei-grün.test")


class NotLive(Exception):
    """The node did not report a change in time, or refused it; its words."""


def do(verb: str, **fields: object) -> dict[str, Any]:
    """Perform a verb and wait until the node has it live."""
    outcome = perform(OPERATOR, verb, fields)
    for change in outcome.awaited:
        found = wait_until_live(change.node, change.kind, change.key, change.revision, WAIT)
        if found.state != "live":
            raise NotLive(f"{verb}: {change.kind} {change.key} is {found.state}. {found.words}")
    return dict(outcome.result)


def settle(guest: Guest, node: str) -> Site:
    """The guest's customer, subscription, domain and website, each made where it is missing."""
    if not Plan.objects.filter(name=PLAN).exists():
        do("subscriptions.create_plan", name=PLAN)
    if not Customer.objects.filter(name=guest.customer).exists():
        do("accounts.create", name=guest.customer)
    customer = Customer.objects.get(name=guest.customer)
    if user_of(guest.email) is None:
        do("access.invite", customer=customer.number, email=guest.email, name=guest.person, role="owner", mail="no")
    subscription = Subscription.objects.filter(customer=customer).first()
    if subscription is None:
        do("subscriptions.create", customer=customer.number, plan=PLAN, node=node)
        subscription = Subscription.objects.get(customer=customer)
    domain = Domain.objects.filter(subscription=subscription).first()
    if domain is None:
        do("domains.add", subscription=subscription.system_name, name=guest.domain)
        domain = Domain.objects.get(subscription=subscription)
    return Site.objects.select_related("domain__subscription").get(domain=domain)


def write(prefix: Prefix, site: Site, name: str, content: str) -> None:
    """A file in the site's document root, written as the customer."""
    subscription = site.domain.subscription
    root, path = prefix.home(subscription.system_name), f"{site.docroot}/{name}"
    make_directory(root, path.rpartition("/")[0], subscription.uid, 0o750)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    with standing_in(root, subscription.uid) as folder:
        descriptor = open_beneath(folder, path, flags, RESOLVE_NO_SYMLINKS)
        with os.fdopen(descriptor, "w", encoding="utf-8") as target:
            os.fchmod(descriptor, 0o640)
            target.write(content)


def page(guest: Guest, neighbour: Guest, forbidden: Path) -> str:
    """The PHP page; `forbidden` is a file of the neighbour's that it tries to read."""
    text = (TEMPLATES / "index.php").read_text("utf-8")
    values = {"@CUSTOMER@": escape(guest.customer), "@NEIGHBOUR@": escape(neighbour.customer), "@FILE@": str(forbidden)}
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def protect(site: Site, password: str) -> None:
    """/intern, with one user who has this password."""
    subscription, path = site.domain.subscription.system_name, f"{site.docroot}/intern"
    place = {"subscription": subscription, "path": path}
    do("web.protect", **place, title="Nur für Mitarbeiter der Bäckerei")
    known = ProtectedUser.objects.filter(directory__path=path, name=USER).exists()
    do("web.change_protected_user" if known else "web.add_protected_user", **place, name=USER, password=password)


def told(site: Site, guest: Guest) -> dict[str, str]:
    names = {"customer": guest.customer, "name": guest.domain, "ascii": site.domain.name, "email": guest.email}
    return {**names, "subscription": site.domain.subscription.system_name}


def make(prefix: Prefix) -> None:
    """Ends with demo.json (root's alone: it holds the password), which says that all of it is done."""
    baker, gardener = settle(BAKER, prefix.node), settle(GARDENER, prefix.node)
    for site, guest, other, neighbour in ((baker, BAKER, gardener, GARDENER), (gardener, GARDENER, baker, BAKER)):
        forbidden = prefix.home(other.domain.subscription.system_name) / other.docroot / "index.php"
        write(prefix, site, "index.php", page(guest, neighbour, forbidden))
        _remove_starter(prefix, site)
    write(prefix, baker, "intern/index.html", (TEMPLATES / "intern.html").read_text("utf-8"))
    password = secrets.token_urlsafe(12)
    protect(baker, password)
    protected = {"ascii": baker.domain.name, "path": "/intern", "user": USER, "password": password}
    sites = [told(baker, BAKER), told(gardener, GARDENER)]
    demo_centre.furnish(do, baker.domain, gardener.domain)
    content = {"sites": sites, "protected": protected, "services": furnish(do, baker.domain)}
    put(prefix.demo, json.dumps(content, indent=2, ensure_ascii=False) + "\n", 0o600)


def _remove_starter(prefix: Prefix, site: Site) -> None:
    """The agent's starter page would be shown before index.php."""
    subscription = site.domain.subscription
    root = prefix.home(subscription.system_name)
    with standing_in(root, subscription.uid) as folder:
        parent = open_beneath(folder, site.docroot, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, RESOLVE_NO_SYMLINKS)
        try:
            os.unlink("index.html", dir_fd=parent)
        except FileNotFoundError:
            return
        finally:
            os.close(parent)


def main() -> int:
    prefix = Prefix.current()
    if prefix.demo.exists():
        return 0
    forget_groups()
    try:
        with rows.by_default(OPERATOR):
            make(prefix)
    except NotLive as failure:
        tell(str(failure))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
