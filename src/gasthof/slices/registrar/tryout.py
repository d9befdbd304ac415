"""A registry in this process, for the try-out and for tests: a real one cannot be had there. It stands behind the same interface and
behind the same journal, keeps the rules of all TLDs (rules.py), and can be told to fail in the ways in which registries do.

What it knows lies in tables of its own, changed in transactions of its own; a killed process leaves what had been committed. The
phase of a name is a matter of the date, so it moves with the business clock and nothing has to run at night.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import msgspec
from django.db import transaction

from gasthof.kernel import rows
from gasthof.kernel.clock import BusinessClock
from gasthof.kernel.sealing import seal, unseal
from gasthof.slices.registrar import rules
from gasthof.slices.registrar.driver import (
    Acknowledge,
    Answer,
    Asked,
    Cancel,
    Check,
    Contacts,
    Create,
    Held,
    Info,
    Message,
    Poll,
    Release,
    Renew,
    Request,
    Restore,
    RestoreQuote,
    RestoreReport,
    Transfer,
    Update,
)
from gasthof.slices.registrar.models import RegistryAccount, RegistryMessage, RegistryName, RegistryPending

Fault = Literal["lost", "down", "refused", "pending", "wrong date", "again"]
FUNDS = 10_000_000  # cents that an account begins with
REPORT_DAYS = 7  # for a restoration's report (RFC 3915 section 2 leaves it to the registry)
PENDING = timedelta(days=1)
UNKNOWN = Answer("unknown", "No answer came.")
WRONG = date(1969, 12, 31)

# The sentences are this registry's, with the codes of RFC 5730 section 3.
EXISTS = "2302 Object exists"
MISSING = "2303 Object does not exist"
NOT_OURS = "2201 Authorization error"
WRONG_CODE = "2202 Invalid authorization information"
FORBIDDEN = "2304 Object status prohibits operation"
OTHER_DATE = "2306 The current expiration date is another one"
TOO_FAR = "2306 A name can be registered for ten years at most"
NO_CONSENT = "2306 The holder's consent is missing"
NO_RELEASE = "2102 This registry knows no release"
NO_MONEY = "2104 Billing failure: credit limit reached"


class _Refusal(Exception):
    """In the registry's words."""


