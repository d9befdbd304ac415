"""At most once: lost answers, refusals, kills between any two statements, several workers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from tests.house import OPERATOR

from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.registrar import journal
from gasthof.slices.registrar.driver import Answer, Request
from gasthof.slices.registrar.models import Operation, Registration, RegistryAccount, RegistryName
from gasthof.slices.registrar.tests.conftest import Scene, set_scene
from gasthof.slices.registrar.tests.examples import CODE
from gasthof.slices.registrar.tryout import FUNDS, TOO_FAR, Fault

YEAR = {"de": 600, "info": 1100}


def spent() -> int:
    return FUNDS - RegistryAccount.objects.get(pk=1).cents


def test_a_name_is_registered(scene: Scene) -> None:
    made = scene.register()
    assert (made.state, made.ends, made.statuses) == ("held", date(2028, 3, 1), ["ok"])
    assert spent() == YEAR["de"]


@pytest.mark.parametrize("fault", ["lost", "down"])
def test_after_a_lost_answer_it_is_done_once(scene: Scene, fault: Fault) -> None:
    scene.registry.fail("create", fault)
    assert scene.register().state == "asked"
    scene.later(minutes=2)
    assert (scene.registration().state, spent()) == ("held", YEAR["de"])
    scene.registry.fail("renew", fault)
    assert scene.ask("renew").state == "sent"
    scene.later(minutes=2)
    assert (scene.registration().ends, spent()) == (date(2029, 3, 1), 2 * YEAR["de"])


def test_while_nobody_can_be_asked_nothing_is_done_again(scene: Scene) -> None:
    scene.register()
    scene.registry.fail("renew", "lost")
    for _ in range(3):
        scene.registry.fail("info", "down")
    operation = scene.ask("renew")
    for minutes in (2, 5, 10):
        scene.later(minutes=minutes)
        operation.refresh_from_db()
        assert operation.state == "sent"
    scene.later(minutes=20)
    operation.refresh_from_db()
    assert (operation.state, operation.tries, spent()) == ("done", 5, 2 * YEAR["de"])


def test_one_that_nobody_can_tell_of_is_put_before_a_person(scene: Scene) -> None:
    scene.register()
    operation = scene.run("renew", registration="bäckerei.de").result["operation"]
    Operation.objects.filter(pk=operation).update(tries=journal.MOST_TRIES - 1)
    scene.registry.fail("renew", "down")
    scene.settle()
    assert Operation.objects.get(pk=operation).state == "stuck"
    scene.run("retry", OPERATOR, operation=operation)
    scene.settle()
    assert Operation.objects.get(pk=operation).state == "done" and spent() == 2 * YEAR["de"]


def test_a_refusal_keeps_the_registrys_words_and_changes_nothing(scene: Scene) -> None:
    scene.register("bäckerei.info")
    for _ in range(9):
        scene.ask("renew", "bäckerei.info")
    with pytest.raises(ActionRefused, match="ten years"):
        scene.ask("renew", "bäckerei.info")
    RegistryName.objects.update(ends=date(2030, 3, 1))
    Registration.objects.update(ends=date(2029, 3, 1))
    refused = scene.ask("renew", "bäckerei.info")
    assert refused.state == "refused" and refused.words.startswith("2306") and refused.words != TOO_FAR
    assert scene.registration("bäckerei.info").ends == date(2029, 3, 1)


def test_one_thing_at_a_time(scene: Scene) -> None:
    scene.register()
    scene.run("renew", registration="bäckerei.de")
    with pytest.raises(ActionRefused, match="busy"):
        scene.run("renew", registration="bäckerei.de")


def test_a_slow_transfer_ends_by_message_and_the_code_goes_with_it(scene: Scene) -> None:
    scene.registry.plant("xn--bckerei-5wa.org", CODE, date(2027, 9, 30))
    scene.run("transfer_in", customer=scene.house.baker.customer, name="bäckerei.org", code=CODE, holder=scene.contact)
    operation = Operation.objects.get()
    assert CODE not in operation.code and CODE not in str(operation.request)
    scene.settle()
    operation.refresh_from_db()
    assert (operation.state, scene.registration("bäckerei.org").state) == ("pending", "asked")
    scene.later(days=4)
    assert scene.registration("bäckerei.org").state == "asked"
    scene.later(days=1, minutes=1)
    operation.refresh_from_db()
    assert (operation.state, operation.code) == ("done", "")
    assert scene.registration("bäckerei.org").ends == date(2028, 9, 30)


def test_a_wrong_code_is_refused_and_the_name_is_not_ours(scene: Scene) -> None:
    scene.registry.plant("xn--bckerei-5wa.org", CODE, date(2027, 9, 30))
    given = {"customer": scene.house.baker.customer, "name": "bäckerei.org", "holder": scene.contact}
    scene.run("transfer_in", code="falsch-falsch", **given)
    scene.settle()
    assert scene.registration("bäckerei.org").state == "gone" and spent() == 0
    scene.run("transfer_in", code=CODE, **given)


class Killed(BaseException):
    """As SIGKILL is: nothing is tidied up but what the connection's end does."""


