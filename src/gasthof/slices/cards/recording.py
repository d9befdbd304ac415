"""What a network says of a payment, kept and booked: both or neither, and each once, whoever says it and however often."""

from django.db import transaction

from gasthof.kernel import rows
from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks
from gasthof.kernel.permissions import SYSTEM
from gasthof.slices.cards import rules
from gasthof.slices.cards.driver import Payment
from gasthof.slices.cards.models import CardPayment


def record(number: int, told: Payment, clocks: Clocks) -> CardPayment:
    """The row's lock holds others up until it is kept. Booked is what the network collected, whatever was asked for."""
    with transaction.atomic(), rows.staff():
        row = CardPayment.objects.select_for_update(no_key=True).get(pk=number)
        before = row.known
        now = rules.after(before, rules.Known(told.state, told.units, told.currency))
        row.state, row.collected, row.collected_currency = now.state, now.units, now.currency
        row.number, row.address = row.number or told.number, row.address or told.address
        row.words = told.words if now.state == told.state else row.words
        for move in rules.moves(before, now):
            _book(row, move, clocks)
        _plan(row, clocks)
        row.save()
        return row


def _book(row: CardPayment, move: rules.Move, clocks: Clocks) -> None:
    fields = {
        "proforma": row.proforma_id, "network": row.network, "reference": row.number, "units": row.collected,
        "currency": row.collected_currency, "taken_back": move == "taken back",
    }  # fmt: skip
    done = perform(SYSTEM, "billing.receive", fields, clocks).result
    row.outcome, row.booking_id = done["outcome"], done["booking"]


def _plan(row: CardPayment, clocks: Clocks) -> None:
    now = clocks.wall.now()
    wait = rules.next_look(row.known.state, now - row.since)
    row.looked, row.due = now, now + wait if wait else None
    if not row.is_open and row.ended is None:
        row.ended = clocks.business.now()


def unanswered(number: int, words: str, clocks: Clocks, *, refused: bool = False) -> None:
    """Nobody knows what became of the question, or the network would not have the payment."""
    with transaction.atomic(), rows.staff():
        row = CardPayment.objects.select_for_update(no_key=True).get(pk=number)
        never_begun = row.state == "asked" and (refused or clocks.wall.now() - row.since > rules.GIVEN_UP)
        row.state = "refused" if never_begun else row.state
        row.words = words
        _plan(row, clocks)
        row.save()
