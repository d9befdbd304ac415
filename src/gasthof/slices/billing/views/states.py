"""States of proformas and bookings as badges."""

from django.utils.translation import gettext as _

from gasthof.slices.billing.models import BankBooking, Proforma
from gasthof.slices.billing.rules.matching import Outcome
from gasthof.slices.billing.wording import standing_of
from gasthof.ui.parts import State


def state(row: Proforma) -> State:
    return State(*standing_of(row))


def outcome(booking: BankBooking) -> State:
    """What became of a booking; its payment and its case are at hand."""
    if booking.waits:
        return State(_("waits"), "warn", "hourglass")
    if booking.outcome == Outcome.UNKNOWN:
        known = State(_("assigned by hand"), "good", "circle-check")
        return known if hasattr(booking, "payment") else State(_("to be sent back"), "warn", "undo-2")
    return {
        Outcome.EXACT: State(_("settled"), "good", "circle-check"),
        Outcome.OVERPAID: State(_("overpaid"), "good", "circle-check"),
        Outcome.UNDERPAID: State(_("paid in part"), "info", "circle-dot"),
        Outcome.TWICE: State(_("paid twice"), "info", "copy"),
        Outcome.CANCELLED: State(_("for a cancelled one"), "warn", "triangle-alert"),
        Outcome.CURRENCY: State(_("other currency"), "warn", "triangle-alert"),
        Outcome.REVERSAL: State(_("charged back"), "bad", "undo-2"),
        Outcome.OUTGOING: State(_("our own payment"), "", "arrow-up-right"),
    }[Outcome(booking.outcome)]
