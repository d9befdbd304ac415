"""Pages of FTP users."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.habits.furnished import furnished_once, house
from tests.house import House
from tests.readers import ASCII, anonymous, member, operator, owner, stranger

from gasthof.slices.ftp.models import FtpUser
from gasthof.slices.nodes.models import NodeContact

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db
PASSWORD = "Sehr-geheim 1"


def made(house: House) -> str:
    house.run("ftp.add_user", subscription=house.mine, name="jutta", directory="web/büro", password=PASSWORD)
    return f"/subscriptions/{house.mine}/ftp/"


def test_every_page_for_everybody(house: House) -> None:
    ftp = made(house)
    mine, theirs, other = owner(house), operator(), stranger(house)
    reader = member(house.baker.customer, "read only")
    elsewhere = member(house.baker.customer, "webmaster", domain=ASCII)
    reading, user = [ftp, f"{ftp}users/jutta/"], f"{ftp}users/jutta/"
    for page in [*reading, f"{ftp}add", f"{user}change", f"{user}password", f"{user}remove"]:
        assert mine.get(page).status_code == theirs.get(page).status_code == 200, page
        assert other.get(page).status_code == elsewhere.get(page).status_code == 404, page
        assert anonymous().get(page).status_code == 302, page
        assert reader.get(page).status_code == (200 if page in reading else 403), page
    assert mine.get(f"{ftp}users/nobody/").status_code == 404


def test_a_user_from_the_beginning_to_the_end(house: House) -> None:
    client, ftp = owner(house), f"/subscriptions/{house.mine}/ftp/"
    typed = {"name": "bilder", "directory": "web/grüße", "password": PASSWORD}
    assert client.post(f"{ftp}add", typed).status_code == 303
    page = client.get(f"{ftp}users/bilder/").content.decode()
    assert f"{house.mine}-bilder" in page and "SFTP" in page
    client.post(f"{ftp}users/bilder/change", {"name": "fotos", "directory": "web"})
    row = FtpUser.objects.get(name="fotos")
    assert row.directory == "web"
    before = row.hash
    client.post(f"{ftp}users/fotos/password", {"password": "Noch-geheimer 2"})
    row.refresh_from_db()
    assert row.hash != before
    client.post(f"{ftp}users/fotos/remove")
    assert not FtpUser.objects.filter(name="fotos").exists()


def test_the_servers_fingerprint_stands_there_to_be_compared(house: House) -> None:
    ftp, mine = made(house), owner(house)
    assert "Fingerprint" not in mine.get(ftp).content.decode()
    NodeContact.objects.update(facts={"sftp": ["ecdsa-sha2-nistp256 SHA256:abc+/123"]})
    for page in (ftp, f"{ftp}users/jutta/"):
        shown = mine.get(page).content.decode()
        assert "SHA256:abc+/123" in shown and "(ecdsa-sha2-nistp256)" in shown, page


def test_what_was_typed_wrong_stays_with_the_error_beside_it(house: House) -> None:
    answer = owner(house).post(
        f"/subscriptions/{house.mine}/ftp/add", {"name": "Öz!", "directory": "etc", "password": "kurz"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and 'value="Öz!"' in page and 'value="etc"' in page and "kurz" not in page


def test_a_suspended_subscription_is_shown_and_not_changed(house: House) -> None:
    ftp = made(house)
    house.run("subscriptions.suspend", subscription=house.mine)
    client = owner(house)
    assert b"is suspended" in client.get(ftp).content
    assert client.post(f"{ftp}users/jutta/password", {"password": PASSWORD}).status_code == 422


def test_a_longer_list_asks_no_more(house: House) -> None:
    ftp, client = made(house), owner(house)

    def questions() -> int:
        client.get(ftp)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(ftp).status_code == 200
        return len(asked)

    before, row = questions(), FtpUser.objects.get(name="jutta")
    FtpUser.objects.bulk_create(
        FtpUser(subscription=row.subscription, name=f"n{nth}", directory="web", hash="") for nth in range(30)
    )
    assert questions() == before
