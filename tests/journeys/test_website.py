"""An umlaut domain from the verb to the visitor, on the real daemons, and away again (spec rows P6, P7, P9, P14)."""

import subprocess

import httpx
import idna
import pytest
from cryptography import x509

from tests.customers import WHO_AM_I, Guest, arrive
from tests.platform import Platform

pytestmark = pytest.mark.daemons

NAME = "grüße-aus-köln.test"
ASCII = idna.encode(NAME).decode()


@pytest.fixture(scope="module")
def guest(platform: Platform) -> Guest:
    return arrive(platform, "Grüße aus Köln")


@pytest.fixture(scope="module")
def neighbour(platform: Platform) -> Guest:
    guest = arrive(platform, "Nachbarin Öztürk")
    platform.run("domains.add", subscription=guest.subscription, name="nachbarin-öztürk.test")
    root = f"web/{idna.encode('nachbarin-öztürk.test').decode()}"
    guest.put(f"{root}/index.html", b"bei der Nachbarin")
    return guest


@pytest.fixture(scope="module")
def site(platform: Platform, guest: Guest, neighbour: Guest) -> str:
    """The document root of the umlaut domain, with a PHP page in it."""
    platform.run("domains.add", subscription=guest.subscription, name=NAME)
    guest.put(f"web/{ASCII}/wer.php", WHO_AM_I)
    return f"web/{ASCII}"


