"""From a price to a proforma, from a statement to a renewed service; and what must not renew."""

import base64
from datetime import UTC, date, datetime, time, timedelta

import pytest
from tests.clocks import Clock
from tests.deaths import each_statement
from tests.house import OPERATOR, House, settle
from tests.readers import member, operator, owner

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.accounts.models import Customer
from gasthof.slices.billing.models import Proforma, Settled
from gasthof.slices.billing.tests.statements import Line, mt940
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.rules.facts import Termination
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.renewals.asking import ask_due
from gasthof.slices.renewals.carrying import carry_over
from gasthof.slices.renewals.models import Asked, Carried

NAME = "xn--grn-ioa.test"  # grün.test
EXPIRES = date(2027, 3, 3)  # first unpaid day of the services here


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


class Desk:
    """A house on one day after another."""

    def __init__(self, house: House) -> None:
        self.house, self.clock = house, Clock(noon(EXPIRES - timedelta(days=40)))
        self.clocks = Clocks(self.clock, self.clock)
        self.customer = Customer.objects.get(number=house.baker.customer)
        self.statements = 0
        for type_ in ("hosting", "mail"):
            self.do("renewals.set_price", type=type_, months=12, net="100,00")

    def do(self, verb: str, **fields: object) -> dict[str, object]:
        return dict(perform(OPERATOR, verb, fields, self.clocks).result)

    def go(self, day: date) -> list[str]:
        self.clock.at = noon(day)
        return [*carry_over(self.clocks), *ask_due(self.clocks)]

    def begin(self, type_: str = "hosting", **more: object) -> Service:
        version = policies.take(policies.shipped(), self.clock.at)
        given = {"first_unpaid": EXPIRES, "version": version} | more
        made = changing.begin(self.customer, type_, NAME, self.clock.at, **given)
        changing.notice_delivered(made, self.clock.at.date(), self.clock.at)
        return made

    def pay(self, proforma: Proforma, units: int | None = None) -> None:
        self.statements += 1
        line = Line(units or proforma.total, f"VS:{proforma.number}", name=self.customer.name, iban="")
        text = mt940([line], number=str(self.statements))
        self.do("billing.upload_statement", file=base64.b64encode(text.encode()).decode())


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk(settle())


def open_proforma(service: Service) -> Proforma:
    return Proforma.objects.get(asked__service=service, state="open")


def paid_until(service: Service) -> date | None:
    service.refresh_from_db()
    return service.first_unpaid


def test_asked_for_a_month_ahead_and_once(desk: Desk) -> None:
    service = desk.begin()
    assert desk.go(EXPIRES - timedelta(days=31)) == []
    (said,) = desk.go(EXPIRES - timedelta(days=30))
    found = open_proforma(service)
    assert str(found.number) in said
    assert (found.net, found.vat, found.valid_until) == (10_000, 1_900, EXPIRES + timedelta(days=59))
    line = found.lines.get()
    assert line.title == "Webhosting grün.test, 12 Monate"
    assert (line.valid_from, line.valid_until) == (EXPIRES, date(2028, 3, 2))
    for day in (29, 28, 0):
        assert desk.go(EXPIRES - timedelta(days=day)) == []


@pytest.mark.parametrize("day", [-10, 0, 30, 59])
def test_paid_it_is_renewed_once_whenever_that_is(desk: Desk, day: int) -> None:
    service = desk.begin()
    desk.go(EXPIRES - timedelta(days=30))
    desk.clock.at = noon(EXPIRES + timedelta(days=day))
    desk.pay(open_proforma(service))
    assert [*carry_over(desk.clocks)] and not [*carry_over(desk.clocks)]
    assert paid_until(service) == date(2028, 3, 3)
    assert Carried.objects.get().outcome == Carried.RENEWED
    assert desk.go(EXPIRES + timedelta(days=60)) == []
    assert len(desk.go(date(2028, 3, 3) - timedelta(days=30))) == 1


def test_paid_twice_the_second_is_credit(desk: Desk) -> None:
    service = desk.begin()
    desk.go(EXPIRES - timedelta(days=30))
    first = open_proforma(service)
    desk.pay(first)
    desk.pay(first)
    desk.go(EXPIRES)
    assert paid_until(service) == date(2028, 3, 3) and Settled.objects.count() == 1


def test_two_proformas_for_one_time_renew_it_once(desk: Desk) -> None:
    """One of them is written by hand."""
    service = desk.begin()
    desk.go(EXPIRES - timedelta(days=30))
    line = f"lifecycle:{service.pk}; Hosting; 100,00; standard; {EXPIRES}; 2028-03-02"
    by_hand = desk.do("billing.issue", customer=desk.customer.number, lines=[line], valid_until="2027-04-01")
    desk.pay(open_proforma(service))
    desk.pay(Proforma.objects.get(pk=by_hand["proforma"]))
    desk.go(EXPIRES)
    assert paid_until(service) == date(2028, 3, 3)
    assert sorted(Carried.objects.values_list("outcome", flat=True)) == [Carried.RENEWED, Carried.RETURNED]
    assert Proforma.objects.get(pk=by_hand["proforma"]).receipt.credit_note


