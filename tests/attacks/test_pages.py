"""The matrix of verbs and roles through the pages' forms (attacks.md: the API weaker than the page, another's object by its number).

Which forms there are is found by walking the routes as the operator. A page that posts and shows no form is one of OTHERS.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings

from gasthof.kernel import rows
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import Actor
from gasthof.slices.access.models import Assignment, Role, User
from gasthof.slices.billing.models import Statement
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.nodes.models import NodeContact
from gasthof.slices.subscriptions.models import Plan
from gasthof.slices.web.models import Alias, ProtectedDirectory, ProtectedUser
from gasthof.ui.fields import File, Several
from gasthof.ui.forms import ONCE, VerbForm
from gasthof.ui.pages import PICK, SURE
from tests.attacks.test_api import without
from tests.attacks.test_panel import PLACE, PUBLIC, routes
from tests.habits.examples import DOMAIN, examples, person, prepare
from tests.habits.furnished import furnished_once, house
from tests.habits.test_permissions import CUSTOMERS, RESELLERS, WHILE_SUSPENDED, state
from tests.house import OPERATOR, House
from tests.programs import people
from tests.readers import ASCII

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.long]

SIGNED_IN = "django.contrib.auth.middleware.LoginRequiredMiddleware"
WHO: ContextVar[Actor] = ContextVar("WHO", default=OPERATOR)
ONES_OWN = (
    "api/",
    "account/",
)  # the API has a matrix of its own; an account's pages name nobody, they are whose session it is
OTHERS = {  # what posts without a page that shows a form of a verb first; whoever adds one says here what it is
    "acting/end": "leaves the customer in whose place somebody acts",
    "customers/<int:customer>/act": "acts in a customer's place, for people who signed in",
    "domains/<str:domain>/dns/default": "a switch in the list of records",
    "domains/delete": "what was picked in a list",
    "password-strength": "says how hard a password is to guess, and keeps nothing",
    "policy/take": "takes what its preview showed",
    "requests/<int:number>/code": "mails a code to who confirms in person: no page of operators",
    "requests/<int:number>/confirm": "takes that code: no page of operators",
    "requests/<int:number>/factor": "asks for a second factor first: no page of operators",
    "reauthenticate/": "asks for one's own password again",
    "subscriptions/suspend": "what was picked in a list",
}
SIGNED = {"changes/<str:token>", "undo/<str:token>"}  # open to whom the token was made for: src/gasthof/ui/tests
HELD = {"domains.delete", "web.remove_alias", "subscriptions.delete"}  # whose service is held: to staff alone
CHANGING = {"domains/<str:domain>/dns/default", "domains/delete", "subscriptions/suspend"}
TEXT = "?name=b%C3%BCro&type=TXT&content=Gr%C3%BC%C3%9Fe"
TYPED: Mapping[
    str, Mapping[str, Any]
] = {  # where a form's fields are not its verb's, or its page gives one other sense
    "domains/<str:domain>/subdomains/new": {"name": "laden", "docroot": "web/laden"},
    "domains/<str:domain>/dns/dnssec": {"forget_key": ""},
    "domains/<str:domain>/dns/add/<str:kind>": {"address": "192.0.2.1", "content": "192.0.2.1"},
}
NOT_NOW = {  # refused beside the form to those who may, as the furnished house stands
    "customers/<int:customer>/exports/<str:export>/import": "what was exported is still there",
    "services/<int:service>/subservers/add": "hosting stands in the subscription already",
    "services/<int:service>/price/drop": "nothing was agreed for the service that is looked at",
    "services/<int:service>/stay": "nobody has wished for the end of the service that is looked at",
}
ALSO = {  # verbs that a form performs besides
    "domains/<str:domain>/subdomains/new": ["web.change_site", "mail.switch"],
    "cases/<int:case>/charge": ["billing.issue"],
    "cases/<int:case>/close": ["lifecycle.lift_hold"],
    "cases/<int:case>/confirm_end": ["lifecycle.end_for_breach"],
    "cases/<int:case>/lift": ["lifecycle.lift_hold"],
    "requests/<int:number>/accept": ["billing.issue"],
}


def acting(respond: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware in place of a sign-in."""

    def answer(request: HttpRequest) -> HttpResponse:
        request.actor = WHO.get()
        with rows.by_default(request.actor):
            return respond(request)

    return answer


