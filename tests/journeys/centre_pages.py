"""Pages of money, services, cases and requests for pictures: as staff and as their customer see them, filled, empty and in error."""

from collections.abc import Iterator

from gasthof.slices.accounts.models import Customer
from gasthof.slices.billing.models import BankBooking, Proforma
from gasthof.slices.billing.models import Case as MoneyCase
from gasthof.slices.cases.models import Case
from gasthof.slices.lifecycle.models import Service, Sweep
from gasthof.slices.notices.models import Notice
from gasthof.slices.requests.models import Request
from tests.habits.examples import DOMAIN
from tests.house import House

WRONG = {  # which field is filled with what, and sent; ("", ""): as it is
    **dict.fromkeys(("case-open", "case-note", "case-propose_end", "my-mended", "my-ask-message", "request-decline", "money-close", "money-upload"), ("", "")),
    **dict.fromkeys(("case-warn", "case-charge", "request-accept"), ("", "")),
    "service-end": ("authorised", ""), "service-begin-for": ("customer", "niemand"), "subserver-add": ("", ""), "my-ask-end": ("on", "1999-01-01"), "money-assign": ("proforma", "999"),
}  # fmt: skip
Page = tuple[str, str, str]  # who looks at it ("operator", or a customer's number), its name, its path
LONG_NAME = "Bäckerei Müller-Lüdenscheidt & Söhne GmbH & Co. KG"
EMPTY = "Zoë Öhlmann"
SEEN = "Im Ordner „web/größen“ liegen fremde Dateien, die Werbung verschicken:\nkäse.php und übersicht.php."
ASKED = (
    "Guten Tag,\n\nunsere Seite lädt seit heute früh sehr langsam. Woran kann das liegen?\n\nViele Grüße\nJörg Müller"
)
ANSWERED = (
    "Guten Tag, Herr Müller,\n\nein Umzug der Datenbank war schuld. Seit 9 Uhr ist alles wieder schnell.\n\nIhr Gasthof"
)


def fill(house: House) -> None:
    """Long names, cases that go on, requests of each kind, and a customer who has nothing."""
    baker = house.baker.customer
    house.run("accounts.change", customer=baker, name=LONG_NAME)
    house.run("accounts.create", name=EMPTY)
    security = {
        "customer": baker,
        "title": "Werbung aus einem Postfach",
        "words": SEEN,
        "kind": "security",
        "severity": 1,
    }
    boxed = house.run("cases.open", mailbox=f"buero@{DOMAIN}", **security).result["case"]
    house.run("cases.warn", case=boxed, words="Bitte ändern Sie das Passwort des Postfachs.", deadline="2999-03-10")
    house.run("cases.hold", case=boxed)
    house.run("cases.note", case=boxed, words="Meldung der Gegenstelle, 17 Mails in einer Minute.")
    breach = house.run("cases.open", customer=baker, title="Fremde Marken im Laden", words=SEEN, severity=0).result[
        "case"
    ]
    house.run("cases.mended", house.baker, case=breach, words="Die Bilder sind gelöscht.")
    ended = house.run("cases.open", customer=baker, title="Falscher Alarm", words=SEEN, severity=0).result["case"]
    house.run("cases.close", case=ended, words="Es war ein Irrtum von uns.", unfounded="yes")
    server = {"customer": baker, "type": "aps", "name": "Rechenknecht der Backstube", "first_unpaid": "2029-03-03"}
    house.run("lifecycle.begin", **server, server_class="M")
    _tower(house)
    _talk(house)


def _tower(house: House) -> None:
    """A managed server with a subserver, and one that has none yet."""
    paid = {"customer": house.baker.customer, "type": "vms", "first_unpaid": "2029-03-03"}
    tower = house.run("lifecycle.begin", **paid, name="Turm der Brötchenbäckerei").result["service"]
    place = house.run("subscriptions.create", customer=house.baker.customer, plan="Standard", node="local").result[
        "subscription"
    ]
    below = {"customer": house.baker.customer, "type": "subserver", "subscription": place, "parent": tower}
    house.run("lifecycle.begin", **below, name="Filiale Köln-Mülheim")
    house.run("lifecycle.begin", **paid, name="Zweiter Turm")


def _talk(house: House) -> None:
    baker, mine = house.baker.customer, house.baker
    talk = house.run("requests.draft", mine, customer=baker, kind="message", words=ASKED).result["request"]
    house.run("requests.write", request=talk, words=ANSWERED)
    house.run("requests.write", mine, request=talk, words="Vielen Dank!")
    for kind, services in (("end", "shop"), ("backup", "shop"), ("withdraw", "hosting")):
        row = Service.objects.filter(customer=baker, type=services, ended=None).latest("pk")
        house.run("requests.draft", mine, customer=baker, service=row.pk, kind=kind, words="Wir ziehen um.")


