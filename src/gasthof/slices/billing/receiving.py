"""Payments that no bank statement tells of, since another house collects them: a card network. What they are for is known beforehand.

They become bookings as those of statements do, so that what is paid too much, twice, too late or in another currency is decided alike.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from gasthof.slices.billing import settling
from gasthof.slices.billing.models import BankBooking, Proforma
from gasthof.slices.billing.rules import matching
from gasthof.slices.billing.rules.booking import Booking
from gasthof.slices.lifecycle.rules.days import day_of

LONGEST_NAME = 60  # of a network, as of an account in the ledger


@dataclass(frozen=True)
class Collected:
    """What the network says. `reference`: its own number of the payment; `units`: minor units, more than none."""

    network: str
    reference: str
    units: int
    currency: str
    taken_back: bool

    @property
    def mark(self) -> str:
        """One for a payment, and one for its being taken back: neither counts twice."""
        told = ["card", self.network, self.reference, self.taken_back]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def receive(told: Collected, proforma: Proforma, at: datetime) -> BankBooking:
    """The booking, made once however often it is told. The money's lock is held, and the proforma as it is now."""
    known = BankBooking.objects.filter(fingerprint=told.mark).first()
    if known is not None:
        return known
    booking = _booking(told, proforma.number, at)
    row = _as_matched(proforma)
    decision = matching.taken_back(booking, row) if told.taken_back else matching.paid_for(booking, row)
    made = BankBooking.objects.create(
        network=told.network, fingerprint=told.mark, booked=booking.booked, value=booking.value, units=booking.units,
        currency=booking.currency, symbol=booking.symbol, bank_id=booking.bank_id, reversal=booking.reversal, outcome=decision.outcome,
    )  # fmt: skip
    settling.carry_out([(made, decision)], at)
    return made


def _booking(told: Collected, proforma: int, at: datetime) -> Booking:
    day, units = day_of(at, settings.TIME_ZONE), -told.units if told.taken_back else told.units
    return Booking(
        told.network, day, day, units, told.currency, symbol=str(proforma), bank_id=told.reference, reversal=told.taken_back
    )  # fmt: skip


def _as_matched(row: Proforma) -> matching.Proforma:
    return matching.Proforma(
        row.number, row.customer_id, str(row.number), row.total, row.currency, row.state, row.received
    )