MIDDLEWARE = [f"{__name__}.acting" if each == SIGNED_IN else each for each in settings.MIDDLEWARE]


@dataclass(frozen=True)
class Posted:
    """A form as its page shows it: where it goes, its verb, and how it is filled in."""

    route: str
    path: str
    verb: str
    fields: Mapping[str, Any]

    def open_to(self, verbs: set[str]) -> bool:
        return self.verb in verbs and not self.route.startswith("operators/")


@dataclass(frozen=True)
class Walked:
    forms: list[Posted]
    others: dict[str, str]  # routes that take a POST all the same -> path


def keys(house: House) -> list[tuple[str, object]]:
    """What stands for a part of a route, the more particular ahead: the baker's things."""
    ways, customer, mine = examples(house), house.baker.customer, house.mine
    directory = ProtectedDirectory.objects.get(subscription__number=int(mine[1:]))
    role = Role.objects.filter(customer=customer).first()
    looked_at = Service.objects.filter(customer=customer, ended=None).latest("pk").pk
    tower = house.run("lifecycle.begin", customer=customer, type="vms", name="Brötchenturm", first_unpaid="2999-03-03").result["service"]  # fmt: skip
    Assignment.objects.filter(role=role).delete()  # one that is given cannot be removed
    return [
        ("dns/change", f"dns/change{TEXT}"), ("dns/remove", f"dns/remove{TEXT}"),
        ("addresses/<str:local>/change", "addresses/team/change"), ("addresses/<str:local>", "addresses/kontakt"), ("<str:local>", "info"),
        ("databases/users/<str:server>/<str:name>", f"databases/users/mariadb/{mine}_kasse"),
        ("databases/<str:server>/<str:name>", f"databases/mariadb/{mine}_shop"), ("ftp/users/<str:name>", "ftp/users/anna"),
        ("names/<str:name>/restore", f"names/{ASCII.replace('.test', '.info')}/restore"),
        ("names/<str:name>", f"names/{ASCII.replace('.test', '.de')}"),
        ("<int:alias>", Alias.objects.filter(site__domain__name=ASCII).latest("pk").pk),
        ("protected/<int:directory>/users/<int:user>", f"protected/{directory.pk}/users/{ProtectedUser.objects.get(directory=directory).pk}"),
        ("<int:directory>", directory.pk), ("operators/<int:user>", f"operators/{people(User.OPERATOR, None, 'betrieb').pk}"),
        ("<int:assignment>", Assignment.objects.filter(user=person(DOMAIN)).latest("pk").pk),
        ("<int:user>", person(DOMAIN).pk), ("<slug:what>", "deactivate"), ("<int:role>", role.pk if role else 0),
        ("services/<int:service>/fee", f"services/{ways['lifecycle.say_fee']['service']}/fee"),
        ("services/<int:service>/subservers", f"services/{tower}/subservers"), ("<int:service>", looked_at),
        ("<int:sweep>", ways["lifecycle.approve_sweep"]["sweep"]), ("<int:operation>", ways["registrar.retry"]["operation"]), ("<int:notice>", ways["notices.send_again"]["notice"]),
        ("<int:former>", ways["dns.restore_former"]["former"]), ("<int:case>", ways["cases.note"]["case"]), *of_billing(ways),
        ("<int:number>/change", f"{ways['requests.change']['request']}/change"), ("<int:number>/drop", f"{ways['requests.drop']['request']}/drop"),
        ("<int:number>", ways["requests.accept"]["request"]), ("<slug:ask>", "end"),
        ("<int:plan>", Plan.objects.latest("pk").pk), ("<str:price>", "mail"), ("<str:kind>", "A"), ("<int:change>", 0),
        ("<str:node>", "local"), ("<slug:on>", "on"), ("<int:version>", 1), ("<str:export>", ways["subscriptions.import"]["export"]),
        ("<str:domain>", ASCII), ("<str:subscription>", mine), ("<int:customer>", customer),
    ]  # fmt: skip


