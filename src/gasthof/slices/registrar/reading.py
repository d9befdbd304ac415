"""What registries tell without being asked for it here: messages about what was pending, and the nightly look at every name."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import Q

from gasthof.kernel import rows
from gasthof.kernel.clock import WallClock
from gasthof.slices.registrar import journal, results
from gasthof.slices.registrar.driver import Acknowledge, Answer, Driver, Held, Info, Message, Poll
from gasthof.slices.registrar.models import Notice, Operation, Registration

MOST_MESSAGES = 500  # of one registry in one turn
Drivers = Callable[[str], Driver]  # by a name's A-labels


def poll(driver: Driver, clock: WallClock) -> int:
    """Read what waits; how many messages there were. Each is kept before it is acknowledged, so none is lost and one may come twice."""
    for count in range(MOST_MESSAGES):
        message = driver.send(_id(), Poll()).message
        if message is None:
            return count
        held = _look(driver, message.name) if message.done else None
        keep(message, held, clock.now())
        driver.send(_id(), Acknowledge(message.number))
    return MOST_MESSAGES


@rows.staff()
def keep(message: Message, held: Held | None, now: datetime) -> None:
    """The message and what follows from it, once; what it says of an operation that has ended changes nothing."""
    with transaction.atomic():
        fields = {"operation": message.operation, "name": message.name, "done": message.done, "words": message.words}
        _, new = Notice.objects.get_or_create(number=message.number, defaults=fields | {"read": now})
        operation = Operation.objects.filter(uid=message.operation).first() if new else None
        if operation:
            answer = Answer("done" if message.done else "refused", message.words, held=held)
            journal.record(operation, answer, now)


def reconcile(drivers: Drivers, clock: WallClock) -> int:
    """Look at every name that is held and of which nothing is under way; how many there were."""
    held = Registration.objects.filter(state=Registration.HELD).exclude(operations__state__in=Operation.OPEN)
    numbers = list(held.order_by("pk").values_list("pk", "name"))
    for number, name in numbers:
        since = clock.now()
        told = drivers(name).send(_id(), Info(name))
        if told.state == "done":
            _compare(number, told.held, since)
    return len(numbers)


@rows.staff()
def _compare(number: int, held: Held | None, since: datetime) -> None:
    with transaction.atomic():
        registration = Registration.objects.select_for_update().get(pk=number)
        moved = registration.operations.filter(Q(state__in=Operation.OPEN) | Q(ended__gte=since)).exists()
        if moved or registration.state != Registration.HELD:
            return  # asked meanwhile: the next night sees it as it then is
        results.compare(registration, held)
        registration.looked = since
        registration.save()


def _look(driver: Driver, name: str) -> Held | None:
    return driver.send(_id(), Info(name)).held


def _id() -> str:
    return f"gh-{uuid4().hex}"
