"""What was asked of registries: written in the verb's transaction, carried out by a job, at most once each (decision 12).

    waiting -> sent -> done | refused | pending -> done | refused;  sent -> sent, while no answer comes;  -> stuck, for a person

`sent` is committed before the registry is asked. Whoever finds an operation there does not know whether it was done, and looks first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec
from django.db import connection, transaction
from procrastinate.contrib.django import app

from gasthof.kernel import registry, rows
from gasthof.kernel.clock import WallClock
from gasthof.kernel.sealing import seal, unseal
from gasthof.slices.registrar import results, rules
from gasthof.slices.registrar.driver import Answer, Asked, Driver, Info, Transfer, Update
from gasthof.slices.registrar.models import Operation, Registration

JOB = "registrar.carry_out"
LOCKS = 0x5247  # this slice's advisory locks, one a registration
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
MOST_TRIES = 30  # a day and some hours; afterwards a person has to look
LOOK_AT_PENDING = timedelta(hours=6)  # a message may have been lost, so that polling alone is not enough


def ask(registration: Registration, request: Asked, actor: str, now: datetime) -> Operation:
    """Write it down, and have it carried out once the transaction has committed."""
    code = request.code if isinstance(request, Transfer | Update) else ""
    bare = msgspec.structs.replace(request, code="") if isinstance(request, Transfer | Update) else request
    made = Operation.objects.create(
        uid=f"gh-{uuid4().hex}",
        registration=registration,
        verb=str(request.__struct_config__.tag),
        request=msgspec.to_builtins(bare),
        code=seal(code) if code else "",
        due=now,
        actor=actor,
        created=now,
    )
    app.configure_task(JOB).defer(registration=registration.pk)
    return made


def request_of(operation: Operation) -> Asked:
    """As it was asked, its code included while the operation is open."""
    request: Asked = msgspec.convert(operation.request, Asked)
    if operation.code and isinstance(request, Transfer | Update):
        return msgspec.structs.replace(request, code=unseal(operation.code))
    return request


def due_registrations(now: datetime) -> list[int]:
    """Those with an operation to carry out."""
    waiting = Operation.objects.filter(state__in=Operation.OPEN, due__lte=now)
    return list(waiting.order_by("registration").values_list("registration", flat=True).distinct())


def carry_out(registration: int, driver: Driver, clock: WallClock) -> None:
    """All that is due for one name, in the order in which it was asked. One worker at a time; others leave at once."""
    with _alone(registration) as alone:
        while alone and (operation := _next(registration, clock.now())):
            record(operation, _attempt(operation, driver, clock.now()), clock.now())


@contextmanager
def _alone(registration: int) -> Iterator[bool]:
    """The lock is the connection's: it ends with a killed worker, and outlasts one that is only slow."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCKS, registration])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone and connection.connection and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCKS, registration])


def _next(registration: int, now: datetime) -> Operation | None:
    """The oldest that is open, if it is due: what was asked later waits for it."""
    operations = Operation.objects.filter(registration=registration, state__in=Operation.OPEN)
    found = operations.select_related("registration").order_by("pk").first()
    return found if found and found.due <= now else None


def _attempt(operation: Operation, driver: Driver, now: datetime) -> Answer:
    before = operation.state
    operation.tries += 1
    operation.due = now + wait_after(operation.tries)
    if before == Operation.PENDING:
        operation.due = now + LOOK_AT_PENDING
        Operation.objects.filter(pk=operation.pk, state=before).update(tries=operation.tries, due=operation.due)
        return _looked(operation, driver, again=False)
    claimed = Operation.objects.filter(pk=operation.pk, state=before)
    claimed.update(state=Operation.SENT, tries=operation.tries, due=operation.due)
    if before == Operation.SENT:
        return _looked(operation, driver, again=True)
    return driver.send(operation.uid, request_of(operation))


def wait_after(tries: int) -> timedelta:
    return LONGEST_WAIT if tries > 6 else FIRST_WAIT * 2 ** (tries - 1)


def _looked(operation: Operation, driver: Driver, *, again: bool) -> Answer:
    """What became of a request that may have been carried out. `again`: where it has not been, the registry is asked once more."""
    request = request_of(operation)
    found = _look(operation, driver, "before")
    if found.state == "done" or not again:
        return found if found.state == "done" else Answer("pending", operation.words)
    if found.state in ("pending", "unknown"):
        return found
    answer = driver.send(operation.uid, request)
    if answer.state != "refused":
        return answer
    late = _look(operation, driver, "after")  # the first request may have arrived behind the look
    return late if late.state in ("done", "pending") else answer


def _look(operation: Operation, driver: Driver, when: str) -> Answer:
    """done, pending or unknown; "refused" stands for not done."""
    request = request_of(operation)
    told = driver.send(f"{operation.uid}-{operation.tries}-{when}", Info(request.name))
    if told.state != "done":
        return Answer("unknown", told.words)
    found = rules.found_out(request, told.held)
    return Answer("refused") if found == "not done" else Answer(found, held=told.held)


@rows.staff()
def record(operation: Operation, answer: Answer, now: datetime) -> None:
    """Keep the answer and what follows for the name, both or neither. An operation that has ended stays as it is."""
    with transaction.atomic():
        registration = Registration.objects.select_for_update().get(pk=operation.registration_id)
        current = Operation.objects.select_for_update().get(pk=operation.pk)
        if current.state not in Operation.OPEN:
            return
        request = request_of(current)
        _note(current, answer, now)
        current.save()
        if current.state in (Operation.DONE, Operation.REFUSED):
            results.follow(registration, request, answer)
            registration.save()
            registry.registry_answered()


def _note(operation: Operation, answer: Answer, now: datetime) -> None:
    operation.words = answer.words or operation.words
    if answer.state == "unknown":
        stuck = operation.tries >= MOST_TRIES and operation.state == Operation.SENT
        operation.state = Operation.STUCK if stuck else operation.state
        return
    operation.state = answer.state
    operation.answer = msgspec.to_builtins(answer)
    if answer.state == "pending":
        operation.due = now + LOOK_AT_PENDING
        return
    operation.ended, operation.code = now, ""
