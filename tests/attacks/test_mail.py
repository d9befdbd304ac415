"""Strangers and customers against the mail daemons: relaying, forged senders, forged client addresses, others' keys and mail."""

import json
import smtplib
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from gasthof.prefix import WEB_USER
from gasthof.slices.mail.node import places
from gasthof.slices.mail.tests.machine import ASCII, PASSWORD, UID, UMLAUT, Machine
from gasthof.slices.mail.tests.outside import Outside, network
from gasthof.slices.web.activator.tests.harness import node

pytestmark = pytest.mark.daemons

VICTIM = "victim@elsewhere.example"
PLAIN = b64encode(f"\0info@{ASCII}\0{PASSWORD}".encode()).decode()


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    with network() as made:
        yield made


@pytest.fixture(scope="module")
def machine(outside: Outside) -> Iterator[Machine]:
    with Machine.started(ipv4=outside.machine) as made:
        made.domain(UMLAUT)
        made.mailbox(f"info@{UMLAUT}")
        made.present(f"mail.{ASCII}")
        yield made


RELAYS = [
    VICTIM, f"victim%elsewhere.example@{ASCII}", f"victim%elsewhere.example@{UMLAUT}", "victim%elsewhere.example", "elsewhere.example!victim",
    f"elsewhere.example!victim@{ASCII}", f'"{VICTIM}"@{ASCII}', f'"{VICTIM}"', f"@{ASCII}:{VICTIM}", f"@{ASCII},@elsewhere.example:{VICTIM}",
    f"victim@elsewhere.example@{ASCII}", f"{VICTIM}%{ASCII}", f"info@{ASCII}@elsewhere.example", "victim@[127.0.0.2]", "victim@[IPv6:::1]", "victim@127.0.0.1",
    "victim@localhost", "victim", "root", "root@localhost.localdomain", "|/usr/bin/touch /tmp/x", f'"|/usr/bin/touch /tmp/x"@{ASCII}', f"/tmp/x@{ASCII}",
    ":include:/etc/passwd", f"info@sub.{ASCII}", f"info@{ASCII}.elsewhere.example", f"victim@elsewhere.example\0@{ASCII}", f"info+x%elsewhere.example@{ASCII}",
    f"double-bounce@{ASCII}", f"' OR 1=1 --@{ASCII}", f"info'@{ASCII}", f"%s@{ASCII}", f"*@{ASCII}", f"victim@elsewhere.example,info@{ASCII}",
]  # fmt: skip


@pytest.mark.parametrize("sender", ["", "a@elsewhere.example", f"info@{ASCII}", "root@localhost"])
def test_nobody_relays(machine: Machine, outside: Outside, sender: str) -> None:
    for host in ("127.0.0.1", "::1", outside.machine):
        for recipient in RELAYS:
            with machine.smtp(host) as client:
                client.command_encoding = "utf-8"
                assert client.docmd(f"MAIL FROM:<{sender}>")[0] == 250
                code, words = client.docmd(f"RCPT TO:<{recipient}>")
                assert 500 <= code < 600, (host, recipient, code, words)


def test_nobody_relays_from_another_network(machine: Machine, outside: Outside) -> None:
    for recipient in (VICTIM, f"victim%elsewhere.example@{ASCII}", f"@{ASCII}:{VICTIM}"):
        line = ["--server", outside.machine, "--port", str(machine.prefix.ports["smtp"]), "--from", f"info@{ASCII}"]
        done = machine.swaks(*line, "--to", recipient, space=outside.space)
        assert done.returncode == 24, done.stdout  # swaks: no recipient was accepted


def test_a_stolen_password_sends_in_no_other_name_and_smuggles_nothing(machine: Machine) -> None:
    mine = f"info@{ASCII}"
    with machine.submission(mine) as client:
        client.docmd(f"MAIL FROM:<{mine}>")
        client.docmd(f"RCPT TO:<{mine}>")
        code, _ = client.docmd("DATA")
        assert code == 354
        hidden = f"MAIL FROM:<root@{ASCII}>\r\nRCPT TO:<hidden@elsewhere.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
        client.send(f"Subject: outer\r\n\r\na\n.\r\n{hidden}\r\n.\n{hidden}\n.\n{hidden}\r\n.\r\n")
        assert client.getreply()[0] == 250
        assert client.noop()[0] == 250
    mails = machine.wait_for_mails(mine, 1)
    assert len([mail for mail in mails if b"Subject: outer" in mail]) == 1
    assert not any(b"Subject: smuggled" in mail.partition(b"\r\n\r\n")[0] for mail in mails)
    assert "to=<hidden@" not in (machine.prefix.logs / "postfix.log").read_text()


def test_the_local_sendmail_takes_nothing_of_a_customer(machine: Machine) -> None:
    conf = places.state(machine.prefix) / "postfix" / "conf"
    for program in (["/usr/sbin/sendmail", "-C", str(conf), VICTIM], ["/usr/sbin/postdrop", "-c", str(conf)]):
        done = subprocess.run(
            program,
            check=False,
            capture_output=True,
            input=b"Subject: x\n\nx",
            user=UID,
            group=UID,
            extra_groups=[],
            cwd="/",
            timeout=30,
        )
        assert done.returncode != 0, program
    assert list((places.state(machine.prefix) / "postfix" / "queue" / "maildrop").iterdir()) == []


