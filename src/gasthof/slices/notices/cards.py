"""What a customer's page tells of what they were told last."""

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from gasthof.kernel.capability import CARD_LINES, Badge, Card, Line
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.notices.models import Notice


def notices(customer: Customer) -> Card:
    """The newest ahead."""
    rows = Notice.objects.filter(customer=customer).exclude(state=Notice.OVERTAKEN).order_by("-pk")
    lines = tuple(map(_line, rows[:CARD_LINES]))
    at = reverse("notices:notices", args=[customer.number])
    return Card(_("Last notices"), at, lines, _("Nothing was to be told yet."))


def _line(row: Notice) -> Line:
    day = date_format(row.due, "SHORT_DATE_FORMAT")
    return Line(row.subject, reverse("notices:notice", args=[row.pk]), day, standing(row))


def standing(notice: Notice) -> Badge:
    """A notice as a badge."""
    known: dict[str, Badge] = {
        Notice.WAITING: (_("mail on its way"), "info", "loader-circle"),
        Notice.DELIVERED: (_("delivered"), "good", "circle-check"),
        Notice.REFUSED: (_("mail refused"), "bad", "octagon-alert"),
        Notice.NOBODY: (_("nobody to write to"), "bad", "octagon-alert"),
        Notice.OVERTAKEN: (_("overtaken"), "", "circle-off"),
    }
    return known[notice.state]
