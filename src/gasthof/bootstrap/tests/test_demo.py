"""The demo: two customers, a page that tells who it is, and a wall between them."""

import json
from collections.abc import Iterator

import pymysql
import pytest
from tests.platform import Platform, new_platform

from gasthof.bench.clients import Clients

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def shown() -> Iterator[Platform]:
    with new_platform() as platform:
        platform.up()
        yield platform


def test_each_page_runs_as_its_own_uid_and_is_refused_at_the_neighbours(shown: Platform) -> None:
    base = shown.prefix.uid_base
    for number, (host, name) in enumerate(
        (("bäckerei-müller.test", "Bäckerei Müller"), ("gärtnerei-grün.test", "Gärtnerei Grün")), start=1
    ):
        answer = shown.https(host)
        assert answer.status_code == 200 and f"<h1>{name}</h1>" in answer.text
        assert f"<dd>{base + number}</dd>" in answer.text
        assert "verweigert" in answer.text and "gelesen" not in answer.text


def test_the_protected_directory_asks_for_the_random_password(shown: Platform) -> None:
    path = shown.root / "demo.json"
    assert path.stat().st_mode & 0o777 == 0o600
    guarded = json.loads(path.read_text())["protected"]
    assert len(guarded["password"]) >= 12
    assert shown.https("bäckerei-müller.test", "/intern/").status_code == 401
    wrong = shown.https("bäckerei-müller.test", "/intern/", auth=(guarded["user"], "falsches Kennwort"))
    assert wrong.status_code == 401 and "geschützt" not in wrong.text
    right = shown.https("bäckerei-müller.test", "/intern/", auth=(guarded["user"], guarded["password"]))
    assert right.status_code == 200 and "geschützt" in right.text


def test_the_bakery_has_mail_files_and_a_database(shown: Platform) -> None:
    told = json.loads((shown.root / "demo.json").read_text())["services"]
    clients = Clients(shown.prefix)
    assert clients.delivers(told["mail"]["user"])
    assert clients.reads(told["mail"]["user"], told["mail"]["password"])
    assert clients.transfers(told["ftp"]["user"], told["ftp"]["password"])
    user, password = told["database"]["user"], told["database"]["password"]
    how = {"host": "127.0.0.1", "port": shown.ports["mariadb"], "user": user, "password": password, "database": user}
    with pymysql.connect(**how) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 'Brötchen'")
        assert cursor.fetchone() == ("Brötchen",)


def test_what_up_prints_can_be_copied(shown: Platform) -> None:
    password = json.loads((shown.root / "demo.json").read_text())["protected"]["password"]
    again = shown.up()
    assert "./gasthof status" in again.stdout and f"--cacert {shown.root}/ca.pem" in again.stdout
    assert f"xn--bckerei-mller-bfb28a.test:{shown.ports['https']}" in again.stdout and password in again.stdout


def test_a_second_demo_changes_nothing(shown: Platform) -> None:
    (shown.root / "supervisor" / "stamp.json").unlink()
    before = (shown.root / "demo.json").read_text()
    shown.up()
    assert (shown.root / "demo.json").read_text() == before
    domains = shown.command("run", "--list").stdout
    assert "domains.add" in domains
    assert shown.status()["nodes"][0]["errors"] == []


def test_a_demo_that_was_interrupted_is_finished(shown: Platform) -> None:
    objects = shown.status()["nodes"][0]["objects"]
    (shown.root / "demo.json").unlink()
    (shown.root / "supervisor" / "stamp.json").unlink()
    shown.up()
    guarded = json.loads((shown.root / "demo.json").read_text())["protected"]
    right = shown.https("bäckerei-müller.test", "/intern/", auth=(guarded["user"], guarded["password"]))
    assert right.status_code == 200
    assert shown.status()["nodes"][0]["objects"] == objects
