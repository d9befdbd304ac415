"""Every write goes through here: parse, permission, the verb's function, audit row, desired state; one transaction.

Objects are looked up among the actor's own rows; the function then sees everybody's: it must find others' claims to refuse them.

    @action("domains.add", permission="domains.write", on="subscription")
    def add(call: Call, *, subscription: SubscriptionRef, name: DomainName) -> Result: ...

Command line, pages and API take their fields from the same signature.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import getdoc
from typing import Any, TypeVar

import psycopg.errors
from django.db import IntegrityError, OperationalError, transaction
from django.utils import translation

from gasthof.kernel import audit, registry, rows, time_machine
from gasthof.kernel.call import Awaited, Call
from gasthof.kernel.clock import Clocks, MovableClock, SystemClock
from gasthof.kernel.fields import Field, fields_of
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.parsing import parse, tell
from gasthof.kernel.permissions import Actor, Place, allowed, holds, may_perform
from gasthof.kernel.refusal import ActionRefused, NotAllowed, Refused

Result = Mapping[str, Any]  # what a verb tells its caller, ready for JSON
Given = Mapping[str, object]  # fields as they came
About = tuple[str, Place | None]  # name of a verb's object for the record, and where it stands
Function = TypeVar("Function", bound=Callable[..., Result])
Done = TypeVar("Done")

ATTEMPTS = 8
WORTH_AGAIN = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.UniqueViolation,  # somebody was faster: the next look sees their row and refuses by name
    psycopg.errors.ForeignKeyViolation,
)
SYSTEM_CLOCKS = Clocks(SystemClock(), MovableClock(SystemClock(), time_machine.days))


@dataclass(frozen=True)
class Action:
    verb: str
    permission: str
    on: str | None  # the field that names the object of the permission; None: an object of nobody's
    function: Callable[..., Result]
    fields: tuple[Field, ...]
    help: str
    reads: bool = False  # it changes nothing, so that nobody is told of it


@dataclass(frozen=True)
class Outcome:
    verb: str
    result: Result
    awaited: tuple[Awaited, ...] = ()  # what nodes were told, in order


_actions: dict[str, Action] = {}


def action(verb: str, *, permission: str, on: str | None = None, reads: bool = False) -> Callable[[Function], Function]:
    """Register a verb. `on` names the field that refers to the object whose owner must be the actor; `reads`: it changes nothing."""

    def register(function: Function) -> Function:
        first_line = (getdoc(function) or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")
        _actions[verb] = Action(verb, permission, on, function, fields_of(function), first_line, reads)
        return function

    return register


def actions() -> Mapping[str, Action]:
    """All verbs by name."""
    registry.capabilities()
    return dict(sorted(_actions.items()))


def perform(actor: Actor, verb: str, fields: Given, clocks: Clocks = SYSTEM_CLOCKS) -> Outcome:
    """Do it, or raise ActionRefused (NotAllowed) with nothing changed. KeyError: there is no such verb."""
    return _in_transaction(actor, [(verb, fields)], clocks)[0]


def perform_many(actor: Actor, calls: Iterable[tuple[str, Given]], clocks: Clocks = SYSTEM_CLOCKS) -> list[Outcome]:
    """Several in one transaction: all or none. Nodes are told once, at its end; `awaited` is the last outcome's."""
    listed = list(calls)
    return _in_transaction(actor, listed, clocks) if listed else []


def _in_transaction(actor: Actor, calls: list[tuple[str, Given]], clocks: Clocks) -> list[Outcome]:
    chosen = [(actions()[verb], fields) for verb, fields in calls]
    with translation.override(actor.language):
        return _again_when_worth_it(lambda: _attempt(Call(actor, clocks), chosen))


def _again_when_worth_it(work: Callable[[], Done]) -> Done:
    for attempt in range(ATTEMPTS - 1):
        try:
            return work()
        except (OperationalError, IntegrityError) as error:
            if not isinstance(error.__cause__, WORTH_AGAIN):
                raise
            time.sleep(random.uniform(0.5, 1) * 0.005 * 2**attempt)  # noqa: S311 - not a secret
    return work()


def _attempt(call: Call, chosen: list[tuple[Action, Given]]) -> list[Outcome]:
    done: list[Outcome] = []
    entries: list[AuditEntry] = []
    try:
        with transaction.atomic(), rows.staff():
            for verb, given in chosen:
                result, about = _carry_out(call, verb, given)
                entries.append(audit.entry(call, verb.verb, about, audit.masked(verb.fields, given), "done"))
                done.append(Outcome(verb.verb, result))
            AuditEntry.objects.bulk_create(entries)
            call.finish()
            _tell(call, [entry for (verb, _), entry in zip(chosen, entries, strict=True) if not verb.reads])
    except ActionRefused as refusal:
        refusal.position = len(done)
        _note(call, *chosen[min(len(done), len(chosen) - 1)], refusal)
        raise
    done[-1] = Outcome(done[-1].verb, done[-1].result, tuple(call.awaited))
    return done


def _carry_out(call: Call, verb: Action, given: Given) -> tuple[Result, About]:
    """The verb's answer, and what it was about."""
    if not (may_perform(call.actor, verb.verb) and holds(call.actor, verb.permission, registry.grants())):
        raise not_allowed()
    with rows.of(call.actor):
        arguments = parse(verb.fields, call.actor, given)
    about = _about(call.actor, verb, arguments)
    if not allowed(call.actor, verb.permission, about[1], registry.grants()):
        raise not_allowed()
    try:
        return verb.function(call, **arguments), about
    except Refused as refusal:
        raise ActionRefused(tuple(tell(each) for each in refusal.each)) from refusal


def _tell(call: Call, entries: list[AuditEntry]) -> None:
    """Whoever follows what is done hears of it in this transaction: what is not durable is told to nobody."""
    if entries:
        registry.performed(call, entries)


def _about(actor: Actor, verb: Action, arguments: Mapping[str, Any]) -> About:
    """A verb without an object makes something new: a reseller's stands below the reseller."""
    reference = next((field.reference for field in verb.fields if field.name == verb.on), None)
    if reference is None or verb.on is None:
        return "", Place(actor.customer) if actor.role == "reseller" and actor.customer is not None else None
    row = arguments[verb.on]
    return f"{reference.noun}:{row.pk}", reference.place(row)


def not_allowed() -> NotAllowed:
    return NotAllowed((tell(Refused("You may not do this.")),))


def _note(call: Call, verb: Action, given: Given, refusal: ActionRefused) -> None:
    """Strangers' attempts are left to the web server's log: they must not be able to fill a table that is never emptied."""
    if call.actor.role == "anonymous":
        return
    about = audit.legible(f"{verb.on}:{given.get(verb.on)}")[:300] if verb.on else ""
    outcome = "denied" if isinstance(refusal, NotAllowed) else "refused"
    with rows.staff():
        audit.entry(call, verb.verb, (about, None), audit.masked(verb.fields, given), outcome, str(refusal)).save()
