"""One way to use each verb, in a house where it would be done: for the tests that go over all verbs."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from gasthof.installed import SLICES
from gasthof.kernel.values import DomainName
from gasthof.slices.access.models import ApiToken, User
from gasthof.slices.access.values import Email
from gasthof.slices.lifecycle.tests.examples import end
from gasthof.slices.subscriptions.models import Export
from tests.house import OPERATOR, House, all_live

DOMAIN, ALIAS, PATH = "bäckerei-müller.test", "brötchen.test", "web/intern"
MAILBOX, MAIL_PASSWORD = f"info@{DOMAIN}", "Sehr-geheim 1"
OTHERS_DOMAIN, OTHERS_PATH = "gärtnerei-grün.test", "web/beete"


def furnish(house: House) -> None:
    """For each customer a domain with an alias and a protected directory with a user."""
    for place, domain, alias, path in (
        (house.mine, DOMAIN, ALIAS, PATH),
        (house.other, OTHERS_DOMAIN, "blüten.test", OTHERS_PATH),
    ):
        house.run("domains.add", subscription=place, name=domain)
        house.run("dns.set_records", domain=domain, name="büro", type="TXT", contents="Grüße")
        house.run("web.add_alias", domain=domain, name=alias)
        house.run("mail.add_mailbox", domain=domain, name="info", password=MAIL_PASSWORD)
        house.run("mail.add_alias", domain=domain, name="kontakt", mailbox=f"info@{domain}")
        house.run("mail.add_forward", domain=domain, name="team", to=f"info@{domain}")
        house.run("web.protect", subscription=place, path=path, title="Nur für uns")
        house.run("web.add_protected_user", subscription=place, path=path, name="jörg", password="Sehr geheim 1")
        house.run("access.create_token", user=join(house, place, domain).pk, name="Datensicherung")
        for slice_ in of_slices():
            slice_.furnish(house, place, domain)
        house.run("databases.create", subscription=place, server="mariadb", name="shop")
        house.run("databases.add_user", database=f"mariadb/{place}_shop", name="kasse", password="Sehr geheim 1")


class Examples(Mapping[str, Mapping[str, object]]):
    """Fields by verb. What has to be looked up, by a function or by a slice, is looked up for the verb that is asked for: they are asked
    some thousand times."""

    def __init__(self, house: House, fields: Mapping[str, Mapping[str, object]]) -> None:
        self.house, self.fields = house, fields

    def _of(self, slice_: Any) -> Mapping[str, Mapping[str, object]]:
        return slice_.examples(self.house, self.house.mine, DOMAIN)

    def __getitem__(self, verb: str) -> Mapping[str, object]:
        slice_ = _by_name().get(verb.partition(".")[0])
        found = self.fields.get(verb) or (self._of(slice_)[verb] if slice_ else self.fields[verb])
        return {name: value() if callable(value) else value for name, value in found.items()}

    def __iter__(self) -> Iterator[str]:
        yield from self.fields
        for slice_ in of_slices():
            yield from self._of(slice_)

    def __len__(self) -> int:
        return len(list(iter(self)))


def examples(house: House) -> Examples:
    """Fields with which the baker, or the operator for the baker, does each verb."""
    mine = {"subscription": house.mine}
    user = mine | {"path": PATH, "name": "jörg"}
    database = {"database": f"mariadb/{house.mine}_shop"}
    database_user = {"user": f"mariadb/{house.mine}_kasse"}
    record = {"domain": DOMAIN, "name": "büro", "type": "TXT"}
    limits = {"mailboxes": 3, "mail_addresses": 9, "mailbox_mb": 50, "ftp_users": 2, "databases": 1, "dns_records": 7}
    return Examples(house, {
        "access.create_token": {
            "user": lambda: person(DOMAIN).pk, "name": "Sicherung für Jörg", "days": 30, "verbs": "access.create_token",
            "places": f"customer:{house.baker.customer}",
        },
        "access.revoke_token": {"token": lambda: ApiToken.objects.order_by("pk").first().pk},
        "accounts.create": {"name": "Schreinerei Jäger", "language": "de"},
        "accounts.change": {"customer": house.baker.customer, "name": "Bäckerei Müller & Söhne", "language": "en"},
        "accounts.set_reseller": {"customer": house.baker.customer, "resells": "yes", "reseller": ""},
        "nodes.adopt": {"node": "local"},
        "nodes.preview": {"node": "local"},
        "nodes.release": {"node": "local"},
        "nodes.retry": {"node": "local"},
        "subscriptions.create_plan": {
            "name": "Groß", "domains": 50, "aliases": 20, "protected_directories": 9, "php": "yes", **limits,
        },
        "subscriptions.change_plan": {
            "plan": "Bare", "name": "Klein", "domains": 2, "aliases": 1, "protected_directories": 1, "php": "yes",
            **limits,
        },
        "subscriptions.create": {"customer": house.baker.customer, "plan": "Bare", "node": "local"},
        "subscriptions.suspend": mine,
        "subscriptions.resume": mine,
        "subscriptions.delete": mine,
        "subscriptions.export": mine,
        "subscriptions.import": {"export": _last_export, "plan": "Standard"},
        "subscriptions.delete_export": {"export": _last_export, "anyway": "no"},
        "subscriptions.exports": {"customer": house.baker.customer},
        "subscriptions.usage": mine,
        "subscriptions.health": mine,
        "domains.add": mine | {"name": "törtchen.test"},
        "domains.delete": {"domain": DOMAIN},
        "domains.follow": {"most": 10},
        "dns.set_records": record | {"type": "A", "name": "kasse", "contents": "192.0.2.1", "ttl": 300},
        "dns.add_record": record | {"content": "noch ein Gruß", "ttl": 300},
        "dns.change_record": record | {"content": "Grüße", "new": "Gruß", "ttl": 300},
        "dns.remove_record": record | {"content": "Grüße"},
        "dns.remove_records": record,
        "dns.switch_default": record | {"name": "@", "type": "NS", "on": "yes"},
        "dns.switch_dnssec": {"domain": DOMAIN, "on": "no", "forget_key": "yes"},
        "dns.zone": {"domain": DOMAIN},
        "dns.history": {"domain": DOMAIN, "before": 999_999_999},
        "dns.restore": record | {"change": 0},
        "mail.switch": {"domain": DOMAIN, "active": "no"},
        "mail.set_catch_all": {"domain": DOMAIN, "name": "info"},
        "mail.add_mailbox": {
            "domain": DOMAIN, "name": "joergen", "password": MAIL_PASSWORD, "quota_mb": 100, "title": "Jörgen",
        },
        "mail.change_mailbox": {"mailbox": MAILBOX, "quota_mb": 200, "title": "Büro"},
        "mail.set_password": {"mailbox": MAILBOX, "password": "Noch-geheimer 2"},
        "mail.forward_mailbox": {"mailbox": MAILBOX, "to": "info@example.org", "keep_copy": "no"},
        "mail.set_vacation": {
            "mailbox": MAILBOX, "active": "yes", "subject": "Nicht da", "text": "Grüße\nvom Strand \U0001f3d6", "first": "2026-12-24", "last": "2999-01-06",
        },
        "mail.lock_mailbox": {"mailbox": MAILBOX},
        "mail.unlock_mailbox": {"mailbox": MAILBOX},
        "mail.remove_mailbox": {"mailbox": MAILBOX},
        "mail.add_alias": {"domain": DOMAIN, "name": "laden", "mailbox": MAILBOX},
        "mail.remove_alias": {"alias": f"kontakt@{DOMAIN}"},
        "mail.add_forward": {"domain": DOMAIN, "name": "alle", "to": f"{MAILBOX}, info@example.org"},
        "mail.change_forward": {"forward": f"team@{DOMAIN}", "to": "info@example.org"},
        "mail.remove_forward": {"forward": f"team@{DOMAIN}"},
        "web.change_site": {
            "domain": DOMAIN, "docroot": "web/laden", "preferred": f"www.{DOMAIN}", "https_redirect": "no", "php": "yes",
            "php_version": "8.9", "php_settings": "memory_limit=256M", "front_controller": "yes",
        },
        "web.add_alias": {"domain": DOMAIN, "name": "semmeln.test"},
        "web.remove_alias": {"domain": DOMAIN, "name": ALIAS},
        "web.protect": mine | {"path": "web/lager", "title": "Lager"},
        "web.unprotect": mine | {"path": PATH},
        "web.add_protected_user": mine | {"path": PATH, "name": "käthe", "password": "Sehr geheim 2"},
        "web.change_protected_user": user | {"password": "Sehr geheim 3"},
        "web.remove_protected_user": user,
        "databases.create": mine | {"server": "postgres", "name": "lager"},
        "databases.delete": database,
        "databases.add_user": database | {"name": "leser", "password": "Sehr geheim 4", "rights": "read"},
        "databases.change_user": database_user | {"database": "shop", "rights": "data"},
        "databases.set_password": database_user | {"password": "Sehr geheim 5"},
        "databases.remove_user": database_user,
    })  # fmt: skip


def join(house: House, place: str, domain: str) -> User:
    """Somebody who signs in for the customer."""
    customer = (house.baker if place == house.mine else house.gardener).customer
    house.run("access.invite", customer=customer, email=f"programme@{domain}", name="Jörg", mail="no", role="owner")
    return person(domain)


def person(domain: str) -> User:
    return User.objects.get(email=Email.parse(f"programme@{domain}"))


@cache
def of_slices() -> list[Any]:
    """What slices keep themselves, in tests/examples.py: furnish, examples, CUSTOMERS, WHILE_SUSPENDED."""
    rooms = [f"gasthof.slices.{name}.tests.examples" for name in SLICES]
    return [import_module(room) for room in rooms if find_spec(room)]


@cache
def _by_name() -> Mapping[str, Any]:
    return {each.__name__.split(".")[-3]: each for each in of_slices()}


def _last_export() -> str:
    last = Export.objects.order_by("number").last()
    return last.name if last else "x000001"


def prepare(house: House, verb: str) -> None:
    """What must have happened in a furnished house before that verb can be done."""
    if verb == "subscriptions.resume":
        house.run("subscriptions.suspend", OPERATOR, subscription=house.mine)
    if verb in ("subscriptions.import", "subscriptions.delete_export", "lifecycle.restore"):
        house.run("subscriptions.export", subscription=house.mine)
        all_live()
    if verb in ("subscriptions.import", "lifecycle.restore"):
        house.run("subscriptions.delete", subscription=house.mine)
    if verb == "lifecycle.restore":
        end(DomainName.parse(DOMAIN).ascii, Export.objects.latest("number").name)
    if verb == "nodes.release":
        house.node.contact.held = "web.site x.test"
        house.node.contact.save()
