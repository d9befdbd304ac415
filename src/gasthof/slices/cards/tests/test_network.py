"""The client against the network's process over HTTP, as in the try-out; and the payer's way through the pages."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import msgspec
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.clocks import Clock
from tests.house import House, settle
from tests.readers import anonymous, operator, owner, stranger

from gasthof.kernel.clock import SystemClock
from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.tests.examples import HOUSE, issue
from gasthof.slices.cards import jobs, rules
from gasthof.slices.cards.client import SIGNED, Network
from gasthof.slices.cards.driver import Begin, Notification
from gasthof.slices.cards.models import CardPayment
from gasthof.slices.cards.tests.network import NOON
from gasthof.slices.cards.tryout.server import Server, tell
from gasthof.slices.cards.tryout.store import Store

DOMAIN = "bäckerei-müller.test"
SECRET = "ein Geheimnis"
WANTED = Begin(11_900, "EUR", "1000001", "Proforma-Rechnung für Bäckerei Müller", "de", "https://localhost/back", "")


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    """Running, on a port of its own."""
    keys = rules.keys_of(SECRET)
    server = Server(("127.0.0.1", 0), Store(tmp_path / "network.db", SystemClock(), ""), keys)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    server.store.pages = address
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Network(address, keys)
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_the_client_says_is_understood(network: Network) -> None:
    made = network.begin("gh-1", WANTED).payment
    assert made and network.begin("gh-1", WANTED).payment == made and (made.state, made.units) == ("open", 11_900)
    assert network.begin("gh-1", Begin(1, "EUR", "1", "", "de", "", "")).state == "refused"
    assert network.ask("gh-2").payment is None and network.ask("gh-1").payment == made
    wrong = Network(network.address, rules.keys_of("ein anderes"))
    assert (wrong.begin("gh-3", WANTED).state, wrong.ask("gh-1").payment) == ("refused", None)
    away = Network("http://127.0.0.1:9", network.keys)
    assert away.begin("gh-1", WANTED).state == "unknown"


def test_payers_are_led_to_the_networks_own_page_only(network: Network) -> None:
    elsewhere = Network(network.address + "/other", network.keys)
    assert elsewhere._judged(200, b'{"number":"1","operation":"x","reference":"1","state":"open","units":1,"currency":"EUR","address":"https://evil.example/"}', "x").state == "unknown"  # fmt: skip


class Panel(BaseHTTPRequestHandler):
    """Takes the second notification that comes."""

    heard: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.headers[SIGNED], body))
        self.send_response(500 if len(self.heard) == 1 else 200)
        self.end_headers()

    def log_request(self, *_: object) -> None: ...


def test_what_became_of_a_payment_is_told_until_it_is_taken(tmp_path: Path) -> None:
    clock, keys = Clock(NOON), rules.keys_of(SECRET)
    with HTTPServer(("127.0.0.1", 0), Panel) as house:
        thread = threading.Thread(target=house.serve_forever)
        thread.start()
        store = Store(tmp_path / "network.db", clock, "http://localhost")
        made = store.begin("gh-1", msgspec.structs.replace(WANTED, notify=f"http://127.0.0.1:{house.server_port}/told"))
        store.choose(made.address.rpartition("/")[2], "pay")
        taken = [tell(store, keys, clock, None) for _ in range(2)]
        clock.at += timedelta(seconds=1)
        taken += [tell(store, keys, clock, None) for _ in range(2)]
        house.shutdown()
        thread.join()
    assert taken == [0, 0, 1, 0]
    (first, body), (second, again) = Panel.heard
    said = msgspec.json.decode(body, type=Notification)
    assert body == again and first != second and (said.payment.operation, said.payment.state) == ("gh-1", "paid")
    assert rules.verified(second, again, keys.signing, int(NOON.timestamp()) + 1)


def test_the_payers_page_asks_for_no_card(network: Network) -> None:
    made = network.begin("gh-1", WANTED).payment
    assert made
    page = httpx.get(made.address)
    assert "Kartennetz des Probebetriebs" in page.text and "<input" not in page.text and "119,00\xa0EUR" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert httpx.post(made.address, data={"choice": "nonsense"}).status_code == 404
    assert httpx.get(f"{network.address}/pay/nonsense").status_code == 404
    answer = httpx.post(made.address, data={"choice": "lose"})
    assert answer.status_code == 200 and "niemand erfährt es" in answer.text
    paid = network.ask("gh-1").payment
    assert paid and paid.state == "paid"


def test_a_customer_pays_by_card(db: None, network: Network, settings: Any) -> None:
    settings.CARD_ADDRESS, settings.SECRET_KEY = network.address, SECRET
    house = settle()
    house.run("billing.set_house", **HOUSE)
    number = issue(house, house.baker.customer or 0, DOMAIN)
    payer = owner(house)
    said = payer.get(f"/proformas/{number}/").content.decode()
    assert "Pay by card" in said and "moves no money" in said and "Or by bank transfer" in said
    assert "119.00\xa0EUR" in payer.get(f"/proformas/{number}/card").content.decode()
    at = payer.post(f"/proformas/{number}/card").headers["Location"].partition("?")[0]
    row = CardPayment.objects.get()
    assert "led there in a moment" in payer.get(at).content.decode()
    jobs.follow(row.pk)
    row.refresh_from_db()
    led = payer.get(at, headers={"HX-Request": "true"})
    assert led.headers["HX-Redirect"] == row.address and f"0;url={row.address}" in led.content.decode()
    assert httpx.post(row.address, data={"choice": "pay"}).headers["Location"].endswith(f"{at}back")
    waiting = payer.get(f"{at}back").content.decode()
    assert "Nothing is paid yet" in waiting and 'content="3"' in waiting
    asked = ProcrastinateJob.objects.filter(task_name="cards.follow").count()
    payer.get(f"{at}back")
    assert ProcrastinateJob.objects.filter(task_name="cards.follow").count() == asked  # it was just asked
    jobs.follow(row.pk)
    said = payer.get(f"{at}back").content.decode()
    assert "Paid. Thank you!" in said and "http-equiv" not in said
    assert Proforma.objects.get(pk=number).state == "paid"
    assert "Card" in payer.get(f"/customers/{house.baker.customer}/invoices/payments").content.decode()
    _who_sees_it(house, at)


def _who_sees_it(house: House, at: str) -> None:
    answers = [client.get(f"{at}back").status_code for client in (operator(), stranger(house), anonymous())]
    assert answers == [200, 404, 302]
    assert "by card" in operator().get(f"/payments/bookings/{CardPayment.objects.get().booking_id}/").content.decode()
    lists = [client.get("/card-payments/").status_code for client in (operator(), owner(house))]
    assert lists == [200, 403]
