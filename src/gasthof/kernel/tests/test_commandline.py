"""`run`: what it prints, in which language, and how it ends."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import translation
from tests.habits.furnished import made_once
from tests.house import House, settle

from gasthof.kernel import screen, verbs
from gasthof.kernel.actions import Outcome, actions
from gasthof.kernel.capability import Waited
from gasthof.kernel.commandline import main
from gasthof.slices.accounts.models import Customer
from gasthof.slices.domains.models import Domain

pytestmark = pytest.mark.django_db
Run = Callable[..., tuple[int, str, str]]


furnished_once, house = made_once(settle)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(["run", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_a_verb_prints_what_it_did(house: House, run: Run) -> None:
    code, out, err = run("domains.add", f"subscription={house.mine}", "name=xn--gre-aus-kln-w6a02arc.test")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].split() == ["domain", "grüße-aus-köln.test"]
    assert Domain.objects.count() == 1


def test_json_holds_the_result_and_what_the_node_was_told(house: House, run: Run) -> None:
    code, out, _ = run("domains.add", f"subscription={house.mine}", "name=grüße-aus-köln.test", "--json")
    answer = json.loads(out)
    assert (code, answer["verb"], answer["result"]["domain"]) == (0, "domains.add", "grüße-aus-köln.test")
    assert {each["kind"] for each in answer["told"]} >= {"web.site", "web.pool"}


@pytest.mark.parametrize("customer", ["Bäckerei Müller", "{number}"])
def test_a_customer_is_named_by_number_or_name(house: House, run: Run, customer: str) -> None:
    name = customer.format(number=house.baker.customer)
    assert run("subscriptions.create", f"customer={name}", "plan=Standard", "node=local")[0] == 0


@pytest.mark.parametrize("place", ["s{0:06d}", "{0}", "Bäckerei Müller"])
def test_a_subscription_is_named_by_number_or_system_name_or_customer(house: House, run: Run, place: str) -> None:
    name = place.format(int(house.mine[1:]))
    assert run("domains.add", f"subscription={name}", "name=x.test")[0] == 0


def test_a_name_that_two_have_is_no_name(house: House, run: Run) -> None:
    Customer.objects.update(name="Müller")
    assert run("domains.add", "subscription=Müller", "name=x.test")[0] == 1
    assert run("accounts.change", "customer=Müller", "language=en")[0] == 1


def test_errors_stand_beside_their_fields_in_the_language_asked_for(house: House, run: Run) -> None:
    code, out, err = run("subscriptions.create_plan", "domains=viele", "php=vielleicht", "--lang", "de")
    assert (code, out) == (1, "")
    lines = dict(line.split(maxsplit=1) for line in err.splitlines())
    assert lines["name"] == "Dieses Feld ist erforderlich."
    assert set(lines) == {"name", "domains", "php"}
    code, out, _ = run("subscriptions.create_plan", "--json", "--lang", "en")
    assert (code, json.loads(out)) == (1, {"errors": [{"field": "name", "message": "This field is needed."}]})


def test_a_customer_acts_for_themselves_only(house: House, run: Run) -> None:
    baker, gardener = f"customer:{house.baker.customer}", f"customer:{house.gardener.customer}"
    assert run("domains.add", f"subscription={house.mine}", "name=x.test", "--as", gardener)[0] == 1
    assert run("domains.add", f"subscription={house.mine}", "name=x.test", "--as", baker)[0] == 0
    code, _, err = run("accounts.create", "name=x", "--as", baker, "--lang", "de")
    assert (code, err.strip()) == (1, "–  Dazu fehlt Ihnen die Berechtigung.")


@pytest.mark.parametrize(
    "arguments",
    [[], ["domains.ad"], ["domains.add", "ohne-gleichheitszeichen"], ["domains.add", "name=a", "name=b"], ["domains.add", "--as", "root"],
     ["domains.add", "name=@/does/not/exist"], ["domains.add", "name=-", "subscription=-"], ["domains.add", "--as", "customer:x"]],
)  # fmt: skip
def test_what_is_not_understood(house: House, run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.strip()


def test_options_may_stand_anywhere(house: House, run: Run) -> None:
    place = f"subscription={house.mine}"
    assert run("domains.add", "--json", place, "name=grün.test")[0] == 0
    assert run("--json", "domains.add", place, "--as", "operator", "name=blau.test")[0] == 0
    assert Domain.objects.count() == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["domains.add", "ü"], "'ü': Nötig ist"), (["domains.add", "--as", "root"], "„--as“ verlangt"),
     (["domains.add", "name=-", "subscription=-"], "Standardeingabe"), (["domains.add", "name=@/fehlt"], "'@/fehlt' kann nicht"),
     (["domains.add", "100%"], "'100%': Nötig ist"), (["domain.add"], "gibt es nicht")],
)  # fmt: skip
def test_what_is_not_understood_is_said_in_the_readers_language(run: Run, arguments: list[str], words: str) -> None:
    code, _, err = run(*arguments, "--lang", "de")
    assert code == 2 and words in err


def test_a_verb_that_is_nearly_right_is_named(house: House, run: Run) -> None:
    assert "domains.add" in run("domain.add")[2]


def test_unknown_options_end_with_two(run: Run) -> None:
    with pytest.raises(SystemExit) as ended:
        run("--nonsense")
    assert ended.value.code == 2


def test_a_secret_comes_from_standard_input_or_a_file(
    house: House, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = [f"subscription={house.mine}", "path=web"]
    assert run("web.protect", *place)[0] == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("Sehr geheim 1\n"))
    code, out, err = run("web.add_protected_user", *place, "name=jörg", "password=-")
    assert (code, "geheim" in out + err) == (0, False)
    secret = tmp_path / "secret"
    secret.write_text("Sehr geheim 2\n", "utf-8")
    assert run("web.change_protected_user", *place, "name=jörg", f"password=@{secret}")[0] == 0
    assert run("web.add_protected_user", *place, "name=@@hans", "password=@@Sehr geheim 3")[0] == 0


def test_a_zones_own_name_is_typed_as_elsewhere(house: House, run: Run) -> None:
    assert run("domains.add", f"subscription={house.mine}", "name=grüße.test")[0] == 0
    code, out, _ = run("dns.set_records", "domain=grüße.test", "name=@", "type=TXT", "contents=v=spf1 -all", "--json")
    assert (code, json.loads(out)["result"]["changed"][0]["name"]) == (0, "@")


def test_the_list_shows_every_verb_and_field(run: Run) -> None:
    code, out, _ = run("--list", "--lang", "de")
    assert code == 0
    for verb, action in actions().items():
        assert f"\n{verb}  " in f"\n{out}"
        assert all(f"  {field.name} " in out for field in action.fields)
    assert "Eine Domain anlegen" in out and "Add a domain" not in out


def test_the_list_as_json(run: Run) -> None:
    listed = json.loads(run("--list", "--json")[1])
    assert [each["verb"] for each in listed] == list(actions())
    password = next(field for each in listed for field in each["fields"] if field["name"] == "password")
    assert password["secret"] and password["required"]
    assert [each["verb"] for each in json.loads(run("domains.add", "--list", "--json")[1])] == ["domains.add"]


@pytest.mark.parametrize(("state", "code"), [("live", 0), ("failed", 3), ("pending", 3)])
def test_waiting_tells_the_nodes_words(
    house: House, run: Run, monkeypatch: pytest.MonkeyPatch, state: str, code: int
) -> None:
    monkeypatch.setattr(
        verbs.registry, "wait", lambda change, _: Waited(change.kind, change.key, state, "nginx: [emerg]\x1b[2J")
    )
    done, out, _ = run("domains.add", f"subscription={house.mine}", "name=x.test", "--wait", "--lang", "de")
    assert done == code
    assert {"live": "wirksam", "failed": "fehlgeschlagen", "pending": "ausstehend"}[state] in out
    assert "nginx: [emerg]\\x1b[2J" in out and "\x1b" not in out
    told = json.loads(run("domains.delete", "domain=x.test", "--wait", "--json")[1])["live"]
    assert {each["state"] for each in told} == {state}


def test_a_terminal_is_sent_no_commands(house: House, run: Run) -> None:
    _, _, err = run("domains.add\x1b[2J")
    assert "\x1b" not in err


def test_it_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "gasthof.kernel.commandline", "run", "--list", "--json"]
    environment = {"GASTHOF_PREFIX": os.environ["GASTHOF_PREFIX"], "PYTHONPATH": "src", "LANG": "de_DE.UTF-8"}
    done = subprocess.run(
        command, env=environment, cwd=Path(__file__).parents[4], capture_output=True, text=True, check=True
    )
    listed = {each["verb"]: each["help"] for each in json.loads(done.stdout)}
    assert listed["domains.add"] == "Eine Domain anlegen; sie bekommt sofort eine Website."


def test_states_are_said_in_the_readers_language(house: House, run: Run) -> None:
    place = f"subscription={house.mine}"
    for verb, german in (("subscriptions.suspend", "gesperrt"), ("subscriptions.resume", "aktiv")):
        out = run(verb, place, "--lang", "de")[1]
        assert ["state", german] in [line.split() for line in out.splitlines()], out
    suspended = run("subscriptions.suspend", place, "--json", "--lang", "de")[1]
    assert json.loads(suspended)["result"]["state"] == "suspended", "programs read the same word in every language"


def test_states_within_lists_are_said_so_too() -> None:
    records = [{"name": "@", "state": "hidden"}, {"name": "www", "state": "served"}]
    with translation.override("de"):
        shown = screen.outcome(Outcome("dns.show", {"records": records, "contents": ["a", "b"], "ds": []}), [])
    assert shown.splitlines() == [
        "records   name=@, state=von anderen Einträgen verdeckt",
        "          name=www, state=ausgeliefert",
        "contents  a, b",
        "ds        –",
    ]


def test_amounts_read_as_they_are_written_and_nothing_is_obeyed_by_a_terminal() -> None:
    assert (
        screen.outcome(Outcome("x.y", {"cost": "60,00\N{NO-BREAK SPACE}EUR \x1b[2J"}), [])
        == "cost  60,00 EUR \\x1b[2J\n"
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [("de", "„--as“: Einen Kunden 999 gibt es nicht."), ("en", "“--as”: there is no customer 999.")],
)
def test_a_customer_who_does_not_exist_acts_for_nobody(house: House, run: Run, language: str, words: str) -> None:
    code, out, err = run(
        "domains.add", f"subscription={house.mine}", "name=x.test", "--as", "customer:999", "--lang", language
    )
    assert (code, out, err.strip()) == (2, "", words)


@pytest.fixture
def without_database(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"GASTHOF_PREFIX": str(tmp_path), "PYTHONPATH": "src", "LANG": "de_DE.UTF-8"}
        words = [sys.executable, "-m", "gasthof.kernel.commandline", "run", *arguments]
        return subprocess.run(
            words, env=environment, cwd=Path(__file__).parents[4], capture_output=True, text=True, check=False
        )

    return command


def test_without_a_database_one_sentence_says_what_to_do(
    without_database: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = without_database("domains.add", "subscription=s000001", "name=grün.test")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Die Datenbank antwortet nicht. „./gasthof status“" in done.stderr and len(done.stderr.splitlines()) == 1
    as_customer = without_database("domains.add", "--as", "customer:1", "--json", "--lang", "en")
    assert (as_customer.returncode, as_customer.stderr) == (1, "")
    (error,) = json.loads(as_customer.stdout)["errors"]
    assert error["field"] == "" and error["message"].startswith("The database does not answer.")


def test_the_list_needs_no_database(without_database: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = without_database("--list")
    assert (done.returncode, done.stderr) == (0, "") and "Eine Domain anlegen" in done.stdout


def test_a_database_that_goes_while_waiting_makes_a_change_no_refusal(
    house: House, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> Waited:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(verbs.registry, "wait", gone)
    monkeypatch.setattr(verbs, "_answers", lambda: False)
    code, out, err = run("domains.add", f"subscription={house.mine}", "name=x.test", "--wait", "--lang", "en")
    assert (code, err) == (3, "") and "waiting" in out and "The database does not answer." in out


def test_help_after_a_verb_shows_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert verbs.run(["domains.add", "--help"]) == verbs.OK
    told = capsys.readouterr().out
    assert "subscription" in told and "name" in told and "dns.add_record" not in told
    assert verbs.run(["--help"]) == verbs.OK
    assert "field=value" in capsys.readouterr().out
