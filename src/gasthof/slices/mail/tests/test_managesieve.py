"""Filters changed by programs, over ManageSieve: what mail then does, who may not, and what a filter may not."""

import asyncio
import gc
import socket
import ssl
from base64 import b64encode
from pathlib import Path

import pytest

from gasthof.slices.mail.managesieve import door, prelude
from gasthof.slices.mail.managesieve.names import Names
from gasthof.slices.mail.managesieve.prelude import Then
from gasthof.slices.mail.node import places
from gasthof.slices.mail.node.sieve import EXTENSIONS
from gasthof.slices.mail.tests.machine import ASCII, PASSWORD, UID, UMLAUT, Machine, wait_for
from gasthof.slices.mail.tests.managesieve_client import ManageSieve, Refused
from gasthof.slices.mail.tests.test_delivery import dialogue

daemons = pytest.mark.daemons

FILING = (
    'require ["fileinto", "mailbox", "copy"];\r\n'
    'if header :contains "Subject" "Rechnung" { fileinto :create "Büro/Rechnungen – 2026"; }\r\n# Grüße 🦆 \\ "\r\n'
)


def plain(machine: Machine, host: str = "127.0.0.1", source: str | None = None) -> ManageSieve:
    return ManageSieve((host, machine.prefix.ports["sieve"]), source)


def home(machine: Machine, local: str) -> Path:
    return next((machine.prefix.root / "mail").glob(f"*/{ASCII}/{local}.*"))


@daemons
def test_a_filter_that_a_program_brings_is_what_mail_obeys(machine: Machine) -> None:
    address = machine.mailbox(f"filter@{UMLAUT}")
    with machine.sieve(f"filter@{UMLAUT}", name=f"mail.{ASCII}", host="::1") as client:
        assert client.names() == []
        client.put("Büro 1", FILING)
        assert client.names() == ["Büro 1"]
        client.activate("Büro 1")
        assert client.names() == ["Büro 1 ACTIVE"]
        assert client.get("Büro 1") == FILING.encode()
        assert dialogue(machine, "a@example.com", address, body=b"Subject: Rechnung 7\r\n\r\nx\r\n")[0] == 250
        assert len(machine.wait_for_mails(address, 1, "B&APw-ro/Rechnungen &IBM- 2026")) == 1
        client.activate("")
        assert dialogue(machine, "b@example.com", address, body=b"Subject: Rechnung 8\r\n\r\nx\r\n")[0] == 250
        assert b"Rechnung 8" in machine.wait_for_mails(address, 1)[0]
        client.activate("Büro 1")
        assert "ACTIVE" in client.ask('DELETESCRIPT "Büro 1"').words
    found = [path for path in home(machine, "filter").rglob("*") if "sieve" in path.name]
    assert {path.name for path in found} >= {"sieve", "Büro 1.sieve", ".dovecot.sieve"}
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in found} == {(UID, UID)}


@daemons
def test_nobody_signs_in_before_tls(machine: Machine) -> None:
    machine.mailbox(f"offen@{UMLAUT}")
    secret = b64encode(f"\0offen@{UMLAUT}\0{PASSWORD}".encode()).decode()
    with plain(machine) as client:
        assert [line for line in client.greeting.lines if line.startswith(b'"SASL"')] == [b'"SASL" ""']
        assert b'"STARTTLS"' in client.greeting.lines
        for line in (f'AUTHENTICATE "PLAIN" "{secret}"', "LISTSCRIPTS", 'SETACTIVE ""', "", "\0", "AUTHENTICATE"):
            assert (client.ask(line).verdict, "ENCRYPT-NEEDED" in client.ask(line).words) == ("NO", True)
        client.secure(machine.trust(), machine.prefix.host)
        assert b'"SASL" "PLAIN LOGIN"' in client.greeting.lines
        assert not any(b"STARTTLS" in line for line in client.greeting.lines)
        assert client.ask("LISTSCRIPTS").verdict == "NO"
        client.sign_in(f"offen@{UMLAUT}", PASSWORD)
        assert client.names() == []


@daemons
def test_a_literal_before_tls_ends_the_talk(machine: Machine) -> None:
    """Its lines would be taken for commands."""
    with plain(machine) as client:
        assert client.ask('AUTHENTICATE "PLAIN"', b"STARTTLS\r\n").verdict == "BYE"
        with pytest.raises(ConnectionError):
            client.answer()


