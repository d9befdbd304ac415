"""What other panels fell to, tried on every field of every verb: kept literally or refused, and never an accident."""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gasthof.agent.tests.killing import EVERY
from gasthof.kernel.actions import actions, perform
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.access.models import ApiToken, Assignment, Role, User
from gasthof.slices.billing.models import BankBooking, Proforma
from gasthof.slices.cards.models import CardPayment
from gasthof.slices.cases.models import Case
from gasthof.slices.lifecycle.models import Hold, Service
from gasthof.slices.nodes.models import DesiredObject
from gasthof.slices.notices.models import Notice
from gasthof.slices.registrar.models import Operation
from gasthof.slices.requests.models import Request
from gasthof.slices.webhooks.models import Delivery, Webhook
from tests.habits.examples import examples, prepare
from tests.habits.furnished import furnished_once, house
from tests.habits.test_permissions import who_may
from tests.house import OPERATOR, House

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.long]

CANARY = Path("/tmp/gasthof-canary-of-verbs")
SHELL = [f"; touch {CANARY}", f"$(touch {CANARY})", f"`touch {CANARY}`", f"| touch {CANARY}", f"&& touch {CANARY}"]
PATHS = [
    "../",
    "../../etc/passwd",
    "/etc/passwd",
    "web/../../x",
    "web/./x",
    "web//x",
    "web/x\x00.png",
    "..\\..\\x",
    "~/x",
    "web/x/..",
]
LINES = ["a\nb", "a\r\nb", "a\x00b", "\x00", "a\u2028b", "a\x1b[31mb", "\u202eabc", "a\u200bb", "\ud800", "\x7f"]
QUOTES = [
    "'",
    '"',
    "\\",
    "'; DROP TABLE web_site; --",
    '"; }',
    "${x}",
    "{{ 7*7 }}",
    "%s%n",
    "<script>alert(1)</script>",
    "#",
]
OPTIONS = ["-rf", "--help", "-", "@/etc/passwd"]
LENGTHS = ["x" * 10_000, "ä" * 10_000, "9" * 10_000, "a." * 5_000, "web/" + "x/" * 5_000, "", " ", "\t"]
NUMBERS = ["-1", "0", "99999999999999999999", "1e9", "0x10", "٣", "1.5", "NaN", "s999999999", "s00000", "2147483648"]
WORDS = [*SHELL, *PATHS, *LINES, *QUOTES, *OPTIONS, *LENGTHS, *NUMBERS]
SHAPES: list[object] = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    [],
    ["x"],
    {},
    {"x": "y"},
    {"memory_limit": ["1M"]},
    b"x",
    object(),
]
MEANT = {
    "Amount",
    "AuthorisationCode",
    "int",
    "bool",
    "NewPassword",
    "PhpSettings",
    "MailPassword",
    "Targets",
    "Content",
    "Contents",
    "Abilities",
}
ONLY_RECORDED = {("registrar.cancel", "consent"), ("registrar.restore", "reason"), ("access.tell_of_change", "address")}
CASES = ("open", "warn", "note", "mended", "close", "propose_end", "signal")
REQUESTS = ("draft", "change", "write", "accept", "decline", "finish")
OF_LINES = {
    ("mail.set_vacation", "text"),
    *((f"cases.{verb}", "words") for verb in CASES),
    ("cases.close", "waived"),
    ("cases.lift", "waived"),
    *((f"requests.{verb}", "words") for verb in REQUESTS),
}  # browsers end them in another way than files
FIELDS = [(verb, field.name) for verb, action in actions().items() for field in action.fields]
PART = 1 if EVERY == 1 else 3  # the check tries each third word, other ones for the next field


def stored() -> str:
    """Every text in every table of ours, the record left out."""
    with connection.cursor() as cursor:
        cursor.cursor.execute(_texts(), prepare=True)
        return "\n".join(text for (text,) in cursor.fetchall())


