"""Zones and the mail of a hosting come into being with what they are about, have its days, and are held alone (spec L13, L14)."""

import json
from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, all_live, desired, settle
from tests.readers import owner

from gasthof.kernel import registry
from gasthof.kernel.actions import perform
from gasthof.kernel.parsing import tell
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.accounts.models import Customer
from gasthof.slices.dns.models import FormerZone, RecordSet
from gasthof.slices.domains.models import Domain
from gasthof.slices.lifecycle import carrying, changing, included, policies
from gasthof.slices.lifecycle.auditing import audit
from gasthof.slices.lifecycle.daily import day_began
from gasthof.slices.lifecycle.included import MAIL, ZONE
from gasthof.slices.lifecycle.models import Event, Service
from gasthof.slices.lifecycle.rules.brake import JUMP
from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import DRIVEN, MAILS, Facts, of_place
from gasthof.slices.lifecycle.sweeping import Approval, sweep
from gasthof.slices.lifecycle.tests.policies import SHIPPED, days
from gasthof.slices.lifecycle.tests.test_carrying import FIRST, NAME, on
from gasthof.slices.subscriptions.models import Subscription

ASCII = "xn--gre-aus-kln-w6a02arc.test"
TLDS = {  # phase of the domain -> first and last day with it, from the first unpaid one; its zone is locked in all of them
    "cz": [("protected", 0), ("out_of_zone", 30), ("released", 60)],
    "sk": [("frozen", 0), ("deleted", 40)],
    "de": [("quarantine", -5), ("released", 55)],
    "at": [("quarantine", -5), ("released", 35)],
    "eu": [("quarantine", -5), ("released", 35)],
    "com": [("renewable", 0), ("quarantine", 30), ("released", 60)],
    "xn--kln-sna": [("quarantine", 0), ("released", 30)],
}


@pytest.mark.parametrize("tld", TLDS)
def test_l13_a_zone_has_its_domains_days(tld: str) -> None:
    domain = Facts("domain", tld, FIRST, noticed=FIRST - days(60))
    paid = Facts("domain", tld, FIRST + days(365))
    closes, end = TLDS[tld][0][1], TLDS[tld][-1][1]
    for offset in range(-40, end + 3):
        day = FIRST + days(offset)
        above = evaluate(SHIPPED, domain, day)
        zone = evaluate(SHIPPED, Facts(ZONE, parent=above), day)
        wanted = "active" if offset < closes else "locked" if offset < end else "deleted"
        assert zone.phase == wanted, offset
        assert ("edit" in zone.capabilities) == (wanted == "active")
        assert ("dns_served" in zone.capabilities) == (wanted != "deleted"), "served while it is locked"
        assert above.phase == ([name for name, start in TLDS[tld] if start <= offset] or ["active"])[-1]
        assert evaluate(SHIPPED, Facts(ZONE, parent=evaluate(SHIPPED, paid, day)), day).phase == "active"


PARTS = st.lists(st.frozensets(st.sampled_from(DRIVEN)), max_size=4)


@given(PARTS, PARTS, st.randoms(use_true_random=False))
def test_a_place_is_withheld_what_any_of_its_services_is(
    whole: list[frozenset[str]], mail: list[frozenset[str]], chance: object
) -> None:
    """In any order, each as often as one likes; and what is included as mail takes nothing but mail's."""
    found = of_place(whole, mail)
    shuffled = [whole * 2, mail * 2]
    for each in shuffled:
        chance.shuffle(each)
    assert of_place(*shuffled) == found
    everything = frozenset[str]().union(*whole)
    assert {each for each in DRIVEN if each in found} - {"mail_delivered"} == everything - {"mail_delivered"}
    assert of_place(whole, []) == tuple(each for each in DRIVEN if each in everything)
    assert set(of_place([], mail)) == {MAILS[each] for each in frozenset[str]().union(*mail) if each in MAILS}
    assert not {"mail_sign_in", "sign_in"} <= set(found), "the widest word alone"
    parent_too = of_place([*whole, *mail], mail)
    assert parent_too == of_place([*whole, *mail], []), "mail that goes with its hosting takes nothing besides"


pytest_db = pytest.mark.django_db


