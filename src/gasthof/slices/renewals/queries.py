"""Reads of prices, and what a service's renewal costs."""

from typing import Annotated

from django.db.models import QuerySet
from django.utils.translation import gettext

from gasthof.kernel.amounts import amount
from gasthof.kernel.collection import Ask, collection
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import HOUSE, Actor, reaches
from gasthof.slices.billing.rules.money import Money
from gasthof.slices.lifecycle.queries import SUBSERVER, Service, subservers_from
from gasthof.slices.renewals import rules
from gasthof.slices.renewals.models import Agreement, Price, Terms

__all__ = [
    "MANAGE",
    "Price",
    "PriceRef",
    "agreed",
    "agreed_below",
    "can_be_priced",
    "find_price",
    "in_words",
    "listed",
    "other_currency_below",
    "price_in_words",
    "prices",
    "share",
    "shown",
    "terms_of",
    "told",
]

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
    return agreed(service) or listed(service)


def agreed(service: Service) -> Agreement | None:
    """What was agreed for it, which counts more than the list."""
    return Agreement.objects.filter(service=service).first()


def listed(service: Service) -> Price | None:
    """Its TLD's price, else its type's. None: the list has none."""
    return Price.objects.filter(type=service.type, tld__in=("", service.tld)).order_by("-tld").first()


def can_be_priced(service: Service) -> bool:
    """What belongs to another service is paid with that; only a subserver may have a price besides."""
    return service.parent_id is None or service.type == SUBSERVER


def agreed_below(service: Service) -> list[Agreement]:
    """What was agreed for its subservers, those that are to be paid from its first unpaid day on."""
    below = subservers_from(service, service.first_unpaid)
    return list(Agreement.objects.filter(service__in=below).select_related("service__customer").order_by("service"))


def other_currency_below(type_: str, currency: str) -> bool:
    """Whether subservers of services that go by the list's price of that type have prices in another currency."""
    below = Agreement.objects.filter(service__type=SUBSERVER, service__ended=None, service__parent__type=type_)
    return below.filter(service__parent__agreement=None).exclude(currency=currency).exists()


def share(agreed: Terms) -> rules.Share:
    return rules.Share(agreed.net, agreed.months)


def in_words(service: Service) -> str:
    """“100.00 EUR without VAT for 12 months”, its subservers' own prices among it; "": nobody has said."""
    terms = terms_of(service)
    if terms is None:
        return ""
    return price_in_words(rules.whole(terms.net, terms.months, map(share, agreed_below(service))), terms)


def price_in_words(net: int, terms: Terms) -> str:
    """`net`: minor units without VAT, in the currency and for the months of the terms."""
    price = amount(net, terms.currency)
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
