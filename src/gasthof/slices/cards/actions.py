"""What payers do with cards. The network is asked by a job, once this is committed."""

from uuid import uuid4

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.billing.queries import ProformaRef, still_valid
from gasthof.slices.cards import drivers, following
from gasthof.slices.cards.models import CardPayment
from gasthof.slices.cards.queries import MANAGE, PAY, CardPaymentRef, shown


@action("cards.begin", permission=PAY, on="proforma")
def begin(call: Call, *, proforma: ProformaRef) -> Result:
    """Begin to pay a proforma by card. One that was begun and not ended is gone on with."""
    network = drivers.network()
    if network is None:
        raise Refused("Cards are not taken here.").at("proforma")
    if not still_valid(proforma):
        raise Refused("This proforma is not to be paid any more.").at("proforma")
    missing = proforma.total - proforma.received
    before = CardPayment.objects.filter(proforma=proforma, current=True).first()
    if before is not None and before.is_open and before.units == missing:
        following.soon(before.pk)
        return shown(before)
    CardPayment.objects.filter(proforma=proforma, current=True).update(current=False)
    now = call.clocks.wall.now()
    made = CardPayment.objects.create(
        operation=f"gh-{uuid4().hex}", proforma=proforma, customer=proforma.customer, network=network.name, units=missing,
        currency=proforma.currency, language=call.actor.language, begun=call.clocks.business.now(), since=now, due=now,
    )  # fmt: skip
    following.soon(made.pk)
    return shown(made)


@action("cards.look", permission=MANAGE, on="card_payment")
def look(_call: Call, *, card_payment: CardPaymentRef) -> Result:
    """Ask the card network at once what became of a payment."""
    following.soon(card_payment.pk)
    return shown(card_payment)
