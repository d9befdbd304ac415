"""What staff say of prices, and when they ask for a renewal themselves."""

from typing import Annotated, Literal

from procrastinate.contrib.django import app

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import Between
from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle.queries import DOMAIN, SUBSERVER, Service, ServiceRef, subservers_from
from gasthof.slices.registrar.rules import check_period
from gasthof.slices.renewals import asking, rules
from gasthof.slices.renewals.models import Agreement, Price
from gasthof.slices.renewals.queries import (
    MANAGE,
    PriceRef,
    agreed,
    can_be_priced,
    listed,
    other_currency_below,
    shown,
    terms_of,
    told,
)
from gasthof.slices.renewals.values import Amount, Tld

Priced = Literal["hosting", "multihosting", "builder", "mail", "shop", "vms", "vps", "aps", "domain"]
Months = Annotated[int, Between(1, 120), "how many months are paid at a time"]
Net = Annotated[Amount, "price of these months without VAT"]
Currency = Annotated[Literal["EUR", "CZK"], "currency of the price"]
Category = Annotated[Literal["standard", "reduced", "zero", "exempt", "reverse charge"], "category of VAT"]


@action("renewals.set_price", permission=MANAGE)
def set_price(
    _call: Call,
    *,
    type: Annotated[Priced, "type of the services"],
    months: Months,
    net: Net,
    tld: Annotated[Tld | None, "for domains that end so; empty: for all that have no price of their own"] = None,
    currency: Currency = "EUR",
    category: Category = "standard",
) -> Result:
    """Say what the renewal of a type of services costs. What was asked for before stays as it is."""
    if tld and type != "domain":
        raise Refused("Only domains have a TLD.").at("tld")
    _need_period(type, str(tld or ""), months)
    if other_currency_below(type, currency):
        raise _another_currency()
    row, _ = Price.objects.update_or_create(type=type, tld=tld or "", defaults=_terms(months, net, currency, category))
    app.configure_task(asking.AT_ONCE).defer()
    return shown(row)


def _need_period(type_: str, tld: str, months: int) -> None:
    """One that the registry takes, where one has a say."""
    if type_ == DOMAIN:
        check_period(tld, months)


def _terms(months: int, net: Amount, currency: str, category: str) -> dict[str, object]:
    try:
        units = net.units(currency)
    except Refused as error:
        raise error.at("net") from error
    if not units:
        raise Refused("A price needs an amount.").at("net")
    return {"months": months, "net": units, "currency": currency, "category": category}


@action("renewals.drop_price", permission=MANAGE, on="price")
def drop_price(_call: Call, *, price: PriceRef) -> Result:
    """Take a price off the list. Services without one are not asked to pay."""
    name = str(price)
    price.delete()
    return {"price": name}


@action("renewals.agree", permission=MANAGE, on="service")
def agree(
    _call: Call,
    *,
    service: ServiceRef,
    months: Months,
    net: Net,
    currency: Currency = "EUR",
    category: Category = "standard",
) -> Result:
    """Agree on a price for one service, which counts more than the list’s; for a subserver one that its parent’s renewal costs besides."""
    if not can_be_priced(service):
        raise Refused("It is paid with what it belongs to, and has no price of its own.").at("service")
    _need_period(service.type, service.tld, months)
    _need_same_currency(service, currency)
    terms, _ = Agreement.objects.update_or_create(service=service, defaults=_terms(months, net, currency, category))
    app.configure_task(asking.AT_ONCE).defer()
    return {"service": service.pk} | told(terms)


@action("renewals.end_agreement", permission=MANAGE, on="service")
def end_agreement(_call: Call, *, service: ServiceRef) -> Result:
    """Take back what was agreed for one service: the list’s price counts again; a subserver is part of the price of what it belongs to."""
    found, terms = agreed(service), listed(service)
    if found is None:
        raise Refused("Nothing was agreed for it.").at("service")
    below = Agreement.objects.filter(service__in=subservers_from(service, None))
    if terms is not None and below.exclude(currency=terms.currency).exists():
        raise _another_currency().at("service")
    found.delete()
    app.configure_task(asking.AT_ONCE).defer()
    return {"service": service.pk} | ({} if terms is None else told(terms))


def _another_currency() -> Refused:
    return Refused("Subservers of it have prices in another currency.").at("currency")


def _need_same_currency(service: Service, currency: str) -> None:
    """As the proforma that it will stand on. Raises Refused, also for more subservers than a proforma has lines for."""
    if service.type != SUBSERVER or service.parent is None:
        below = Agreement.objects.filter(service__in=subservers_from(service, None))
        if below.exclude(currency=currency).exists():
            raise _another_currency()
        return
    terms = terms_of(service.parent)
    if terms is not None and terms.currency != currency:
        raise Refused("What it belongs to is paid in %(currency)s.", currency=terms.currency).at("currency")
    others = Agreement.objects.filter(service__in=subservers_from(service.parent, None)).exclude(service=service)
    if terms is None and others.exclude(currency=currency).exists():
        raise _another_currency()
    if others.count() >= rules.MOST_SUBSERVERS:
        raise Refused("At most %(most)d subservers of a service have prices of their own.", most=rules.MOST_SUBSERVERS).at("service")  # fmt: skip


@action("renewals.ask", permission=MANAGE, on="service")
def ask(call: Call, *, service: ServiceRef) -> Result:
    """Issue the proforma for a service’s next period now."""
    made = asking.ask(service, call.clocks)
    return {"service": service.pk, "proforma": made.proforma_id, "first_unpaid": made.first_unpaid.isoformat()}
