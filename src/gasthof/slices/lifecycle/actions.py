"""What staff and customers do with services. What time does to them is the sweep's."""

from typing import Annotated, Literal

from django.conf import settings
from django.urls import reverse
from procrastinate.contrib.django import app

from gasthof.kernel import registry
from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import Between
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import Day, Title
from gasthof.slices.accounts.queries import CustomerRef
from gasthof.slices.lifecycle import (
    changing,
    following,
    machines,
    policies,
    previewing,
    restoring,
    rollout,
    subservers,
    sweeping,
)
from gasthof.slices.lifecycle.carrying import AT_ONCE
from gasthof.slices.lifecycle.included import INCLUDED, PLACES
from gasthof.slices.lifecycle.keeping import elsewhere
from gasthof.slices.lifecycle.knowing import policy_of
from gasthof.slices.lifecycle.models import Calendar, Service
from gasthof.slices.lifecycle.putting_off import put_off
from gasthof.slices.lifecycle.queries import (
    END_AT_ONCE,
    FOLLOW,
    MANAGE,
    SEE,
    HoldRef,
    ServiceRef,
    fee_to_say,
    foreseen,
    parked_sweep,
    shown,
)
from gasthof.slices.lifecycle.rules import facts
from gasthof.slices.lifecycle.rules.policy import ORDERED_WITH
from gasthof.slices.lifecycle.sweeping import Approval, today
from gasthof.slices.lifecycle.values import Digest, PolicyText
from gasthof.slices.subscriptions.queries import SubscriptionRef

Kind = Annotated[Literal["abuse", "legal", "security", "registry", "staff"], "why it is held"]
LiftedBy = Annotated[Literal["source", "staff", "mended", "fee"], "how it may be lifted"]
BegunType = Literal[
    "hosting", "multihosting", "subserver", "builder", "mail", "shop", "vms", "vps", "aps", "server_mail", "backup_storage",
]  # fmt: skip


@action("lifecycle.begin", permission=MANAGE, on="customer")
def begin(
    call: Call,
    *,
    customer: CustomerRef,
    type: Annotated[BegunType, "what kind of service it is"],
    name: Annotated[Title, "what it is called"],
    first_unpaid: Annotated[
        Day | None, "first day that is not paid, such as 2027-03-03; none for a subserver, which has its parent’s days"
    ] = None,
    subscription: SubscriptionRef | None = None,
    parent: Annotated[
        ServiceRef | None,
        "the multihosting or managed server that a subserver belongs to, or the server that mail or backup storage was ordered with",
    ] = None,
    server_class: Annotated[Title | None, "of a virtual or application server: which of the policy’s classes"] = None,
) -> Result:
    """Begin a service, which is paid until the day before the one that is given; or one that is paid with its parent."""
    now = call.clocks.business.now()
    if type in ORDERED_WITH:
        machines.check_ordered(customer.number, type, first_unpaid, parent, now)
    else:
        subservers.check(customer, type, first_unpaid, subscription, parent)
    if server_class is not None:
        machines.check_class(type, str(server_class), now)
    if subscription is not None and subscription.customer_id != customer.number:
        raise Refused("This subscription is another customer’s.").at("subscription")
    alike = PLACES if type in PLACES else (type,)
    if subscription is not None and subscription.services.filter(type__in=alike, ended=None).exists():
        raise Refused("A service stands in this subscription already.").at("subscription")
    version = policies.current(now)
    made = changing.begin(
        customer, type, str(name), now, version=version, first_unpaid=first_unpaid,
        subscription=subscription.number if subscription else None, parent=parent, server_class=str(server_class or ""),
    )  # fmt: skip
    made.refresh_from_db()
    return shown(made)


@action("lifecycle.set_paid", permission=MANAGE, on="service")
def set_paid(
    call: Call, *, service: ServiceRef, first_unpaid: Annotated[Day, "first day that is not paid, such as 2028-03-03"]
) -> Result:
    """Note that a service is paid until the day before the one that is given. It is opened again if that is what closed it."""
    if service.first_unpaid is not None and first_unpaid < service.first_unpaid:
        raise Refused("It is paid until later already: nothing that was paid for is taken back.").at("first_unpaid")
    if not changing.paid_until(service, first_unpaid, call.clocks.business.now()):
        raise Refused("This service has ended: no payment brings it back.").at("service")
    app.configure_task(AT_ONCE).defer()
    service.refresh_from_db()
    return shown(service)


