"""An FTP user from the verb to the file on the site, on the running house, and away again (spec row P11)."""

import ftplib
import io
import ssl
import subprocess

import idna
import pytest

from tests.customers import Guest, arrive
from tests.platform import Platform

pytestmark = pytest.mark.daemons

NAME = "dateien-für-köln.test"
ASCII = idna.encode(NAME).decode()
PASSWORD, OTHER = "Grüße-aus-Köln-1", "Ganz-anders-2"


@pytest.fixture(scope="module")
def guest(platform: Platform) -> Guest:
    guest = arrive(platform, "Dateien für Köln")
    platform.run("domains.add", subscription=guest.subscription, name=NAME)
    return guest


@pytest.fixture(scope="module")
def login(platform: Platform, guest: Guest) -> str:
    fields = {"subscription": guest.subscription, "name": "anna", "directory": f"web/{ASCII}", "password": PASSWORD}
    return str(platform.run("ftp.add_user", **fields)["result"]["user"])


def sign_in(platform: Platform, login: str, password: str = PASSWORD) -> ftplib.FTP_TLS:
    client = ftplib.FTP_TLS(context=platform.trust(), encoding="utf-8", timeout=20)
    client.connect("127.0.0.1", platform.ports["ftp"])
    client.host = platform.prefix.host
    client.login(login, password)
    client.prot_p()
    return client


def test_what_lftp_uploads_is_on_the_site(platform: Platform, login: str) -> None:
    settings = f"set ssl:ca-file {platform.prefix.ca_certificate}; set ftp:ssl-force yes; set ssl:check-hostname no"
    target = ["-p", str(platform.ports["ftp"]), "-u", f"{login},{PASSWORD}", "ftp://127.0.0.1"]
    done = subprocess.run(
        ["/usr/bin/lftp", "--norc", "-e", f"{settings}; put /dev/stdin -o grüße.html; bye", *target],
        input="Grüß Gott".encode(), capture_output=True, check=False, timeout=60,
        env={"LC_ALL": "C.UTF-8", "HOME": "/nonexistent"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    answer = platform.https(NAME, "/gr%C3%BC%C3%9Fe.html")
    assert (answer.status_code, answer.text) == (200, "Grüß Gott")


def test_a_new_password_and_a_suspension_shut_sessions(platform: Platform, guest: Guest, login: str) -> None:
    client = sign_in(platform, login)
    platform.run("ftp.set_password", user=login, password=OTHER)
    for refused in (lambda: client.voidcmd("NOOP"), lambda: sign_in(platform, login)):
        with pytest.raises((ftplib.Error, EOFError, OSError)):
            refused()
    client = sign_in(platform, login, OTHER)
    platform.run("subscriptions.suspend", subscription=guest.subscription)
    for refused in (lambda: client.voidcmd("NOOP"), lambda: sign_in(platform, login, OTHER)):
        with pytest.raises((ftplib.Error, EOFError, OSError)):
            refused()
    platform.run("subscriptions.resume", subscription=guest.subscription)
    sign_in(platform, login, OTHER).close()


def test_a_user_who_goes_leaves_the_files(platform: Platform, login: str) -> None:
    client = sign_in(platform, login, OTHER)
    client.storbinary("STOR bleibt.txt", io.BytesIO(b"bleibt"))
    platform.run("ftp.remove_user", user=login)
    with pytest.raises((ftplib.Error, EOFError, OSError, ssl.SSLError)):
        sign_in(platform, login, OTHER)
    assert platform.https(NAME, "/bleibt.txt").text == "bleibt"


def test_the_house_says_how_proftpd_is(platform: Platform) -> None:
    found = {one["name"]: one for one in platform.status()["processes"]}["proftpd"]
    assert found["up"]
