"""What the page of a proforma says of cards."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from gasthof.kernel import registry
from gasthof.kernel.capability import WayToPay
from gasthof.kernel.permissions import Actor, allowed
from gasthof.slices.cards import drivers
from gasthof.slices.cards.queries import PAY
from gasthof.slices.cards.wording import stand_in


def ways_to_pay(actor: Actor, proforma: Any) -> Iterator[WayToPay]:
    """Hook: where a network takes cards, for who may pay."""
    network = drivers.network()
    if network is None or not allowed(actor, PAY, proforma.place, registry.grants()):
        return
    sentence = _("The fastest way: it is known within seconds. You type your card on the card network’s page; we never see its number.")  # fmt: skip
    address = reverse("cards:begin", args=[proforma.number])
    yield WayToPay(_("Pay by card"), sentence, address, "credit-card", stand_in(network))
