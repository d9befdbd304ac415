"""The parts of the OpenAPI document: which operation there is, what it takes and what it answers. English, as all of it."""

from collections.abc import Iterable
from http.client import responses
from typing import Any

from gasthof.api import once, schemas
from gasthof.kernel.actions import Action
from gasthof.kernel.collection import LARGEST_PAGE, LONGEST_SEARCH, Collection
from gasthof.prefix import DEFAULT_PORTS

Part = dict[str, Any]
ABOUT = """\
Everything that pages and the command line do, by the same verbs, under the same permissions.

A verb answers when its change is durable; nodes have it live a moment later: ask `/api/v1/changes` with the answer's `ticket`.
A verb's fields are those of `./gasthof run`. Numbers and switches may be given as text too, and objects by number or name.
Webhooks tell a server of yours what was done and what became of it, signed: `webhooks.add`; docs/webhooks.md has events and signatures.
Errors are `application/problem+json` (RFC 9457); every address answers 404 and 405 so, too.
"""
WRONG_ALWAYS = (400, 401, 403, 422, 429, 500, 503)
WRONG_OF_VERBS = (400, 401, 403, 409, 413, 415, 422, 429, 500, 503)
WRONG_OF_DOCUMENT = (401, 429, 500, 503)
SCOPE: dict[str, Part] = {
    "customer": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    "subscription": {"type": "string", "pattern": "^s?[0-9]{1,9}$"},
    "domain": {"type": "string", "maxLength": 253},
}
SCOPE_HELP = {
    "customer": "only what is this customer's (number)",
    "subscription": "only what belongs to this subscription (number or system name)",
    "domain": "only what belongs to this domain (U- or A-labels)",
}


def of_verb(action: Action) -> Part:
    body = {"required": True, "content": {"application/json": {"schema": schemas.of_fields(action.fields)}}}
    return {
        "requestBody": body,
        "parameters": [_key()],
        "responses": _answers("Outcome", "Done.", WRONG_OF_VERBS),
        "x-permission": action.permission,
    }


def of_list(collection: Collection) -> Part:
    found = _answers("Rows", "A page.", WRONG_ALWAYS)
    found[200]["headers"] = {"Link": {"schema": {"type": "string"}, "description": "The next page (RFC 8288)."}}
    return {
        "parameters": [
            _parameter("search", {"type": "string", "maxLength": LONGEST_SEARCH}, "what to look for"),
            _parameter("after", {"type": "string"}, "`after` of the page before"),
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE}, "rows of a page"),
            *(_parameter(name, SCOPE[name], SCOPE_HELP[name]) for name in SCOPE),
            *(_parameter(name, dict(each.schema), each.help) for name, each in collection.filters.items()),
        ],
        "responses": found,
        "x-permission": collection.permission,
    }


def of_changes() -> Part:
    ticket = _parameter("ticket", {"type": "string"}, "`ticket` of a verb's answer to this token, a day old at most")
    return {"parameters": [{**ticket, "required": True}], "responses": _answers("Progress", "So far.", WRONG_ALWAYS)}


def of_document() -> Part:
    said = {"application/json": {"schema": {"type": "object"}}}
    return {"responses": {200: {"description": "This document.", "content": said}, **_problems(WRONG_OF_DOCUMENT)}}


def finished(document: Part) -> Part:
    """With the components that operations refer to."""
    document["components"]["schemas"] = dict(schemas.COMPONENTS)
    document["servers"] = [
        {"url": f"https://localhost:{DEFAULT_PORTS['panel']}", "description": "The panel's own address."}
    ]
    return document


def _answers(component: str, words: str, wrong: Iterable[int]) -> dict[int, Part]:
    said = {"application/json": {"schema": {"$ref": f"#/components/schemas/{component}"}}}
    return {200: {"description": words, "content": said}, **_problems(wrong)}


def _problems(wrong: Iterable[int]) -> dict[int, Part]:
    said = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": responses[status], "content": said} for status in wrong}


def _parameter(name: str, schema: Part, words: str) -> Part:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": words}


def _key() -> Part:
    schema = {"type": "string", "minLength": 1, "maxLength": once.LONGEST, "pattern": "^[!-~]+$"}
    words = "The same key asks for the same once: within a day the answer is given again, and nothing is done again."
    return {"name": once.HEADER, "in": "header", "required": False, "schema": schema, "description": words}