def of_staff(house: House) -> Iterator[Page]:
    """What the pages of the house show, and its forms."""
    baker = house.baker.customer
    case, boxed = _case(house, "Angriffe"), _case(house, "Werbung aus einem Postfach")
    for name, path in {
        "cases": "/cases/", "case-end": f"/cases/{case}/", "case-box": f"/cases/{boxed}/", "case-open": f"/customers/{baker}/cases/open",
        "cases-of": f"/customers/{baker}/cases/", "case-closed": f"/cases/{_case(house, 'Falscher Alarm')}/",
        **{f"case-{act}": f"/cases/{boxed}/{act}" for act in ("warn", "note", "lift", "charge", "close", "propose_end")},
        "case-hold": f"/cases/{_case(house, 'Fremde Marken im Laden')}/hold", "case-confirm": f"/cases/{case}/confirm_end",
        "requests": "/requests/", "request-restore": f"/requests/{_request(house, 'restore')}/",
        "request-message": f"/requests/{_request(house, 'message')}/",
        **{f"request-{act}": f"/requests/{_request(house, 'restore')}/{act}" for act in ("accept", "decline", "finish", "write")},
        "notices-all": "/notices/", "notice-refused": f"/notices/{_refused()}/", "notice-again": f"/notices/{_refused()}/again",
        "notices-preview": f"/services/{_service(house, 'shop')}/notices",
        "work-approve": f"/services/work/approve/{Sweep.objects.latest('pk').pk}", "service-end": f"/services/{_service(house, 'shop')}/end",
        "service-fee": f"/services/{_service(house, 'domain')}/fee", "service-price": f"/services/{_service(house, 'shop')}/price",
        "service-price-agreed": f"/services/{_service(house, 'mail')}/price", "service-price-drop": f"/services/{_service(house, 'mail')}/price/drop",
        "service-stay": f"/services/{_service(house, 'hosting')}/stay", "subservers": f"/services/{_tall('Turm der')}/subservers/",
        "subservers-none": f"/services/{_tall('Zweiter')}/subservers/", "subserver-add": f"/services/{_tall('Zweiter')}/subservers/add",
        "money-assign": f"/payments/bookings/{_waiting()}/assign", "money-return": f"/payments/bookings/{_waiting()}/return",
        "money-accept": f"/payments/bookings/{_waiting()}/accept/{_open(house)}",
        "money-close": f"/payments/bookings/{MoneyCase.objects.filter(why=MoneyCase.RETURN)[0].booking_id}/close",
        "bill-settle": f"/proformas/{_open(house)}/settle", "nothing-found": "/payments/?search=zzz",
    }.items():  # fmt: skip
        yield "operator", name, path


def of_customer(house: House) -> Iterator[Page]:
    """What its customer sees, who has all that there can be."""
    baker = str(house.baker.customer)
    yield from ((baker, f"my-{name}", path) for name, path in _own(house, int(baker)))
    for name, path in {
        **{f"service-{row.type}": f"/services/{row.pk}/" for row in Service.objects.filter(customer=baker)},
        "case": f"/cases/{_case(house, 'Werbung aus einem Postfach')}/", "mended": f"/cases/{_case(house, 'Angriffe')}/mended",
        **{f"ask-{kind}": f"/customers/{baker}/requests/new/{kind}" for kind in ("message", "end", "withdraw", "restore", "backup", "mended")},
        **{f"request-{kind}": f"/requests/{_request(house, kind)}/" for kind in ("message", "end", "withdraw", "restore", "backup")},
        "request-change": f"/requests/{_request(house, 'end')}/change", "request-drop": f"/requests/{_request(house, 'end')}/drop",
        "bill-open": f"/proformas/{_open(house)}/", "notice": f"/notices/{_notice(house)}/",
    }.items():  # fmt: skip
        yield baker, f"my-{name}", path


def of_nobody() -> Iterator[Page]:
    """Of a customer who has nothing yet."""
    number = _empty()
    yield from ((str(number), f"no-{name}", path) for name, path in _own(None, number))


def _own(house: House | None, number: int) -> Iterator[tuple[str, str]]:
    at = f"/customers/{number}"
    yield "glance", at
    yield "calendar", f"{at}/calendar"
    for name in ("services", "cases/", "requests/", "notices", "former-zones/", "names/", "domains"):
        yield name.strip("/"), f"{at}/{name}"
    for name in ("", "receipts", "payments"):
        yield f"invoices-{name}".strip("-"), f"{at}/invoices/{name}"


def everything(house: House) -> list[Page]:
    return [*of_staff(house), *of_customer(house), *of_nobody()]


def _empty() -> int:
    return Customer.objects.get(name=EMPTY).number


def _case(house: House, title: str) -> int:
    return Case.objects.filter(customer=house.baker.customer, title=title).latest("pk").pk


def _request(house: House, kind: str) -> int:
    return Request.objects.filter(customer=house.baker.customer, kind=kind).latest("pk").pk


def _service(house: House, type_: str) -> int:
    return Service.objects.filter(customer=house.baker.customer, type=type_).latest("pk").pk


def _tall(name: str) -> int:
    return Service.objects.get(type="vms", name__startswith=name).pk


def _open(house: House) -> int:
    return Proforma.objects.filter(customer=house.baker.customer, state="open").order_by("received", "pk")[0].number


def _waiting() -> int:
    return BankBooking.objects.filter(waits=True).latest("pk").pk


def _refused() -> int:
    return Notice.objects.filter(state=Notice.REFUSED).latest("pk").pk


def _notice(house: House) -> int:
    return Notice.objects.filter(customer=house.baker.customer).exclude(text="").latest("pk").pk