def test_what_was_not_paid_in_time_is_taken_back_and_renews_no_more(desk: Desk) -> None:
    service = desk.begin("mail")
    desk.go(EXPIRES - timedelta(days=30))
    late = open_proforma(service)
    assert late.valid_until == EXPIRES + timedelta(days=13)
    for offset in (13, 14):
        sweep(noon(EXPIRES + timedelta(days=offset)))
    assert len(desk.go(EXPIRES + timedelta(days=14))) == 1
    late.refresh_from_db()
    assert late.state == Proforma.EXPIRED
    desk.pay(late)
    desk.go(EXPIRES + timedelta(days=15))
    assert paid_until(service) == EXPIRES and not Carried.objects.exists()


def test_a_wish_to_end_takes_the_proforma_back(desk: Desk) -> None:
    service = desk.begin()
    desk.go(EXPIRES - timedelta(days=30))
    changing.terminate(service, Termination(EXPIRES, "owner:köchin", "code"), desk.clock.at)
    assert len(desk.go(EXPIRES - timedelta(days=20))) == 1
    assert Proforma.objects.get().state == Proforma.EXPIRED
    assert desk.go(EXPIRES - timedelta(days=19)) == []


def test_paid_in_the_moment_of_the_wish_it_is_given_back(desk: Desk) -> None:
    service = desk.begin()
    desk.go(EXPIRES - timedelta(days=30))
    changing.terminate(service, Termination(EXPIRES, "owner:köchin", "code"), desk.clock.at)
    desk.pay(open_proforma(service))
    list(carry_over(desk.clocks))
    assert not Carried.objects.exists(), "that day the wish may be taken back"
    desk.go(EXPIRES - timedelta(days=29))
    assert paid_until(service) == EXPIRES
    assert Carried.objects.get().outcome == Carried.RETURNED


def test_in_quarantine_it_is_issued_anew_or_asked_for_by_hand(desk: Desk) -> None:
    """The registry's fee is not known beforehand: nothing is invented."""
    desk.do("renewals.set_price", type="domain", tld="de", months=12, net="12")
    service = desk.begin("domain", tld="de")
    desk.go(EXPIRES - timedelta(days=30))
    assert open_proforma(service).valid_until == EXPIRES - timedelta(days=6)
    desk.go(EXPIRES - timedelta(days=5))
    assert not Proforma.objects.filter(state="open").exists()
    with pytest.raises(ActionRefused, match="fee"):
        desk.do("renewals.ask", service=service.pk)


def test_a_known_fee_stands_on_the_next_proforma(desk: Desk) -> None:
    text = policies.shipped().replace("version = 1", "version = 2")
    text = text.replace("[fee.registry]", "[fee.registry]\namount = 3500")
    version = policies.take(text, desk.clock.at)
    desk.do("renewals.set_price", type="domain", months=12, net="12")
    service = desk.begin("domain", tld="de", version=version)
    desk.go(EXPIRES - timedelta(days=30))
    first = open_proforma(service)
    desk.go(EXPIRES - timedelta(days=5))
    second = open_proforma(service)
    assert second.replaces == first and second.net == 1_200 + 3_500
    assert "Gebühr" in second.lines.get(position=2).title
    desk.pay(second)
    list(carry_over(desk.clocks))
    assert paid_until(service) == date(2028, 3, 3)


def test_what_staff_took_back_is_not_written_again_by_itself(desk: Desk) -> None:
    service = desk.begin()
    desk.go(EXPIRES - timedelta(days=30))
    desk.do("billing.cancel", proforma=open_proforma(service).number)
    assert desk.go(EXPIRES) == []
    desk.do("renewals.ask", service=service.pk)
    assert open_proforma(service)


def test_without_a_price_nobody_is_asked(desk: Desk) -> None:
    service = desk.begin("shop")
    assert desk.go(EXPIRES) == []
    with pytest.raises(ActionRefused, match="costs"):
        desk.do("renewals.ask", service=service.pk)
    desk.do("renewals.agree", service=service.pk, months=1, net="9,90")
    assert len(desk.go(EXPIRES)) == 1
    assert open_proforma(service).net == 990


def test_months_keep_their_day(desk: Desk) -> None:
    service = desk.begin("mail", first_unpaid=date(2027, 1, 31))
    desk.do("renewals.agree", service=service.pk, months=1, net="1")
    seen = []
    for _ in range(3):
        desk.go((service.first_unpaid or EXPIRES) - timedelta(days=2))
        desk.pay(open_proforma(service))
        list(carry_over(desk.clocks))
        seen.append(paid_until(service))
    assert seen == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]


def test_killed_before_any_statement_it_is_renewed_once(desk: Desk) -> None:
    service = desk.begin()
    desk.go(EXPIRES - timedelta(days=30))
    desk.pay(open_proforma(service))
    assert each_statement(lambda: list(carry_over(desk.clocks))) > 10
    assert paid_until(service) == date(2028, 3, 3) and Carried.objects.count() == 1