@pytest.mark.parametrize("host", [NAME, ASCII, f"www.{NAME}"])
@pytest.mark.parametrize("ip", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("http2", [False, True])
def test_https_answers_by_both_forms_of_the_name(
    platform: Platform, site: str, host: str, ip: str, http2: bool
) -> None:
    answer = platform.https(host, ip=ip, http2=http2)
    assert answer.status_code == 200
    assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")


def test_the_certificate_holds_the_names(platform: Platform, site: str) -> None:
    shown = subprocess.run(
        ["/usr/bin/openssl", "s_client", "-connect", f"127.0.0.1:{platform.ports['https']}", "-servername", ASCII],
        input=b"", capture_output=True, check=True,
    ).stdout  # fmt: skip
    certificate = x509.load_pem_x509_certificate(shown[shown.index(b"-----BEGIN") :])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {ASCII, f"www.{ASCII}"}


def test_php_runs_as_the_customer(platform: Platform, guest: Guest, site: str) -> None:
    answer = platform.https(NAME, "/wer.php")
    assert answer.text.startswith(f"uid={guest.uid} php=8.2")


def test_php_settings_are_live_and_the_neighbours_stay(platform: Platform, guest: Guest, site: str) -> None:
    platform.run("web.change_site", domain=NAME, php_settings="memory_limit=96M")
    assert platform.https(NAME, "/wer.php").text.endswith("limit=96M")
    platform.run("web.change_site", domain=NAME, php_settings="memory_limit=")
    assert not platform.https(NAME, "/wer.php").text.endswith("limit=96M")


def test_php_off_never_shows_source(platform: Platform, site: str) -> None:
    platform.run("web.change_site", domain=NAME, php="no")
    answer = platform.https(NAME, "/wer.php")
    assert answer.status_code in (403, 404)
    assert "posix_getuid" not in answer.text
    platform.run("web.change_site", domain=NAME, php="yes")
    assert platform.https(NAME, "/wer.php").status_code == 200


def test_http_leads_to_https_until_that_is_switched_off(platform: Platform, guest: Guest, site: str) -> None:
    guest.put(f"{site}/seite.html", b"Seite")
    http = f"http://127.0.0.1:{platform.ports['http']}/seite.html"
    first = httpx.get(http, headers={"Host": ASCII}, trust_env=False)
    assert first.status_code == 301
    assert first.headers["Location"] == f"https://{ASCII}:{platform.ports['https']}/seite.html"
    platform.run("web.change_site", domain=NAME, https_redirect="no")
    assert httpx.get(http, headers={"Host": ASCII}, trust_env=False).text == "Seite"
    platform.run("web.change_site", domain=NAME, https_redirect="yes")


def test_preferred_name_alias_and_docroot(platform: Platform, guest: Guest, site: str) -> None:
    guest.put("web/neu ä/index.html", b"neuer Ort")
    platform.run("web.add_alias", domain=NAME, name="alias-ä.test")
    assert platform.https("alias-ä.test").status_code == 200
    platform.run("web.change_site", domain=NAME, docroot="web/neu ä", preferred=f"www.{NAME}")
    moved = platform.https("alias-ä.test", "/x?y=1")
    assert moved.status_code == 301
    assert moved.headers["Location"] == f"https://www.{ASCII}:{platform.ports['https']}/x?y=1"
    assert platform.https(f"www.{NAME}").text == "neuer Ort"
    platform.run("web.change_site", domain=NAME, docroot=site, preferred="")
    platform.run("web.remove_alias", domain=NAME, name="alias-ä.test")
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
        platform.https("alias-ä.test")


def test_protection_holds_and_lets_the_named_in(platform: Platform, guest: Guest, site: str) -> None:
    guest.put(f"{site}/geheim/plan.php", b"<?php echo 'der Plan';")
    platform.run("web.protect", subscription=guest.subscription, path=f"{site}/geheim", title="Für Küche und Keller")
    assert platform.https(NAME, "/geheim/plan.php").status_code == 401
    platform.run(
        "web.add_protected_user",
        subscription=guest.subscription, path=f"{site}/geheim", name="jürgen", password="Süße-Äpfel-17",
    )  # fmt: skip
    for path in ("/geheim/", "/geheim/plan.php", "/geheim/nichts", "//geheim/plan.php", "/%67eheim/plan.php"):
        for host in (NAME, f"www.{NAME}"):
            closed = platform.https(host, path)
            assert closed.status_code == 401, (host, path)
            assert b"<?php" not in closed.content
            assert b"der Plan" not in closed.content
    auth = httpx.BasicAuth("jürgen", "Süße-Äpfel-17")
    assert platform.https(NAME, "/geheim/plan.php", auth=auth).text == "der Plan"
    assert platform.https(NAME, "/geheim/plan.php", auth=httpx.BasicAuth("jürgen", "falsch")).status_code == 401


def test_a_second_domain_on_the_protected_directory_is_protected_too(
    platform: Platform, guest: Guest, site: str
) -> None:
    platform.run("domains.add", subscription=guest.subscription, name="hintertür-köln.test")
    platform.run("web.change_site", domain="hintertür-köln.test", docroot=f"{site}/geheim")
    assert platform.https("hintertür-köln.test", "/plan.php").status_code == 401
    platform.run("domains.delete", domain="hintertür-köln.test")
    assert (guest.home / site / "geheim/plan.php").exists(), "it belonged to another site as well"


def test_suspension_answers_503_and_ends(platform: Platform, guest: Guest, site: str) -> None:
    platform.run("subscriptions.suspend", subscription=guest.subscription)
    answer = platform.https(NAME, "/wer.php", headers={"Accept-Language": "de"})
    assert answer.status_code == 503
    assert "uid=" not in answer.text
    platform.run("subscriptions.resume", subscription=guest.subscription)
    assert platform.https(NAME, "/wer.php").status_code == 200


def test_visits_are_in_the_customers_own_log(platform: Platform, guest: Guest, neighbour: Guest, site: str) -> None:
    platform.https(NAME, "/eindeutig-gesucht")
    log = guest.home / "logs/access.log"
    for _ in range(100):
        if log.exists() and "/eindeutig-gesucht" in log.read_text():
            break
        subprocess.run(["/usr/bin/sleep", "0.1"], check=True)
    assert f'"{ASCII}"' in next(line for line in log.read_text().splitlines() if "/eindeutig-gesucht" in line)
    other = neighbour.home / "logs/access.log"
    assert not other.exists() or "/eindeutig-gesucht" not in other.read_text()


def test_deleted_it_is_all_gone_and_the_neighbour_stays(
    platform: Platform, guest: Guest, neighbour: Guest, site: str
) -> None:
    platform.run("domains.delete", domain=NAME)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
        platform.https(NAME)
    assert (
        httpx.get(f"http://127.0.0.1:{platform.ports['http']}/", headers={"Host": ASCII}, trust_env=False).status_code
        == 404
    )
    assert not (guest.home / site).exists()
    left = [str(path) for path in platform.prefix.state.rglob(f"*{ASCII}*")]
    assert left == []
    assert platform.https("nachbarin-öztürk.test").text == "bei der Nachbarin"
    platform.run("subscriptions.delete", subscription=guest.subscription)
    assert not guest.home.exists()
    assert platform.https("nachbarin-öztürk.test").text == "bei der Nachbarin"
