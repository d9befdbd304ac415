"""FTP users by the agent on the real ProFTPD: what clients can do, what is left when something goes, what killing changes."""

import ftplib
import os
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gasthof.agent.sdk import lookup
from gasthof.agent.sdk.customer import acting_as
from gasthof.agent.tests.node import UMLAUT
from gasthof.kernel.passwords import crypted
from gasthof.prefix import WEB_USER
from gasthof.slices.ftp.node import configuration
from gasthof.slices.ftp.tests.harness import (
    LOGIN,
    NEIGHBOUR,
    PASSWORD,
    REACHED_AT,
    Ftp,
    download,
    ftp_node,
    upload,
    wait_until,
)
from gasthof.slices.web.tests.client import request

pytestmark = pytest.mark.daemons


@pytest.fixture(scope="module")
def shared() -> Iterator[Ftp]:
    with ftp_node() as house:
        house.node.start_nginx()
        yield house


@pytest.fixture
def house(shared: Ftp) -> Iterator[Ftp]:
    shared.clear()
    yield shared
    for kind, key in list(shared.node.intent.changes):
        if kind in ("ftp.user", "web.site"):
            shared.node.drop(kind, key)
    shared.turn()
    for path in shared.home("web").iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_an_upload_appears_on_the_site(house: Ftp) -> None:
    house.node.put_site(UMLAUT)
    house.put(directory=f"web/{UMLAUT}")
    commands = "set ssl:ca-file {ca}; set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:check-hostname no; "
    script = (
        commands.format(ca=house.prefix.ca_certificate)
        + "put -O / /dev/stdin -o grüße.html; mkdir ä; put /dev/null -o ä/leer"
    )
    target = ["-p", str(house.prefix.ports["ftp"]), "-u", f"{LOGIN},{PASSWORD}", "ftp://127.0.0.1"]
    done = subprocess.run(
        ["/usr/bin/lftp", "--norc", *target, "-e", f"{script}; bye"],
        input="<p>Grüß Gott</p>".encode(), capture_output=True, timeout=30, check=False,
        env={"LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    answer = request(UMLAUT, "/gr%C3%BC%C3%9Fe.html", port=house.prefix.ports["http"])
    assert (answer.status, answer.body.decode()) == (200, "<p>Grüß Gott</p>")
    folder = house.home(f"web/{UMLAUT}")
    uid = house.prefix.uid_base + 12
    assert {path.stat().st_uid for path in folder.rglob("*")} == {uid}
    assert {path.group() for path in folder.rglob("*")} == {WEB_USER}
    modes = {path.name: path.stat().st_mode & 0o7777 for path in folder.rglob("*")}
    assert (modes["grüße.html"], modes["ä"], modes["leer"]) == (0o640, 0o2750, 0o640)


def test_files_come_and_go_by_ftp_over_ipv4_and_ipv6(house: Ftp) -> None:
    house.put()
    for address in ("127.0.0.1", "::1"):
        client = house.login(address=address)
        upload(client, "umlaut-äöü.txt", "Grüße\r\n".encode())
        assert download(client, "umlaut-äöü.txt") == "Grüße\r\n".encode()
        assert client.nlst() == ["umlaut-äöü.txt"]
        client.rename("umlaut-äöü.txt", "neu.txt")
        client.delete("neu.txt")
        client.mkd("ordner")
        client.rmd("ordner")
        assert client.nlst() == [] and client.pwd() == "/"
        client.quit()


def test_files_come_and_go_by_sftp(house: Ftp) -> None:
    source = house.prefix.root / "quelle.txt"
    source.write_text("Grüße")
    source.chmod(0o600)  # what a client asks for does not matter
    house.put(directory=f"web/{UMLAUT}")
    for address in ("127.0.0.1", "::1"):
        said = house.sftp(
            f"put {source} größe.txt", "mkdir ordner", "ls -l", "get größe.txt /dev/null", address=address
        )
        assert "größe.txt" in said and "ordner" in said and "not found" not in said
        folder = house.home(f"web/{UMLAUT}")
        assert {path.name: (path.stat().st_mode & 0o7777, path.group()) for path in folder.iterdir()} == {
            "größe.txt": (0o640, WEB_USER), "ordner": (0o2750, WEB_USER),
        }  # fmt: skip
        assert "ordner" not in house.sftp("rm größe.txt", "rmdir ordner", "ls -l").replace("rmdir ordner", "")


def test_the_certificate_names_the_server_and_tls_is_new_enough(house: Ftp) -> None:
    house.put()
    client = house.login()
    found = client.sock.getpeercert()  # type: ignore[union-attr]
    assert found["subjectAltName"] == (("DNS", house.prefix.host),)
    client.close()
    old = ssl.create_default_context(cafile=str(house.prefix.ca_certificate))
    old.check_hostname = False
    old.set_ciphers("DEFAULT@SECLEVEL=0")  # else this client would not even ask
    with pytest.warns(DeprecationWarning):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    plain = ftplib.FTP_TLS(context=old, timeout=10)
    plain.connect("127.0.0.1", house.prefix.ports["ftp"])
    with pytest.raises((ssl.SSLError, ftplib.Error, EOFError, ConnectionError)):
        plain.auth()
    plain.close()


def test_a_new_user_needs_no_reload_and_is_there_at_once(house: Ftp) -> None:
    master = configuration.pid_file(house.prefix).read_text()
    before = (house.prefix.root / "stderr").read_text().count("SIGHUP")
    took = []
    for number in range(5):
        began = time.monotonic()
        house.put(f"s000012-neu{number}")
        took.append(time.monotonic() - began)
        house.login(f"s000012-neu{number}").close()
    assert sorted(took)[2] < 0.1
    assert configuration.pid_file(house.prefix).read_text() == master
    assert (house.prefix.root / "stderr").read_text().count("SIGHUP") == before


def test_people_sign_in_while_users_are_written(house: Ftp) -> None:
    house.put()
    written = 0
    with ThreadPoolExecutor(2) as people:
        trying = [people.submit(lambda: [house.admits() for _ in range(8)]) for _ in range(2)]
        while not all(one.done() for one in trying):
            house.put(f"s000013-viele{written % 40}", f"web/{written}")
            written += 1
        found = [admitted for one in trying for admitted in one.result()]
    assert found == [True] * 16 and written > 10
    assert house.admits("s000013-viele0")


def test_a_new_password_ends_sessions_and_the_old_one(house: Ftp) -> None:
    house.put()
    house.put(NEIGHBOUR)
    mine, others = house.login(), house.login(NEIGHBOUR)
    house.put(password=crypted("Ganz-anders-2"))
    with pytest.raises((ftplib.Error, EOFError, OSError)):
        mine.voidcmd("NOOP")
    others.voidcmd("NOOP")
    assert not house.admits() and house.admits(password="Ganz-anders-2")
    assert "Connection closed" in house.sftp("ls") and "Connection closed" not in house.sftp(
        "ls", password="Ganz-anders-2"
    )
    others.close()


def test_suspension_locks_and_ends_sessions_and_is_taken_back(house: Ftp) -> None:
    house.put()
    client = house.login()
    house.put(suspended=True)
    assert house.sessions() == [] and not house.admits() and "Connection closed" in house.sftp("ls")
    client.close()
    house.put()
    assert house.admits()


def test_a_user_who_goes_leaves_files_and_no_session(house: Ftp) -> None:
    house.put()
    client = house.login()
    upload(client, "bleibt.txt", b"x")
    house.node.drop("ftp.user", LOGIN)
    house.turn()
    assert house.sessions() == [] and not house.admits()
    assert house.home("web/bleibt.txt").read_bytes() == b"x"
    client.close()


def test_a_directory_that_went_is_made_anew(house: Ftp) -> None:
    house.put(directory=f"web/{UMLAUT}/tief")
    with acting_as(house.prefix.uid_base + 12):
        house.home(f"web/{UMLAUT}/tief").rmdir()
    assert not house.admits()
    house.agent.audit_now()
    assert house.admits()
    assert house.words(LOGIN) == ""


def by_hand(house: Ftp, statement: str) -> None:
    """In another process: two SQLite libraries in one drop each other's locks."""
    script = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as c: c.execute(sys.argv[2])"
    path = configuration.lookup(house.prefix).path
    subprocess.run(["/usr/bin/python3", "-c", script, path, statement], check=True, env={})


def test_drift_in_the_database_is_told_and_mended(house: Ftp) -> None:
    house.put()
    by_hand(house, "UPDATE users SET home = '/'")
    house.agent.audit_now()
    house.turn()
    assert "rows differ in users" in house.words(LOGIN)
    held = lookup.rows(configuration.lookup(house.prefix), [f"ftp.user {LOGIN}"])
    assert held[f"ftp.user {LOGIN}"]["users"][0][-1] == str(house.home("web"))


def test_a_stranger_in_the_database_is_removed(house: Ftp) -> None:
    house.put()
    by_hand(
        house,
        "INSERT INTO users SELECT 'ftp.user s000012-fremd', 's000012-fremd', hash, uid, gid, home FROM users "
        f"WHERE name = '{LOGIN}'",
    )
    assert house.admits("s000012-fremd")
    house.agent.audit_now()
    house.turn()
    assert not house.admits("s000012-fremd") and house.admits()


def test_a_changed_configuration_is_mended_checked_and_loaded(house: Ftp) -> None:
    house.put()
    path = configuration.configuration_path(house.prefix)
    wanted = path.read_bytes()
    path.write_bytes(wanted.replace(b"TLSRequired on", b"TLSRequired off"))
    assert house.agent.fix() == []
    assert path.read_bytes() == wanted
    wait_until(lambda: "SIGHUP" in (house.prefix.root / "stderr").read_text())
    wait_until(house.admits)


def test_a_renewed_certificate_is_shown_after_a_reload_and_the_host_key_stays(house: Ftp) -> None:
    house.put()
    host_key = (configuration.ssh_folder(house.prefix) / "key.pem").read_bytes()
    before = house.login()
    shown = before.sock.getpeercert(binary_form=True)  # type: ignore[union-attr]
    (configuration.tls_folder(house.prefix) / "cert.pem").unlink()
    assert house.agent.fix() == []
    wait_until(lambda: house.login().sock.getpeercert(binary_form=True) != shown)  # type: ignore[union-attr]
    before.voidcmd("NOOP")  # who is there notices nothing
    before.close()
    assert (configuration.ssh_folder(house.prefix) / "key.pem").read_bytes() == host_key


def test_proftpd_killed_comes_back_with_the_same_users(house: Ftp) -> None:
    house.put()
    running = house.login()
    master = int(configuration.pid_file(house.prefix).read_text())
    os.kill(master, signal.SIGKILL)
    wait_until(lambda: house.greeting("ftp") == b"")
    running.voidcmd("NOOP")
    house.start()
    assert house.admits() and "größe" not in house.sftp("ls")
    house.put(suspended=True)  # reaches sessions of the master that is gone
    with pytest.raises((ftplib.Error, EOFError, OSError)):
        running.voidcmd("NOOP")


def test_it_listens_on_loopback_and_where_the_machine_is_reached(house: Ftp) -> None:
    listening = subprocess.run(["/usr/bin/ss", "-ltnH"], check=True, capture_output=True, text=True).stdout
    ports = {str(house.prefix.ports[name]) for name in ("ftp", "sftp")}
    found = {line.split()[3] for line in listening.splitlines() if line.split()[3].rpartition(":")[2] in ports}
    assert found == {f"{address}:{port}" for address in ("127.0.0.1", "[::1]", REACHED_AT) for port in ports}


def test_passive_ports_are_those_that_a_firewall_lets_in(house: Ftp) -> None:
    house.put()
    client = house.login()
    for _ in range(5):
        answer = client.sendcmd("EPSV")
        port = int(answer.split("|||")[1].split("|")[0])
        assert configuration.PASSIVE[0] <= port <= configuration.PASSIVE[1]
    client.close()
