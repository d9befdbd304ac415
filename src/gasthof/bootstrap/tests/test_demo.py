"""The demo: two customers, a page that tells who it is, and a wall between them."""

import email
import email.policy
import imaplib
import json
import re
import ssl
import time
from collections.abc import Iterator

import pymysql
import pytest
from tests.platform import Platform, new_platform

from gasthof.bench.clients import Clients

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def shown() -> Iterator[Platform]:
    with new_platform() as platform:
        platform.said = platform.up().stdout
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


def ways_in(words: str) -> dict[str, str]:
    return dict(re.findall(r"^  (\S+@\S+) +https://localhost:[0-9]+(/link/\S+)$", words, re.M))


def test_what_up_prints_can_be_copied(shown: Platform) -> None:
    password = json.loads((shown.root / "demo.json").read_text())["protected"]["password"]
    again = shown.up()
    assert "./gasthof status" in again.stdout and f"--cacert {shown.root}/ca.pem" in again.stdout
    assert f"xn--bckerei-mller-bfb28a.test:{shown.ports['https']}" in again.stdout and password in again.stdout
    first, second = ways_in(shown.said), ways_in(again.stdout)
    people = {f"postmaster@{shown.prefix.host}", "info@bäckerei-müller.test", "kaethe@gärtnerei-grün.test"}
    assert first.keys() == second.keys() == people, "nobody has a password yet"
    assert [shown.panel(path).status_code for path in first.values()] == [404] * 3, "newer ones were made"
    pages = [shown.panel(path) for path in second.values()]
    assert all(page.status_code == 200 and 'method="post"' in page.text for page in pages)
    stored = [path for path in shown.root.rglob("*") if path.suffix in (".json", ".toml")]
    assert stored and not any(path.split("/")[-2] in file.read_text() for path in second.values() for file in stored)


def test_the_baker_is_written_to_in_their_own_mailbox(shown: Platform) -> None:
    told = json.loads((shown.root / "demo.json").read_text())["services"]["mail"]
    shown.run("access.send_link", wait=False, user=told["user"])
    text = awaited(shown, told["user"], told["password"])
    link = re.search(r"https://localhost:[0-9]+(/link/password/[\w-]+/)", text)
    assert link and "Guten Tag Jörg Müller," in text and shown.prefix.host in text
    assert "Jörg Müller" in shown.panel(link[1]).text


def awaited(shown: Platform, user: str, password: str) -> str:
    """The text of the panel's newest message, within twenty seconds."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with imaplib.IMAP4_SSL("localhost", shown.ports["imaps"], ssl_context=unchecked()) as box:
            box.login(user, password)
            box.select("INBOX")
            found = box.search(None, "SUBJECT", "Hosting-Panel")[1][0].split()
            if found:
                raw = box.fetch(found[-1], "(RFC822)")[1][0][1]
                message = email.message_from_bytes(raw, policy=email.policy.default)
                return str(message.get_body().get_content())
        time.sleep(0.3)
    raise AssertionError("no message came")


def unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def test_the_bakers_own_user_is_the_owner(shown: Platform) -> None:
    code = "from gasthof.slices.access.queries import actor_of, user_of; print(actor_of(user_of('info@bäckerei-müller.test')).role)"
    assert shown.command("manage", "shell", "-c", code).stdout.split()[-1] == "owner"


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