@contextmanager
def killed_at(nth: int) -> Iterator[Callable[[], bool]]:
    """The process ends before the statement of that number; yields whether it did."""
    count = 0

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        if count == nth:
            raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper), suppress(Killed):
        yield lambda: count >= nth
    if count >= nth:
        connection.close()


@pytest.mark.parametrize("verb", ["register", "renew", "cancel", "restore"])
def test_killed_before_any_statement_it_ends_the_same(committed: None, verb: str) -> None:
    scene = set_scene()
    names = 0
    while True:
        name, names = f"bäckerei-{names}.info", names + 1
        before = _begin(scene, verb, name)
        with killed_at(names) as was:
            scene.settle()
        scene.later(minutes=2)
        cost = spent() - before
        made = scene.registration(name)
        assert [one.state for one in made.operations.all()] == ["done"] * made.operations.count(), names
        assert (made.state, made.ends, made.statuses, cost) == _end(verb, name), names
        if not was():
            break
        connection.close()
    assert names > 10


def _begin(scene: Scene, verb: str, name: str) -> int:
    """Up to where the operation in question waits; what has been spent so far."""
    if verb == "register":
        scene.run("register", customer=scene.house.baker.customer, name=name, holder=scene.contact)
        return spent() if RegistryAccount.objects.exists() else 0
    scene.register(name)
    if verb == "restore":
        scene.ask("cancel", name, consent="Brief")
        scene.ask("restore_quote", name)
    more = {"cancel": {"consent": "Brief"}, "restore": {"reason": "Versehen"}}.get(verb, {})
    scene.run(verb, registration=name, **more)
    return spent()


def _end(verb: str, _name: str) -> tuple[str, date, list[str], int]:
    return {
        "register": ("held", date(2028, 3, 1), ["ok"], 1100),
        "renew": ("held", date(2029, 3, 1), ["ok"], 1100),
        "cancel": ("held", date(2028, 3, 1), ["pendingDelete", "redemptionPeriod"], 0),
        "restore": ("held", date(2029, 3, 1), ["ok"], 9100),
    }[verb]


def test_several_workers_do_it_once(committed: None) -> None:
    scene = set_scene()
    scene.register()
    operation = scene.run("renew", registration="bäckerei.de").result["operation"]
    sent: list[str] = []
    start = Barrier(4)

    class Counting:
        def send(self, number: str, request: Request) -> Answer:
            sent.append(number)
            return scene.registry.send(number, request)

    def work() -> None:
        start.wait()
        journal.carry_out(scene.registration().pk, Counting(), scene.wall)
        connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent == [Operation.objects.get(pk=operation).uid]
    assert scene.registration().ends == date(2029, 3, 1)