def settled() -> House:
    house = settle()
    house.run("domains.add", subscription=house.mine, name=NAME)
    house.run("mail.add_mailbox", domain=NAME, name="info", password="Sehr-geheim 1")
    house.run("ftp.add_user", subscription=house.mine, name="koch", password="Sehr-geheim 1", directory="web")
    policies.take(policies.shipped(), on(-60).business.now())
    return house


furnished_once, house = made_once(settled)


def hosting(house: House, **more: object) -> Service:
    fields = {"customer": house.baker.customer, "type": "hosting", "name": NAME, "first_unpaid": FIRST.isoformat()}
    made = perform(OPERATOR, "lifecycle.begin", fields | {"subscription": house.mine} | more, on(-40))
    return Service.objects.get(pk=made.result["service"])


def domain(house: House, first: date, tld: str = "de", name: str = ASCII) -> Service:
    """As a registry’s name is adopted."""
    now = on(-40).business.now()
    customer = Customer.objects.get(number=house.baker.customer)
    return changing.begin(customer, "domain", name, now, version=policies.current(now), tld=tld, first_unpaid=first)


def zone(name: str = ASCII) -> Service:
    return Service.objects.get(type=ZONE, name=name, ended=None)


def mail() -> Service:
    return Service.objects.get(type=MAIL, ended=None)


def go(offset: int) -> None:
    swept = sweep(on(offset).business.now(), approved=Approval("test", on(offset).business.now().date(), JUMP))
    assert swept.done
    list(carrying.carry_out(on(offset)))
    found = audit(on(offset).business.now().date())
    assert (found.differences, found.loose) == ((), ())


def pay(service: Service, offset: int) -> None:
    fields = {"service": service.pk, "first_unpaid": (FIRST + timedelta(days=365)).isoformat()}
    perform(OPERATOR, "lifecycle.set_paid", fields, on(offset))


def put(house: House, **more: object) -> None:
    house.run("dns.set_records", house.baker, domain=NAME, name="büro", type="TXT", contents="Grüße", **more)


def refused(house: House, verb: str, **fields: object) -> str:
    with pytest.raises(ActionRefused) as caught:
        house.run(verb, house.baker, **{"domain": NAME} | fields)
    return str(caught.value)


def parents(rows: Iterable[Service]) -> list[tuple[str, int | None, int | None]]:
    return [(row.type, row.parent_id, row.subscription_id) for row in rows]


@pytest_db
def test_they_come_with_the_hosting_and_with_the_domain_whichever_is_first(house: House) -> None:
    assert not Service.objects.exists(), "nothing that it could belong to"
    made, place = hosting(house), int(house.mine[1:])
    assert parents(Service.objects.exclude(pk=made.pk).order_by("type")) == [
        (ZONE, made.pk, place),
        (MAIL, made.pk, place),
    ]
    house.run("domains.add", house.baker, subscription=house.mine, name="später-öl.test")
    assert zone("xn--spter-l-6wa0o.test").parent_id == made.pk
    count = Service.objects.count()
    assert included.include_all(on(-40)) == 0 and Service.objects.count() == count, "done twice it is done once"


@pytest_db
def test_a_domain_name_that_comes_later_takes_the_zone_over(house: House) -> None:
    made = hosting(house)
    before, name = zone(), domain(house, FIRST + timedelta(days=300))
    after = zone()
    assert (after.pk, after.parent_id, after.subscription_id) == (
        before.pk,
        name.pk,
        None,
    ) and before.parent_id == made.pk
    assert Event.objects.get(service=after, what="linked").value == NAME
    go(0)
    assert (zone().phase, mail().phase) == ("active", "suspended"), "the domain is paid, the hosting is not"
    other = House(house.node, house.gardener, house.baker, house.other, house.mine)
    stranger = domain(other, FIRST, name="xn--gre-aus-kln-w6a02arc.test")
    assert zone().parent_id == name.pk and not stranger.children.exists(), "another customer’s"