@cache
def _texts() -> str:
    """One question for all tables: it is asked after each word that was taken."""
    columns: dict[str, list[str]] = {}
    for model in apps.get_models():
        if model.__module__.startswith("gasthof.slices"):
            for field in model._meta.concrete_fields:
                if str(field.db_type(connection)).startswith(("varchar", "text")):
                    columns.setdefault(model._meta.db_table, []).append(f'"{field.column}"')
    return " UNION ALL ".join(
        f"SELECT concat_ws(E'\\n', {', '.join(names)}) FROM \"{table}\"" for table, names in columns.items()
    )


def attempt(verb: str, fields: dict[str, object], actor: Actor = OPERATOR) -> str:
    """ "done" or "refused"; anything else ends the test."""
    try:
        perform(actor, verb, fields)
    except ActionRefused as refusal:
        assert refusal.errors and all(error.message for error in refusal.errors)
        return "refused"
    return "done"


@pytest.mark.parametrize(("verb", "field"), FIELDS)
def test_hostile_words(house: House, verb: str, field: str) -> None:
    """Each in a savepoint of its own, so that one that is done does not spoil the next."""
    prepare(house, verb)
    good, before = examples(house)[verb], told()
    for word in [*WORDS, *SHAPES][FIELDS.index((verb, field)) % PART :: PART]:
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT before")
            if attempt(verb, {**good, field: word}, who_may(house, verb)) == "done":
                assert _kept(verb, field, word), f"{verb} {field}: {word!r} was changed on its way"
                check_documents(told() - before)
            cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert not CANARY.exists()


def _kept(verb: str, field: str, word: object) -> bool:
    if not isinstance(word, str) or _harmless(verb, field, word):
        return True
    typed = word.strip().replace("\r\n", "\n") if (verb, field) in OF_LINES else word.strip()
    return typed.casefold() in stored().casefold()


def _harmless(verb: str, field: str, word: str) -> bool:
    """Numbers and switches are stored as what they mean, records in the form of zone files (tests/attacks/test_dns.py reads them
    back), secrets as hashes, and empty words mean none; some stand in the record alone."""
    kinds = {each.name: each.kind for each in actions()[verb].fields}
    return kinds[field] in MEANT or (verb, field) in ONLY_RECORDED or not word.strip()


def told() -> set[str]:
    """What nodes are told."""
    return set(DesiredObject.objects.filter(spec__isnull=False).values_list("spec", flat=True))


def check_documents(texts: Iterable[str]) -> None:
    """They are JSON, whatever was typed, and no control character is in any of their values, but for the ends of lines in a letter."""
    for text in texts:
        document = json.loads(text)
        letter = (document.get("vacation") or {}).pop("text", "")
        assert all(character.isprintable() for value in _strings(document) for character in value)
        assert all(line.isprintable() for line in letter.split("\n"))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


@pytest.mark.parametrize("verb", sorted(actions()))
def test_no_field_beside_those_of_the_verb(house: House, verb: str) -> None:
    """Mass assignment: each column of each table, and the trick names, added to a good request."""
    prepare(house, verb)
    columns = {column.name for model in apps.get_models() for column in model._meta.get_fields()}
    extra = {
        "pk",
        "id",
        "call",
        "actor",
        "self",
        "clocks",
        "customer__name",
        "__class__",
        "_state",
        "state",
        "uid",
    } | columns
    unknown = extra - {field.name for field in actions()[verb].fields}
    with pytest.raises(ActionRefused) as refused:
        perform(who_may(house, verb), verb, {**examples(house)[verb], **dict.fromkeys(unknown, "1")})
    assert {error.field for error in refused.value.errors} == unknown


def numbers(rows: QuerySet) -> list[str]:
    return [str(row.pk) for row in rows]


