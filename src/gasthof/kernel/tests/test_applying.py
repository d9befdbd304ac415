"""`apply`: the difference between a file and what is there, done once."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.habits import examples
from tests.habits.furnished import furnished_once, house
from tests.house import OPERATOR, House

from gasthof.kernel import applying
from gasthof.kernel.refusal import ActionRefused
from gasthof.kernel.sheet import Sheet, Step
from gasthof.slices.access.models import User
from gasthof.slices.databases.models import Database, DatabaseUser
from gasthof.slices.mail.models import Mailbox

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db
PASSWORD = "Sehr-geheim 1"
DOCUMENTED = (Path(__file__).parents[4] / "docs" / "apply.md").read_text("utf-8").split("```yaml\n")[1].split("```")[0]


@pytest.fixture(autouse=True)
def passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("post", "koch", "kasse", "leser"):
        (tmp_path / f"{name}.secret").write_text(PASSWORD + "\n")
    for name in ("INFO", "JOERG"):
        monkeypatch.setenv(f"GASTHOF_PASSWORD_{name}", PASSWORD)


def write(folder: Path, text: str) -> Path:
    path = folder / "file.yaml"
    path.write_text(text, "utf-8")
    return path


def steps(path: Path, who: Any = OPERATOR) -> list[Step]:
    return applying.difference(Sheet.load(path), who)


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(ActionRefused) as refusal:
        steps(write(folder, text))
    return [f"{error.field}: {error.message}" for error in refusal.value.errors]


def test_the_documented_file_is_applied_once(house: House, tmp_path: Path) -> None:
    """Umlauts, every key, and the second time nothing."""
    path = write(tmp_path, DOCUMENTED.replace("s000001", house.mine).replace("web/intern", "web/lager"))
    first = steps(path)
    assert {step.verb for step in first} >= {
        "domains.add", "web.change_site", "web.add_alias", "dns.set_records", "mail.add_mailbox", "mail.forward_mailbox",
        "mail.add_alias", "mail.add_forward", "mail.set_catch_all", "web.add_protected_user", "ftp.add_user",
        "databases.add_user", "dns.switch_dnssec", "dns.switch_default", "access.invite", "access.assign",
    }  # fmt: skip
    applying.carry_out(first, OPERATOR)
    assert steps(path) == []


def test_what_is_not_mentioned_stays_and_prune_takes_it(house: House, tmp_path: Path) -> None:
    text = f"subscription: {house.mine}\n"
    assert steps(write(tmp_path, text)) == []
    path = write(tmp_path, text + "prune: yes\n")
    gone = steps(path)
    assert gone and all(step.removes for step in gone)
    assert "domains.delete" in [step.verb for step in gone]
    applying.carry_out(gone, OPERATOR)
    assert steps(path) == []


def test_databases_of_an_import_keep_their_names(house: House, tmp_path: Path) -> None:
    """A file names them as before, under the number that they had or without."""
    for rows in (Database.objects, DatabaseUser.objects):
        for row in rows.filter(subscription=int(house.mine[1:]), server="mariadb"):
            row.name = row.name.replace(house.mine, "s000900")
            row.save()
    text = f"subscription: {house.mine}\nprune: yes\ndatabases: {{mariadb/%s: {{users: {{kasse: {{rights: %s, password_env: X}}}}}}}}\n"
    assert {step.verb.partition(".")[0] for step in steps(write(tmp_path, text % ("shop", "full")))}.isdisjoint(
        {"databases"}
    )
    path = write(tmp_path, text % ("s000900_shop", "read"))
    assert [step.fields for step in steps(path) if step.verb == "databases.change_user"] == [
        {"user": "mariadb/s000900_kasse", "database": "s000900_shop", "rights": "read"}
    ]
    applying.carry_out(steps(path), OPERATOR)
    assert steps(path) == []
    gone = {str(step.fields) for step in steps(write(tmp_path, f"subscription: {house.mine}\nprune: yes\n"))}
    assert {"{'user': 'mariadb/s000900_kasse'}", "{'database': 'mariadb/s000900_shop'}"} <= gone


def test_signing_and_defaults_are_what_the_file_says(house: House, tmp_path: Path) -> None:
    def file(signed: str, served: str) -> Path:
        default = f"{{name: webmail, type: A, on: {served}}}"
        return write(
            tmp_path,
            f"subscription: {house.mine}\ndomains:\n  {examples.DOMAIN}:\n    dnssec: {signed}\n    defaults: [{default}]\n",
        )

    for signed, served in (("yes", "no"), ("no", "yes")):
        path = file(signed, served)
        found = steps(path)
        assert [(step.verb, step.fields["on"]) for step in found] == [
            ("dns.switch_dnssec", signed),
            ("dns.switch_default", served),
        ]
        applying.carry_out(found, OPERATOR)
        assert steps(path) == []
    wrong = refused(
        tmp_path,
        f"subscription: {house.mine}\ndomains:\n  {examples.DOMAIN}:\n    defaults: [{{name: webmail, type: A}}]\n",
    )
    assert "on" in wrong[0] and wrong[0].startswith("4")


def test_passwords_are_kept(house: House, tmp_path: Path) -> None:
    before = Mailbox.objects.get(local="info", domain__subscription=int(house.mine[1:])).hash
    text = f"subscription: {house.mine}\ndomains:\n  bäckerei-müller.test:\n    mail:\n      mailboxes:\n        info: {{title: Büro, password_env: X}}\n"
    path = write(tmp_path, text)
    assert [step.verb for step in steps(path)] == ["mail.change_mailbox"]
    applying.carry_out(steps(path), OPERATOR)
    assert Mailbox.objects.get(local="info", domain__subscription=int(house.mine[1:])).hash == before


def test_all_or_none_with_the_line(house: House, tmp_path: Path) -> None:
    text = f"subscription: {house.mine}\ndomains:\n  törtchen.test:\n    aliases:\n      - semmeln.test\n      - gärtnerei-grün.test\n"
    path = write(tmp_path, text)
    with pytest.raises(ActionRefused) as refusal:
        applying.carry_out(steps(path), OPERATOR)
    assert [error.field for error in refusal.value.errors] == ["6: web.add_alias name"]
    assert [step.verb for step in steps(path)] == ["domains.add", "web.add_alias", "web.add_alias"]


def test_a_customer_applies_to_their_own_only(house: House, tmp_path: Path) -> None:
    with pytest.raises(ActionRefused, match="no such object"):
        steps(write(tmp_path, f"subscription: {house.other}\n"), house.baker)
    path = write(tmp_path, f"subscription: {house.mine}\ndomains: {{törtchen.test: }}\n")
    applying.carry_out(steps(path, house.baker), house.baker)
    assert steps(path, house.baker) == []


@pytest.mark.parametrize(
    ("text", "where"),
    [("", "1: "), ("- a", "1: "), ("a: [", "1: "), ("a: *b", "1: "), ("a: &b 1", "1: "), ("a: !!python/object:os.system x", "1: "),
     ("domains: {}", "1: "), ("subscription: s999999", "1: subscription"), ("subscription: {S}\nnonsense: 1", "2: nonsense"),
     ("subscription: {S}\nftp: 3", "2: ftp"), ("subscription: {S}\nsubscription: {S}", "2: subscription"),
     ("subscription: {S}\ndomains:\n  a b.test: ", "3: domains.a b.test"),
     ("subscription: {S}\ndomains:\n  x.test:\n    site:\n      docroot: ../x", "5: domains.x.test.site.docroot"),
     ("subscription: {S}\ndomains:\n  x.test:\n    site: {colour: red}", "4: domains.x.test.site.colour"),
     ("subscription: {S}\ndomains:\n  x.test:\n    records: [{name: a}]", "4: domains.x.test.records[1]"),
     ("subscription: {S}\ndomains:\n  x.test:\n    records: [{name: a, type: A, contents: [x]}]", "4: domains.x.test.records[1]"),
     ("subscription: {S}\ndomains: {grün.test: , xn--grn-ioa.test: }", "2: domains.xn--grn-ioa.test"),
     ("subscription: {S}\nftp:\n  koch: {directory: web}", "3: ftp.koch"),
     ("subscription: {S}\nftp:\n  koch: {directory: web, password_env: HOME}", "3: ftp.koch.password_env"),
     ("subscription: {S}\nftp:\n  koch: {directory: web, password_file: nothing}", "3: ftp.koch.password_file"),
     ("subscription: {S}\nftp:\n  koch: {directory: web, password: geheim}", "3: ftp.koch"),
     ("subscription: {S}\ndatabases: {oracle/x: }", "2: databases.oracle/x"), ("subscription: {S}\nprune: perhaps", "2: prune")],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line_and_key(house: House, tmp_path: Path, text: str, where: str) -> None:
    errors = refused(tmp_path, text.replace("{S}", house.mine))
    assert len(errors) == 1 and errors[0].startswith(where) and "geheim" not in errors[0]


def test_deep_and_long_files(house: House, tmp_path: Path) -> None:
    assert refused(tmp_path, "a: " + "[" * 1_500)
    assert refused(tmp_path, "a: " + "x" * 1_000_001)


LABELS = st.sampled_from(["grün", "köln", "büro", "laden", "a"])
SWITCHES = st.sampled_from(["yes", "no"])
TARGETS = st.lists(st.sampled_from(["x@example.org", "y@grüße.example"]), min_size=1, max_size=2, unique=True)
SECRET = {"password_env": "GASTHOF_PASSWORD_INFO"}
MAIL = st.fixed_dictionaries(
    {},
    optional={
        "active": SWITCHES,
        "mailboxes": st.dictionaries(
            st.sampled_from(["post", "info"]),
            st.fixed_dictionaries(
                {},
                optional={
                    "title": st.sampled_from(["Käthe", "Büro"]),
                    "quota_mb": st.integers(1, 90),
                    "forward_to": TARGETS,
                },
            ).map(lambda box: box | SECRET),
            max_size=2,
        ),
        "forwards": st.dictionaries(st.sampled_from(["team", "alle"]), TARGETS, max_size=2),
    },
)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {"name": LABELS, "type": st.just("TXT"), "contents": st.lists(st.sampled_from(["hallo", "Grüße", "a b"]), min_size=1, max_size=2)},
        optional={"ttl": st.integers(60, 86_400)},
    ),
    max_size=3, unique_by=lambda record: record["name"],
)  # fmt: skip
SITE = st.fixed_dictionaries(
    {},
    optional={
        "docroot": st.sampled_from(["web/x", "web/büro"]),
        "https_redirect": SWITCHES,
        "front_controller": SWITCHES,
    },
)
DOMAINS = st.fixed_dictionaries({}, optional={"mail": MAIL, "records": RECORDS, "site": SITE})
FILES = st.fixed_dictionaries(
    {"domains": st.dictionaries(LABELS.map(lambda label: f"{label}-beispiel.test"), DOMAINS, max_size=2)},
    optional={
        "prune": SWITCHES,
        "ftp": st.dictionaries(st.sampled_from(["koch", "anna"]), st.just({"directory": "web"} | SECRET), max_size=2),
        "databases": st.dictionaries(
            st.sampled_from(["mariadb/laden", "postgres/lager"]),
            st.fixed_dictionaries({}, optional={"users": st.just({"kasse": {"rights": "read"} | SECRET})}),
            max_size=2,
        ),
    },
)


@pytest.mark.long
@given(files=st.lists(FILES, min_size=1, max_size=2))
@settings(max_examples=12, suppress_health_check=list(HealthCheck), database=None)
def test_any_file_applied_twice_changes_nothing_the_second_time(
    house: House, tmp_path: Path, files: list[dict[str, Any]]
) -> None:
    """One after the other, so that the second meets what the first made. JSON is YAML."""
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        for described in files:
            path = write(tmp_path, json.dumps({"subscription": house.mine, **described}, ensure_ascii=False))
            applying.carry_out(steps(path), OPERATOR)
            assert steps(path) == []
        cursor.execute("ROLLBACK TO SAVEPOINT before")


def test_people_and_their_roles(house: House, tmp_path: Path) -> None:
    before = User.objects.filter(customer__number=house.baker.customer).count()
    people = "users:\n  anna@bücher.example:\n    name: Anna Öz\n    roles:\n"
    head = f"subscription: {house.mine}\nprune: no\n{people}"
    limited = f"      - {{role: webmaster, domain: {examples.DOMAIN}}}\n"
    applying.carry_out(steps(write(tmp_path, head + limited)), OPERATOR)
    assert steps(write(tmp_path, head + limited)) == []
    assert steps(write(tmp_path, head.replace("Anna Öz", "Anna Groß") + limited))[0].verb == "access.change_user"

    other = head + f"      - {{role: read only, subscription: {house.mine}}}\n"
    assert [step.verb for step in steps(write(tmp_path, other))] == ["access.assign"]
    pruning = other.replace("prune: no", "prune: yes")
    told = [step for step in steps(write(tmp_path, pruning)) if step.verb.startswith("access.")]
    assert [step.verb for step in told] == ["access.withdraw", "access.assign"]
    applying.carry_out(told, OPERATOR)
    assert [step.verb for step in steps(write(tmp_path, pruning)) if step.verb.startswith("access.")] == []
    assert User.objects.filter(customer__number=house.baker.customer).count() == before + 1, "nobody goes by pruning"


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("{role: webmaster, domain: a.test, mailbox: a@a.test}", "one of these at most"),
        ("{domain: a.test}", "“role” is needed"),
        ("{role: webmaster, domian: a.test}", "no such key"),
        ("{role: nobody}", "no such role"),
        ("{role: webmaster, domain: gärtnerei-grün.test}", "no such object"),
    ],
)
def test_a_role_that_cannot_be(house: House, tmp_path: Path, role: str, words: str) -> None:
    text = f"subscription: {house.mine}\nusers:\n  anna@example.org:\n    name: Anna\n    roles: [{role}]\n"
    with pytest.raises(ActionRefused) as refusal:
        applying.carry_out(steps(write(tmp_path, text)), OPERATOR)
    assert words in refusal.value.errors[0].message
    assert not User.objects.filter(email="anna@example.org").exists()


def test_from_the_command_line(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(
        tmp_path, f"subscription: {house.mine}\nftp:\n  koch: {{directory: web, password_env: GASTHOF_PASSWORD_INFO}}\n"
    )
    assert applying.apply([str(path), "--plan", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["done"] is False and [step["verb"] for step in told["steps"]] == ["ftp.add_user"]
    assert PASSWORD not in json.dumps(told)
    assert applying.apply([str(path), "--lang", "en"]) == 0
    assert "Done." in capsys.readouterr().out
    assert applying.apply([str(path), "--lang", "de"]) == 0
    assert "Nichts ist anders." in capsys.readouterr().out
    assert applying.apply([str(tmp_path / "nothing.yaml")]) == 2
    write(tmp_path, "x")
    assert applying.apply([str(path), "--lang", "en"]) == 1
    assert "line 1" in capsys.readouterr().err
