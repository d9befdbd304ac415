"""How a card payment is told to people."""

from django.utils.translation import gettext as _

from gasthof.slices.billing.queries import amount
from gasthof.slices.billing.rules.matching import Outcome
from gasthof.slices.cards.driver import Driver
from gasthof.slices.cards.models import CardPayment


def stand_in(network: Driver | None) -> str:
    """ "": it is a real one."""
    if network is None or not network.tryout:
        return ""
    return _("Try-out: this card network is a stand-in. It asks for no card and moves no money.")


def asked_for(row: CardPayment) -> str:
    return amount(row.units, row.currency)


def said(row: CardPayment) -> str:
    """What became of it, and what comes next; a sentence or two."""
    if row.state in ("refunded", "charged back"):
        return _("This payment was given back to the payer. We look into it, and write to you.")
    if row.state == "paid":
        return _credited(row) or _("Paid. Thank you! What you have paid for is renewed and opened within seconds.")
    if row.state == "refused":
        return _("The card network did not take the payment. Nothing was charged. Try again, or pay by bank transfer.")
    if row.state == "pending":
        return _("The card network has the payment and looks into it. This page shows it as soon as we know.")
    if row.number:
        return _("Nothing is paid yet. As soon as the card network tells us of it, this page shows it.")
    return _("We ask the card network for its page. You are led there in a moment.")


def _credited(row: CardPayment) -> str:
    """Where the money has not settled the proforma: what came of it instead."""
    return {
        Outcome.TWICE: _("Paid, but the proforma invoice had been paid already. The amount is your credit."),
        Outcome.CANCELLED: _("Paid, but the proforma invoice was not valid any more. The amount is your credit, and we write to you."),
        Outcome.CURRENCY: _("Paid in another currency than asked for. The amount is your credit, and we write to you."),
        Outcome.UNDERPAID: _("Paid in part. The proforma invoice shows what is missing."),
    }.get(Outcome(row.outcome), "") if row.outcome else ""  # fmt: skip
