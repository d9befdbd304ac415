"""What a customer's page tells of requests that are not through."""

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gasthof.kernel.capability import CARD_LINES, Card, Line
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.requests import rules
from gasthof.slices.requests.models import Request
from gasthof.slices.requests.wording import standing, title


def requests(customer: Customer) -> Card:
    """The newest ahead."""
    rows = Request.objects.filter(customer=customer).exclude(state__in=rules.THROUGH).select_related("service")
    lines = tuple(map(_line, rows.order_by("-pk")[:CARD_LINES]))
    at = reverse("requests:of_customer", args=[customer.number])
    return Card(_("Open requests"), at, lines, _("Nothing was asked for that is still open."))


def _line(row: Request) -> Line:
    since = date_format(localtime(row.drafted), "SHORT_DATE_FORMAT")
    return Line(f"{row} {title(row)}", reverse("requests:request", args=[row.pk]), since, standing(row))