def of_billing(ways: Mapping[str, Mapping[str, object]]) -> list[tuple[str, object]]:
    """The baker's proformas and the bookings of theirs, each as the form that is about it needs it."""
    paid, asked = (ways[f"billing.{verb}"]["proforma"] for verb in ("refund_to_credit", "cancel"))
    waits, case, back = (
        ways[f"billing.{verb}"]["booking"] for verb in ("accept_proposal", "close_case", "keep_booking")
    )
    return [
        ("proformas/<int:proforma>/card", f"proformas/{ways['cards.begin']['proforma']}/card"), ("<int:payment>", ways["cards.look"]["card_payment"]),
        ("proformas/<int:proforma>/refund", f"proformas/{paid}/refund"), ("<int:proforma>", asked), ("<str:kind>.svg", "epc.svg"),
        ("<int:booking>/close", f"{case}/close"), ("<int:booking>/keep", f"{back}/keep"), ("<int:booking>", waits),
        ("<int:statement>", Statement.objects.latest("pk").pk), ("-<str:language>.pdf", "-de.pdf"),
    ]  # fmt: skip


def filled(route: str, known: list[tuple[str, object]]) -> str:
    for part, key in known:
        route = route.replace(part, str(key))
    assert not PLACE.search(route), f"{route}: say in keys() what stands there"
    return "/" + route


def posting() -> list[str]:
    """Routes that this matrix is to look at; those that only read are found out by asking."""
    return sorted(
        {each for each in routes() if each not in PUBLIC and each not in SIGNED and not each.startswith(ONES_OWN)}
    )


@contextmanager
def taken_back() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        yield
        cursor.execute("ROLLBACK TO SAVEPOINT before")


def ask(actor: Actor, method: str, path: str, fields: Mapping[str, Any] | None = None) -> Any:
    token = WHO.set(actor)
    try:
        with override_settings(MIDDLEWARE=MIDDLEWARE):
            return getattr(Client(), method)(path, with_files(fields), HTTP_HOST="localhost")
    finally:
        WHO.reset(token)


def with_files(fields: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A file is read to its end by whoever sends it: each time it is another one."""
    if fields is None:
        return None
    return {
        name: SimpleUploadedFile("datei", value) if isinstance(value, bytes) else value
        for name, value in fields.items()
    }


def looked(path: str) -> Any:
    """The page as the operator sees it."""
    with taken_back():
        return ask(OPERATOR, "get", path)


def typed(answer: Any, example: Mapping[str, object], more: Mapping[str, Any]) -> dict[str, Any]:
    """What is shown already, the example's words above it, and the name where a question asks for it."""
    form = answer.context["form"]
    shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    asked = {"typed": getattr(answer.context.get("question"), "typed", "")}
    words = {**shown, **example, **asked, **more}
    said = {name: words[name] for name in form.fields if words.get(name) not in (None, "")}
    return {name: _as_sent(form.fields[name], value) for name, value in said.items()} | {ONCE: form.once}


def _as_sent(field: Any, value: Any) -> Any:
    if isinstance(field, File):
        return base64.b64decode(value)
    return value if isinstance(field, Several) else str(value)


def walk(house: House) -> Walked:
    known, ways, walked = keys(house), examples(house), Walked([], {})
    for route in posting():
        path = filled(route, known)
        answer = looked(path)
        form = (answer.context or {}).get("form")
        if isinstance(form, VerbForm):
            fields = typed(answer, ways[form.verb], TYPED.get(route, {}))
            walked.forms.append(Posted(route, path, form.verb, fields))
            continue
        with taken_back():
            if ask(OPERATOR, "post", path).status_code != 405:
                walked.others[route] = path
    return walked


@pytest.fixture(scope="module")
def walked(furnished_once: House) -> Walked:
    prepare(furnished_once, "subscriptions.delete_export")
    NodeContact.objects.update(held="web.site x.test")  # something to release
    return walk(furnished_once)


@pytest.fixture
def dealer(house: House) -> Actor:
    """A reseller, who looks after the baker."""
    made = resold(house, "Händler")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=made.customer)
    return made


def resold(house: House, name: str) -> Actor:
    number = house.run("accounts.create", name=name).result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    return Actor("reseller", number)