def test_killed_before_any_statement_it_is_asked_for_once(desk: Desk) -> None:
    desk.begin()
    desk.clock.at = noon(EXPIRES)
    assert each_statement(lambda: list(ask_due(desk.clocks))) > 10
    assert Asked.objects.count() == Proforma.objects.count() == 1


def test_the_way_to_pay_stands_on_the_services_page_while_there_is_something_to_pay(desk: Desk) -> None:
    service = desk.begin()
    at = f"/services/{service.pk}/"
    pays = [owner(desk.house), operator()]
    assert not any("Pay proforma invoice" in client.get(at).content.decode() for client in pays)
    desk.go(EXPIRES - timedelta(days=30))
    asked = Asked.objects.get()
    door = f'<a class="button primary" href="/proformas/{asked.proforma_id}/">'
    assert all(door in client.get(at).content.decode() for client in pays)
    webmaster = member(desk.house.baker.customer, "webmaster").get(at)
    assert webmaster.status_code != 200 or door not in webmaster.content.decode()
    desk.pay(asked.proforma)
    desk.go(EXPIRES - timedelta(days=29))
    assert door not in pays[0].get(at).content.decode()


def test_a_name_that_its_registry_gives_to_nobody_is_not_asked_to_be_paid(desk: Desk) -> None:
    """Nobody was told of its end, so that we delete nothing; the registry does not wait for that."""
    desk.do("renewals.set_price", type="domain", tld="cz", months=12, net="12")
    service = desk.begin("domain", tld="cz")
    Service.objects.filter(pk=service.pk).update(noticed=None)
    desk.go(EXPIRES + timedelta(days=58))
    assert open_proforma(service).valid_until == EXPIRES + timedelta(days=59)
    desk.go(EXPIRES + timedelta(days=60))
    assert not Proforma.objects.filter(state="open").exists()
    with pytest.raises(ActionRefused, match="nothing to pay"):
        desk.do("renewals.ask", service=service.pk)


def test_a_period_that_the_registry_does_not_take_is_refused_beside_its_field(desk: Desk) -> None:
    service = desk.begin("domain", tld="at")
    priced = {"type": "domain", "net": "12"}
    for given in (
        {"months": 24, "tld": "de"},
        {"months": 6, "tld": "cz"},
        {"months": 120, "tld": "köln"},
        {"months": 24},
    ):
        with pytest.raises(ActionRefused) as caught:
            desk.do("renewals.set_price", **priced, **given)
        assert [error.field for error in caught.value.errors] == ["months"], given
    assert ".köln" in refused(desk, "renewals.set_price", **priced, months=120, tld="köln")
    assert "one year" in refused(desk, "renewals.agree", service=service.pk, months=24, net="20")
    for months, tld in ((108, "köln"), (24, "com"), (12, "")):
        desk.do("renewals.set_price", **priced, months=months, tld=tld)
    desk.do("renewals.set_price", type="hosting", months=120, net="1000")
    page = operator().post(
        "/prices/set", {**priced, "months": "24", "tld": "de", "currency": "EUR", "category": "standard"}
    )
    assert page.status_code == 422 and "Below .de a term is one year." in page.content.decode()


def refused(desk: Desk, verb: str, **fields: object) -> str:
    with pytest.raises(ActionRefused) as caught:
        desk.do(verb, **fields)
    return "; ".join(error.message for error in caught.value.errors)


def test_beyond_the_longest_term_of_the_registry_nothing_is_asked_for(desk: Desk) -> None:
    service = desk.begin("domain", tld="com", first_unpaid=EXPIRES.replace(year=2029))
    desk.do("renewals.agree", service=service.pk, months=108, net="99")
    assert "ten years" in refused(desk, "renewals.ask", service=service.pk)
    desk.go(EXPIRES.replace(year=2029) - timedelta(days=30))
    assert open_proforma(service).lines.get().valid_until == date(2038, 3, 2)


@pytest.mark.parametrize("fee", [0, 3500])
def test_what_costs_the_same_for_longer_is_asked_for_once(desk: Desk, fee: int) -> None:
    """Nobody was told, so that its end goes from week to week; the number that its payer knows stays."""
    if fee:
        named = policies.shipped().replace("version = 1", "version = 2")
        named = named.replace("[fee.registry]", f"[fee.registry]\namount = {fee}")
        more = {"type_": "domain", "tld": "de", "version": policies.take(named, desk.clock.at)}
        desk.do("renewals.set_price", type="domain", months=12, net="100,00")
    service = desk.begin(**more) if fee else desk.begin("mail")
    Service.objects.filter(pk=service.pk).update(noticed=None)
    seen = []
    for days in range(-30, 54):
        desk.clock.at = noon(EXPIRES + timedelta(days=days))
        sweep(desk.clock.at)
        desk.go(desk.clock.at.date())
        seen.append(open_proforma(service))
    assert len({one.number for one in seen}) == (2 if fee else 1)
    assert seen[-1].total == (100_00 + fee) * 119 // 100
    assert all(
        one.valid_until >= EXPIRES + timedelta(days=days) for days, one in zip(range(-30, 54), seen, strict=True)
    )
