"""Doing what a form asks for, once, and leading to the page that shows how far it is."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.crypto import salted_hmac

from gasthof.kernel import rows
from gasthof.kernel.actions import Outcome, actions, perform, perform_many
from gasthof.kernel.clock import SystemClock
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.ui.changes import Done, Undo, after
from gasthof.ui.forms import VerbForm
from gasthof.ui.models import Submission
from gasthof.ui.request import speaker

SENT = 7_244  # first half of the advisory locks' number: forms being sent

Told = str | Callable[[Outcome], str]  # a text, or what makes one of the outcome
Undoing = Callable[[Outcome], Undo | None]
Fields = dict[str, object]
Call = tuple[str, Fields]


@dataclass(frozen=True)
class After:
    """What follows when it is done: where to, in which words, and what would take it back."""

    to: Told
    message: Told
    undo: Undoing | None = None


def perform_form(
    request: HttpRequest, form: VerbForm, to: Told, message: Told, undo: Undoing | None = None
) -> HttpResponseRedirect | None:
    """Done: where the reader goes now. None: refused, and the form says why. Raises PermissionDenied."""
    if form.errors:
        form.look_over()
        return None
    return perform_calls(request, form, [(form.verb, form.given())], After(to, message, undo))


def perform_calls(
    request: HttpRequest, form: VerbForm, calls: Iterable[Call], then: After
) -> HttpResponseRedirect | None:
    """Several verbs of one form in one transaction. A refusal stands in the form; `position` says of which call."""
    done = _once(request, form, list(calls), then)
    return HttpResponseRedirect(done[0], status=303) if done else None


def perform_to_show(
    request: HttpRequest, form: VerbForm, to: Told, message: Told
) -> Outcome | HttpResponseRedirect | None:
    """For what is shown once, in the answer to the form itself: no address may carry it. The same form sent again leads to `to`."""
    if form.errors:
        form.look_over()
        return None
    done = _once(request, form, [(form.verb, form.given())], After(to, message))
    return done and (done[1] or HttpResponseRedirect(done[0], status=303))


def _once(request: HttpRequest, form: VerbForm, listed: list[Call], then: After) -> tuple[str, Outcome | None] | None:
    """Where to, and what came of it; no outcome when it was done before. None: refused."""
    actor = speaker(request)
    key = _key(actor, form, listed)
    with _alone(key):
        with rows.staff():
            done_before = Submission.objects.filter(pk=key).first()
        if done_before:
            return done_before.location, None
        try:
            outcome = _perform(actor, listed)
        except NotAllowed as refusal:
            raise PermissionDenied from refusal
        except ActionRefused as refusal:
            form.refuse(refusal)
            return None
        location = _location(actor, outcome, then)
        with rows.staff():
            Submission.objects.create(pk=key, location=location, at=SystemClock().now())
    return location, outcome


def _perform(actor: Actor, calls: list[Call]) -> Outcome:
    """The last one's outcome, which awaits what all of them told."""
    return perform(actor, *calls[0]) if len(calls) == 1 else perform_many(actor, calls)[-1]


def _location(actor: Actor, outcome: Outcome, then: After) -> str:
    undo = then.undo(outcome) if then.undo else None
    if undo:
        _check_open(undo)
    done = Done(_told(then.message, outcome), outcome.awaited, undo)
    return after(_told(then.to, outcome), done, actor)


def _told(told: Told, outcome: Outcome) -> str:
    return str(told(outcome) if callable(told) else told)


def _check_open(undo: Undo) -> None:
    """It travels by the browser, where everybody who looks over a shoulder reads it."""
    if any(field.secret and field.name in undo.fields for field in actions()[undo.verb].fields):
        raise ValueError(f"{undo.verb}: a secret cannot be put back by an undo")


def _key(actor: Actor, form: VerbForm, calls: list[Call]) -> str:
    """Of who, which form, and what: the same form with other contents, after the browser's Back, is another one. Keyed, since
    passwords are among the contents."""
    told = json.dumps([str(actor), form.once, calls], sort_keys=True, default=str)
    return salted_hmac("gasthof.ui.submission", told, algorithm="sha256").hexdigest()


@contextmanager
def _alone(key: str) -> Iterator[None]:
    """The second of two that come at once waits for the first. Held by the connection, since verbs have transactions of their own."""
    lock = [SENT, zlib.crc32(key.encode()) - 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", lock)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", lock)