@dataclass(frozen=True)
class Became:
    status: int
    done: list[str]  # verbs, from the audit trail
    changed: bool


def sent(actor: Actor, path: str, fields: Mapping[str, Any]) -> Became:
    """What came of it; it is taken back."""
    with taken_back():
        before, last = state(), AuditEntry.objects.latest("pk").pk
        answer = ask(actor, "post", path, fields)
        done = AuditEntry.objects.filter(pk__gt=last, outcome="done").order_by("pk").values_list("verb", flat=True)
        return Became(answer.status_code, list(done), state() != before)


def test_every_page_that_posts_is_in_the_matrix(walked: Walked, house: House) -> None:
    assert set(walked.others) == set(OTHERS)
    assert len(walked.forms) > 70


def nothing(became: Became, *statuses: int) -> bool:
    return became.status in statuses and not became.done and not became.changed


def as_wanted(posted: Posted, became: Became) -> bool:
    """What somebody who may is answered: the form's verb was done once, and no other."""
    if posted.route in NOT_NOW:
        return nothing(became, 422)
    return became.status in (200, 303) and sorted(became.done) == sorted([posted.verb, *ALSO.get(posted.route, [])])


def test_who_may_changes_one_thing(walked: Walked, house: House, dealer: Actor) -> None:
    wrong = {}
    for posted in walked.forms:
        theirs = {"owner": posted.open_to(CUSTOMERS), "reseller": posted.open_to(CUSTOMERS | RESELLERS)}
        for actor in (OPERATOR, house.baker, dealer):
            became = sent(actor, posted.path, posted.fields)
            if posted.verb in HELD and actor is not OPERATOR and theirs[actor.role]:
                right = nothing(became, 422)
            else:
                right = as_wanted(posted, became) if theirs.get(actor.role, True) else nothing(became, 403, 404)
            if not right:
                wrong[posted.route, actor.role] = became
    assert wrong == {}


def test_nobody_else_changes_anything(walked: Walked, house: House, dealer: Actor) -> None:
    """Another customer, another reseller, one of the baker's users who has every permission but that verb's."""
    stranger, wrong = resold(house, "Fremdhändler"), {}
    for posted in walked.forms:
        open_to_resellers = posted.verb == "accounts.create"  # of customers of their own
        others = [house.gardener, without(house, posted.verb), *([] if open_to_resellers else [stranger])]
        for actor in others:
            became = sent(actor, posted.path, posted.fields)
            if not nothing(became, 403, 404):
                wrong[posted.route, str(actor)] = became
    assert wrong == {}


def test_the_owner_of_a_suspended_subscription(walked: Walked, house: House) -> None:
    """What stays open to them is done; the rest says no beside the form, or is not there."""
    house.run("subscriptions.suspend", subscription=house.mine)
    wrong = {}
    for posted in walked.forms:
        became = sent(house.baker, posted.path, posted.fields)
        may = posted.open_to(CUSTOMERS & WHILE_SUSPENDED)
        right = as_wanted(posted, became) if may else nothing(became, 403, 404, 422)
        if not right:
            wrong[posted.route] = became
    assert wrong == {}


def test_strangers_are_sent_to_the_sign_in(walked: Walked, house: House) -> None:
    paths = [(each.path, each.fields) for each in walked.forms] + [(path, {}) for path in walked.others.values()]
    before = state()
    for path, fields in paths:
        answer = Client().post(path, with_files(fields), HTTP_HOST="localhost")
        assert (answer.status_code, answer.headers.get("location", "")[:9]) == (302, "/sign-in/"), path
    assert state() == before


def test_what_was_picked_and_switches_change_only_ones_own(walked: Walked, house: House) -> None:
    switch = {"name": "@", "type": "A", "on": "no"}
    for route in CHANGING:
        picked = house.mine if route.startswith("subscriptions") else ASCII
        fields = {PICK: [picked], SURE: "yes", **switch}
        assert sent(OPERATOR, walked.others[route], fields).changed, route
        for actor in (house.gardener, resold(house, f"Händler für {route}")):
            became = sent(actor, walked.others[route], fields)
            assert not became.changed and not became.done, (route, actor)
