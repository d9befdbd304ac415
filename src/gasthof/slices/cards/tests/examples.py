"""Cards' part of the house of tests/habits/examples.py."""

from collections.abc import Mapping

from tests.house import House

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.tests.examples import issue
from gasthof.slices.cards.driver import Payment
from gasthof.slices.cards.models import CardPayment, Told
from gasthof.slices.cards.recording import record

CUSTOMERS = {"cards.begin"}
WHILE_SUSPENDED = CUSTOMERS


def furnish(house: House, place: str, domain: str) -> None:
    """One that is paid and of which the network has told, and one that waits for its payer."""
    customer = (house.baker if place == house.mine else house.gardener).customer or 0
    for state in ("paid", "open"):
        number = issue(house, customer, domain)
        row = _begun(house, number)
        told = Payment(
            f"cn-{number}", row.operation, str(number), state, row.units, row.currency, f"http://localhost:8450/pay/{number}"
        )  # fmt: skip
        record(row.pk, told, SYSTEM_CLOCKS)
    Told.objects.create(number=f"tryout ev-{number}", payment=row, signed=0, taken=SYSTEM_CLOCKS.wall.now())


def _begun(house: House, proforma: int) -> CardPayment:
    done = house.run("cards.begin", proforma=proforma).result
    return CardPayment.objects.get(pk=done["card_payment"])


def examples(house: House, place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    customer = (house.baker if place == house.mine else house.gardener).customer or 0

    def unpaid() -> int:
        rows = Proforma.objects.filter(customer=customer, state=Proforma.OPEN, card_payments=None)
        return int(rows.order_by("-number")[0].number)

    return {
        "cards.begin": {"proforma": unpaid},
        "cards.look": {"card_payment": lambda: CardPayment.objects.filter(customer=customer).latest("pk").pk},
    }
