"""Every write about registered domain names. A verb writes down what the registry is to be asked; the journal does the asking."""

import secrets
from typing import Annotated

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import Between
from gasthof.kernel.refusal import Refused
from gasthof.kernel.sealing import unseal
from gasthof.kernel.values import DomainName, Line, PersonName
from gasthof.slices.accounts.queries import Customer, CustomerRef
from gasthof.slices.registrar import journal, rules
from gasthof.slices.registrar.driver import (
    Asked,
    Cancel,
    Create,
    Release,
    Renew,
    Restore,
    RestoreQuote,
    RestoreReport,
    Transfer,
    Update,
)
from gasthof.slices.registrar.models import Contact, Operation, Registration
from gasthof.slices.registrar.queries import (
    MANAGE,
    WRITE,
    ContactRef,
    OperationRef,
    RegistrationRef,
    last_quote,
    open_operation,
    shown_contact,
    shown_operation,
)
from gasthof.slices.registrar.values import AuthorisationCode, Consent, ContactAddress, Country, Phone, Postcode, Reason

Years = Annotated[int, Between(1, rules.LONGEST_TERM), "one to ten; some registries take one at a time only"]


@action("registrar.add_contact", permission=WRITE, on="customer")
def add_contact(
    call: Call,
    *,
    customer: CustomerRef,
    name: Annotated[PersonName, "who is in charge, also where a company is holder"],
    street: Annotated[Line, "as on a letter"],
    postcode: Annotated[Postcode, "without the country"],
    city: Annotated[PersonName, "in the letters of its own country"],
    country: Annotated[Country, "two letters: AT, CZ, DE"],
    email: Annotated[ContactAddress, "registries write to it, so it has to work"],
    phone: Annotated[Phone, "with the country’s code: +43.123456789"],
    organisation: Annotated[PersonName | None, "if a company or an organisation is holder"] = None,
) -> Result:
    """Add a contact that can be holder of domain names."""
    fields = {"street": street, "postcode": postcode, "city": city, "country": country, "email": email, "phone": phone}
    made = Contact.objects.create(customer=customer, name=name, organisation=organisation or "", **fields)
    return shown_contact(made)


@action("registrar.register", permission=WRITE, on="customer")
def register(
    call: Call,
    *,
    customer: CustomerRef,
    name: Annotated[DomainName, "with its ending: grün.at"],
    holder: ContactRef,
    admin: ContactRef | None = None,
    tech: ContactRef | None = None,
    years: Years = 1,
) -> Result:
    """Register a domain name at its registry."""
    rules.check_years(name.ascii, years)
    registration = _enter(call, customer, name, (holder, admin or holder, tech or holder))
    return _ask(call, registration, Create(name.ascii, years, registration.contacts))


@action("registrar.transfer_in", permission=WRITE, on="customer")
def transfer_in(
    call: Call,
    *,
    customer: CustomerRef,
    name: Annotated[DomainName, "with its ending: grün.at"],
    code: Annotated[AuthorisationCode, "authorisation code, from the registrar that it is with now"],
    holder: ContactRef,
) -> Result:
    """Take a domain name over from another registrar."""
    registration = _enter(call, customer, name, (holder, holder, holder))
    return _ask(call, registration, Transfer(name.ascii, code.reveal()))


@action("registrar.renew", permission=WRITE, on="registration")
def renew(call: Call, *, registration: RegistrationRef, years: Years = 1) -> Result:
    """Renew a domain name."""
    ends = _held(registration).ends
    rules.check_years(registration.name, years)
    if ends is None:
        raise Refused("The registry has not told yet when this domain name ends.")
    if rules.too_far(rules.years_later(ends, years), call.clocks.business.now().date()):
        raise Refused("No domain name can be registered for more than ten years ahead.").at("years")
    return _ask(call, registration, Renew(registration.name, ends, years))


@action("registrar.lock", permission=WRITE, on="registration")
def lock(
    call: Call,
    *,
    registration: RegistrationRef,
    on: Annotated[bool, "whether it is protected against being moved to another registrar"],
) -> Result:
    """Protect a domain name against being moved to another registrar, or let it go."""
    return _ask(call, _held(registration), Update(registration.name, locked=on))