def test_customers_cannot_read_keys_queues_look_ups_or_others_mail(machine: Machine) -> None:
    state = places.state(machine.prefix)
    paths = [
        state / "tls" / "server" / "key.pem", state / "tls" / f"mail.{ASCII}" / "key.pem", state / "lookup-postfix" / "postfix.db",
        state / "lookup-dovecot" / "dovecot.db", state / "lookup-certificates" / "certificates.db", state / "postfix" / "queue" / "active",
        state / "delivery" / "journal.db", machine.prefix.logs / "postfix.log", machine.prefix.logs / "dovecot.log", machine.prefix.root / "mail" / f"u{UID}",
    ]  # fmt: skip
    sockets = [
        places.delivery_socket(machine.prefix), places.spelling_socket(machine.prefix),
        *(places.dovecot_socket(machine.prefix, name) for name in ("lmtp", "doveadm-server", "auth-submission", "quota-status", "auth-userdb", "auth-master", "master")),
    ]  # fmt: skip
    assert all(path.exists() for path in (*paths, *sockets))
    code = (
        "import json, os, socket, sys\n"
        "paths, sockets = json.loads(sys.argv[1])\n"
        "found = [path for path in paths if os.access(path, os.R_OK)]\n"
        "for path in sockets:\n"
        "    with socket.socket(socket.AF_UNIX) as one:\n"
        "        found += [path] if one.connect_ex(path) == 0 else []\n"
        "print(json.dumps(found))"
    )
    words = json.dumps([[str(path) for path in paths], [str(path) for path in sockets]])

    def readable(uid: int) -> list[str]:
        line = ["/usr/bin/python3", "-I", "-c", code, words]
        return json.loads(
            subprocess.run(line, check=True, capture_output=True, user=uid, group=uid, extra_groups=[], cwd="/").stdout
        )

    assert readable(0) == [str(path) for path in (*paths, *sockets)]
    assert readable(UID + 1) == []


def test_a_customers_php_cannot_forge_a_clients_address(machine: Machine) -> None:
    """The listeners behind the mail nginx believe what PROXY says; only nginx may say it."""
    inside, front = places.inside(machine.prefix), places.front(machine.prefix)
    program = f"""
import socket
for port, login in (({places.IMAP}, b'a LOGIN info@{ASCII} "{PASSWORD}"\\r\\n'), ({places.POP3}, b'USER info@{ASCII}\\r\\nPASS {PASSWORD}\\r\\n'),
                    ({places.SIEVE}, b'AUTHENTICATE "PLAIN" "{PLAIN}"\\r\\n')):
    for source in (None, {front!r}, '127.0.0.9'):
        for head in (b'', b'PROXY TCP4 203.0.113.9 127.0.0.1 4000 993\\r\\n', b'PROXY UNKNOWN\\r\\n'):
            one = socket.socket()
            one.settimeout(4)
            try:
                if source:
                    one.bind((source, 0))
                one.connect(({inside!r}, port))
                one.sendall(head + login)
                print(repr(one.recv(1000)))
            except OSError as error:
                print(type(error).__name__)
"""
    with node() as web:
        key = web.customer(1)
        assert web.tell("ensure", key)["ok"]
        path = web.prefix.home(key.partition("/")[2]) / "web" / "attack.py"
        path.write_text(program)
        path.chmod(0o644)
        said = web.run(key, f"echo shell_exec('/usr/bin/python3 -I {path} 2>&1');").splitlines()
    assert len(said) == 27
    assert set(said) <= {"b''", "ConnectionResetError", "PermissionError", "BrokenPipeError"}, said
    assert said.count("PermissionError") == 18
    assert "203.0.113.9" not in (machine.prefix.logs / "dovecot.log").read_text()


def test_the_same_words_do_log_in_from_the_front(machine: Machine) -> None:
    """Else the test above would prove nothing."""
    code = f"""
import socket
one = socket.socket()
one.bind(({places.front(machine.prefix)!r}, 0))
one.connect(({places.inside(machine.prefix)!r}, {places.IMAP}))
one.sendall(b'PROXY TCP4 203.0.113.10 127.0.0.1 4000 993\\r\\na LOGIN info@{ASCII} "{PASSWORD}"\\r\\n')
lines = one.makefile('rb')
print(lines.readline(), lines.readline())
"""
    said = subprocess.run(["/usr/bin/python3", "-I", "-c", code], check=True, capture_output=True, text=True).stdout
    assert "a OK" in said
    assert "203.0.113.10" in (machine.prefix.logs / "dovecot.log").read_text()


def test_a_customers_php_finds_no_open_door_of_mail(machine: Machine) -> None:
    """Every port of mail, spoken to without a password: nothing but what the whole world gets."""
    ports = machine.prefix.ports
    with smtplib.SMTP("127.0.0.1", ports["submission"], timeout=10) as client:
        client.ehlo()
        for line in (
            f"MAIL FROM:<info@{ASCII}>",
            "XCLIENT ADDR=203.0.113.9",
            "XFORWARD ADDR=203.0.113.9",
            "AUTH ANONYMOUS eA==",
            "AUTH EXTERNAL =",
        ):
            assert client.docmd(line)[0] >= 500, line
    with machine.smtp() as client:
        for line in ("XCLIENT LOGIN=info", "XFORWARD ADDR=203.0.113.9", "AUTH PLAIN AGEAYg=="):
            assert client.docmd(line)[0] >= 500, line


def test_the_workers_group_alone_reads_the_keys(machine: Machine) -> None:
    key = places.tls(machine.prefix) / f"mail.{ASCII}" / "key.pem"
    assert (key.stat().st_mode & 0o777, key.group()) == (0o640, places.FRONT_USER)
    members = Path("/etc/group").read_text().splitlines()
    assert next(line for line in members if line.startswith(f"{places.FRONT_USER}:")).endswith(":")
    assert WEB_USER != places.FRONT_USER
