"""Lifecycle's part of the house of tests/habits/examples.py."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from tests.house import House

from gasthof.kernel.values import DomainName
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.included import INCLUDED
from gasthof.slices.lifecycle.models import Hold as Held
from gasthof.slices.lifecycle.models import Service, Sweep, Work
from gasthof.slices.lifecycle.rules.facts import SECURITY, Hold, Termination
from gasthof.slices.lifecycle.values import PolicyText
from gasthof.slices.subscriptions.models import Subscription

CUSTOMERS = {"lifecycle.foresee", "lifecycle.make_calendar", "lifecycle.end_calendar"}
WHILE_SUSPENDED = CUSTOMERS
LEFT = "Baukasten von "  # and the domain: paid for beyond its end
OPEN = "gebuehr-"  # and its place: a domain name whose registry’s fee nobody has said
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def furnish(house: House, place: str, domain: str) -> None:
    subscription = Subscription.objects.get(number=int(place[1:]))
    version = policies.take(policies.shipped(), NOW)
    expired = datetime(2026, 11, 20, tzinfo=UTC).date()
    begun = {"version": version, "first_unpaid": date(2029, 3, 3)}
    name = DomainName.parse(domain).ascii
    changing.begin(subscription.customer, "domain", OPEN + place + ".de", NOW, tld="de", **begun)
    changing.begin(
        subscription.customer, "domain", name, NOW, tld=name.rpartition(".")[2], **begun
    )  # its zone can be changed
    left = changing.begin(subscription.customer, "builder", LEFT + domain, NOW, **begun)
    changing.terminate(left, Termination(date(2028, 3, 3), "owner:köchin", "second factor"), NOW)
    made = changing.begin(
        subscription.customer, "hosting", name, NOW,
        version=version, first_unpaid=expired, subscription=subscription.number,
    )  # fmt: skip
    house.run("lifecycle.make_calendar", customer=subscription.customer_id)
    Sweep.objects.create(day=expired, at=NOW, moved=0, ended=0, spared=0, parked="clock_jump", done=False)
    changing.put_hold(made, Hold(SECURITY, "staff:anna"), NOW)
    changing.terminate(made, Termination(expired.replace(year=2027), "owner:köchin", "second factor"), NOW)


def end(name: str, archive: str) -> None:
    """As the sweep would, with what was saved."""
    service = Service.objects.filter(name=name, type="hosting").latest("pk")
    Service.objects.filter(pk=service.pk).update(ended=NOW.date(), phase="deleted", due_at=None)
    Work.objects.create(
        service=service, revision=99, action="delete", target="hosting", at=NOW, done=NOW, archive=archive
    )


def examples(house: House, place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    service = Service.objects.filter(name=DomainName.parse(domain).ascii).exclude(type__in=INCLUDED).latest("pk").pk
    wished = Service.objects.filter(name=DomainName.parse(domain).ascii, type="hosting").latest("pk").pk
    left = Service.objects.get(name=LEFT + domain).pk
    bare = {"customer": house.baker.customer, "type": "shop", "name": "Törtchen-Laden", "first_unpaid": "2027-03-03"}
    bare |= {"subscription": place, "parent": None, "server_class": None}
    text = str(PolicyText.parse(policies.draft(policies.shipped()).replace("amount = 4000", "amount = 4500")))
    return {
        "lifecycle.begin": bare,
        "lifecycle.set_paid": {"service": service, "first_unpaid": "2028-02-29"},
        "lifecycle.set_unpaid": {"service": left, "first_unpaid": "2028-03-03"},
        "lifecycle.note_notice": {"service": service},
        "lifecycle.say_fee": {"service": Service.objects.get(name=OPEN + place + ".de").pk, "cents": 1500},
        "lifecycle.put_hold": {"service": service, "kind": "staff", "case": "V-7", "severity": 1, "lifted_by": "staff"},
        "lifecycle.lift_hold": {
            "hold": Held.objects.filter(service__name=DomainName.parse(domain).ascii).latest("pk").pk
        },
        "lifecycle.end_for_breach": {"service": service, "authorised": "Köchin und Gärtner"},
        "lifecycle.terminate": {"service": service, "authorised": "Brief vom 3. März", "on": "2999-03-03"},
        "lifecycle.revoke_termination": {"service": wished},
        "lifecycle.preview_policy": {"text": text},
        "lifecycle.take_policy": {"text": text, "previewed": policies.digest(text)},
        "lifecycle.foresee": {"service": service},
        "lifecycle.restore": {"service": wished, "first_unpaid": "2999-03-03", "onto": None, "mail": "no"},
        "lifecycle.approve_sweep": {"sweep": Sweep.objects.latest("pk").pk},
        "lifecycle.make_calendar": {"customer": house.baker.customer},
        "lifecycle.end_calendar": {"customer": house.baker.customer},
    }
