"""Attacks on and by way of FTP and SFTP: bounces, paths, links, strangers' files, sign-in without a user, root's hands."""

import ftplib
import io
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gasthof.agent.sdk.customer import acting_as
from gasthof.slices.ftp.node import configuration
from gasthof.slices.ftp.tests.harness import LOGIN, NEIGHBOUR, PASSWORD, Ftp, ftp_node, upload

pytestmark = pytest.mark.daemons
SECRET = "Geheimnis des Nachbarn"


@pytest.fixture(scope="module")
def shared() -> Iterator[Ftp]:
    with ftp_node() as house:
        yield house


@pytest.fixture
def house(shared: Ftp) -> Iterator[Ftp]:
    """Our user in web/mein, and a neighbour who left everything open that is theirs."""
    shared.clear()
    ours, theirs = shared.prefix.uid_base + 12, shared.prefix.uid_base + 13
    shared.put(directory="web/mein")
    shared.put(NEIGHBOUR)
    with acting_as(theirs):
        folder = shared.home("web/offen", 13)
        folder.mkdir(exist_ok=True)
        (folder / "geheim.txt").write_text(SECRET)
        folder.chmod(0o777)
        (folder / "geheim.txt").chmod(0o666)
    yield shared
    with acting_as(ours):
        for path in shared.home("web").iterdir():
            path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path)


def plant(house: Ftp, name: str, target: Path | str) -> None:
    """A link in our own folder, made as PHP would make it."""
    with acting_as(house.prefix.uid_base + 12):
        place = house.home("web") / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)


def answer(client: ftplib.FTP, command: str) -> str:
    try:
        return client.sendcmd(command)
    except ftplib.Error as error:
        return str(error)


def everything(client: ftplib.FTP_TLS, path: str) -> str:
    """All that the server shows of a path, by whatever command."""
    found: list[str] = []
    for command in ("LIST", "NLST", "MLSD", "RETR", "LIST -laR"):
        with suppress(ftplib.Error, OSError):
            client.retrlines(f"{command} {path}", found.append)
    found += [answer(client, f"{command} {path}") for command in ("STAT", "MLST", "SIZE", "CWD")]
    return "\n".join(found)


def test_nothing_is_done_without_tls(house: Ftp) -> None:
    client = house.plain()
    for command in (
        "LIST",
        "SITE HELP",
        "CWD /",
        "PORT 127,0,0,1,99,99",
        "EPSV",
        "MLSD",
        f"USER {LOGIN}",
        f"PASS {PASSWORD}",
    ):
        assert re.match(r"(5\d\d|4\d\d) ", answer(client, command)), command


def test_a_password_does_not_go_over_the_wire_in_clear_text(house: Ftp) -> None:
    client = house.plain()
    with pytest.raises(ftplib.error_perm, match="550 SSL/TLS required"):
        client.login(LOGIN, PASSWORD)
    client.close()


def test_data_does_not_either(house: Ftp) -> None:
    client = house.login()
    assert answer(client, "PROT C").startswith("534") and answer(client, "CCC").startswith("534")
    client.close()
    client = house.secured()
    client.login(LOGIN, PASSWORD, secure=False)
    for command in ("LIST", "NLST", "MLSD", "STOR offen.txt"):
        with pytest.raises(ftplib.Error):
            client.retrlines(command)
    assert not (house.home("web/mein") / "offen.txt").exists()
    client.close()


def test_data_goes_to_the_clients_own_address_only(house: Ftp) -> None:
    client = house.login()
    for command in (
        "PORT 192,0,2,1,99,99",
        "EPRT |1|192.0.2.1|40000|",
        "EPRT |2|2001:db8::1|40000|",
        "EPRT |1|127.0.0.2|40000|",
    ):
        assert answer(client, command).startswith("5"), command
    for command in ("PORT 127,0,0,1,0,80", "PORT 127,0,0,1,3,255", "EPRT |1|127.0.0.1|25|"):
        assert answer(client, command).startswith("5"), command
    answer(
        client, "PORT 10,0,0,1,99,99"
    )  # taken for a client behind a translated address; it goes to that client all the same
    with socket.socket() as victim:
        victim.bind(("10.0.0.1", 99 * 256 + 99)) if _has("10.0.0.1") else victim.bind(("127.0.0.2", 99 * 256 + 99))
        victim.listen()
        victim.settimeout(0.3)
        with suppress(ftplib.Error):
            client.sendcmd("LIST")
        with pytest.raises(TimeoutError):
            victim.accept()
    client.close()