@pytest_db
def test_a_name_in_quarantine_locks_its_zone_and_paid_it_opens(house: House) -> None:
    hosting(house, first_unpaid=(FIRST + timedelta(days=300)).isoformat())
    name = domain(house, FIRST)
    put(house)
    told = desired("dns.zone")
    go(-6)
    put(house, ttl=300)
    told = desired("dns.zone")
    go(-5)
    for verb, fields in (
        ("dns.set_records", {"name": "neu", "type": "A", "contents": "192.0.2.1"}),
        ("dns.switch_dnssec", {"on": "yes"}),
        ("dns.restore", {"change": 0}),
        ("dns.remove_records", {"name": "büro", "type": "TXT"}),
    ):
        assert f"Domain {NAME}, in quarantine" in refused(house, verb, **fields)
    assert desired("dns.zone") == told, "served as before"
    assert json.loads(told[ASCII])["records"]
    house.run("dns.set_records", domain=NAME, name="haus", type="A", contents="192.0.2.2")  # staff may
    assert Subscription.objects.get(number=int(house.mine[1:])).withheld == []
    pay(name, -4)
    put(house, ttl=600)


@pytest_db
def test_released_its_records_go_to_history_and_come_back_by_one_verb(house: House) -> None:
    made = hosting(house, first_unpaid=(FIRST + timedelta(days=300)).isoformat())
    name = domain(house, FIRST)
    put(house)
    perform(OPERATOR, "lifecycle.note_notice", {"service": name.pk}, on(20))
    for offset in (-5, 20, 54):
        go(offset)
    old = zone()
    go(55)
    old.refresh_from_db()
    assert (old.phase, old.ended) == ("deleted", FIRST + timedelta(days=55))
    assert not RecordSet.objects.exists() and "b\\195" not in desired("dns.zone")[ASCII]
    assert (zone().parent_id, zone().phase) == (made.pk, "active"), "it goes on with the hosting"
    kept = FormerZone.objects.get()
    house.run("dns.restore_former", house.baker, domain=NAME, former=kept.pk)
    assert RecordSet.objects.get().contents == ['"Gr\\195\\188\\195\\159e"']


@pytest_db
def test_removed_from_the_panel_its_zone_ends_and_the_brake_is_not_asked(house: House) -> None:
    hosting(house)
    put(house)
    old = zone()
    house.run("domains.delete", house.baker, domain=NAME)
    old.refresh_from_db()
    assert old.phase == "deleted" and old.ended is not None and FormerZone.objects.count() == 1
    house.run("domains.add", house.baker, subscription=house.mine, name=NAME)
    assert zone().pk != old.pk and zone().phase == "active"
    assert sweep(on(-39).business.now()).ended == 0


@pytest_db
def test_ended_with_its_hosting_nothing_of_it_is_lost(house: House) -> None:
    """The export has the zone as it was: it is not made as new before."""
    made = hosting(house)
    put(house)
    perform(OPERATOR, "lifecycle.note_notice", {"service": made.pk}, on(40))
    for offset in range(60):
        sweep(on(offset).business.now())
    go(60)
    assert RecordSet.objects.exists() and {each.phase for each in made.children.all()} == {"deleted"}
    all_live()
    go(61)
    assert not Subscription.objects.filter(number=int(house.mine[1:])).exists()
    again = {"service": made.pk, "first_unpaid": (FIRST + timedelta(days=400)).isoformat()}
    fresh = perform(OPERATOR, "lifecycle.restore", again, on(62)).result["service"]
    assert {row.parent_id for row in (zone(), mail())} == {fresh} and RecordSet.objects.exists()
    with pytest.raises(ActionRefused, match="Nothing is kept"):
        perform(OPERATOR, "lifecycle.restore", again | {"service": made.children.get(type=MAIL).pk}, on(62))


def works(house: House) -> dict[str, bool]:
    list(carrying.carry_out(on(-39)))
    told = {kind: desired(kind) for kind in ("web.site", "mail.domain", "ftp.user")}
    site, box = (json.loads(told[kind][ASCII]) for kind in ("web.site", "mail.domain"))
    ftp = json.loads(*told["ftp.user"].values())
    signs_in = not box["suspended"] if box["sign_in"] is None else box["sign_in"]
    try:
        house.run("mail.change_mailbox", house.baker, mailbox=f"info@{NAME}", title="Büro")
    except ActionRefused as refusal:
        assert "mail of this subscription is locked" in str(refusal)
        edits = False
    else:
        edits = True
    return {"web": not site["suspended"], "mail": not box["suspended"], "mailboxes": signs_in, "ftp": not ftp["suspended"], "edit": edits}  # fmt: skip


OPEN = dict.fromkeys(("web", "mail", "mailboxes", "ftp", "edit"), True)


