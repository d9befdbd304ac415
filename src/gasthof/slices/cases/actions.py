"""What staff, customers and machines do in cases. An end at once takes two people."""

from datetime import datetime, time
from typing import Annotated, Literal

from django.db import connection
from django.utils.timezone import get_default_timezone, make_aware

from gasthof.kernel.actions import Result, action, perform
from gasthof.kernel.call import Call
from gasthof.kernel.fields import Between
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import Account, Day, Title
from gasthof.slices.accounts.queries import Customer, CustomerRef
from gasthof.slices.billing.rules.money import Money
from gasthof.slices.cases import rules
from gasthof.slices.cases.models import LONGEST_SIGNAL, Case, Step, Terms
from gasthof.slices.cases.queries import (
    MANAGE,
    WRITE,
    CaseRef,
    end_proposed_by,
    fee_owed,
    fee_reasons,
    person_of,
    shown,
    terms,
)
from gasthof.slices.cases.steps import hold as put
from gasthof.slices.cases.steps import lift as take
from gasthof.slices.cases.steps import step, there
from gasthof.slices.lifecycle.queries import Service, ServiceRef
from gasthof.slices.mail.queries import Mailbox, MailboxRef

Kind = Annotated[Literal["breach", "security"], "a breach of the terms, or something that others broke into"]
Severity = Annotated[int, Between(rules.MINOR, rules.SEVERE), "0 minor, 1 serious, 2 severe"]
What = Annotated[Account, "what was seen, or is to be said"]
Waived = Annotated[Account | None, "why an unlocking fee that is not paid is waived; for the house only"]
ONE_SIGNAL_AT_A_TIME = 7_305_003  # PostgreSQL's advisory lock: two at once would open two cases


@action("cases.open", permission=MANAGE, on="customer")
def open_(
    call: Call,
    *,
    customer: CustomerRef,
    title: Annotated[Title, "what it is about"],
    words: What,
    kind: Kind = "breach",
    severity: Severity = rules.MINOR,
    deliberate: Annotated[bool, "evidently on purpose"] = False,
    service: ServiceRef | None = None,
    mailbox: MailboxRef | None = None,
) -> Result:
    """Open a case about a customer, one service, or one mailbox. The customer is told at once, with what to do."""
    if service is not None and service.customer_id != customer.number:
        raise Refused("This service is another customer’s.").at("service")
    if mailbox is not None and mailbox.domain.subscription.customer_id != customer.number:
        raise Refused("This mailbox is another customer’s.").at("mailbox")
    case = Case.objects.create(
        customer=customer, service=service, mailbox=mailbox.address if mailbox else "", kind=kind, severity=severity,
        deliberate=deliberate, title=str(title), opened=call.clocks.business.now(),
    )  # fmt: skip
    step(call, case, "opened", str(words))
    return shown(case)


@action("cases.warn", permission=MANAGE, on="case")
def warn(
    call: Call, *, case: CaseRef, words: What, deadline: Annotated[Day, "the last day on which it can be mended"]
) -> Result:
    """Warn the customer, with a deadline."""
    _open(case)
    until = make_aware(datetime.combine(deadline, time(23, 59, 59)), get_default_timezone())
    if until < call.clocks.business.now():
        raise Refused("This day has passed.").at("deadline")
    if case.deadline is None or until < case.deadline:
        case.deadline = until
        case.save(update_fields=["deadline"])
    step(call, case, "warned", str(words), deadline=until)
    return shown(case)


@action("cases.note", permission=MANAGE, on="case")
def note(call: Call, *, case: CaseRef, words: What) -> Result:
    """Note evidence in a case, for the house only."""
    step(call, case, "noted", str(words))
    return shown(case)


@action("cases.hold", permission=MANAGE, on="case")
def hold(call: Call, *, case: CaseRef) -> Result:
    """Lock what a case is about: one mailbox alone, or the service."""
    _open(case)
    if not case.mailbox and case.service_id is None:
        raise Refused("This case is about no service and no mailbox.").at("case")
    if case.mailbox and not there(case):
        raise Refused("There is no such mailbox any more.").at("case")
    put(call, case)
    return shown(case)


@action("cases.lift", permission=MANAGE, on="case")
def lift(call: Call, *, case: CaseRef, waived: Waived = None) -> Result:
    """Unlock what a case has locked. What another hold closes stays closed; what waits for a fee takes its payment, or a reason to waive it."""
    _waive(call, case, str(waived or ""))
    take(call, case)
    return shown(case)


@action("cases.mended", permission=WRITE, on="case")
def mended(call: Call, *, case: CaseRef, words: Annotated[Account, "what was done about it"]) -> Result:
    """Report that what a case is about is mended."""
    _open(case)
    if case.mended is None:
        case.mended = call.clocks.business.now()
        case.save(update_fields=["mended"])
    step(call, case, "mended", str(words))
    return shown(case)


@action("cases.charge", permission=MANAGE, on="case")
def charge(call: Call, *, case: CaseRef, valid_until: Annotated[Day, "the last day on which it can be paid"]) -> Result:
    """Invoice the unlocking fee. Once it is paid, the case’s lock is lifted."""
    _open(case)
    now, agreed = call.clocks.business.now(), terms()
    if not case.held or not fee_reasons(case, now):
        raise Refused("Unlocking is free of charge in this case.").at("case")
    if case.proforma is not None and case.proforma.state in ("open", "paid"):
        raise Refused("The unlocking fee was invoiced already.").at("case")
    day = now.date().isoformat()
    line = f"case:{case.pk};V-{case.pk};{Money(agreed.fee, agreed.currency).number};standard;{day};{day}"
    wanted = {"customer": case.customer_id, "lines": [line], "valid_until": valid_until.isoformat()}
    made = perform(SYSTEM, "billing.issue", wanted | {"currency": agreed.currency}, call.clocks).result
    case.proforma_id = made["proforma"]
    case.save(update_fields=["proforma"])
    step(call, case, "charged", str(made["proforma"]))
    return shown(case)