@action("lifecycle.set_unpaid", permission=MANAGE, on="service")
def set_unpaid(
    call: Call, *, service: ServiceRef, first_unpaid: Annotated[Day, "first day that is not paid, such as 2027-03-03"]
) -> Result:
    """Note that the payment for the time from that day on was given back, as the end is wished for before it begins."""
    if not changing.paid_back(service, first_unpaid, call.clocks.business.now()):
        raise Refused("Its end is not wished for on that day or before, or it is not paid for longer: nothing that was paid for is taken back.").at("first_unpaid")  # fmt: skip
    service.refresh_from_db()
    return shown(service)


@action("lifecycle.note_notice", permission=MANAGE, on="service")
def note_notice(call: Call, *, service: ServiceRef) -> Result:
    """Note that the notice of its deletion was delivered today: nothing is deleted before, nor within a week after."""
    now = call.clocks.business.now()
    changing.notice_delivered(service, today(now), now)
    service.refresh_from_db()
    return shown(service)


@action("lifecycle.say_fee", permission=MANAGE, on="service")
def say_fee(
    call: Call,
    *,
    service: ServiceRef,
    cents: Annotated[int, Between(0, 10_000_000), "what it costs without VAT, in the policy’s currency, in cents"],
) -> Result:
    """Say what the fee is that a service’s policy leaves open, its registry’s unlocking fee, say: for this unpaid time alone."""
    now = call.clocks.business.now()
    key = fee_to_say(service, today(now))
    if not key:
        raise Refused("The policy leaves no fee of this service open.").at("service")
    currency = policy_of(service).currency
    changing.note(service, "fee", f"{key}:{cents}:{currency}", now)
    registry.fee_known(service)
    return {"service": service.pk, "fee": key, "cents": cents, "currency": currency}


@action("lifecycle.put_hold", permission=MANAGE, on="service")
def put_hold(
    call: Call,
    *,
    service: ServiceRef,
    kind: Kind,
    case: Annotated[Title | None, "the case that it belongs to"] = None,
    severity: Annotated[int, Between(facts.MINOR, facts.SEVERE), "0 minor, 1 serious, 2 severe"] = facts.MINOR,
    lifted_by: LiftedBy = "staff",
) -> Result:
    """Hold a service: it is closed at once, whatever was paid, until this hold is lifted."""
    if service.ended is not None:
        raise Refused("This service has ended already.").at("service")
    wanted = facts.Hold(kind, str(call.actor), str(case or ""), severity, lifted_by)
    made = changing.put_hold(service, wanted, call.clocks.business.now())
    app.configure_task(AT_ONCE).defer()
    service.refresh_from_db()
    return shown(service) | {"hold": made.pk}


@action("lifecycle.lift_hold", permission=MANAGE, on="hold")
def lift_hold(call: Call, *, hold: HoldRef) -> Result:
    """Lift one hold. What another one closes, or an unpaid time, stays closed."""
    changing.lift_hold(hold, call.clocks.business.now())
    app.configure_task(AT_ONCE).defer()
    hold.service.refresh_from_db()
    return shown(hold.service)


@action("lifecycle.end_for_breach", permission=END_AT_ONCE, on="service")
def end_for_breach(
    call: Call, *, service: ServiceRef, authorised: Annotated[Title, "who decided so: two people"]
) -> Result:
    """End a service today, for a severe and deliberate breach: a case alone does this. It takes the place of the customer’s own wish."""
    _check_ends_alone(service)
    now = call.clocks.business.now()
    for standing in service.terminations.filter(revoked=None):
        changing.revoke(standing, now)
    try:
        changing.terminate(service, facts.Termination(today(now), str(call.actor), str(authorised)), now)
    except Refused as error:
        raise error.at("service") from error
    service.refresh_from_db()
    return shown(service)


@action("lifecycle.terminate", permission=MANAGE, on="service")
def terminate(
    call: Call,
    *,
    service: ServiceRef,
    authorised: Annotated[Title, "how the customer said so: a letter of 3 March, say"],
    on: Annotated[Day | None, "first day without it; empty: when what is paid has run out"] = None,
) -> Result:
    """End a service on a day, as its customer wishes. What its policy keeps is saved before; until then the wish can be taken back."""
    _check_ends_alone(service)
    now = call.clocks.business.now()
    day = on or service.first_unpaid
    if day is None:
        raise Refused("This service has no end of its own: say on which day it is to end.").at("on")
    if day < today(now):
        raise Refused("This day has passed.").at("on")
    try:
        changing.terminate(service, facts.Termination(day, str(call.actor), str(authorised)), now)
    except Refused as error:
        raise error.at("service") from error
    service.refresh_from_db()
    return shown(service)


def _check_ends_alone(service: Service) -> None:
    if service.type in INCLUDED:
        raise Refused("This is included in another service, and ends with that.").at("service")


