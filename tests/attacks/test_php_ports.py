"""A customer's PHP on a whole platform: it speaks to every port, tries every socket, reads and signals, without a password."""

import base64
import json
import re
import subprocess
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from gasthof.bootstrap import leftovers
from gasthof.bootstrap.supervisor import Supervisor
from tests.attacks.doors import (
    DOORS,
    ELSEWHERE,
    FORGED,
    NEIGHBOUR_NAME,
    NO,
    OWN,
    OWN_NAME,
    POST,
    SUBMISSION,
    YES,
    Talk,
    talk,
)
from tests.customers import Guest, arrive
from tests.listeners import Listener, family, listeners, unix_sockets
from tests.platform import Platform
from tests.services import PASSWORD, Services

pytestmark = pytest.mark.daemons

OTHER_PASSWORD = "Auch-Geheim-18!"
LIVELY = 4  # talks at a time
NO_WAY, BY_PASSWORD, LOGIN_DENIED = (
    0,
    2,
    67,
)  # curl/curl.h: CURLSSH_AUTH_NONE, CURLSSH_AUTH_PASSWORD, CURLE_LOGIN_DENIED
REFUSALS = re.compile(
    r"Access denied|authentication failed|pg_hba\.conf rejects|no password supplied|permission denied for database"
)
IN_THE_ROOM = Path(__file__).with_name("in_the_room")


@dataclass(frozen=True)
class Town:
    """The attacker and a neighbour who has everything."""

    guest: Guest
    neighbour: Services

    @property
    def platform(self) -> Platform:
        return self.guest.platform

    def php(self, page: str, **fields: object) -> object:
        """What a page of the attacker's says, asked for over HTTPS."""
        answer = self.platform.https(OWN, f"/{page}", method="POST", data={"asked": json.dumps(fields)})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def program(self, name: str, **fields: object) -> object:
        """The same of a Python program that the attacker's PHP starts."""
        return self.php("start.php", program=f"{name}.py", given=fields)

    def talks(self, wanted: Iterable[tuple[str, Talk]]) -> list[str]:
        """What went otherwise than it should."""
        with ThreadPoolExecutor(LIVELY) as pool:
            found = list(pool.map(lambda one: self._talk(*one), wanted))
        return [words for words in found if words]

    def _talk(self, url: str, one: Talk) -> str:
        lines = [[_packed(line.said), _packed(line.right)] for line in one.lines]
        answers = [base64.b64decode(each) for each in self.php("talk.php", to=url, name=OWN, lines=lines)]
        for line, answer in zip(one.lines, answers, strict=False):
            if not re.fullmatch(line.right, answer, re.DOTALL):
                return f"{url}, {one.about}: {line.said!r} was answered with {answer!r}"
        return "" if len(answers) == len(one.lines) else f"{url}, {one.about}: closed after {answers!r}"


