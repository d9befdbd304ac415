"""Row L20 as its customer asks for it: is there an image, then what it costs and onto which server, then it is paid and done."""

from datetime import date

import pytest
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House
from tests.readers import operator, owner

from gasthof.kernel.actions import perform
from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.tests.examples import upload
from gasthof.slices.billing.tests.statements import Line, mt940
from gasthof.slices.lifecycle.models import Service, Work
from gasthof.slices.requests.carrying import restore_paid
from gasthof.slices.requests.doors import kinds_for
from gasthof.slices.requests.models import Request
from gasthof.slices.requests.tests.test_requests import DAY, NAME, at, confirmed, do, refused, settled

pytestmark = pytest.mark.django_db


def server(house: House, name: str, **fields: object) -> Service:
    given = {"customer": house.baker.customer, "type": "vps", "name": name, **fields}
    if "parent" not in fields:
        given |= {"first_unpaid": "2028-03-03"}
    return Service.objects.get(pk=perform(OPERATOR, "lifecycle.begin", given, at()).result["service"])


def with_servers() -> House:
    """One was deleted today, with the mail of a domain; another was ordered and paid anew."""
    house = settled()
    old = server(house, "vps-alt", server_class="M")
    mail = server(house, NAME, type="server_mail", parent=old.pk)
    Service.objects.filter(pk__in=(old.pk, mail.pk)).update(
        ended=DAY, phase="deleted", due_at=None, first_unpaid=date(2027, 2, 1)
    )
    Service.objects.filter(pk=mail.pk).update(first_unpaid=None)
    server(house, "vps-neu", server_class="L")
    server(house, "vps-klein", server_class="S")
    return house


furnished_once, house = made_once(with_servers)


def named(name: str, type_: str = "vps") -> int:
    return Service.objects.get(name=name, type=type_).pk


def drafted(house: House, kind: str, **fields: object) -> int:
    given = {"customer": house.baker.customer, "kind": kind, "service": named("vps-alt"), **fields}
    return int(do("draft", **given)["request"])


def may_be_asked() -> list[str]:
    return kinds_for(Service.objects.get(pk=named("vps-alt")), DAY)


def answered(house: House) -> None:
    """The house has looked: there is an image."""
    number = drafted(house, "backup")
    assert confirmed(number)["state"] == "waiting", "only people know whether there is one"
    assert "There is an image" in operator().get(f"/requests/{number}/").content.decode()
    do("finish", number, OPERATOR, words="Es gibt eines vom 2. März.")


def test_nothing_is_asked_for_before_the_house_knows_of_an_image(house: House) -> None:
    wanted = {"customer": house.baker.customer, "kind": "restore", "service": named("vps-alt")}
    assert may_be_asked() == ["backup", "message"]
    assert "Ask for a backup" in refused("draft", **wanted, onto=named("vps-neu"))
    number = drafted(house, "backup")
    confirmed(number)
    do("decline", number, OPERATOR, words="Es gibt keines.")
    assert may_be_asked() == ["backup", "message"] and "Ask for a backup" in refused("draft", **wanted)
    answered(house)
    assert may_be_asked() == ["restore", "backup", "message"]
    assert "on which server" in refused("draft", **wanted)
    form = owner(house).get(f"/customers/{house.baker.customer}/requests/new/restore").content.decode()
    assert 'name="onto"' in form and "vps-neu" in form and 'name="mail"' in form
    assert "M or higher" in refused("draft", **wanted, onto=named("vps-klein"))


def test_quoted_confirmed_accepted_paid_and_brought_back(house: House) -> None:
    answered(house)
    number = drafted(house, "restore", onto=named("vps-neu"), mail=True)
    row = Request.objects.get(pk=number)
    assert [(line.what, line.count, line.net) for line in row.offered.lines] == [
        ("restore", 1, 2_000), ("licence", 1, 0), ("restore_mail", 1, 2_000),
    ]  # fmt: skip
    page = owner(house).get(f"/requests/{number}/").content.decode()
    for words in ("vps-neu", "Licence, bought again", "0.00", "power cut", "With the mail of all its domains", "40.00"):
        assert words in page, words
    confirmed(number)
    with_it = refused("draft", customer=house.baker.customer, kind="restore", service=named("vps-alt"), onto=named("vps-neu"))  # fmt: skip
    assert "already" in with_it
    accepted = do("accept", number, OPERATOR, words="Gern.", valid_until="2027-03-16")
    proforma = Proforma.objects.get(pk=accepted["proforma"])
    assert proforma.net == 4_000 and list(restore_paid(at())) == []
    upload(house, mt940([Line(proforma.total, f"VS:{proforma.pk}", iban="")]))
    assert len(list(restore_paid(at()))) == 1 and list(restore_paid(at())) == []
    row.refresh_from_db()
    assert (row.state, row.restored_id) == ("done", named("vps-neu"))
    assert set(Work.objects.filter(service=named("vps-neu")).values_list("action", flat=True)) == {
        "bring_back", "buy_licence",
    }  # fmt: skip
    back = Service.objects.get(name=NAME, type="server_mail", ended=None)
    assert (back.parent_id, back.unicode) == (named("vps-neu"), NAME)


def test_what_has_become_impossible_until_it_is_paid_is_before_staff(house: House) -> None:
    """The server was closed meanwhile, say: nothing is put onto it, and the money is not lost."""
    answered(house)
    number = drafted(house, "restore", onto=named("vps-neu"))
    confirmed(number)
    accepted = do("accept", number, OPERATOR, words="Gern.", valid_until="2027-03-16")
    proforma = Proforma.objects.get(pk=accepted["proforma"])
    assert proforma.net == 2_000
    perform(OPERATOR, "lifecycle.put_hold", {"service": named("vps-neu"), "kind": "abuse"}, at())
    upload(house, mt940([Line(proforma.total, f"VS:{proforma.pk}", iban="")]))
    list(restore_paid(at()))
    row = Request.objects.get(pk=number)
    assert row.state == "failed" and "closed" in row.steps.latest("pk").words
    assert not Work.objects.filter(action="bring_back").exists()


def test_mail_of_a_single_domain(house: House) -> None:
    mail = named(NAME, "server_mail")
    number = int(
        do("draft", customer=house.baker.customer, kind="restore", service=mail, onto=named("vps-klein"))["request"]
    )
    assert Request.objects.get(pk=number).offered.total == 2_000
    assert confirmed(number)["state"] == "waiting", "each is decided by a person"
