"""Each mail name presents its own certificate on every port, at once, and whoever asks for no name gets the server's."""

import re
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import closing

import pytest

from gasthof.agent.sdk import lookup
from gasthof.slices.mail.node import places, sni
from gasthof.slices.mail.tests.machine import ASCII, Machine

pytestmark = pytest.mark.daemons

MAIL = f"mail.{ASCII}"
WRAPPED = ("imaps", "pop3s", "smtps")
ALL = (*WRAPPED, "sieve", "submission", "smtp")
NOBODYS = [
    "",
    "",
    "server.gasthof.test",
    "",
    *2 * ["server.gasthof.test"],
]  # what these show for a name that nobody has


def shown(machine: Machine, port: str, name: str | None, host: str = "127.0.0.1") -> str:
    """openssl's view: the certificate's name, or "" without a handshake."""
    place = f"[{host}]" if ":" in host else host
    line = ["/usr/bin/openssl", "s_client", "-connect", f"{place}:{machine.prefix.ports[port]}", "-verify_return_error"]
    line += ["-CAfile", str(machine.prefix.ca_certificate)]
    line += ["-noservername"] if name is None else ["-servername", name]
    line += [] if port in WRAPPED else ["-starttls", "sieve" if port == "sieve" else "smtp"]
    done = subprocess.run(line, check=False, capture_output=True, text=True, input="QUIT\n", timeout=20)
    found = re.search(r"^subject=CN = (\S+)$", done.stdout, re.M)
    return found[1] if found and "Verify return code: 0 (ok)" in done.stdout else ""


@pytest.mark.parametrize("port", ALL)
def test_a_mail_name_shows_its_own(machine: Machine, port: str) -> None:
    assert shown(machine, port, MAIL) == MAIL
    assert shown(machine, port, MAIL, "::1") == MAIL


@pytest.mark.parametrize("port", ALL)
@pytest.mark.parametrize(
    "name", [None, "server.gasthof.test", ASCII, f"www.{ASCII}", "localhost", "mail.", "mail", f"mail-{ASCII}"]
)
def test_all_else_shows_the_servers(machine: Machine, port: str, name: str | None) -> None:
    assert shown(machine, port, name) == machine.prefix.host


@pytest.mark.parametrize("name", ["mail.unknown.example", "mail.xn--bcher-kva.test"])
def test_a_mail_name_that_nobody_has(machine: Machine, name: str) -> None:
    """Postfix falls back, the mail nginx cannot (README.md): neither shows another customer's."""
    assert [shown(machine, port, name) for port in ALL] == NOBODYS


@pytest.mark.parametrize(
    "name",
    [
        "mail.../../server",
        "mail./etc/ssl",
        "mail.a/../server",
        "mail.%2e%2e",
        f"mail.{ASCII}/../server",
        "MAIL.",
        "mail.a..b",
        "-",
        "mail.a\n.b",
    ],
)
def test_no_name_becomes_a_path(machine: Machine, name: str) -> None:
    for port in ("imaps", "pop3s"):
        found = _raw(machine, port, name.encode())
        assert found in ("", machine.prefix.host), found


def _raw(machine: Machine, port: str, name: bytes) -> str:
    """The common name shown for a server name that openssl's own client would not send."""
    stand_in = b"x" * len(name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # the certificate travels in the open
    outgoing, incoming = ssl.MemoryBIO(), ssl.MemoryBIO()
    wrapped = context.wrap_bio(incoming, outgoing, server_hostname=stand_in.decode())
    with pytest.raises(ssl.SSLWantReadError):
        wrapped.do_handshake()
    with socket.create_connection(("127.0.0.1", machine.prefix.ports[port]), 5) as wire:
        wire.settimeout(2)
        wire.sendall(outgoing.read().replace(stand_in, name))
        found = b""
        try:
            while part := wire.recv(65536):
                found += part
                if b"server.gasthof.test" in found or ASCII.encode() in found:
                    break
        except OSError:
            pass
    names = re.findall(rb"(?:mail\.)?[a-z0-9.-]+\.test", found)
    return names[0].decode() if names else ""


def test_a_new_name_is_live_at_once_and_its_end_too(machine: Machine) -> None:
    name = "mail.frisch-ä.test".encode("idna").decode()
    processes = {each: machine.processes[each].pid for each in machine.processes}
    started = time.monotonic()
    machine.present(name)
    assert [shown(machine, port, name) for port in ALL] == [name] * 6
    assert time.monotonic() - started < 5
    assert sni.stored(machine.prefix, [name]) == {name: sni.fingerprint(*sni.lying(machine.prefix, name))}
    machine.ask("mail-sni", "drop", name)
    shutil.rmtree(places.tls(machine.prefix) / name)
    assert [shown(machine, port, name) for port in ALL] == NOBODYS
    assert processes == {each: machine.processes[each].pid for each in machine.processes}


def test_a_name_without_a_certificate_is_said(machine: Machine) -> None:
    replies = sni.SniMap(machine.prefix).ask("put", ["mail.nothing.example", "mail.../x"])
    assert all(reply.error for reply in replies.values())


def test_one_of_many_names_is_as_quick(machine: Machine) -> None:
    """20,000 names in the table; one more is put without touching the others, and served at once."""
    pem = "x" * 2800
    base = sni.database(machine.prefix)
    with closing(lookup.opened(base)) as connection, connection:
        rows = ((f"test {number}", f"mail.n{number}.example", pem) for number in range(20_000))
        connection.executemany("INSERT INTO certificates VALUES (?, ?, ?)", rows)
    times = []
    for number in range(5):
        name = f"mail.viele{number}.example"
        machine.present(name)
        started = time.process_time()
        assert sni.SniMap(machine.prefix).ask("put", [name])[name].error == ""
        times.append(time.process_time() - started)
        assert shown(machine, "smtps", name) == name
    print(f"one more of 20,000: {[round(each * 1e3, 1) for each in times]} ms")
    assert min(times) < 0.2, times  # to build them all anew takes two seconds of its own
    with closing(lookup.opened(base)) as connection, connection:
        connection.execute("DELETE FROM certificates WHERE owner LIKE 'test %'")
