"""Where a mailbox lies, as Dovecot's auth tells delivery: on the socket that LMTP asks on (auth-userdb)."""

import contextlib
import socket
from collections.abc import Callable, Iterator

import pytest

from gasthof.prefix import Prefix
from gasthof.slices.mail.node import dovecot, places
from gasthof.slices.mail.tests.machine import ASCII, UID, UMLAUT, Machine

pytestmark = pytest.mark.daemons

Asking = Callable[[str], tuple[str, dict[str, str]]]
UNKNOWN: tuple[str, dict[str, str]] = ("NOTFOUND", {})


@contextlib.contextmanager
def asking(prefix: Prefix) -> Iterator[Asking]:
    """A name -> USER, NOTFOUND or FAIL, and the fields. Its connection stays the same."""
    with socket.socket(socket.AF_UNIX) as wire, wire.makefile("rwb") as both:
        wire.settimeout(20)
        wire.connect(str(places.dovecot_socket(prefix, "auth-userdb")))

        def ask(name: str) -> tuple[str, dict[str, str]]:
            both.write(f"USER\t1\t{name}\tservice=lmtp\n".encode())
            both.flush()
            kind, _, *words = both.readline().decode().rstrip("\n").split("\t")
            told = dict(word.partition("=")[::2] for word in words[1:])
            return kind, {"user": words[0], **told} if kind == "USER" else {}

        both.write(b"VERSION\t1\t1\n")
        both.flush()
        while not both.readline().startswith(b"SPID"):
            pass
        yield ask


def test_a_change_counts_with_the_next_question(machine: Machine) -> None:
    home = machine.prefix.root / "mail" / f"u{UID}" / ASCII
    with asking(machine.prefix) as ask:
        assert ask(f"wo@{ASCII}") == UNKNOWN
        address = machine.mailbox(f"wo@{UMLAUT}", folder=f"{ASCII}/wo.1", quota_mb=20)
        assert address == f"wo@{ASCII}"
        told = {"user": address, "uid": str(UID), "gid": str(UID)}
        assert ask(address) == ("USER", {**told, "home": str(home / "wo.1"), "quota_rule": "*:storage=20M"})
        machine.mailbox(f"wo@{UMLAUT}", folder=f"{ASCII}/wo.2", quota_mb=30)
        assert ask(address) == ("USER", {**told, "home": str(home / "wo.2"), "quota_rule": "*:storage=30M"})
        machine.rows(f"mail.mailbox {address}", {}, {})
        assert ask(address) == UNKNOWN


@pytest.mark.parametrize("name", [f"{{}}@{ASCII.upper()}", f"{{}}@{UMLAUT}"])
def test_names_are_found_as_people_write_them(machine: Machine, name: str) -> None:
    address = machine.mailbox(f"o'hara%d{{}}@{UMLAUT}")
    with asking(machine.prefix) as ask:
        assert ask(name.format("O'Hara%d{}"))[1]["user"] == address


@pytest.mark.parametrize("name", ["' OR 1 --", f"' OR '1@{ASCII}", f"%s%n@{ASCII}", "", "ä"])
def test_nobody_else_is_found(machine: Machine, name: str) -> None:
    machine.mailbox(f"jemand@{UMLAUT}")
    with asking(machine.prefix) as ask:
        assert ask(name)[0] != "USER"


@pytest.mark.long
def test_a_mailbox_is_found_though_auth_itself_cannot_look_it_up() -> None:
    """Then a worker does; what it does not know is not said to be unknown, so that no mail comes back."""
    with Machine.started() as machine:
        machine.domain(UMLAUT)
        address = machine.mailbox(f"info@{UMLAUT}")
        script = dovecot.folder(machine.prefix) / "users.lua"
        script.write_text(script.read_text("utf-8").replace("dovecot.db", "away.db"), "utf-8")
        machine.kill("dovecot")
        machine.start("dovecot")
        machine.wait_until_well()
        with asking(machine.prefix) as ask:
            assert ask(address)[1]["user"] == address
            assert ask(f"niemand@{UMLAUT}")[0] == "FAIL"
