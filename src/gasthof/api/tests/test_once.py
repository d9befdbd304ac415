"""Idempotency keys: once, whatever is asked again and whatever is killed."""

import json
import os
import signal
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from tests.house import House, settle
from tests.programs import Program, people

from gasthof.api import once
from gasthof.api.models import KeptAnswer
from gasthof.kernel.clock import SystemClock
from gasthof.kernel.models import AuditEntry
from gasthof.slices.access.models import ApiToken, User
from gasthof.slices.domains.models import Domain

KEY = "3f0c-Bestellung-17"


@pytest.fixture
def house(db: None) -> House:
    return settle()


@pytest.fixture
def baker(house: House) -> Program:
    return Program.of(people(User.MEMBER, house.baker.customer, "anna"))


def add(
    program: Program, house: House, name: str = "törtchen.test", key: str = KEY
) -> tuple[int, dict[str, object], bool]:
    answer = program.run("domains.add", {"subscription": house.mine, "name": name}, Idempotency_Key=key)
    return answer.status_code, answer.json(), "Idempotency-Replayed" in answer


def test_the_same_again_gives_the_same_answer(house: House, baker: Program) -> None:
    status, said, again = add(baker, house)
    assert (status, again) == (200, False)
    assert add(baker, house) == (200, said, True)
    assert Domain.objects.count() == 1
    assert add(baker, house, key="another")[0] == 422


def test_the_same_key_for_something_else_is_refused(house: House, baker: Program) -> None:
    add(baker, house)
    status, said, _ = add(baker, house, name="semmeln.test")
    assert status == 422 and said["errors"][0]["field"] == "Idempotency-Key"  # type: ignore[index]
    assert baker.run("domains.delete", {"domain": "törtchen.test"}, Idempotency_Key=KEY).status_code == 422
    assert Domain.objects.count() == 1


def test_a_key_is_its_tokens(house: House, baker: Program) -> None:
    """Another token learns nothing by a key, and has the same one for itself."""
    add(baker, house)
    other = Program.of(people(User.MEMBER, house.gardener.customer, "otto"))
    answer = other.run("domains.add", {"subscription": house.other, "name": "rosen.test"}, Idempotency_Key=KEY)
    assert answer.status_code == 200 and "Idempotency-Replayed" not in answer


def test_what_was_refused_may_be_tried_again(house: House, baker: Program) -> None:
    """With its record in the audit trail, though the key's transaction was there for nothing."""
    house.run("domains.add", subscription=house.other, name="törtchen.test")
    assert add(baker, house)[0] == 422
    assert AuditEntry.objects.latest("id").outcome == "refused"
    house.run("domains.delete", domain="törtchen.test")
    assert add(baker, house)[::2] == (200, False)


def test_it_is_forgotten_after_a_day(house: House, baker: Program) -> None:
    add(baker, house)
    now = SystemClock().now()
    once.forget(now)
    assert KeptAnswer.objects.count() == 1
    KeptAnswer.objects.update(created=now - timedelta(hours=24))
    assert add(baker, house)[0] == 422  # as of today: the domain is there
    once.forget(now)
    assert KeptAnswer.objects.count() == 0


def test_nothing_shown_once_lies_in_the_table(baker: Program) -> None:
    person = ApiToken.objects.get().user
    answer = baker.run("access.create_token", {"user": person.pk, "name": "x"}, Idempotency_Key=KEY)
    again = baker.run("access.create_token", {"user": person.pk, "name": "x"}, Idempotency_Key=KEY)
    secret = answer.json()["result"]["secret"]
    assert again.json() == answer.json() and ApiToken.objects.count() == 2
    row = KeptAnswer.objects.get()
    kept = b"".join(bytes(each) for each in (row.key, row.request, row.answer))
    assert secret.encode() not in kept and KEY.encode() not in kept and person.name.encode() not in kept


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "ä", "a\tb"])
def test_keys_that_are_none(house: House, baker: Program, key: str) -> None:
    assert add(baker, house, key=key)[0] == 400
    assert Domain.objects.count() == 0


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["after the commit", "before the commit"])
def test_killed(moment: str) -> None:
    """A process is killed at the worst moment: asked again, the verb is done once, with one answer."""
    house = settle()
    baker = Program.of(people(User.MEMBER, house.baker.customer, "anna"))
    connections.close_all()
    child = os.fork()
    if child == 0:
        _die(moment, lambda: add(baker, house))
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    done = moment == "after the commit"
    assert (Domain.objects.count(), KeptAnswer.objects.count()) == ((1, 1) if done else (0, 0))
    status, said, again = add(baker, house)
    assert (status, again, Domain.objects.count()) == (200, done, 1)
    assert add(baker, house) == (200, said, True)
    assert AuditEntry.objects.filter(verb="domains.add", outcome="done").count() == 1


def _die(moment: str, work: object) -> None:
    """In the child: nothing of the test's may run here."""
    try:
        if moment == "after the commit":
            answer = once.carry_out
            once.carry_out = lambda *given: (answer(*given), os.kill(os.getpid(), signal.SIGKILL))  # type: ignore[assignment]
        else:
            keep = once._keep
            once._keep = lambda *given: (keep(*given), os.kill(os.getpid(), signal.SIGKILL))[0]  # type: ignore[func-returns-value]
        work()  # type: ignore[operator]
    finally:
        os._exit(1)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks while the first is being answered is told to come back."""
    house = settle()
    baker = Program.of(people(User.MEMBER, house.baker.customer, "anna"))
    taken: list[int] = []
    turn = once._take_turn
    monkeypatch.setattr(
        once, "_take_turn", lambda one: (turn(one), taken.append(int.from_bytes(one.key[:8], "big", signed=True)))
    )
    add(baker, house, key="other")
    other = connection.copy()
    with transaction.atomic():
        add(baker, house, key="number")
        transaction.set_rollback(True)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [taken[-1]])
    status, said, _ = add(baker, house, name="semmeln.test", key="number")
    assert status == 409 and json.dumps(said)
    other.close()
    assert add(baker, house, name="semmeln.test", key="number")[0] == 200