def _has(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
        return True


@pytest.mark.parametrize(
    "path",
    [
        "/..",
        "../../s000013/web/offen",
        "/../../../../etc",
        "//etc",
        "/./../..",
        "~",
        "~root",
        "~s000013-nachbar",
        "/proc/1/root",
    ],
)
def test_no_path_leads_out_of_the_directory(house: Ftp, path: str) -> None:
    client = house.login()
    upload(client, "meins.txt", b"x")
    shown = everything(client, path)
    assert SECRET not in shown and "passwd" not in shown and "geheim" not in shown and "customers" not in shown
    answer(client, f"CWD {path}")
    assert set(client.nlst()) <= {"meins.txt"}
    client.close()
    said = house.sftp(
        f"-ls -la {path}", f"-get {path}/etc/passwd /dev/null", f"-get {path}/geheim.txt /dev/null", f"-cd {path}", "ls"
    )
    assert "geheim" not in said.replace(f"{path}/geheim.txt", "") and "shadow" not in said


def test_links_lead_nobody_to_others(house: Ftp) -> None:
    other = house.home("web/offen", 13)
    targets: list[Path | str] = [
        other, other / "geheim.txt", "/etc", "/etc/passwd", "../../../s000013/web/offen", "/proc/self/root", "../" * 9 + "etc",
    ]  # fmt: skip
    for number, target in enumerate(targets):
        plant(house, f"mein/link{number}", target)
    client = house.login()
    for number in range(len(targets)):
        shown = everything(client, f"/link{number}") + everything(client, f"/link{number}/")
        assert SECRET not in shown and "root:x:0" not in shown and "shadow" not in shown
        for command in (f"STOR link{number}", f"STOR link{number}/neu.txt", f"APPE link{number}"):
            with suppress(ftplib.Error):
                client.storbinary(command, io.BytesIO(b"x"))
        for command in (f"MKD /link{number}/neu", f"DELE /link{number}/geheim.txt", f"SITE CHMOD 777 /link{number}"):
            assert answer(client, command).startswith("5"), command
    client.close()
    said = house.sftp(
        *(f"-get link{number} /dev/null" for number in range(len(targets))),
        "-ls link0",
        "-ls link2/",
        "-chmod 777 link1",
    )
    assert "geheim" not in said and "shadow" not in said
    assert (other / "geheim.txt").read_text() == SECRET and [path.name for path in other.iterdir()] == ["geheim.txt"]


@pytest.mark.parametrize("target", ["/", "../../s000013/web/offen"])
@pytest.mark.parametrize("place", ["mein", "tief/drin"])
def test_a_directory_replaced_by_a_link_lets_nobody_in(house: Ftp, target: str, place: str) -> None:
    login = "s000012-tief"
    house.put(login, f"web/{place}/unten" if place == "mein" else f"web/{place}")
    ours = house.prefix.uid_base + 12
    first = house.home("web") / place.split("/", maxsplit=1)[0]
    with acting_as(ours):
        shutil.rmtree(first)
    plant(house, place.split("/", maxsplit=1)[0], target)
    assert not house.admits(login)
    assert "Connection closed" in house.sftp("ls", login=login)
    with acting_as(ours):
        first.unlink()


def test_no_link_put_there_while_people_sign_in_leads_out(house: Ftp) -> None:
    """ProFTPD looks at the way as the customer and enters it as root: what if it changes in between?"""
    ours = house.prefix.uid_base + 12
    web, target = house.home("web"), house.home("web/offen", 13)
    script = (
        "import ctypes, os, sys\n"
        "os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1])); os.chdir(sys.argv[2])\n"
        "os.symlink(sys.argv[3], 'falle')\n"
        "rename = ctypes.CDLL(None).renameat2\n"
        "while True: rename(-100, b'mein', -100, b'falle', 2)\n"  # RENAME_EXCHANGE: one of the two at every moment
    )
    swapping = subprocess.Popen(["/usr/bin/python3", "-c", script, str(ours), str(web), str(target)], env={})
    seen: set[str] = set()
    entered = 0
    try:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < 4 or (entered <= 3 and passed < 60):  # most attempts meet the link
            with suppress(ftplib.Error, EOFError, OSError):
                client = house.login()
                entered += 1
                seen |= {str(Path(f"/proc/{pid}/root").readlink()) for pid in house.sessions()}
                assert "geheim.txt" not in client.nlst()
                client.close()
    finally:
        swapping.kill()
        swapping.wait()
        with acting_as(ours):
            for name in ("mein", "falle"):
                if (web / name).is_symlink():
                    (web / name).unlink()
    assert entered > 3, "nobody got in, so nothing was tried"
    assert {path.removesuffix(" (deleted)") for path in seen} <= {str(web / "mein"), str(web / "falle")}


def test_the_kernel_follows_no_link_there_and_runs_nothing(house: Ftp) -> None:
    """What the last test could miss by chance: the mount that stops root's own way."""
    master = configuration.pid_file(house.prefix).read_text().strip()
    mounts = [line.split() for line in Path(f"/proc/{master}/mountinfo").read_text().splitlines()]
    (options,) = [set(each[5].split(",")) for each in mounts if each[4] == str(house.prefix.customers)]
    assert {"nosymfollow", "noexec", "nosuid", "nodev"} <= options
    assert not any(
        each.split()[4] == str(house.prefix.customers) for each in Path("/proc/self/mountinfo").read_text().splitlines()
    )


def test_a_session_is_the_customer_and_nothing_else(house: Ftp) -> None:
    client = house.login()
    (pid,) = house.sessions()
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    uid = str(house.prefix.uid_base + 12)
    assert status["Uid"].split() == status["Gid"].split() == [uid] * 4
    assert status["Groups"].split() == [uid]
    assert (
        int(status["CapPrm"], 16)
        == int(status["CapEff"], 16)
        == int(status["CapInh"], 16)
        == int(status["CapAmb"], 16)
        == 0
    )
    assert Path(f"/proc/{pid}/root").readlink() == house.home("web/mein")
    written = [Path(f"/proc/{pid}/fd/{each.name}") for each in Path(f"/proc/{pid}/fd").iterdir()]
    flags = {
        str(each.readlink()): int(
            re.search(r"flags:\t(\d+)", Path(f"/proc/{pid}/fdinfo/{each.name}").read_text())[1], 8
        )  # type: ignore[index]
        for each in written
    }
    assert flags[str(configuration.lookup(house.prefix).path)] & os.O_ACCMODE == os.O_RDONLY
    client.close()


@pytest.mark.parametrize("login", ["root", "proftpd", "ftp", "anonymous", "gasthof-ftp", "s000013-anna", "s000012", ""])
def test_nobody_else_signs_in(house: Ftp, login: str) -> None:
    client = house.secured()
    for password in (PASSWORD, "", "root@example.test"):
        with pytest.raises((ftplib.Error, EOFError)):
            client.login(login, password, secure=False)


STATEMENTS = [
    f"' OR name='{LOGIN}", f"{LOGIN}' --", f"{LOGIN}'/*", "' UNION SELECT 'x','x',0,0,'/',NULL --", "%{env:PATH}", "%m", "%u", "x%')",
    f"{LOGIN}%00", f"{LOGIN}\\", "\\' OR 1=1 --", '"', "{" + LOGIN + "}", "*", "s000012-____", "s000012-%", "ä" * 40, "a" * 600,
]  # fmt: skip


def test_a_login_is_no_statement(house: Ftp) -> None:
    for pair in zip(STATEMENTS[::2], STATEMENTS[1::2], strict=True):  # the third attempt is a connection's last
        client = house.secured()
        for login in pair:
            with pytest.raises((ftplib.Error, EOFError)):
                client.login(login, PASSWORD, secure=False)
        client.login(LOGIN, PASSWORD, secure=False)  # its look-ups are well
        client.close()


def test_customers_text_is_no_configuration(house: Ftp) -> None:
    """`.ftpaccess` files are read by root where they are allowed."""
    client = house.login()
    upload(client, ".ftpaccess", b"<Limit ALL>\nDenyAll\n</Limit>\nUmask 000\n")
    client.close()
    client = house.login()
    upload(client, "danach.txt", b"x")
    assert house.home("web/mein/danach.txt").stat().st_mode & 0o777 == 0o640
    client.close()


def test_commands_that_are_not_there(house: Ftp) -> None:
    client = house.login()
    upload(client, "x.txt", b"x")
    for command in ("CPFR /etc/passwd", "CPTO /x", "SYMLINK /etc x", "EXEC id", "UTIME x", "CHGRP 0 x.txt", "RMDIR /"):
        assert answer(client, f"SITE {command}").startswith("5"), command


def test_ssh_gives_no_shell_no_command_and_no_way_to_other_ports(house: Ftp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inner:
        said = house.ssh("id") + house.ssh("-W", f"127.0.0.1:{inner.getsockname()[1]}") + house.ssh()
        inner.settimeout(0.3)
        with pytest.raises(TimeoutError):
            inner.accept()
    assert "uid=" not in said
    assert house.sftp("pwd").endswith("/\n"), "the password was right"


def test_guessing_ends_the_connection(house: Ftp) -> None:
    client = house.secured()
    for _ in range(3):
        with suppress(ftplib.Error, EOFError):
            client.sendcmd(f"USER {LOGIN}")
            client.sendcmd("PASS falsch")
    with pytest.raises((EOFError, OSError)):
        client.sendcmd("NOOP")
    client.close()


def test_strangers_read_neither_keys_nor_the_database(house: Ftp) -> None:
    folder = configuration.folder(house.prefix)
    with acting_as(house.prefix.uid_base + 12):
        for name in ("lookup.db", "proftpd.conf", "tls/key.pem", "ssh/key.pem"):
            with pytest.raises(PermissionError):
                (folder / name).read_bytes()
    for name in ("tls", "ssh"):
        assert (folder / name).stat().st_mode & 0o777 == 0o700
        assert (folder / name / "key.pem").stat().st_uid == 0


def test_two_machines_share_no_host_key(house: Ftp) -> None:
    with ftp_node() as second:
        keys = {(configuration.ssh_folder(each.prefix) / "key.pem").read_bytes() for each in (house, second)}
    assert len(keys) == 2


def test_many_who_never_sign_in_keep_nobody_out(house: Ftp) -> None:
    idle = [socket.create_connection(("127.0.0.1", house.prefix.ports["ftp"]), 5) for _ in range(60)]
    try:
        assert house.admits()
        began = time.monotonic()
        house.put(directory="web/anders")  # looks for sessions that are just beginning
        assert time.monotonic() - began < 2
    finally:
        for wire in idle:
            wire.close()