@dataclass(frozen=True)
class Registry:
    """A `Driver`. `clock`: business time."""

    clock: BusinessClock

    def send(self, operation: str, request: Request) -> Answer:
        with transaction.atomic(), rows.staff():
            account = _account()
            fault = _next_fault(account, request)
            if fault == "down":
                return UNKNOWN
            self._settle(account)
            if fault == "refused":
                return Answer("refused", FORBIDDEN)
            answer = self._answer(account, operation, request, fault)
        return UNKNOWN if fault == "lost" else answer

    @property
    def today(self) -> date:
        return self.clock.now().date()

    def fail(self, verb: str, fault: Fault) -> None:
        """The next request of that kind (a tag of driver.py) meets this fault; several come in the order in which they were told."""
        with transaction.atomic(), rows.staff():
            account = _account()
            account.faults.append([verb, fault])
            account.save()

    def plant(self, name: str, code: str, ends: date) -> None:
        """A name that another registrar has, to be transferred."""
        with transaction.atomic(), rows.staff():
            contacts = msgspec.to_builtins(Contacts("OTHER-1"))
            RegistryName.objects.create(name=name, ends=ends, ours=False, contacts=contacts, code=seal(code))

    def _answer(self, account: RegistryAccount, operation: str, request: Request, fault: Fault | None) -> Answer:
        if isinstance(request, Poll):
            return _oldest_message()
        if isinstance(request, Acknowledge):
            again = fault == "again"
            RegistryMessage.objects.filter(pk=int(request.message)).update(acknowledged=not again)
            return Answer("done")
        wait = PENDING if fault == "pending" else self._waits(request)
        if wait:
            return self._postponed(operation, request, wait)
        return self._carried_out(account, request, fault)

    def _carried_out(self, account: RegistryAccount, request: Asked, fault: Fault | None = None) -> Answer:
        work: Callable[[RegistryAccount, Any], Answer] = getattr(self, f"_{request.__struct_config__.tag}")
        try:
            with transaction.atomic():
                answer = work(account, request)
        except _Refusal as refusal:
            account.refresh_from_db()
            return Answer("refused", str(refusal))
        if fault == "wrong date" and answer.held:
            return msgspec.structs.replace(answer, held=msgspec.structs.replace(answer.held, ends=WRONG))
        return answer

    def _waits(self, request: Asked) -> timedelta | None:
        """A transfer takes days where the losing registrar is asked first; a wrong code is refused at once."""
        days = rules.rules_of(request.name).transfer_days
        if not isinstance(request, Transfer) or not days:
            return None
        found = self._find(request.name)
        sound = found and not found.ours and not found.locked and unseal(found.code) == request.code
        return timedelta(days=days) if sound else None

    def _postponed(self, operation: str, request: Asked, wait: timedelta) -> Answer:
        if RegistryPending.objects.filter(name=request.name).exists():
            return Answer("refused", FORBIDDEN)
        text = seal(msgspec.json.encode(request).decode())
        due = self.clock.now() + wait
        RegistryPending.objects.create(operation=operation, name=request.name, request=text, due=due)
        return Answer("pending", "1001 Command completed successfully; action pending")

    def _settle(self, account: RegistryAccount) -> None:
        """Carry out what has waited long enough, and have it told."""
        for waiting in RegistryPending.objects.filter(due__lte=self.clock.now()).order_by("pk"):
            request: Asked = msgspec.json.decode(unseal(waiting.request), type=Asked)
            answer = self._carried_out(account, request)
            told = {"name": waiting.name, "done": answer.state == "done", "words": answer.words}
            RegistryMessage.objects.create(operation=waiting.operation, **told)
            waiting.delete()

    def _find(self, name: str) -> RegistryName | None:
        """The name unless it is free again."""
        found = RegistryName.objects.filter(name=name).first()
        if found and self._phase(found) == "free":
            found.delete()
            return None
        return found

    def _phase(self, found: RegistryName) -> rules.Phase:
        if found.report_due and self.today <= found.report_due:
            return "active"
        return rules.phase_of(rules.rules_of(found.name), found.ends, found.deleted, self.today)

    def _own(self, name: str, *recourse: rules.Recourse) -> RegistryName:
        """The house's name, in a phase that has one of these ways on. None named: any phase."""
        found = self._find(name)
        if found is None:
            raise _Refusal(MISSING)
        if not found.ours:
            raise _Refusal(NOT_OURS)
        if recourse and rules.RECOURSE[self._phase(found)] not in recourse:
            raise _Refusal(FORBIDDEN)
        return found

    def _held(self, found: RegistryName) -> Held:
        statuses: tuple[str, ...] = rules.STATUSES[self._phase(found)]
        if found.report_due and self.today <= found.report_due:
            statuses = ("pendingRestore",)
        if found.locked:
            statuses = (*statuses, "clientTransferProhibited")
        moving = RegistryPending.objects.filter(name=found.name).exists()
        statuses = (*statuses, "pendingTransfer") if moving and not found.ours else statuses
        return Held(found.name, found.ends, statuses, found.ours, msgspec.convert(found.contacts, Contacts))

    def _check(self, _: RegistryAccount, request: Check) -> Answer:
        return Answer("done", free=self._find(request.name) is None)

    def _info(self, _: RegistryAccount, request: Info) -> Answer:
        found = self._find(request.name)
        return Answer("done", held=self._held(found) if found else None)

    def _create(self, account: RegistryAccount, request: Create) -> Answer:
        if self._find(request.name):
            raise _Refusal(EXISTS)
        ends = self._checked_end(self.today, request.years)
        _pay(account, rules.rules_of(request.name).year * request.years)
        contacts = msgspec.to_builtins(request.contacts)
        code = seal(secrets.token_urlsafe(12))
        return self._done(RegistryName.objects.create(name=request.name, ends=ends, contacts=contacts, code=code))

    def _renew(self, account: RegistryAccount, request: Renew) -> Answer:
        found = self._own(request.name, "renew")
        if found.ends != request.ends:
            raise _Refusal(OTHER_DATE)
        found.ends = self._checked_end(found.ends, request.years)
        _pay(account, rules.rules_of(request.name).year * request.years)
        return self._done(found)

    def _transfer(self, account: RegistryAccount, request: Transfer) -> Answer:
        found = self._find(request.name)
        if found is None:
            raise _Refusal(MISSING)
        if found.ours or found.locked:
            raise _Refusal(FORBIDDEN)
        if unseal(found.code) != request.code:
            raise _Refusal(WRONG_CODE)
        _pay(account, rules.rules_of(request.name).year)
        later = rules.years_later(found.ends, 1)
        found.ours, found.code = True, seal(secrets.token_urlsafe(12))
        found.ends = found.ends if rules.too_far(later, self.today) else later
        return self._done(found)

    def _update(self, _: RegistryAccount, request: Update) -> Answer:
        found = self._own(request.name)
        if self._phase(found) != "active":
            raise _Refusal(FORBIDDEN)
        if request.contacts:
            found.contacts = msgspec.to_builtins(request.contacts)
        found.locked = found.locked if request.locked is None else request.locked
        found.code = seal(request.code) if request.code else found.code
        return self._done(found)

    def _cancel(self, _: RegistryAccount, request: Cancel) -> Answer:
        if not request.consent:
            raise _Refusal(NO_CONSENT)
        found = self._own(request.name, "renew", "restore")
        if found.deleted:
            raise _Refusal(FORBIDDEN)
        found.deleted = self.today
        return self._done(found)

    def _release(self, _: RegistryAccount, request: Release) -> Answer:
        if not rules.rules_of(request.name).released:
            raise _Refusal(NO_RELEASE)
        found = self._own(request.name, "renew", "restore")
        found.ours = False
        return self._done(found)

    def _restore_quote(self, _: RegistryAccount, request: RestoreQuote) -> Answer:
        found = self._own(request.name, "restore")
        known = rules.rules_of(request.name)
        return Answer("done", cents=known.restore + known.year, held=self._held(found))

    def _restore(self, account: RegistryAccount, request: Restore) -> Answer:
        """With a year's renewal, without which it would be where it was."""
        found = self._own(request.name, "restore")
        known = rules.rules_of(request.name)
        _pay(account, known.restore + known.year)
        if known.reports:
            found.report_due = self.today + timedelta(days=REPORT_DAYS)
            return self._done(found)
        return self._restored(found)

    def _restore_report(self, _: RegistryAccount, request: RestoreReport) -> Answer:
        found = self._own(request.name)
        if not found.report_due or self.today > found.report_due:
            raise _Refusal(FORBIDDEN)
        return self._restored(found)

    def _restored(self, found: RegistryName) -> Answer:
        later = rules.years_later(found.ends, 1)
        found.deleted = found.report_due = None
        found.ends = found.ends if rules.too_far(later, self.today) else later
        return self._done(found)

    def _done(self, found: RegistryName) -> Answer:
        found.save()
        return Answer("done", "1000 Command completed successfully", held=self._held(found))

    def _checked_end(self, start: date, years: int) -> date:
        ends = rules.years_later(start, years)
        if rules.too_far(ends, self.today):
            raise _Refusal(TOO_FAR)
        return ends


def _account() -> RegistryAccount:
    """Locked: the registry does one thing after the other."""
    RegistryAccount.objects.bulk_create([RegistryAccount(pk=1, cents=FUNDS)], ignore_conflicts=True)
    return RegistryAccount.objects.select_for_update().get(pk=1)


def _pay(account: RegistryAccount, cents: int) -> None:
    if account.cents < cents:
        raise _Refusal(NO_MONEY)
    account.cents -= cents
    account.save()


def _next_fault(account: RegistryAccount, request: Request) -> Fault | None:
    """Taken out of the list, whatever becomes of the request."""
    for position, (verb, fault) in enumerate(account.faults):
        if verb == request.__struct_config__.tag:
            del account.faults[position]
            account.save()
            found: Fault = fault
            return found
    return None


def _oldest_message() -> Answer:
    row = RegistryMessage.objects.filter(acknowledged=False).order_by("pk").first()
    if row is None:
        return Answer("done", "1300 Command completed successfully; no messages")
    message = Message(str(row.pk), row.operation, row.name, row.done, row.words)
    return Answer("done", "1301 Command completed successfully; ack to dequeue", message=message)
