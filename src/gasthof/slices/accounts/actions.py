"""What can be done with customers."""

from typing import Annotated, Literal

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Unchanged
from gasthof.kernel.values import PersonName
from gasthof.slices.accounts.models import Customer
from gasthof.slices.accounts.queries import CustomerRef

Language = Literal["de", "en"]


@action("accounts.create", permission="accounts.manage")
def create(
    call: Call,
    *,
    name: Annotated[PersonName, "name of the person or company"],
    language: Annotated[Language, "language of pages and messages"] = "de",
) -> Result:
    """Take on a customer."""
    customer = Customer.objects.create(name=str(name), language=language, created=call.clocks.business.now())
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


def shown(customer: Customer) -> Result:
    return {"customer": customer.number, "name": customer.name, "language": customer.language}
