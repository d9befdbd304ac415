"""Any story of services and money, killed before any of its statements and begun anew there, ends as the story that nobody killed.

A process that dies loses what its open transaction did and nothing else. So it is here, with savepoints in the place of transactions.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from gasthof.agent.tests.killing import EVERY
from gasthof.slices.billing.models import Allocation, BankBooking, CreditNote, Entry, Proforma, Receipt, Settled
from gasthof.slices.lifecycle.models import Event, Hold, Service, Termination, Work
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.notices.models import Notice
from gasthof.slices.renewals.models import Carried
from gasthof.slices.subscriptions.models import Export, Subscription
from tests.house import all_live
from tests.story import Story, begin, nothing_waits

__all__ = ["nothing_waits"]  # fixture
pytestmark = [pytest.mark.django_db, pytest.mark.long]
APART = 10 if EVERY == 1 else 120  # statements between the places


class Killed(BaseException):
    """No `except Exception` holds it up."""


STEPS = st.one_of(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(["pay", "hold", "lift", "wish", "stay", "node", "notice", "outage"]),
)


def works(story: Story, step: int | str) -> Iterator[Callable[[], None]]:
    """What a step consists of: each is begun anew when it was killed."""
    if isinstance(step, int):
        for _ in range(step):
            story.clock.go(days=1)
            sweep(story.clock.at)
        yield story.night
    elif step == "outage":
        story.clock.go(days=9)
        yield story.night
    elif step == "node":
        yield all_live
        yield story.night
    elif step == "pay":
        file = story.statement(story.clock.at.strftime("%y%m%d") + str(BankBooking.objects.count()))
        yield lambda: story.do("billing.upload_statement", file=file)
        yield story.night
    elif step == "notice":
        for service in Service.objects.filter(ended=None):
            yield lambda service=service: story.do("lifecycle.note_notice", service=service.pk)
    else:
        yield getattr(story, step)
        yield story.night


def killed(work: Callable[[], None], at: int) -> bool:
    """Before its statement of that number; False: it has fewer, and is done."""
    left = at

    def count_down(execute: Callable[..., object], *arguments: object) -> object:
        """Once: what follows is the way out, which rolls back as the end of a connection does."""
        nonlocal left
        left -= 1
        if left == -1:
            raise Killed
        return execute(*arguments)

    try:
        with connection.execute_wrapper(count_down):
            work()
    except Killed:
        return True
    return False


def end() -> dict[str, list[Any]]:
    """All that counts, without the numbers that sequences give."""
    numbers = dict(Service.objects.values_list("pk", "type"))

    def rows(model: Any, *names: str) -> list[Any]:
        found = ([numbers[each] if name in ("pk", "service") else each for name, each in zip(names, row, strict=True)] for row in model.objects.values_list(*names))  # fmt: skip
        return sorted(map(tuple, found), key=repr)

    return {
        "services": rows(Service, "pk", "phase", "first_unpaid", "noticed", "spared", "ended", "closed", "held", "due_at"),
        "events": rows(Event, "service", "what", "value", "at", "due"),
        "work": rows(Work, "service", "action", "target", "at", "done"),
        "holds": rows(Hold, "service", "put", "lifted"),
        "wishes": rows(Termination, "service", "effective", "revoked"),
        "proformas": rows(Proforma, "state", "net", "vat", "received", "issued", "valid_until", "ended"),
        "receipts": rows(Receipt, "number", "issued"),
        "credit notes": rows(CreditNote, "number", "issued"),
        "bookings": rows(BankBooking, "outcome", "units", "text"),
        "allocations": rows(Allocation, "units"),
        "settled": rows(Settled, "valid_from", "valid_until", "at"),
        "carried": rows(Carried, "outcome"),
        "ledger": sorted(Entry.objects.values("account__kind").annotate(units=Sum("units")).values_list("account__kind", "units")),
        "notices": rows(Notice, "service", "first_unpaid", "name", "due", "state"),
        "subscriptions": rows(Subscription, "state"),
        "exports": rows(Export, "created"),
    }  # fmt: skip


def told(steps: list[int | str], kills: list[int]) -> tuple[dict[str, list[Any]], int]:
    """How it ends, and how often it was killed."""
    story, deaths, last = begin(), 0, len(kills)
    for nth, step in enumerate(steps):
        for work in works(story, step):
            if not last:
                work()
                continue
            at = kills[nth % last]
            while killed(work, at):
                deaths, at = deaths + 1, 2 * at + 40
    return end(), deaths


def undone(work: Callable[[], Any]) -> Any:
    with transaction.atomic():
        found = work()
        transaction.set_rollback(True)
    return found


WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # stories are short, and each takes a second


@settings(max_examples=10, phases=WITHOUT_SHRINKING, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=2, max_size=7), st.lists(st.integers(0, 250), min_size=1, max_size=4))
def test_killed_anywhere_it_ends_as_if_nobody_had(steps: list[int | str], kills: list[int]) -> None:
    wanted, _ = undone(lambda: told(steps, []))
    found, deaths = undone(lambda: told(steps, kills))
    note(f"killed {deaths} times")
    assert found == wanted


def test_a_whole_life_killed_in_many_places() -> None:
    """Asked for, told, suspended, paid, opened, held, freed, unpaid again, deleted after it was saved, and what was saved erased."""
    life = [1, 30, 4, "pay", "hold", "lift", 361, 5, "notice", 61, "node", 1, "node", 20]
    wanted, _ = undone(lambda: told(life, []))
    assert {row[1] for row in wanted["work"]} >= {"suspend", "open", "delete", "erase"} and wanted["receipts"]
    dead = 0
    for nth in range(0, 300, APART):
        found, deaths = undone(lambda nth=nth: told(life, [nth]))
        assert found == wanted, f"killed before {nth}"
        dead += deaths
    assert dead > 100 / APART
