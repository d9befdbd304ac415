"""What a customer's page tells of open cases."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gasthof.kernel.capability import CARD_LINES, Card, Line
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.cases.models import Case
from gasthof.slices.cases.queries import open_cases
from gasthof.slices.cases.wording import about, standing


def cases(customer: Customer) -> Card:
    """The oldest ahead."""
    lines = tuple(map(_line, open_cases(customer.number)[:CARD_LINES]))
    return Card(_("Open cases"), reverse("cases:of_customer", args=[customer.number]), lines, _("No case is open."))


def _line(row: Case) -> Line:
    return Line(f"V-{row.pk} {row.title}", reverse("cases:case", args=[row.pk]), about(row), standing(row))
