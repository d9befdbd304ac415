"""What staff say of prices, and when they ask for a renewal themselves."""

from typing import Annotated, Literal

from procrastinate.contrib.django import app

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import Between
from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle.queries import DOMAIN, ServiceRef
from gasthof.slices.registrar.rules import check_period
from gasthof.slices.renewals import asking
from gasthof.slices.renewals.models import Agreement, Price
from gasthof.slices.renewals.queries import MANAGE, PriceRef, shown, told
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
    """Agree on a price for one service, which counts more than the list’s."""
    _need_period(service.type, service.tld, months)
    terms, _ = Agreement.objects.update_or_create(service=service, defaults=_terms(months, net, currency, category))
    app.configure_task(asking.AT_ONCE).defer()
    return {"service": service.pk} | told(terms)


@action("renewals.ask", permission=MANAGE, on="service")
def ask(call: Call, *, service: ServiceRef) -> Result:
    """Issue the proforma for a service’s next period now."""
    made = asking.ask(service, call.clocks)
    return {"service": service.pk, "proforma": made.proforma_id, "first_unpaid": made.first_unpaid.isoformat()}
