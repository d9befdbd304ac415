"""Many verbs at the same moment: limits hold, names serve one, nothing gets lost, and no deadlock is seen."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connections
from tests.house import OPERATOR, House, desired, settle

from gasthof.kernel.actions import perform, perform_many
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.domains import actions as domain_actions
from gasthof.slices.domains.models import Claim, Domain
from gasthof.slices.nodes.models import DesiredObject
from gasthof.slices.subscriptions.models import Plan
from gasthof.slices.web.models import Site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
THREADS = 16


@pytest.fixture
def house(transactional_db: None) -> House:
    return settle()


def at_once(jobs: list[Callable[[], object]]) -> list[str]:
    """Run all in THREADS threads: "done", "refused", or the accident's name for each, in the order of the jobs."""
    start = threading.Barrier(THREADS, timeout=30)

    def first() -> None:
        close_old_connections()
        start.wait()

    def outcome(job: Callable[[], object]) -> str:
        try:
            job()
        except ActionRefused:
            return "refused"
        except Exception as error:
            return repr(error)
        return "done"

    def last() -> None:
        start.wait()
        connections.close_all()

    with ThreadPoolExecutor(THREADS, initializer=first) as pool:
        outcomes = list(pool.map(outcome, jobs))
        list(pool.map(lambda _: last(), range(THREADS)))
    return outcomes


def adding(subscription: str, name: str) -> Callable[[], object]:
    return lambda: perform(OPERATOR, "domains.add", {"subscription": subscription, "name": name})


def check_whole() -> None:
    """Every domain has its site, its claims and its place in the node's list; revisions are all different."""
    names = set(Domain.objects.values_list("name", flat=True))
    assert set(desired("web.site")) == names == set(Site.objects.values_list("domain__name", flat=True))
    assert set(Claim.objects.values_list("name", flat=True)) == names | {f"www.{name}" for name in names}
    revisions = list(DesiredObject.objects.values_list("revision", flat=True))
    assert len(revisions) == len(set(revisions))


def test_two_hundred_domains_at_once(house: House) -> None:
    Plan.objects.update(domains=1_000)
    jobs = [adding(house.mine if n % 2 else house.other, f"käse-{n}.test") for n in range(200)]
    assert set(at_once(jobs)) == {"done"}
    assert Domain.objects.count() == 200
    assert AuditEntry.objects.filter(verb="domains.add", outcome="done").count() == 200
    check_whole()


def test_the_plans_limit_holds(house: House) -> None:
    outcomes = at_once([adding(house.mine, f"d{n}.test") for n in range(48)])
    assert (outcomes.count("done"), outcomes.count("refused")) == (5, 43)
    check_whole()


def test_one_name_asked_for_by_all(house: House) -> None:
    outcomes = at_once([adding(house.mine if n % 2 else house.other, "begehrt.test") for n in range(32)])
    assert (outcomes.count("done"), outcomes.count("refused")) == (1, 31)
    check_whole()


def test_names_above_and_below_go_to_one_customer(house: House) -> None:
    Plan.objects.update(domains=1_000)
    for turn in range(6):
        stem = f"stamm{turn}.test"
        names = [stem, f"a.{stem}", f"b.a.{stem}"]
        places = [house.mine, house.other]
        outcomes = at_once([adding(places[(n + turn) % 2], names[n % 3]) for n in range(18)])
        assert set(outcomes) == {"done", "refused"}
        owners = set(Claim.objects.filter(reverse__startswith=f"test.stamm{turn}.").values_list("customer", flat=True))
        assert len(owners) == 1
    check_whole()


def settings_of_many() -> Iterator[tuple[str, dict[str, object]]]:
    """Eight different settings of one site, each of which must survive the others."""
    for name, value in {
        "memory_limit": "200M",
        "max_execution_time": "77",
        "max_input_vars": "777",
        "display_errors": "1",
    }.items():
        yield "web.change_site", {"domain": "viele.test", "php_settings": f"{name}={value}"}
    yield "web.change_site", {"domain": "viele.test", "https_redirect": "no"}
    yield "web.change_site", {"domain": "viele.test", "front_controller": "yes"}
    yield "web.change_site", {"domain": "viele.test", "docroot": "web/anders"}
    yield "web.change_site", {"domain": "viele.test", "preferred": "www.viele.test"}


def test_no_change_of_a_site_gets_lost(house: House) -> None:
    adding(house.mine, "viele.test")()
    jobs = [
        lambda verb=verb, fields=fields: perform(OPERATOR, verb, fields) for verb, fields in settings_of_many()
    ] * 25
    assert set(at_once(jobs)) == {"done"}
    told = json.loads(desired("web.site")["viele.test"])
    changed = {"memory_limit": "200M", "max_execution_time": "77", "max_input_vars": "777", "display_errors": "1"}
    assert changed.items() <= told["php"]["settings"].items()
    assert (told["https_redirect"], told["front_controller"]) == (False, True)
    assert (told["docroot"], told["preferred"]) == ("web/anders", "www.viele.test")


def test_adding_and_deleting_at_once(house: House) -> None:
    Plan.objects.update(domains=1_000)
    adding(house.mine, "hin-und-her.test")()
    delete = [lambda: perform(OPERATOR, "domains.delete", {"domain": "hin-und-her.test"})]
    protect = [lambda: perform(OPERATOR, "web.protect", {"subscription": house.mine, "path": "web/hin-und-her.test"})]
    outcomes = at_once(
        [*delete, *protect, adding(house.mine, "hin-und-her.test"), adding(house.other, "x.hin-und-her.test")] * 30
    )
    assert set(outcomes) == {"done", "refused"}
    check_whole()


def test_a_subscription_that_goes_while_it_is_used(house: House) -> None:
    Plan.objects.update(domains=1_000)
    delete = [lambda: perform(OPERATOR, "subscriptions.delete", {"subscription": house.mine})]
    outcomes = at_once(
        [adding(house.mine, f"weg{n}.test") for n in range(40)] + delete + [adding(house.mine, "zu-spät.test")] * 10
    )
    assert set(outcomes) <= {"done", "refused"} and outcomes.count("refused") >= 1
    assert not Domain.objects.exists() and not Claim.objects.exists()
    assert set(desired("subscriptions.home")) == {house.other}
    assert desired("web.site") == desired("web.pool") == {}


def test_a_deadlock_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that lock the same two rows in opposite order, each holding one: PostgreSQL ends one, and nobody hears of it."""
    both_hold_one = threading.Barrier(2, timeout=20)
    waited: set[int] = set()
    check_free = domain_actions.check_free

    def meet(*arguments: object) -> None:
        check_free(*arguments)
        if threading.get_ident() not in waited:
            waited.add(threading.get_ident())
            both_hold_one.wait()

    monkeypatch.setattr(domain_actions, "check_free", meet)
    jobs = []
    for way in ([house.mine, house.other], [house.other, house.mine]):
        calls = [("domains.add", {"subscription": place, "name": f"{place}-{way[0]}.test"}) for place in way]
        jobs.append(lambda calls=calls: perform_many(OPERATOR, calls))
    monkeypatch.setitem(globals(), "THREADS", 2)
    assert at_once(jobs) == ["done", "done"]
    assert Domain.objects.count() == 4
    check_whole()
