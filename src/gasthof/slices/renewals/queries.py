"""Reads of prices, and what a service's renewal costs."""

from typing import Annotated

from django.db.models import QuerySet
from django.utils.translation import gettext

from gasthof.kernel.amounts import amount
from gasthof.kernel.collection import Ask, collection
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import HOUSE, Actor, reaches
from gasthof.slices.billing.rules.money import Money
from gasthof.slices.lifecycle.queries import Service
from gasthof.slices.renewals.models import Agreement, Price, Terms

__all__ = ["MANAGE", "Price", "PriceRef", "find_price", "in_words", "prices", "shown", "terms_of", "told"]

MANAGE = "renewals.manage"


def find_price(actor: Actor, text: str) -> Price | None:
    """By type, or type and TLD: "hosting", "domain.de". Locked for a change."""
    if not reaches(actor, None):
        return None
    type_, _, tld = text.partition(".")
    return Price.objects.select_for_update().filter(type=type_, tld=tld).first()


_PRICE = Reference("price", find_price, lambda row: row.place, "type of the service, with the TLD where that has a price of its own: domain.de")  # fmt: skip
PriceRef = Annotated[Price, _PRICE]


def terms_of(service: Service) -> Terms | None:
    """What was agreed for it; else its TLD's price, else its type's. None: nobody has said."""
    agreed = Agreement.objects.filter(service=service).first()
    return agreed or Price.objects.filter(type=service.type, tld__in=("", service.tld)).order_by("-tld").first()


def in_words(service: Service) -> str:
    """“100.00 EUR without VAT for 12 months”; "": nobody has said."""
    terms = terms_of(service)
    if terms is None:
        return ""
    price = amount(terms.net, terms.currency)
    if terms.months == 1:
        return gettext("%(price)s without VAT for a month") % {"price": price}
    return gettext("%(price)s without VAT for %(months)d months") % {"price": price, "months": terms.months}


def told(terms: Terms) -> dict[str, object]:
    return {
        "months": terms.months,
        "net": Money(terms.net, terms.currency).number,
        "currency": terms.currency,
        "category": terms.category,
    }


def shown(price: Price) -> dict[str, object]:
    return {"price": str(price), "type": price.type, "tld": price.tld} | told(price)


@collection("prices", permission=MANAGE, order=("id",), shown=shown)
def prices(ask: Ask) -> QuerySet[Price]:
    """What renewals cost, by type of service and TLD; found by a part of either."""
    if not all(HOUSE in scopes for scopes in ask.scopes):
        return Price.objects.none()
    return Price.objects.filter(type__icontains=ask.search) | Price.objects.filter(tld__icontains=ask.search)
