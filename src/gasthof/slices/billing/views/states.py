"""States of proformas as badges."""

from django.utils.translation import gettext as _

from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.wording import still_valid
from gasthof.ui.parts import State


def state(row: Proforma) -> State:
    if row.state == Proforma.OPEN and not still_valid(row):
        return State(_("no longer valid"), "bad", "calendar-x")
    if row.state == Proforma.OPEN and row.received:
        return State(_("partly paid"), "info", "circle-dot")
    known = {
        Proforma.OPEN: State(_("open"), "warn", "circle-dot"),
        Proforma.PAID: State(_("paid"), "good", "circle-check"),
        Proforma.CANCELLED: State(_("cancelled"), "", "circle-x"),
        Proforma.EXPIRED: State(_("expired"), "", "calendar-x"),
    }
    return known[row.state]
