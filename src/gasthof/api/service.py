"""The API itself: an operation for each verb and each list, made from the kernel's registries."""

import json
from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from gasthof.api import document, views
from gasthof.api.asking import Token, signed_in
from gasthof.api.problems import of_exception
from gasthof.kernel.actions import actions
from gasthof.kernel.collection import collections

PATH = "api/v1/"
Routes = tuple[list[URLPattern], str, str]


@cache
def service() -> NinjaAPI:
    made = NinjaAPI(
        title="Gasthof", version="1", description=document.ABOUT, auth=Token(), urls_namespace="api", openapi_url=None,
        docs_url=None,
    )  # fmt: skip
    for kind in (Exception, HttpError, ValidationError, Http404):  # ninja's own for the last three would go first
        made.add_exception_handler(kind, of_exception)
    _add_verbs(made)
    _add_lists(made)
    _add(
        made, "/changes", "GET", views.of_changes, "changes", "See how far a verb's changes are.", document.of_changes()
    )
    _add(
        made, "/openapi.json", "GET", openapi, "openapi", "This document.", document.of_document(), auth=[Token(), signed_in],
    )  # fmt: skip
    return made


def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(described(), content_type="application/json")


@cache
def described() -> str:
    """The OpenAPI document."""
    return json.dumps(document.finished(service().get_openapi_schema(path_prefix=PATH)), ensure_ascii=False, indent=1)


def routes() -> Routes:
    """For Django. Tokens let in here, not sessions: LoginRequiredMiddleware has no say."""
    made, app, namespace = service().urls
    patterns = [
        each for each in made if isinstance(each, URLPattern) and each.name != "api-root"
    ]  # which leads nowhere
    for pattern in patterns:
        pattern.callback.login_required = False  # type: ignore[attr-defined]
    return patterns, app, namespace


def _add_verbs(made: NinjaAPI) -> None:
    for verb, action in actions().items():
        _add(made, f"/verbs/{verb}", "POST", views.of_verb(verb), verb, action.help, document.of_verb(action))


def _add_lists(made: NinjaAPI) -> None:
    for name, collection in collections().items():
        view = views.of_list(name)
        _add(made, f"/{name}", "GET", view, collection.verb, collection.help, document.of_list(collection))


def _add(
    made: NinjaAPI, path: str, method: str, view: views.View, name: str, words: str, extra: document.Part, **more: Any
) -> None:
    tags = [name.partition(".")[0]]
    made.api_operation([method], path, operation_id=name, summary=words, tags=tags, openapi_extra=extra, **more)(view)