@daemons
def test_what_is_smuggled_behind_starttls_is_not_heard(machine: Machine) -> None:
    """CVE-2011-0411: what was said in the open must not count as said by who speaks TLS."""
    with plain(machine) as client:
        client.say(b"STARTTLS\r\nLISTSCRIPTS\r\n")
        assert client.answer().verdict == "OK"
        client.begin_tls(machine.trust(), machine.prefix.host)
        assert client.ask('NOOP "an mir"').words.startswith('(TAG "an mir")')


@daemons
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_refused(machine: Machine, version: ssl.TLSVersion) -> None:
    context = machine.trust()
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with plain(machine) as client, pytest.raises(OSError):
        client.secure(context, machine.prefix.host)


@daemons
def test_wrong_words_suspensions_and_strangers(machine: Machine) -> None:
    domain = machine.domain("zu-für-filter.test")
    shut = machine.mailbox(f"a@{domain}")
    machine.mailbox(f"filter-fremd@{UMLAUT}")
    for user, password in (
        (f"filter-fremd@{UMLAUT}", "falsch"),
        (f"niemand@{UMLAUT}", PASSWORD),
        ("", ""),
        (f"postmaster@{machine.prefix.host}", ""),
    ):
        with pytest.raises(Refused):
            machine.sieve(user, password)
    with machine.sieve(shut) as client:
        client.put("eins", "keep;")
    machine.domain(domain, suspended=True)
    with pytest.raises(Refused, match=r"gesperrt|suspended"):
        machine.sieve(shut)
    machine.domain(domain)
    with machine.sieve(shut) as client:
        assert client.names() == ["eins"]


@daemons
def test_who_is_thrown_out_is_thrown_out_here_too(machine: Machine) -> None:
    """As after a new password, and with a suspension."""
    address = machine.mailbox(f"raus@{UMLAUT}")
    for verb, whom in (("kick", address), ("kick_domain", ASCII)):
        with machine.sieve(address) as client:
            machine.ask("dovecot", verb, whom)
            assert client.file.read().count(b"OK") == 0  # the end of it


DANGEROUS = (
    "vnd.dovecot.pipe", "vnd.dovecot.execute", "vnd.dovecot.filter", "vnd.dovecot.report", "vnd.dovecot.config", "enotify", "reject", "ereject",
    "editheader", "imapsieve", "regex", "vacation-seconds", "servermetadata", "mboxmetadata", "spamtest", "extlists",
)  # fmt: skip


@daemons
def test_a_filter_that_starts_programs_or_writes_to_strangers_is_refused(machine: Machine) -> None:
    machine.mailbox(f"böse@{UMLAUT}".replace("ö", "oe", 1))
    with machine.sieve(f"boese@{UMLAUT}") as client:
        offered = {
            word
            for line in client.greeting.lines
            if line.startswith(b'"SIEVE"')
            for word in line.decode()[9:-1].split()
        }
        assert offered == set(EXTENSIONS)
        for name in DANGEROUS:
            assert "unknown Sieve capability" in client.ask('PUTSCRIPT "x"', f'require "{name}";\r\n'.encode()).words
        for body in (
            'pipe "touch" ["/tmp/x"];',
            'execute "touch";',
            'filter "touch";',
            'notify "mailto:a@example.com";',
        ):
            assert client.ask('PUTSCRIPT "x"', body.encode()).verdict == "NO"
        for name in ("../x", "/etc/passwd", "a/b", "", "../../x"):
            assert client.ask(f'PUTSCRIPT "{name}"', b"keep;").verdict == "NO", name
        assert client.ask('PUTSCRIPT "x"', b'require ["include"]; include :global "passwd";').verdict in ("OK", "NO")
        for name in EXTENSIONS:
            client.put("gut", f'require "{name}";\r\n')
        assert set(client.names()) <= {"gut", "x"}


@daemons
def test_scripts_have_a_size_and_a_number(machine: Machine) -> None:
    machine.mailbox(f"viele@{UMLAUT}")
    with machine.sieve(f"viele@{UMLAUT}") as client:
        assert client.ask('PUTSCRIPT "gross"', b"# " + b"x" * 300_000).words.startswith("(QUOTA/MAXSIZE)")
    with machine.sieve(f"viele@{UMLAUT}") as client:
        for number in range(20):
            client.put(f"s{number}", "keep;")
        assert client.ask('PUTSCRIPT "s20"', b"keep;").words.startswith("(QUOTA/MAXSCRIPTS)")
        assert client.ask('HAVESPACE "s20" 10').words.startswith("(QUOTA/MAXSCRIPTS)")
        for number in range(4):
            client.put(f"s{number}", "# " + "x" * 200_000)
        assert "QUOTA/MAXSTORAGE" in client.ask('PUTSCRIPT "s5"', b"# " + b"x" * 250_000).words