@action("cases.close", permission=MANAGE, on="case")
def close(
    call: Call,
    *,
    case: CaseRef,
    words: What,
    unfounded: Annotated[
        bool, "there was nothing to it: it does not count as a former case, and costs nothing"
    ] = False,
    waived: Waived = None,
) -> Result:
    """Close a case. What it has locked is unlocked, once its fee is paid or waived."""
    _open(case)
    _waive(call, case, str(words if unfounded else waived or ""))
    take(call, case)
    case.closed, case.unfounded = call.clocks.business.now(), unfounded
    case.save(update_fields=["closed", "unfounded"])
    step(call, case, "closed", str(words))
    return shown(case)


@action("cases.propose_end", permission=MANAGE, on="case")
def propose_end(call: Call, *, case: CaseRef, words: What) -> Result:
    """Propose to end the case’s service at once, for a severe and deliberate breach. Another person has to confirm it."""
    _open(case)
    if case.service_id is None:
        raise Refused("This case is about no service.").at("case")
    if not rules.may_end(case.severity, case.deliberate):
        raise Refused("Only a severe and deliberate breach ends a service at once.").at("case")
    step(call, case, "end_proposed", str(words))
    return shown(case)


@action("cases.confirm_end", permission=MANAGE, on="case")
def confirm_end(call: Call, *, case: CaseRef) -> Result:
    """Confirm, as a second person, that the case’s service ends at once."""
    _open(case)
    proposer = end_proposed_by(case)
    if not proposer:
        raise Refused("Nobody has proposed to end it.").at("case")
    person = person_of(str(call.actor))
    if person == proposer:
        raise Refused("Another person has to confirm what you have proposed.").at("case")
    wanted = {"service": case.service_id, "authorised": f"{proposer}, {person}"}
    perform(SYSTEM, "lifecycle.end_for_breach", wanted, call.clocks)
    step(call, case, "end_confirmed")
    return shown(case)


@action("cases.signal", permission=MANAGE)
def signal(
    call: Call,
    *,
    source: Annotated[Title, "which machine or program"],
    signal: Annotated[Title, "its own number of what it saw: told twice, it counts once"],
    words: What,
    severity: Severity = rules.MINOR,
    mailbox: MailboxRef | None = None,
    service: ServiceRef | None = None,
) -> Result:
    """Tell what a machine saw of a mailbox or a service. It opens a case or joins one that is open, and locks when that is the rule."""
    if mailbox is None and service is None:
        raise Refused("A mailbox or a service is needed.").at("mailbox")
    if mailbox and service and mailbox.domain.subscription.customer_id != service.customer_id:
        raise Refused("This service is another customer’s.").at("service")
    number = f"{source}:{signal}"
    if len(number) > LONGEST_SIGNAL:
        raise Refused("This is too long.").at("signal")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_SIGNAL_AT_A_TIME])
    if told := Step.objects.select_related("case").filter(signal=number).first():
        return shown(told.case)
    case = _joined(call, mailbox, service, str(source), severity)
    step(call, case, "signal", str(words), signal=number)
    if rules.locks(severity, case.steps.filter(what="signal").count(), terms()):
        put(call, case)
    return shown(case)


@action("cases.set_terms", permission=MANAGE)
def set_terms(
    _call: Call,
    *,
    fee: Annotated[int, Between(1, 10_000_000), "unlocking fee without VAT, in cents"],
    within: Annotated[int, Between(1, 3_660), "days in which another case is a repetition"],
    signals: Annotated[int, Between(1, 1_000), "so many minor signals lock"],
    currency: Annotated[Literal["EUR", "CZK"], "currency of the fee"] = "EUR",
) -> Result:
    """Set the unlocking fee, and when a case is a repetition."""
    wanted = {"fee": fee, "within": within, "signals": signals, "currency": currency}
    Terms.objects.update_or_create(pk=1, defaults=wanted)
    return dict(wanted)


def _joined(call: Call, mailbox: Mailbox | None, service: Service | None, source: str, severity: int) -> Case:
    """The open case about the same, or a new one. A worse signal makes it worse."""
    address = mailbox.address if mailbox else ""
    if mailbox is not None:
        customer: Customer = mailbox.domain.subscription.customer
    else:
        assert service is not None  # one of both
        customer = service.customer
    same = Case.objects.select_for_update().filter(customer=customer, mailbox=address, service=service, closed=None)
    case = same.filter(kind="security").order_by("pk").first() or Case(
        customer=customer, mailbox=address, service=service, kind="security", severity=severity, deliberate=False,
        title=source, opened=call.clocks.business.now(),
    )  # fmt: skip
    case.severity = max(case.severity, severity)
    case.save()
    return case


def _waive(call: Call, case: Case, why: str) -> None:
    """An unlocking fee that is not paid holds the lock, unless somebody of the house says why not. Raises Refused."""
    if not fee_owed(case, call.clocks.business.now()):
        return
    if not why:
        raise Refused("The unlocking fee is not paid. Once it is, this unlocks by itself; or say why it is waived.").at(
            "waived"
        )
    if case.proforma is not None and case.proforma.state == "open":
        perform(SYSTEM, "billing.cancel", {"proforma": case.proforma_id}, call.clocks)
    step(call, case, "waived", why)


def _open(case: Case) -> None:
    if case.closed is not None:
        raise Refused("This case is closed.").at("case")
