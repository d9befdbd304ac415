"""What is shown when something goes wrong: in the panel's style and the reader's language, telling nothing, asking no database."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client, override_settings

from gasthof.panel import headers

PAGES = {
    "400": ("/suspicious", 400, "Bad request", "Ungültige Anfrage"),
    "403": ("/denied", 403, "No access", "Kein Zugriff"),
    "404": ("/nothing", 404, "Not found", "Nicht gefunden"),
    "500": ("/broken", 500, "Error", "Fehler"),
    "csrf": ("/form", 403, "Form not accepted", "Formular nicht angenommen"),
}


@pytest.fixture
def client() -> Iterator[Client]:
    with override_settings(ROOT_URLCONF="gasthof.panel.tests.faults"):
        yield Client(enforce_csrf_checks=True, raise_request_exception=False, headers={"host": "localhost"})


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("page", PAGES)
def test_failures_are_pages_of_ours(client: Client, page: str, language: str) -> None:
    """Without the mark django_db any query would raise."""
    path, status, english, german = PAGES[page]
    ask = client.post if page == "csrf" else client.get
    answer = ask(path, headers={"accept-language": language})
    text = answer.content.decode()
    assert answer.status_code == status
    assert f'<html lang="{language}">' in text and f"<h1>{german if language == 'de' else english}</h1>" in text
    assert 'href="/static/ui/shell.css"' in text and "Gasthof" in text
    assert "secret" not in text and "Django" not in text and not re.search(r"<style|<script|\sstyle=|https?://", text)
    assert answer.headers["Content-Security-Policy"] == headers.POLICY


@pytest.mark.parametrize("path", ["/", "/form"])
def test_a_form_of_another_origin_is_refused_in_our_words(client: Client, path: str) -> None:
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    answer = client.post(path, {"csrfmiddlewaretoken": "b" * 32}, headers={"accept-language": "de"})
    assert answer.status_code == 403 and "Es wurde nichts geändert" in answer.content.decode()


def test_a_form_with_its_token_is_taken(client: Client) -> None:
    """Or the test above would prove nothing."""
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    assert client.post("/form", {"csrfmiddlewaretoken": "a" * 32}).content == b"taken"


@pytest.mark.parametrize(("language", "words"), [("de", "Ungültige Anfrage"), ("en", "Bad request")])
def test_a_host_that_is_none_of_ours_is_told_so(client: Client, language: str, words: str) -> None:
    answer = client.get("/", headers={"host": "evil.test", "accept-language": language})
    assert answer.status_code == 400 and words in answer.content.decode()
