"""Pages of prices."""

from collections.abc import Mapping

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.actions import Outcome
from gasthof.kernel.amounts import amount, number
from gasthof.slices.billing.rules.money import units
from gasthof.slices.lifecycle.queries import SUBSERVER, Service
from gasthof.slices.renewals.forms import Agree, SetPrice
from gasthof.slices.renewals.models import Price
from gasthof.slices.renewals.queries import (
    MANAGE,
    agreed,
    can_be_priced,
    in_words,
    listed,
    price_in_words,
    terms_of,
    told,
)
from gasthof.slices.renewals.wording import CATEGORIES, called
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_customer, known, permit

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


def _said(outcome: Outcome) -> str:
    net, currency = str(outcome.result["net"]), str(outcome.result["currency"])
    return _("The price was set: %(months)s for %(amount)s without VAT.") % {
        "months": _months(outcome.result["months"]), "amount": amount(units(net, currency), currency),
    }  # fmt: skip


def _form(request: PanelRequest, head: Head, initial: Mapping[str, object], drop: str = "") -> HttpResponse:
    back = reverse("renewals:prices")

    form = SetPrice(posted(request), initial=dict(initial))
    context = {"drop": drop, "drop_text": _("Take it off the list")}
    return form_page(
        request, form, head, submit=_("Save"), to=back, cancel=back, message=_said, template="renewals/price.html", context=context
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


@shown_or_sent
def agree(request: PanelRequest, service: int) -> HttpResponse:
    """What one service costs; of a subserver, what its parent's renewal costs besides."""
    found, back = _service(request, service)
    head = below_customer(
        request, found.customer, _("Agree on a price for %(name)s") % {"name": found.unicode}, back, lead=_lead(found)
    )
    drop = reverse("renewals:end_agreement", args=[service]) if agreed(found) else ""
    return form_page(
        request, Agree(posted(request), fixed={"service": found.pk}, initial=_usual(found)), head,
        submit=_("Agree"), to=back.url, cancel=back.url, message=_said, template="renewals/price.html",
        context={"drop": drop, "drop_text": _("End the agreement")},
    )  # fmt: skip


@shown_or_sent
def end_agreement(request: PanelRequest, service: int) -> HttpResponse:
    found, back = _service(request, service)
    page = Link(_("Price"), reverse("renewals:agree", args=[service]))
    return question_page(
        request, "renewals.end_agreement", {"service": service},
        below_customer(request, found.customer, _("End the agreement on the price of %(name)s?") % {"name": found.unicode}, back, page),
        Question(" ".join((_after(found), _("What was asked for already stays as it is."))), _("End the agreement"), calm=True),
        to=back.url, cancel=page.url, message=lambda _outcome: _("The agreement has ended."),
    )  # fmt: skip


def _service(request: PanelRequest, number: int) -> tuple[Service, Link]:
    permit(request, MANAGE)
    found: Service = known(request, "services", pk=number)
    if not can_be_priced(found):
        raise Http404
    return found, Link(found.unicode, reverse("lifecycle:service", args=[number]))


def _after(service: Service) -> str:
    """What counts once nothing is agreed any more."""
    if service.type == SUBSERVER:
        return _("It is part of the price of what it belongs to then.")
    terms = listed(service)
    if terms is None:
        return _("There is no price for it on the list: until there is one, the day from which it has to be paid is put off.")  # fmt: skip
    return _("It costs as the list says then: %(price)s.") % {"price": price_in_words(terms.net, terms)}


def _lead(service: Service) -> str:
    if service.type == SUBSERVER:
        return _("It becomes a line of its own on the proforma invoices of what it belongs to, in proportion to their period. Without a price of its own it is part of that one’s.")  # fmt: skip
    price = in_words(service)
    if price:
        return _("It costs now: %(price)s. What was asked for already stays as it is.") % {"price": price}
    return _("Nobody has said yet what it costs. A month before it expires, its customer gets a proforma invoice at this price.")  # fmt: skip


def _usual(service: Service) -> dict[str, object]:
    """Its terms as they are; of a subserver without any, the period and the currency of what it belongs to."""
    terms, above = terms_of(service), terms_of(service.parent) if service.parent else None
    if terms is not None:
        return told(terms) | {"net": number(terms.net, terms.currency)}
    usual = {"months": 12, "currency": "EUR", "category": "standard"}
    return usual if above is None else {key: value for key, value in told(above).items() if key != "net"}