@pytest.mark.parametrize("verb", [verb for verb, action in actions().items() if action.on])
def test_others_objects_by_guessing(house: House, verb: str) -> None:
    """The baker names everything of the gardener's that a verb takes, by every name that it has."""
    prepare(house, verb)
    export = house.run("subscriptions.export", subscription=house.other).result["export"]
    theirs = {
        "customer": [str(house.gardener.customer), "Gärtnerei Grün"],
        "subscription": [house.other, str(int(house.other[1:])), "Gärtnerei Grün"],
        "domain": ["gärtnerei-grün.test", "xn--grtnerei-grn-gcb06a.test", "GÄRTNEREI-GRÜN.test"],
        "node": ["local"],
        "database": [f"mariadb/{house.other}_shop"],
        "user": [f"mariadb/{house.other}_kasse"],
        "export": [export, export.removeprefix("x").lstrip("0")],
        "mailbox": ["info@gärtnerei-grün.test", "INFO@xn--grtnerei-grn-gcb06a.test"],
        "alias": ["kontakt@gärtnerei-grün.test"],
        "forward": ["team@gärtnerei-grün.test"],
        "role": numbers(Role.objects.filter(customer=house.gardener.customer)),
        "assignment": numbers(Assignment.objects.filter(user__customer=house.gardener.customer)),
        "token": numbers(ApiToken.objects.filter(user__customer=house.gardener.customer)),
        "webhook": numbers(Webhook.objects.filter(user__customer=house.gardener.customer)),
        "proforma": numbers(Proforma.objects.filter(customer=house.gardener.customer)),
        "card_payment": numbers(CardPayment.objects.filter(customer=house.gardener.customer)),
        "notice": numbers(Notice.objects.filter(customer=house.gardener.customer)),
        "price": ["mail", "shop"],
        "booking": numbers(BankBooking.objects.all()),
        "delivery": numbers(Delivery.objects.filter(webhook__user__customer=house.gardener.customer)),
        "registration": ["gärtnerei-grün.de", "xn--grtnerei-grn-gcb06a.de", "GÄRTNEREI-GRÜN.info"],
        "service": numbers(Service.objects.filter(customer=house.gardener.customer)),
        "hold": numbers(Hold.objects.filter(service__customer=house.gardener.customer)),
        "case": numbers(Case.objects.filter(customer=house.gardener.customer)),
        "request": numbers(Request.objects.filter(customer=house.gardener.customer)),
        "operation": numbers(Operation.objects.filter(registration__customer=house.gardener.customer)),
    }
    on = actions()[verb].on or ""
    if verb.startswith("access.") and on == "user":
        theirs["user"] = numbers(User.objects.filter(customer=house.gardener.customer))
    before = stored()
    assert theirs[on]
    for name in theirs[on]:
        with pytest.raises(ActionRefused):
            perform(house.baker, verb, {**examples(house)[verb], on: name})
    assert stored() == before


@pytest.mark.parametrize(
    "name",
    ["gärtnerei-grün.test", "www.gärtnerei-grün.test", "shop.gärtnerei-grün.test", "a.b.gärtnerei-grün.test", "blüten.test",
     "x.blüten.test", "GÄRTNEREI-GRÜN.TEST", "ga\u0308rtnerei-gru\u0308n.test", "xn--grtnerei-grn-gcb06a.test"],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["domains.add", "web.add_alias"])
def test_names_of_others(house: House, verb: str, name: str) -> None:
    prepare(house, verb)
    before = stored()
    with pytest.raises(ActionRefused) as refused:
        perform(house.baker, verb, {**examples(house)[verb], "name": name})
    assert [error.field for error in refused.value.errors] == ["name"]
    assert stored() == before


def test_a_name_above_anothers(house: House) -> None:
    house.run("domains.add", house.gardener, subscription=house.other, name="shop.example.test")
    for name in ("example.test", "shop.example.test", "x.shop.example.test"):
        assert attempt_as(house, name) == "refused"
    for name in ("other.example.test", "workshop.example.test", "hop.example.test"):
        assert attempt_as(house, name) == "done"


def attempt_as(house: House, name: str) -> str:
    try:
        perform(house.baker, "domains.add", {"subscription": house.mine, "name": name})
    except ActionRefused:
        return "refused"
    return "done"


@given(
    value=st.one_of(st.text(max_size=30), st.integers(), st.none(), st.lists(st.text(max_size=3), max_size=2)),
    chosen=st.sampled_from(FIELDS),
)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_anywhere(house: House, value: object, chosen: tuple[str, str]) -> None:
    verb, field = chosen
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        attempt(verb, {**examples(house)[verb], field: value}, who_may(house, verb))
        check_documents(told())
        cursor.execute("ROLLBACK TO SAVEPOINT before")