@action("registrar.new_code", permission=WRITE, on="registration")
def new_code(call: Call, *, registration: RegistrationRef) -> Result:
    """Set a new authorisation code, with which the domain name can be moved to another registrar."""
    return _ask(call, _held(registration), Update(registration.name, code=secrets.token_urlsafe(12)))


@action("registrar.show_code", permission=WRITE, on="registration", reads=True)
def show_code(call: Call, *, registration: RegistrationRef) -> Result:
    """Show the authorisation code."""
    if not registration.code:
        raise Refused("There is no authorisation code yet: set a new one.")
    return {"domain": str(registration), "code": unseal(registration.code)}


@action("registrar.cancel", permission=WRITE, on="registration")
def cancel(
    call: Call,
    *,
    registration: RegistrationRef,
    consent: Annotated[Consent, "how the holder said so: by letter of 3 March, say"],
) -> Result:
    """Have a domain name deleted, as its holder wishes."""
    return _ask(call, _held(registration), Cancel(registration.name, f"{call.actor}: {consent}"))


@action("registrar.release", permission=MANAGE, on="registration")
def release(call: Call, *, registration: RegistrationRef) -> Result:
    """Give a domain name back to its registry, which goes on with its holder."""
    if not rules.rules_of(registration.name).released:
        raise Refused("The registry of .%(tld)s takes no domain name back.", tld=registration.tld)
    return _ask(call, _held(registration), Release(registration.name))


@action("registrar.restore_quote", permission=WRITE, on="registration")
def restore_quote(call: Call, *, registration: RegistrationRef) -> Result:
    """Ask the registry what it costs to restore a domain name."""
    return _ask(call, _held(registration), RestoreQuote(registration.name))


@action("registrar.restore", permission=WRITE, on="registration")
def restore(
    call: Call,
    *,
    registration: RegistrationRef,
    reason: Annotated[Reason, "why it is to be restored; some registries ask"],
) -> Result:
    """Restore a deleted domain name, at the price that the registry named last."""
    if last_quote(registration) is None:
        raise Refused("Ask for the price first.")
    asked = _ask(call, _held(registration), Restore(registration.name))
    if rules.rules_of(registration.name).reports:
        _write(call, registration, RestoreReport(registration.name, str(reason)))
    return asked


@action("registrar.retry", permission=MANAGE, on="operation")
def retry(call: Call, *, operation: OperationRef) -> Result:
    """Have an operation looked into at once, whose outcome nobody knows."""
    if operation.state in (Operation.DONE, Operation.REFUSED):
        raise Refused("This operation has ended.")
    operation.state = Operation.SENT if operation.state == Operation.STUCK else operation.state
    operation.due, operation.tries = call.clocks.wall.now(), 0
    operation.save()
    return shown_operation(operation)


def _enter(
    call: Call, customer: Customer, name: DomainName, contacts: tuple[Contact, Contact, Contact]
) -> Registration:
    """A row for a name that is to become the house's. Raises Refused."""
    try:
        rules.check_name(name.ascii)
    except Refused as refusal:
        raise refusal.at("name") from refusal
    if any(contact.customer_id != customer.pk for contact in contacts):
        raise Refused("This contact is another customer’s.").at("holder")
    if Registration.objects.filter(name=name.ascii).exclude(state=Registration.GONE).exists():
        raise Refused("This domain name is registered here already.").at("name")
    holder, admin, tech = contacts
    return Registration.objects.create(
        customer=customer, name=name.ascii, unicode=name.unicode, tld=rules.tld_of(name.ascii), holder=holder,
        admin=admin, tech=tech, created=call.clocks.business.now(),
    )  # fmt: skip


def _held(registration: Registration) -> Registration:
    if registration.state != Registration.HELD:
        raise Refused("The registry has not confirmed this domain name yet.")
    return registration


def _ask(call: Call, registration: Registration, request: Asked) -> Result:
    """One thing at a time: what is under way may change what is to be asked next."""
    if open_operation(registration):
        raise Refused("The registry is still busy with what was asked before.")
    return _write(call, registration, request)


def _write(call: Call, registration: Registration, request: Asked) -> Result:
    operation = journal.ask(registration, request, str(call.actor), call.clocks.wall.now())
    names = {"domain": str(registration), "ascii": registration.name}
    return names | {"operation": operation.pk, "id": operation.uid, "state": operation.state}
