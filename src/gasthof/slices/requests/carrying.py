"""What a confirmed request does, and a restoration that was accepted once it is paid."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override
from procrastinate.contrib.django import app

from gasthof.kernel import rows
from gasthof.kernel.actions import perform
from gasthof.kernel.call import Call
from gasthof.kernel.clock import Clocks
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused, Refused
from gasthof.slices.billing.rules.money import Money
from gasthof.slices.lifecycle.queries import Service, elsewhere
from gasthof.slices.renewals.rules import after
from gasthof.slices.requests import rules, wording
from gasthof.slices.requests.checking import kept_until
from gasthof.slices.requests.models import Request
from gasthof.slices.requests.queries import today
from gasthof.slices.requests.steps import move, step

AT_ONCE = "requests.restore_paid"
HOW = {"code": "mailed code", "factor": "second factor"}  # in the termination's record
log = logging.getLogger("gasthof.requests")


def carry_out(call: Call, request: Request, person: str, how: str) -> None:
    """What was confirmed: done, answered, or put before staff. `person`: as the audit trail names them. Raises ActionRefused."""
    actor = replace(SYSTEM, name=person, language=call.actor.language)
    if request.kind == rules.END:
        record = {"authorised": f"{request}, {HOW[how]}", "on": request.on.isoformat() if request.on else ""}
        perform(actor, "lifecycle.terminate", {"service": request.service_id, **record}, call.clocks)
    if request.kind == rules.WITHDRAW:
        perform(actor, "lifecycle.revoke_termination", {"service": request.service_id}, call.clocks)
    if request.kind == rules.MENDED and request.case_id:
        perform(actor, "cases.mended", {"case": request.case_id, "words": request.words}, call.clocks)
    known = _known_backup(call, request) if request.kind == rules.BACKUP else ""
    state = rules.after_confirmation(request.kind, answered=bool(known), in_case=request.case_id is not None)
    move(request, state)
    said = (
        "passed_on"
        if state == rules.WAITING
        else "answered"
        if known
        else "in_case"
        if request.case_id
        else "carried_out"
    )
    step(call, request, said, known, by=str(SYSTEM))


def _known_backup(call: Call, request: Request) -> str:
    """In the customer's language; "": staff have to look."""
    service: Service | None = request.service
    if service is None or elsewhere(service):
        return ""  # of a machine's image only people know
    last = kept_until(service, today(call.clocks.business.now()))
    if last is None:
        return ""
    with override(request.customer.language):
        return _("There is a backup of it. It can be restored until %(day)s.") % {
            "day": date_format(last, "DATE_FORMAT")
        }


def charge(call: Call, request: Request, valid_until: date) -> int:
    """The proforma's number, of what was quoted. Raises Refused."""
    quote, service = request.offered, request.service
    now = today(call.clocks.business.now())
    if quote is None or service is None or not quote.complete:
        raise Refused("A part of its price was not known when it was confirmed. Say what it costs, decline this request, and have it asked for anew.").at("request")  # fmt: skip
    last = kept_until(service, now)
    if last is None or valid_until > last:
        raise Refused("What was saved of it is not kept for so long.").at("valid_until")
    with override(request.customer.language):
        lines = [_line(request, line, quote, now) for line in quote.lines if line.net]
    fields = {"customer": request.customer_id, "lines": lines, "currency": quote.currency}
    made = perform(SYSTEM, "billing.issue", fields | {"valid_until": valid_until.isoformat()}, call.clocks)
    return int(made.result["proforma"])


def _line(request: Request, line: rules.Line, quote: rules.Quote, first: date) -> str:
    """One of billing.issue: key; title; net; category of VAT; first day; last day."""
    net = Money(line.count * (line.net or 0), quote.currency).number
    title = f"{wording.part(line, quote)}, {request.service.unicode if request.service else ''}".replace(";", ",")
    last = after(first, quote.months, first.day) - timedelta(days=1) if quote.months else first
    return f"request:{request.pk}; {title}; {net}; {quote.category}; {first.isoformat()}; {last.isoformat()}"


def restore_paid(clocks: Clocks) -> Iterator[str]:
    """Accepted and paid: restored, once for each, or handed to staff with the reason. One that breaks holds up no other."""
    with rows.staff():
        due = list(_paid().values_list("pk", flat=True))
    for number in due:
        try:
            with transaction.atomic(), rows.staff():
                words = _restore(number, clocks)
        except Exception:
            log.exception("request %d could not be carried out", number)
            continue
        if words:
            yield words


def _paid() -> QuerySet[Request]:
    return Request.objects.filter(state=rules.ACCEPTED, proforma__state="paid").order_by("pk")


def _restore(number: int, clocks: Clocks) -> str:
    """Empty where somebody was faster."""
    locked = Request.objects.select_related("customer", "service").select_for_update(of=("self",), skip_locked=True)
    request = locked.filter(pk=number, state=rules.ACCEPTED).first()
    if request is None or request.offered is None:
        return ""
    day, call = today(clocks.business.now()), Call(SYSTEM, clocks)
    fields: dict[str, object] = {"service": request.service_id}
    if request.onto_id:
        fields |= {"onto": request.onto_id, "mail": request.mail}
    else:
        fields["first_unpaid"] = after(day, request.offered.months, day.day).isoformat()
    try:
        made = perform(SYSTEM, "lifecycle.restore", fields, clocks).result
    except ActionRefused as refusal:
        move(request, rules.FAILED)
        step(call, request, "failed", "; ".join(error.message for error in refusal.errors))
    else:
        request.restored_id = made["service"]
        move(request, rules.DONE)
        step(call, request, "done", _still_off(request, made["still_off"]))
    return f"{request.customer.name}, {request}: {wording.STEPS[request.state]}"


def _still_off(request: Request, names: Sequence[str]) -> str:
    """In the customer's language; "": all of it is on."""
    with override(request.customer.language):
        return _("Switched off by hand before, and still so: %(names)s") % {"names": ", ".join(names)} if names else ""


def performed(_call: Call, entries: Sequence[AuditEntry]) -> None:
    """Hook: a payment waits for no minute."""
    if any(entry.verb.startswith("billing.") for entry in entries) and _paid().exists():
        app.configure_task(AT_ONCE).defer()