@action("lifecycle.revoke_termination", permission=MANAGE, on="service")
def revoke_termination(call: Call, *, service: ServiceRef) -> Result:
    """Take back the wish for a service’s end."""
    standing = service.terminations.filter(revoked=None).first()
    if standing is None or service.ended is not None:
        raise Refused("There is no wish for its end that could be taken back.").at("service")
    changing.revoke(standing, call.clocks.business.now())
    service.refresh_from_db()
    return shown(service)


@action("lifecycle.restore", permission=MANAGE, on="service")
def restore(
    call: Call,
    *,
    service: ServiceRef,
    first_unpaid: Annotated[
        Day | None, "first day that is not paid, such as 2028-03-03; none of what comes back on a server"
    ] = None,
    onto: Annotated[ServiceRef | None, "of a server’s image, or of its mail: the server on which it comes back"] = None,
    mail: Annotated[bool, "of a server: also the mail of all its domains"] = False,
) -> Result:
    """Restore a service that was deleted, of what was saved of it, as a new one. What a person had switched off stays off; a server’s
    image goes onto one that was ordered anew."""
    now = call.clocks.business.now()
    if elsewhere(service):
        made = machines.restore(call, service, onto, mail=mail)
    elif first_unpaid is None:
        raise Refused("Say until when it is paid.").at("first_unpaid")
    elif first_unpaid <= today(now):
        raise Refused("This day has passed.").at("first_unpaid")
    else:
        made = restoring.restore(call, service, first_unpaid)
    machines.buy_licence(service, made, now)
    app.configure_task(AT_ONCE).defer()
    made.refresh_from_db()
    return shown(made) | {"restored": service.pk, "still_off": [each.unicode for each in restoring.still_off(made)]}


@action("lifecycle.approve_sweep", permission=MANAGE)
def approve_sweep(
    call: Call, *, sweep: Annotated[int, Between(1, 2**53), "the number of the sweep that waits, as it was looked at"]
) -> Result:
    """Let a sweep go on that waits for a person, after looking at why it does."""
    waits = parked_sweep()
    if waits is None:
        raise Refused("No sweep waits for anybody.")
    if waits.pk != sweep:
        raise Refused("What waits has changed meanwhile: look at it again.").at("sweep")
    approval = Approval(str(call.actor), waits.day, waits.parked, waits.waiting)
    swept = sweeping.sweep(call.clocks.business.now(), approved=approval, before=put_off)
    app.configure_task(AT_ONCE).defer()
    return {"day": swept.day.isoformat(), "moved": swept.moved, "ended": swept.ended, "parked": swept.parked}


@action("lifecycle.preview_policy", permission=MANAGE, reads=True)
def preview_policy(
    call: Call, *, text: Annotated[PolicyText, "the policy in TOML, with a number above the one in force"]
) -> Result:
    """Show what a policy would change if it were taken now: for which services, and which of their days move."""
    try:
        return previewing.previewed(text, call.clocks.business.now())
    except Refused as error:
        raise error.at("text") from error


@action("lifecycle.take_policy", permission=MANAGE)
def take_policy(
    call: Call,
    *,
    text: Annotated[PolicyText, "the policy in TOML, as it was previewed"],
    previewed: Annotated[Digest, "the digest that its preview gave"],
) -> Result:
    """Take a policy that was previewed: for new services at once, for others where nothing comes earlier by it."""
    if previewed != policies.digest(text):
        raise Refused("This is not the text that was previewed: look at its preview first.").at("previewed")
    try:
        version = previewing.taken(text, call.clocks.business.now(), str(call.actor))
    except Refused as error:
        raise error.at("text") from error
    app.configure_task(rollout.JOB).defer()
    return {"version": version.number}


@action("lifecycle.make_calendar", permission=FOLLOW, on="customer")
def make_calendar(call: Call, *, customer: CustomerRef) -> Result:
    """Make an address at which a calendar of the services’ days can be followed. The address before it ends."""
    secret = following.renew(customer, call.clocks.wall.now())
    return {
        "customer": customer.number,
        "address": settings.PANEL_ADDRESS + reverse("lifecycle:calendar", args=[secret]),
    }


@action("lifecycle.end_calendar", permission=FOLLOW, on="customer")
def end_calendar(_call: Call, *, customer: CustomerRef) -> Result:
    """End the address of the calendar."""
    if not Calendar.objects.filter(customer=customer).delete()[0]:
        raise Refused("There is no calendar to end.")
    return {"customer": customer.number}


@action("lifecycle.foresee", permission=SEE, on="service", reads=True)
def foresee(call: Call, *, service: ServiceRef) -> Result:
    """Show what holds for a service today, why, and what will happen to it when, if nothing is done."""
    return foreseen(service, today(call.clocks.business.now()))
