"""Pages of prices."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.actions import Outcome
from gasthof.kernel.amounts import amount, number
from gasthof.slices.billing.rules.money import units
from gasthof.slices.renewals.forms import SetPrice
from gasthof.slices.renewals.models import Price
from gasthof.slices.renewals.queries import MANAGE, told
from gasthof.slices.renewals.wording import CATEGORIES, called
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link
from gasthof.ui.sources import Source
from gasthof.ui.standing import known, permit

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def _list() -> Link:
    return Link(_("Prices"), reverse("renewals:prices"))


def _months(months: int) -> str:
    return _("one month") if months == 1 else _("%(months)d months") % {"months": months}


def _price(request: PanelRequest, name: str) -> Price:
    permit(request, MANAGE)
    type_, _dot, tld = name.partition(".")
    found: Price = known(request, "prices", type=type_, tld=tld)
    return found


@require_safe
def prices(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    new = reverse("renewals:set_price")
    source = Source("prices", {"type": ("type", "tld")})
    listing = Listing[Price](
        name="prices", rows=source.rows, key=source.key,
        columns=(
            Column("type", _("Service"), lambda row: called(row.type, row.tld), sort=True),
            Column("months", _("Period"), lambda row: _months(row.months)),
            Column("net", _("Without VAT"), lambda row: amount(row.net, row.currency), number=True),
            Column("category", _("VAT"), lambda row: str(CATEGORIES[row.category])),
        ),
        link=lambda row: reverse("renewals:change", args=[str(row)]),
        search=_("Search prices"),
        empty=Empty(_("No price yet"), _("A month before a service expires, its customer gets a proforma invoice at the price that stands here."),
                    _("Set a price"), new, "receipt"),
    )  # fmt: skip
    return list_page(request, listing, Head(_("Prices"), action=Link(_("Set a price"), new, "plus")))


@shown_or_sent
def set_price(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    return _form(request, Head(_("Set a price"), crumbs=(_list(),)), {})


@shown_or_sent
def change(request: PanelRequest, price: str) -> HttpResponse:
    """What was asked for already stays as it is."""
    found = _price(request, price)
    head = Head(
        _("Price of %(name)s") % {"name": called(found.type, found.tld)}, crumbs=(_list(),),
        lead=_("It counts for proformas from now on. What was asked for already stays as it is."),
    )  # fmt: skip
    return _form(
        request,
        head,
        {"type": found.type, "tld": found.tld_shown} | told(found) | {"net": number(found.net, found.currency)},
        reverse("renewals:drop", args=[price]),
    )


def _form(request: PanelRequest, head: Head, initial: Mapping[str, object], drop: str = "") -> HttpResponse:
    back = reverse("renewals:prices")

    def said(outcome: Outcome) -> str:
        net, currency = str(outcome.result["net"]), str(outcome.result["currency"])
        return _("The price was set: %(months)s for %(amount)s without VAT.") % {
            "months": _months(outcome.result["months"]), "amount": amount(units(net, currency), currency),
        }  # fmt: skip

    form = SetPrice(posted(request), initial=dict(initial))
    return form_page(
        request, form, head, submit=_("Save"), to=back, cancel=back, message=said, template="renewals/price.html", context={"drop": drop}
    )  # fmt: skip


@shown_or_sent
def drop(request: PanelRequest, price: str) -> HttpResponse:
    found, back = _price(request, price), reverse("renewals:prices")
    name = called(found.type, found.tld)
    return question_page(
        request, "renewals.drop_price", {"price": price},
        Head(_("Take the price of %(name)s off the list?") % {"name": name}, crumbs=(_list(),)),
        Question(_("Services without a price are not asked to pay. What was asked for already stays as it is."), _("Take it off"), calm=True),
        to=back, cancel=back,
        message=lambda outcome: _("The price of %(name)s is off the list.") % {"name": name},
    )  # fmt: skip
