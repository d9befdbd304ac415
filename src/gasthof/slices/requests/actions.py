"""What customers ask for, how they confirm it, and what staff make of it."""

from datetime import date
from typing import Annotated, Literal

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Unchanged
from gasthof.kernel.permissions import EVERYWHERE
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import Account, Day, Secret, Title
from gasthof.slices.access.queries import User, UserRef, name_of, people_of, person_acting
from gasthof.slices.accounts.queries import CustomerRef
from gasthof.slices.cases.queries import CaseRef
from gasthof.slices.lifecycle.queries import ServiceRef
from gasthof.slices.requests import codes, rules
from gasthof.slices.requests.carrying import carry_out, charge
from gasthof.slices.requests.checking import check, settle
from gasthof.slices.requests.models import Request
from gasthof.slices.requests.queries import CONFIRM, MANAGE, VOUCH, WRITE, RequestRef, in_person, shown, today
from gasthof.slices.requests.steps import move, step
from gasthof.slices.requests.telling import mail_code

Kind = Annotated[Literal["end", "withdraw", "restore", "backup", "mended", "message"], "what is asked for"]
FirstDay = Annotated[Day | None, "of an end: the first day without the service; empty: when what is paid has run out"]
What = Annotated[Account | None, "what staff should know"]
ONTO = "of a server that was deleted, or its mail: the server, ordered anew, on which it is to come back"
MAIL = "of a server: also the mail of all its domains"
Said = Annotated[Account, "what is to be said"]


@action("requests.draft", permission=WRITE, on="customer")
def draft(
    call: Call,
    *,
    customer: CustomerRef,
    kind: Kind,
    service: ServiceRef | None = None,
    case: CaseRef | None = None,
    on: FirstDay = None,
    words: What = None,
    onto: Annotated[ServiceRef | None, ONTO] = None,
    mail: Annotated[bool, MAIL] = False,
) -> Result:
    """Write down a request. It counts once it is confirmed; a message to support is sent at once."""
    if service is not None and service.customer_id != customer.number:
        raise Refused("This service is another customer’s.").at("service")
    if case is not None and case.customer_id != customer.number:
        raise Refused("This case is another customer’s.").at("case")
    if Request.objects.filter(customer=customer).exclude(state__in=rules.THROUGH).count() >= rules.MOST_OPEN:
        raise Refused("There are %(most)d open requests already. Please drop some first.", most=rules.MOST_OPEN)
    made = Request(
        customer=customer, service=service, case=case, kind=kind, onto=onto, mail=mail, drafted=call.clocks.business.now()
    )  # fmt: skip
    _fill(call, made, on, words)
    step(call, made, "drafted", made.words)
    if kind == rules.MESSAGE:
        move(made, rules.WAITING)
    return shown(made)


@action("requests.change", permission=WRITE, on="request")
def change(
    call: Call,
    *,
    request: RequestRef,
    on: FirstDay | Unchanged = UNCHANGED,
    words: What | Unchanged = UNCHANGED,
    onto: Annotated[ServiceRef | Unchanged | None, ONTO] = UNCHANGED,
    mail: Annotated[bool | Unchanged, MAIL] = UNCHANGED,
) -> Result:
    """Change a request that is not confirmed yet. A code that was mailed for it is worth nothing then."""
    _need_draft(request)
    request.onto = request.onto if onto is UNCHANGED else onto
    request.mail = request.mail if mail is UNCHANGED else mail
    day = request.on if on is UNCHANGED else on
    _fill(call, request, day, request.words if words is UNCHANGED else words)
    step(call, request, "changed", request.words)
    return shown(request)


@action("requests.drop", permission=WRITE, on="request")
def drop(call: Call, *, request: RequestRef) -> Result:
    """Drop a request that is not confirmed yet."""
    _need_draft(request)
    move(request, rules.DROPPED)
    step(call, request, "dropped")
    return shown(request)


@action("requests.send_code", permission=CONFIRM, on="request")
def send_code(call: Call, *, request: RequestRef) -> Result:
    """Have a code mailed to oneself, by which this request is confirmed."""
    _need_in_person(call)
    _need_draft(request)
    user = _person(call, request)
    mail_code(call, request, user, codes.make(request, user, call.clocks.wall.now()))
    step(call, request, "code")
    return shown(request)