@pytest_db
@pytest.mark.parametrize(
    ("kind", "off"),
    [("legal", {"mail", "mailboxes", "edit"}), ("abuse", {"mail", "edit"}), ("security", {"mailboxes"}), ("registry", {"edit"})],
)  # fmt: skip
def test_mail_is_held_alone(house: House, kind: str, off: set[str]) -> None:
    hosting(house)
    hold = perform(OPERATOR, "lifecycle.put_hold", {"service": mail().pk, "kind": kind}, on(-39)).result["hold"]
    assert works(house) == OPEN | dict.fromkeys(off, False)
    put(house)
    perform(OPERATOR, "lifecycle.lift_hold", {"hold": hold}, on(-39))
    assert works(house) == OPEN


@pytest_db
def test_a_zone_is_held_alone_and_its_name_stays_while_others_go(house: House) -> None:
    hosting(house)
    house.run("domains.add", house.baker, subscription=house.mine, name="süß.test")
    fields = {"service": zone().pk, "kind": "legal", "case": "V-7"}
    hold = perform(OPERATOR, "lifecycle.put_hold", fields, on(-39)).result["hold"]
    assert "DNS hosting grüße-aus-köln.test is held (by law, V-7)" in refused(
        house, "dns.remove_records", name="a", type="A"
    )
    assert works(house) == OPEN
    assert "held" in refused(house, "domains.delete")
    house.run("domains.delete", house.baker, domain="süß.test")
    house.run("domains.delete", domain=NAME)
    house.run("domains.add", subscription=house.mine, name=NAME)
    assert "held" in refused(house, "dns.remove_records", name="a", type="A"), "a new zone does not lift it"
    perform(OPERATOR, "lifecycle.lift_hold", {"hold": hold}, on(-39))
    put(house)


@pytest_db
def test_what_is_included_cannot_be_ended_by_itself(house: House) -> None:
    hosting(house)
    for service in (zone(), mail()):
        for verb in ("terminate", "end_for_breach"):
            fields = {"service": service.pk, "authorised": "Brief"} | (
                {"on": "2999-03-03"} if verb == "terminate" else {}
            )
            with pytest.raises(ActionRefused, match="included"):
                perform(SYSTEM, f"lifecycle.{verb}", fields, on(-39))


@pytest_db
def test_a_day_heals_what_two_changes_at_once_have_missed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gasthof.slices.lifecycle.daily.PATIENCE", 0.0)
    hosting(house)
    name = domain(house, FIRST + timedelta(days=300))
    Service.objects.filter(pk=zone().pk).update(parent=None)
    Service.objects.filter(pk=mail().pk).update(name="vergessen", parent=None, type="shop")
    list(day_began(on(-39)))
    assert zone().parent_id == name.pk and mail().name == NAME


@pytest_db
def test_a_change_costs_the_same_however_many_there_are(house: House) -> None:
    hosting(house)

    def cost(name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            house.run("domains.add", subscription=house.mine, name=name)
        return len(queries)

    few = cost("eins-ä.test")
    house.run("domains.add", subscription=house.mine, name="zwei-ä.test")
    assert cost("drei-ä.test") == few


@pytest_db
def test_pages_show_the_lock_and_what_belongs_to_a_service(house: House) -> None:
    made = hosting(house, first_unpaid=(FIRST + timedelta(days=300)).isoformat())
    name, mine = domain(house, FIRST), owner(house)
    put(house)
    at = f"/domains/{ASCII}/dns/"
    assert "Add a record" in mine.get(at).content.decode()
    go(-5)
    for page in (at, f"{at}history", f"{at}dnssec"):
        shown = mine.get(page).content.decode()
        assert f"belongs to a service that is not paid: Domain {NAME}" in shown and "Add a record" not in shown
    with translation.override("de"):
        lock = registry.zone_lock(Domain.objects.get(name=ASCII))
        assert lock is not None and "sind gesperrt" in tell(lock).message and f"Domain {NAME}" in tell(lock).message
    listed = mine.get(f"/customers/{house.baker.customer}/services").content.decode()
    assert f"/services/{name.pk}/" in listed and f"/services/{zone().pk}/" not in listed
    above = mine.get(f"/services/{made.pk}/").content.decode()
    assert f"/services/{mail().pk}/" in above and "Mail of the hosting" in above
    below = mine.get(f"/services/{zone().pk}/").content.decode()
    assert "From now on: served, but locked" in below and at in below and f"/services/{name.pk}/" in below
