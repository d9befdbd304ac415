"""What a network tells by itself: taken when it is signed, of now, new, and about a payment of ours as we know it."""

import logging
from collections.abc import Mapping
from typing import Literal

import msgspec
from django.db import transaction

from gasthof.kernel import rows
from gasthof.kernel.clock import Clocks
from gasthof.slices.cards import rules
from gasthof.slices.cards.driver import Driver, Notification, Payment
from gasthof.slices.cards.models import CardPayment, Told
from gasthof.slices.cards.recording import record

Taken = Literal["taken", "known", "forged", "unreadable", "replayed", "unknown", "differs"]
log = logging.getLogger("gasthof.cards")


def take(network: Driver, headers: Mapping[str, str], body: bytes, clocks: Clocks) -> Taken:
    """What became of it. Only "taken" has changed anything."""
    try:
        signed, said = network.read(headers, body, int(clocks.wall.now().timestamp()))
    except rules.Forged as error:
        log.warning("a notification was refused: %s", error)
        return "forged"
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "unreadable"
    with transaction.atomic(), rows.staff():
        return _taken(network, said, signed, clocks)


def _taken(network: Driver, said: Notification, signed: int, clocks: Clocks) -> Taken:
    row = CardPayment.objects.select_for_update(no_key=True).filter(operation=said.payment.operation, network=network.name).first()  # fmt: skip
    if row is None:
        return "unknown"
    if differs(row, said.payment):
        log.error("card payment %s: a notification says something else than what was asked for", row.operation)
        return "differs"
    told, new = Told.objects.get_or_create(
        number=f"{network.name} {said.number}",
        defaults={"payment": row, "signed": signed, "taken": clocks.wall.now()},
    )
    if not new:
        return _again(told, signed)
    record(row.pk, said.payment, clocks)
    return "taken"


def _again(told: Told, signed: int) -> Taken:
    """A network that heard no answer signs it anew; who has listened can only repeat what was signed."""
    if signed <= told.signed:
        return "replayed"
    told.signed = signed
    told.save(update_fields=["signed"])
    return "known"


def differs(row: CardPayment, told: Payment) -> bool:
    """What a notification may not change. A network that collected something else is believed only when it is asked."""
    ours = (str(row.proforma_id), row.units, row.currency, row.number or told.number)
    return (told.reference, told.units, told.currency, told.number) != ours