def _packed(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()


@pytest.fixture(scope="module")
def town(platform: Platform) -> Town:
    with ThreadPoolExecutor(2) as pool:
        neighbour, guest = pool.submit(_neighbour, platform), pool.submit(_attacker, platform)
        return Town(guest.result(), neighbour.result())


def _neighbour(platform: Platform) -> Services:
    guest = arrive(platform, "Nachbar mit Tür")
    platform.run("domains.add", subscription=guest.subscription, name=NEIGHBOUR_NAME)
    return Services(guest, NEIGHBOUR_NAME).furnish()


def _attacker(platform: Platform) -> Guest:
    guest = arrive(platform, "Angreifer an Türen")
    platform.run("domains.add", subscription=guest.subscription, name=OWN_NAME)
    platform.run("mail.add_mailbox", domain=OWN_NAME, name="post", password=PASSWORD)
    database = Services(guest, OWN_NAME).database
    for server in ("mariadb", "postgres"):
        platform.run("databases.create", subscription=guest.subscription, server=server, name="laden")
        platform.run("databases.add_user", database=f"{server}/{database}", name="laden", password=OTHER_PASSWORD)
    for path in IN_THE_ROOM.iterdir():
        if path.suffix in (".php", ".py"):
            guest.put(f"web/{OWN}/{path.name}", path.read_bytes(), 0o644)
    platform.run("subscriptions.export", subscription=guest.subscription)
    return guest


def processes(platform: Platform) -> set[int]:
    pid = Supervisor(platform.prefix).pid
    assert pid is not None
    return family(pid) | {one.pid for one in leftovers.customers(platform.prefix)}


def named(platform: Platform) -> dict[int, str]:
    """Port -> name, as `status` tells it."""
    told = [one for one in platform.status()["endpoints"] if not one["address"].startswith("unix:")]
    return {int(re.findall(r"\d{4,}", one["address"])[0]): one["name"] for one in told}


def strangers(found: Iterable[Listener], names: dict[int, str]) -> list[str]:
    """What is wrong with a list of listeners: not in `status`, not in the table, or not there."""
    found = list(found)
    unnamed = [f"{one.url} is not in `status`" for one in found if one.port not in names]
    unknown = [f"{name} is not in DOORS" for name in names.values() if name not in DOORS]
    shut = [f"nobody listens for {name}" for name in DOORS if name not in {names.get(one.port) for one in found}]
    return unnamed + unknown + shut


def test_every_port_is_told_and_has_its_talks(platform: Platform) -> None:
    found, names = listeners(processes(platform)), named(platform)
    assert strangers(found, names) == []
    assert all(one.address == "::1" or one.address.startswith("127.") for one in found)
    assert {one.port for one in found if one.kind == "udp"} == {platform.ports["dns"]}


def test_a_new_port_does_not_go_unnoticed(platform: Platform) -> None:
    found, names = listeners(processes(platform)), named(platform)
    new = Listener("tcp", "127.0.0.1", 4711)
    assert strangers({*found, new}, names) == ["tcp://127.0.0.1:4711 is not in `status`"]
    assert strangers({*found, new}, {**names, 4711: "rspamd"}) == ["rspamd is not in DOORS"]
    assert strangers([one for one in found if one.port != platform.ports["sftp"]], names) == ["nobody listens for sftp"]


def test_no_port_acts_for_php_without_a_password(town: Town) -> None:
    names, logs = named(town.platform), town.platform.prefix.logs
    wanted = [
        (one.url, each)
        for one in sorted(listeners(processes(town.platform)))
        for each in DOORS[names[one.port]]
        if each.kind == one.kind
    ]
    assert len(wanted) > 200
    assert town.talks(wanted) == []
    assert not re.search(rf"to=<[^>]*{ELSEWHERE}>.*status=", (logs / "postfix.log").read_text())
    assert not re.search(rf"(?:from|client=)\S*\[{FORGED}\]", (logs / "postfix.log").read_text())
    assert f"rip={FORGED}" not in (logs / "dovecot.log").read_text()
    assert f'"remote_addr":"{FORGED}"' not in (logs / "access.log").read_text()
    assert town.neighbour.failing() == {}


def test_the_same_talks_do_act_with_a_password(town: Town) -> None:
    """Else the test above would prove nothing."""
    begin = [(line.said, line.right) for line in SUBMISSION[0].lines[:5]]
    key = base64.b64encode(f"\0post@{OWN}\0{PASSWORD}".encode()).decode()
    mail = [
        (f"AUTH PLAIN {key}", rb"235 .*\r\n"),
        (f"MAIL FROM:<post@{OWN}>", rb"250 .*\r\n"),
        (f"RCPT TO:<{POST}>", rb"250 .*\r\n"),
    ]
    url = f"tcp://127.0.0.1:{town.platform.ports['submission']}"
    assert town.talks([(url, talk("signed in", *begin, *mail))]) == []
    assert town.talks([(url, talk("not signed in", *begin, mail[1], (mail[2][0], NO)))]) == []
    closing = f"tcp://127.0.0.1:{town.platform.ports['imaps']}"
    wrong = [("tcp://127.0.0.1:1", talk("nobody", *begin)), (closing, talk("clear text", ("a NOOP", YES)))]
    assert len(town.talks(wrong)) == 2


def test_wrong_passwords_from_php_delay_nobody_else(town: Town) -> None:
    """All who come from the machine itself share an address: what is done against an address hits the neighbours."""
    begin, key = [(line.said, line.right) for line in SUBMISSION[0].lines[:5]], f"\0{POST}\0falsch-"
    guesses = [base64.b64encode(f"{key}{number}".encode()).decode() for number in range(8)]
    url = f"tcp://127.0.0.1:{town.platform.ports['submission']}"
    assert town.talks((url, talk("guess", *begin, (f"AUTH PLAIN {one}", rb"535 .*\r\n"))) for one in guesses) == []
    start = time.monotonic()
    assert town.neighbour.failing() == {}
    assert time.monotonic() - start < 12  # Dovecot would make an address wait for 15


def test_mail_in_a_neighbours_name_shows_that_nobody_signed_in(town: Town) -> None:
    """Port 25 takes it as from any stranger (docs/decisions/0006-mail-delivery.md): no more than that may it look like."""
    lines = [
        (b"", rb"220 .*\r\n"),
        ("EHLO php.test", rb"250.*250 CHUNKING\r\n"),
        (f"MAIL FROM:<{POST}>", rb"250 .*\r\n"),
        (f"RCPT TO:<post@{OWN}>", rb"250 .*\r\n"),
    ]
    data = [("DATA", rb"354 .*\r\n"), ("Subject: gefälscht\r\n\r\nx\r\n.", rb"250 .*\r\n")]
    assert town.talks([(f"tcp://[::1]:{town.platform.ports['smtp']}", talk("forged", *lines, *data))]) == []
    mail = arrived(town)
    assert b"gef\xc3\xa4lscht" in mail
    assert b"Received: from php.test (unknown [IPv6:::1])" in mail
    assert b"with ESMTP id" in mail and b"uthenticated" not in mail


def arrived(town: Town) -> bytes:
    """The attacker's own mail, once it is there."""
    until = time.monotonic() + 20
    while not (found := mails(town)):
        assert time.monotonic() < until, "no mail arrives"
        time.sleep(0.1)
    return found[0].read_bytes()


def mails(town: Town) -> list[Path]:
    folder = town.platform.root / "mail" / town.guest.subscription
    return [path for path in folder.rglob("*") if path.is_file() and path.parent.name in ("new", "cur")]


def test_no_database_lets_php_in_without_a_password(town: Town) -> None:
    ports, other, mine = town.platform.ports, town.neighbour.database, f"{town.guest.subscription}_laden"
    servers = [
        *(f"mysql:host={host};port={ports['mariadb']};dbname=" for host in ("127.0.0.1", "[::1]")),
        *(f"pgsql:host={host};port={ports['postgres']};dbname=" for host in ("127.0.0.1", "::1")),
    ]
    users = ("root", "mysql", "mariadb.sys", "postgres", "gasthof_owner", "PUBLIC", other)
    people = [*product(users, ("", OTHER_PASSWORD)), *((user, user) for user in users), (mine, ""), (mine, PASSWORD)]
    tries = [(server + name, *who) for server, name, who in product(servers, ("mysql", "postgres", other), people)]
    tries += [(server + name, "", "") for server in servers[:2] for name in ("", other)]
    tries += [(server + other, mine, OTHER_PASSWORD) for server in servers]
    said = town.php("databases.php", tries=tries)
    assert [words for words in zip(tries, said, strict=True) if not REFUSALS.search(words[1])] == []
    own = town.php("databases.php", tries=[(server + mine, mine, OTHER_PASSWORD) for server in servers])
    assert all(words.startswith(f"in as {mine}") for words in own), own


def test_sftp_lets_nobody_in_without_a_password(town: Town) -> None:
    port, users = town.platform.ports["sftp"], ("anonymous:", "root:", "ftp:", f"{town.neighbour.ftp_user}:")
    tries = [
        (f"sftp://{host}:{port}/", ways, who)
        for host in ("127.0.0.1", "[::1]")
        for ways in (NO_WAY, BY_PASSWORD)
        for who in users
    ]
    assert town.php("sftp.php", tries=tries) == [[LOGIN_DENIED, False]] * len(tries)
    signed_in = [tries[0][0], BY_PASSWORD, f"{town.neighbour.ftp_user}:{PASSWORD}"]
    number, listing = town.php("sftp.php", tries=[signed_in])[0]
    assert number == 0 and town.neighbour.ascii in listing


def test_php_reaches_no_socket_of_the_machine(town: Town) -> None:
    prefix, ours = town.platform.prefix, unix_sockets(processes(town.platform))
    queue = prefix.state / "mail" / "postfix" / "queue"
    paths = {name if name[0] in "/@" else f"{queue}/{name}" for name in unix_sockets()}
    paths |= {str(path) for path in prefix.root.rglob("*") if path.is_socket()}
    assert not [name for name in ours if name.startswith("@")]
    assert {str(prefix.activator_control), f"{queue}/public/cleanup", str(prefix.panel_socket)} <= paths
    wanted = sorted(name for name in paths if name.startswith("/"))
    assert town.program("sockets", names=wanted) == []
    outside = json.loads(as_root("sockets", names=wanted))
    assert len({path.removeprefix("/proc/self/root") for path in outside if path.startswith(str(prefix.root))}) > 30


def as_root(name: str, **fields: object) -> str:
    """The same program outside of the room."""
    line = ["/usr/bin/python3", "-I", str(IN_THE_ROOM / f"{name}.py")]
    return subprocess.run(line, check=True, capture_output=True, text=True, input=json.dumps(fields)).stdout


def test_php_finds_no_file_of_the_platform(town: Town) -> None:
    prefix = town.platform.prefix
    arrived(town)
    home, shown = town.guest.home, f"{prefix.state}/php/pools/"
    paths = [path for path in prefix.root.rglob("*") if not path.is_relative_to(home) and path not in home.parents]
    files = [str(path) for path in paths if not path.is_dir() and not str(path).startswith(shown)]
    must = [
        "config.toml", "node/agent.db", "node/ca/ca.key", "node/mail/tls/server/key.pem", "panel/secret", "node/dns/zones.db", "node/dns/keys.db", "node/ftp/lookup.db", "node/ftp/ssh/key.pem",
        "node/mail/lookup-dovecot/dovecot.db", "node/mail/lookup-postfix/postfix.db", "node/mail/lookup-certificates/certificates.db", "node/mail/postfix/conf/main.cf",
        "node/mail/delivery/journal.db", "node/databases/mariadb.cnf", "node/databases/pg_hba.conf", "node/databases/postgres/data/PG_VERSION", "postgres/data/PG_VERSION",
        "logs/access.log", "logs/postfix.log", "supervisor/supervisord.conf",
    ]  # fmt: skip
    own = [str(path) for path in mails(town)]
    assert {str(prefix.root / path) for path in must} | set(own) <= set(files)
    assert {Path(path).stat().st_uid for path in own} == {town.guest.uid}
    assert any(path.startswith(f"{prefix.root}/exports/") for path in files)
    assert town.program("files", paths=files) == []
    assert town.program("files", paths=[f"{home}/web/{OWN}/files.py"]) != []


def test_php_neither_signals_nor_traces_a_daemon(town: Town) -> None:
    pids = processes(town.platform)
    assert len(pids) > 25
    assert town.program("signals", pids=sorted(pids)) == []
    with subprocess.Popen(["/usr/bin/sleep", "60"], user="nobody", group="nogroup", extra_groups=[]) as sleeper:
        try:
            told = json.loads(as_root("signals", pids=[sleeper.pid]))
        finally:
            sleeper.kill()
    assert {f"{what} {sleeper.pid}" for what in ("sees", "signalled", "traced", "looked into")} <= set(told)
    assert all(one["up"] for one in town.platform.status()["processes"])
