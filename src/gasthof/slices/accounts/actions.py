"""What can be done with customers."""

from typing import Annotated, Literal

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Unchanged
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import PersonName
from gasthof.slices.accounts.models import Customer
from gasthof.slices.accounts.queries import CustomerRef, shown

Language = Literal["de", "en"]


@action("accounts.create", permission="accounts.manage")
def create(
    call: Call,
    *,
    name: Annotated[PersonName, "name of the person or company"],
    language: Annotated[Language, "language of pages and messages"] = "de",
) -> Result:
    """Take on a customer."""
    reseller = call.actor.customer if call.actor.role == "reseller" else None
    customer = Customer.objects.create(
        name=str(name), language=language, created=call.clocks.business.now(), reseller_id=reseller
    )
    return shown(customer)


@action("accounts.change", permission="accounts.write", on="customer")
def change(
    call: Call,
    *,
    customer: CustomerRef,
    name: Annotated[PersonName | Unchanged, "new name"] = UNCHANGED,
    language: Annotated[Language | Unchanged, "new language of pages and messages"] = UNCHANGED,
) -> Result:
    """Change a customer's name or language."""
    if name is not UNCHANGED:
        customer.name = str(name)
    if language is not UNCHANGED:
        customer.language = language
    customer.save(update_fields=["name", "language"])
    return shown(customer)


@action("accounts.set_reseller", permission="accounts.resellers", on="customer")
def set_reseller(
    call: Call,
    *,
    customer: CustomerRef,
    resells: Annotated[bool | Unchanged, "whether the customer may have customers of their own"] = UNCHANGED,
    reseller: Annotated[
        CustomerRef | Unchanged | None, "who looks after the customer; empty: the house itself"
    ] = UNCHANGED,
) -> Result:
    """Say who may resell, and who looks after whom."""
    if reseller is not UNCHANGED:
        _check_reseller(customer, reseller)
        customer.reseller = reseller
    if resells is not UNCHANGED:
        if not resells and Customer.objects.filter(reseller=customer).exists():
            raise Refused("This customer has customers of their own.").at("resells")
        customer.resells = resells
    if customer.resells and customer.reseller:
        raise Refused("A reseller is looked after by the house itself.").at("reseller")
    customer.save(update_fields=["resells", "reseller"])
    return shown(customer)


def _check_reseller(customer: Customer, reseller: Customer | None) -> None:
    if reseller and (not reseller.resells or reseller.number == customer.number):
        raise Refused("This customer does not resell.").at("reseller")
