"""The frame of pages: menu from the registry, light and dark, language, static files, and where forms may lead."""

from datetime import datetime
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format

from gasthof.kernel import registry
from gasthof.kernel.capability import Page
from gasthof.kernel.permissions import ANONYMOUS, Actor
from gasthof.ui import menu, statics
from gasthof.ui.menu import Place
from gasthof.ui.parts import Quota

pytestmark = pytest.mark.quick

PAGES = (
    Page("Domains", "ui:changes", "domains.write", "domain", "globe"),
    Page("Customers", "start", "accounts.manage", "house", "users"),
    Page("Prices", "account_login", "accounts.manage", "house", "receipt", section="money"),
)
BAKER, GARDENER = Actor("owner", 1), Actor("owner", 2)
PLACE = Place(owner=1, subscription="s000001", domain="xn--bckerei-mller-bfb28a.test")


@pytest.fixture(autouse=True)
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "pages", lambda level: [page for page in PAGES if page.level == level])
    grants = {"domains.write": frozenset({"operator", "owner"}), "accounts.manage": frozenset({"operator", "owner"})}
    monkeypatch.setattr(registry, "grants", lambda: grants)


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "localhost", "accept-language": "en"})


def test_the_menu_shows_what_the_actor_may_use() -> None:
    shown = menu.groups(Actor("operator"), PLACE, "/changes/xn--bckerei-mller-bfb28a.test/x")
    assert [(group.title, [entry.title for entry in group.entries]) for group in shown] == [
        ("House", ["Customers"]),
        ("Invoices & payments", ["Prices"]),
        ("bäckerei-müller.test", ["Domains"]),
    ]
    assert [entry.current for group in shown for entry in group.entries] == [False, False, True]
    assert [group.title for group in menu.groups(BAKER, PLACE, "/")] == ["bäckerei-müller.test"]
    assert menu.groups(GARDENER, PLACE, "/") == menu.groups(ANONYMOUS, PLACE, "/") == ()


def test_doors_are_of_one_level() -> None:
    assert [entry.icon for entry in menu.doors(BAKER, PLACE, "domain")] == ["globe"]
    assert menu.doors(BAKER, PLACE, "house") == menu.doors(BAKER, Place(owner=1), "domain") == ()


@pytest.mark.django_db
@pytest.mark.parametrize(("chosen", "kept"), [("dark", "dark"), ("light", "light"), ("", ""), ('"><script>', "")])
def test_the_look_is_kept(client: Client, chosen: str, kept: str) -> None:
    answer = client.post("/look", {"theme": chosen, "next": "/?x=1"})
    assert answer.status_code == 303 and answer.headers["location"] == "/?x=1"
    text = client.get("/sign-in/").content.decode()
    assert (f'data-theme="{kept}"' in text) == bool(kept) and "<script>" not in text
    assert not kept or 'aria-current="true"' in text


@pytest.mark.django_db
def test_the_language_is_kept(client: Client) -> None:
    """For whatever comes after it in this thread, the language is what it was."""
    with translation.override("en"):
        client.post("/language", {"language": "de"})
        assert '<html lang="de">' in client.get("/sign-in/").content.decode()
        client.post("/language", {"language": "fr"})
        assert '<html lang="de">' in client.get("/sign-in/").content.decode()


def test_cookies_are_for_this_panel_alone(client: Client) -> None:
    for path, fields in (("/look", {"theme": "dark"}), ("/language", {"language": "de"})):
        for cookie in client.post(path, fields).cookies.values():
            assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax", cookie.key


@pytest.mark.parametrize(
    "wanted", ["https://evil.test", "//evil.test", "/\\evil.test", "javascript:alert(1)", "evil", ""]
)
def test_a_switch_leads_nowhere_else(client: Client, wanted: str) -> None:
    assert client.post("/look", {"theme": "dark", "next": wanted}).headers["location"] == "/"


def test_a_switch_needs_the_pages_token() -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    assert client.post("/look", {"theme": "dark"}).status_code == 403


def test_every_sheet_and_script_is_there() -> None:
    assert all(finders.find(name) for name in (*statics.SHEETS, *statics.SCRIPTS, "ui/favicon.svg"))


def test_static_files_are_gathered_whole(tmp_path: Path) -> None:
    target = tmp_path / "static"
    count = statics.gather(target)
    (target / "left.txt").write_text("of an older version")
    assert statics.gather(target) == count > 5
    assert not (target / "left.txt").exists() and [path.name for path in tmp_path.iterdir()] == ["static"]
    storage = statics.HashedFiles(location=str(target))
    for name in (*statics.SHEETS, *statics.SCRIPTS):
        hashed = storage.url(name)
        assert hashed != f"/static/{name}" and (target / hashed.removeprefix("/static/")).exists()
        assert (target / name).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("used", "limit", "tone", "share"),
    [(0, 100, "", 0), (79, 100, "", 79), (80, 100, "warn", 80), (94, 100, "warn", 94), (95, 100, "bad", 95),
     (300, 100, "bad", 300), (1, 0, "bad", 100), (0, 0, "", None), (7, None, "", None)],
)  # fmt: skip
def test_a_quota_warns(used: int, limit: int | None, tone: str, share: int | None) -> None:
    quota = Quota(used, limit)
    assert (quota.tone, quota.share) == (tone, share) and 0 <= quota.drawn <= 100


@pytest.mark.parametrize(("language", "written"), [("de", "02.11.2026 14:05"), ("en", "2 Nov 2026, 14:05")])
def test_no_day_can_be_taken_for_a_month(language: str, written: str) -> None:
    with translation.override(language):
        assert date_format(datetime(2026, 11, 2, 14, 5), "SHORT_DATETIME_FORMAT") == written
