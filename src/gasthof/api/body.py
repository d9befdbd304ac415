"""What a program sends: one JSON object (RFC 8259), read more strictly than json does."""

import json
from collections.abc import Iterable
from email.message import Message
from typing import Any

from django.http import HttpRequest

from gasthof.api.problems import Problem

LARGEST = 1_000_000  # bytes: above the longest set of records
DEEPEST = 4


def read(request: HttpRequest) -> dict[str, object]:
    """The fields. Raises Problem."""
    _check_type(request.headers.get("Content-Type", ""))
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        raise Problem(400) from None
    if length > LARGEST:
        raise Problem(413)
    return parse(request.body)


def parse(body: bytes) -> dict[str, object]:
    """Each name once, no NaN, no half of a character, nothing nested deeper than any field is."""
    try:
        given = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Problem(400) from None
    if not isinstance(given, dict) or not _sound(given, DEEPEST):
        raise Problem(400)
    return given


def _check_type(header: str) -> None:
    told = Message()
    told["Content-Type"] = header
    if told.get_content_type() != "application/json" or told.get_content_charset("utf-8") != "utf-8":
        raise Problem(415)


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    listed = list(pairs)
    found = dict(listed)
    if len(found) != len(listed):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _sound(value: object, depth: int) -> bool:
    if isinstance(value, str):
        return not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, dict):
        return depth > 0 and all(_sound(name, 0) and _sound(item, depth - 1) for name, item in value.items())
    if isinstance(value, list):
        return depth > 0 and all(_sound(item, depth - 1) for item in value)
    return True