@action("requests.confirm", permission=CONFIRM, on="request")
def confirm(call: Call, *, request: RequestRef, code: Annotated[Secret, "the code that was mailed"]) -> Result:
    """Confirm a request by the code that was mailed for it. What the system can do by itself is done at once."""
    _need_in_person(call)
    _need_draft(request)
    user = codes.spend(request, call.actor, code.reveal(), call.clocks.wall.now())
    return _confirmed(call, request, user, "code")


@action("requests.vouch", permission=VOUCH, on="request")
def vouch(
    call: Call,
    *,
    request: RequestRef,
    user: UserRef,
    seen: Annotated[Title, "digest of what the page showed, in hexadecimal digits"],
) -> Result:
    """Confirm a request for somebody who has just shown a second factor to the panel. The panel alone does this."""
    _need_draft(request)
    if user.customer_id != request.customer_id or not user.active:
        raise Refused("This is another customer’s request.").at("user")
    if str(seen) != request.contents.hex():
        raise Refused("This request has been changed meanwhile. Please look at it again.").at("request")
    return _confirmed(call, request, user, "factor")


@action("requests.write", permission=WRITE, on="request")
def write(call: Call, *, request: RequestRef, words: Said) -> Result:
    """Write in the thread of a request. Staff’s words are mailed to the customer."""
    staff = call.actor.role in EVERYWHERE
    if not staff and not rules.read_on(request.kind, request.state):
        raise Refused("Nobody looks at this request any more. Please write a new message to support.").at("request")
    step(call, request, "replied" if staff else "wrote", str(words))
    if request.kind == rules.MESSAGE and request.state == (rules.WAITING if staff else rules.DONE):
        move(request, rules.DONE if staff else rules.WAITING)
    return shown(request)


@action("requests.accept", permission=MANAGE, on="request")
def accept(
    call: Call, *, request: RequestRef, words: Said, valid_until: Annotated[Day, "the last day on which it can be paid"]
) -> Result:
    """Accept a restoration: what was quoted is invoiced, and the service is restored once that is paid."""
    move(request, rules.ACCEPTED)
    request.proforma_id = charge(call, request, valid_until)
    request.save(update_fields=["proforma"])
    step(call, request, "accepted", str(words))
    return shown(request)


@action("requests.decline", permission=MANAGE, on="request")
def decline(call: Call, *, request: RequestRef, words: Said) -> Result:
    """Decline a request, with the reason."""
    move(request, rules.DECLINED)
    step(call, request, "declined", str(words))
    return shown(request)


@action("requests.finish", permission=MANAGE, on="request")
def finish(call: Call, *, request: RequestRef, words: Said) -> Result:
    """Say that a request is done, and what was done."""
    move(request, rules.DONE)
    step(call, request, "done", str(words))
    return shown(request)


def _fill(call: Call, request: Request, on: date | None, words: str | None) -> None:
    request.on, request.words = on, str(words or "")
    day = today(call.clocks.business.now())
    settle(request, day)
    check(request, day)
    request.written = call.clocks.wall.now()
    request.save()


def _need_draft(request: Request) -> None:
    if request.state != rules.DRAFTED:
        raise Refused("This request is confirmed already, or was dropped.").at("request")


def _need_in_person(call: Call) -> None:
    if not in_person(call.actor):
        raise Refused("Only the customers themselves confirm this, and nobody in their place.").at("request")


def _person(call: Call, request: Request) -> User:
    """Who acts; where that is the customer and no person, the first of those who act as its owner."""
    name = person_acting(call.actor)
    people = people_of(request.customer_id) if not name.startswith("user:") else _named(name, request.customer_id)
    if not people:
        raise Refused("Nobody can be written to for this customer.").at("request")
    return people[0]


def _named(name: str, customer: int) -> list[User]:
    return list(User.objects.filter(pk=int(name.removeprefix("user:")), customer=customer, active=True))


def _confirmed(call: Call, request: Request, user: User, how: str) -> Result:
    check(request, today(call.clocks.business.now()))
    request.confirmed = call.clocks.business.now()
    step(call, request, "confirmed", how, by=name_of(user))
    carry_out(call, request, name_of(user), how)
    return shown(request)
