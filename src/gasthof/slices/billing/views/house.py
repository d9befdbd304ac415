"""The page of what proformas and receipts say of the house."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gasthof.slices.billing.forms import SetHouse
from gasthof.slices.billing.models import House
from gasthof.slices.billing.queries import MANAGE, house
from gasthof.ui.pages import form_page, posted
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head
from gasthof.ui.standing import permit


@require_http_methods(["GET", "HEAD", "POST"])
def set_house(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    found = house()
    lead = _("It stands on proformas and receipts from now on. Receipts that were issued before stay as they are.")
    form = SetHouse(posted(request), initial=_typed(found) if found else {"country": "DE"})
    return form_page(
        request, form, Head(_("Our data on invoices"), lead=lead), submit=_("Save"), to=reverse("billing:house"),
        message=_("This stands on proformas and receipts from now on."),
    )  # fmt: skip


def _typed(found: House) -> dict[str, str]:
    """As the form's fields hold it."""
    names = ("name", "street", "postcode", "town", "country", "vat_number")
    accounts = {currency: found.account(currency) for currency in ("EUR", "CZK")}
    numbers = {f"{currency.lower()}_{part}": value for currency, account in accounts.items()
               for part, value in zip(("iban", "bic"), account, strict=True)}  # fmt: skip
    return {name: getattr(found, name) for name in names} | numbers