@daemons
def test_a_session_outlives_a_collection_of_garbage(machine: Machine) -> None:
    """In this very process, with the real Dovecot: only the door holds the session's task."""

    async def talk() -> bytes:
        prefix = machine.prefix
        house = door.Door(Names(places.tls(prefix)), (places.inside(prefix), places.SIEVE), places.front(prefix))
        async with await asyncio.start_server(house.welcome, "127.0.0.1", 0, limit=prelude.LONGEST_LINE) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            await reader.readuntil(b'OK "Ready."\r\n')
            writer.write(b"STARTTLS\r\n")
            await reader.readline()
            await writer.start_tls(machine.trust(), server_hostname=prefix.host)
            await reader.readuntil(b'OK "Ready."\r\n')
            gc.collect()
            writer.write(b"LOGOUT\r\n")
            said = await reader.readline()
            writer.close()
        return said

    assert asyncio.run(talk()).startswith(b"OK ")


@daemons
def test_dovecot_is_told_the_clients_address(machine: Machine) -> None:
    machine.mailbox(f"woher@{UMLAUT}")
    log = machine.prefix.logs / "dovecot.log"
    for source, host in (("127.0.0.61", "127.0.0.1"), ("::1", "::1")):
        with plain(machine, host, source) as client:
            client.secure(machine.trust(), machine.prefix.host)
            client.sign_in(f"woher@{UMLAUT}", PASSWORD)
        wait_for(
            lambda source=source: f"user=<woher@{ASCII}>, method=PLAIN, rip={source}, " in log.read_text(),
            what=log.read_text(),
        )


@daemons
def test_one_address_gets_no_more_than_its_share(machine: Machine) -> None:
    machine.mailbox(f"anteil@{UMLAUT}")
    many = [plain(machine, source="127.0.0.62") for _ in range(door.MOST_OF_ONE)]
    try:
        with plain(machine, source="127.0.0.62") as client:
            assert str(client.greeting) == prelude.BUSY.decode().strip()
        with machine.sieve(f"anteil@{UMLAUT}") as client:
            assert client.names() == []
    finally:
        for each in many:
            each.close()

    def admitted() -> bool:
        with plain(machine, source="127.0.0.62") as client:
            return client.greeting.verdict == "OK"

    wait_for(admitted)


@daemons
def test_a_large_script_and_half_a_talk_pass(machine: Machine) -> None:
    """Bytes come back as they went, whatever their number; a client that goes in the middle leaves nothing behind."""
    address = machine.mailbox(f"gross@{UMLAUT}")
    script = b"".join(b"# %d \xf0\x9f\xa6\x86 gr\xc3\xbc\xc3\x9fe\r\n" % number for number in range(11_000))
    assert 200_000 < len(script) < 256 * 1024
    with machine.sieve(address) as client:
        client.put("gross", script)
        assert client.get("gross") == script
        client.say(b'PUTSCRIPT "halb" {1000+}\r\n# half')
        client.stream.shutdown(socket.SHUT_RDWR)
    with machine.sieve(address) as client:
        assert client.names() == ["gross"]
        client.say(b'GETSCRIPT "gross"\r\n' * 40)  # nothing is read until all has been said
        for _ in range(40):
            assert client.answer().lines == [script]


@pytest.mark.parametrize(
    ("line", "verdict", "then"),
    [
        (b"STARTTLS\r\n", b"OK", Then.TLS), (b"starttls\n", b"OK", Then.TLS), (b"  StartTLS  \r\n", b"OK", Then.TLS), (b"STARTTLS x\r\n", b"NO", Then.MORE),
        (b"CAPABILITY\r\n", b'"IMPLEMENTATION"', Then.MORE), (b"NOOP\r\n", b"OK", Then.MORE), (b"LOGOUT\r\n", b"OK", Then.END),
        (b"AUTHENTICATE {3+}\r\n", b"BYE", Then.END), (b'PUTSCRIPT "x" {3}\n', b"BYE", Then.END), (b"\r\n", b"NO", Then.MORE), (b"\xff\0\r\n", b"NO", Then.MORE),
    ],
)  # fmt: skip
def test_before_tls(line: bytes, verdict: bytes, then: Then) -> None:
    said, next_ = prelude.answer(line)
    assert (said.split()[0], next_) == (verdict, then)
    assert said.endswith(b"\r\n")
    assert verdict != b"NO" or b"(ENCRYPT-NEEDED)" in said
