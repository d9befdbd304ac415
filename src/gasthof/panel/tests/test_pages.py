"""The pages that need no sign-in, through Django's own client."""

import re
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client

from gasthof.panel import headers

PANEL = Path(__file__).parent.parent


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "localhost"})


def test_strangers_are_sent_to_the_way_in(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 302 and answer["Location"] == "/sign-in/?next=/"


@pytest.mark.parametrize("path", ["/", "/nix"])
def test_every_answer_has_the_strict_headers(client: Client, path: str) -> None:
    answer = client.get(path)
    for name, value in headers.HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sign-in/", "/nix"])
def test_pages_hold_no_inline_style_or_script(client: Client, path: str) -> None:
    text = client.get(path).content.decode()
    assert not re.search(r"<style|<script(?! src=\"/static/)|<script[^>]*>[^<]|\sstyle=|\son\w+=|https?://", text)


@pytest.mark.parametrize(("language", "words"), [("de", "Unter dieser Adresse"), ("en", "There is no page")])
@pytest.mark.parametrize("path", ["/admin", "/start", "/health/x", "/grüße"])
def test_elsewhere_is_nothing(client: Client, path: str, language: str, words: str) -> None:
    answer = client.get(path, headers={"accept-language": language})
    assert answer.status_code == 404 and words in answer.content.decode()
    assert path not in answer.content.decode()


@pytest.mark.parametrize("path", ["/health"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_pages_are_only_read(client: Client, path: str, method: str) -> None:
    assert getattr(client, method)(path).status_code == 405


def test_another_host_is_refused() -> None:
    assert Client(headers={"host": "evil.test"}).get("/").status_code == 400


@pytest.mark.django_db
def test_health_tells_that_the_database_answers(client: Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"database": True})


@pytest.mark.django_db
def test_health_tells_that_it_does_not(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wrapper = connections["default"].copy()
    wrapper.settings_dict = wrapper.settings_dict | {"HOST": str(tmp_path)}  # nobody listens here
    monkeypatch.setattr("gasthof.panel.views.connection", wrapper)
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"database": False})


def test_the_resting_page_keeps_to_the_same_rules() -> None:
    text = (PANEL / "static" / "resting.html").read_text("utf-8")
    assert 'lang="en"' in text and 'lang="de"' in text
    assert not re.search(r"<style|<script|\sstyle=|https?://", text)


def test_the_style_knows_light_and_dark() -> None:
    texts = [path.read_text("utf-8") for path in (PANEL.parent / "ui" / "static" / "ui").glob("*.css")]
    assert any("color-scheme: light dark" in text and "light-dark(" in text for text in texts)
    assert not any("url(" in text or "@import" in text for text in texts)
