"""Verbs, outcomes and refusals as a terminal shows them."""

import json
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any
from unicodedata import category

from django.utils.translation import gettext

from gasthof.kernel.actions import Action, Outcome
from gasthof.kernel.capability import Waited
from gasthof.kernel.fields import Field
from gasthof.kernel.refusal import FieldError


def table(rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two spaces apart; the last one runs free."""
    lines = [[_visible(cell) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]) - 1)] if lines else []
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=False)] + line[-1:] for line in lines)
    return "".join("  ".join(cells).rstrip() + "\n" for cells in padded)


def _visible(text: str) -> str:
    """Nothing that a terminal would obey. A space that may not be broken at is a space."""
    shown = (" " if category(each) == "Zs" else each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)
    return "".join(shown)


def verbs(listed: Iterable[Action]) -> str:
    return "\n".join(_verb(each) for each in listed)


def _verb(each: Action) -> str:
    rows = [(f"  {field.name}", _kind(field), gettext(field.help) if field.help else "") for field in each.fields]
    return f"{each.verb}  {gettext(each.help)}\n{table(rows)}"


def _kind(field: Field) -> str:
    kind = "|".join(field.choices) or field.kind
    return kind if field.required else f"[{kind}]"


def verbs_as_json(listed: Iterable[Action]) -> str:
    return json.dumps([_verb_as_data(each) for each in listed], ensure_ascii=False, indent=1) + "\n"


def _verb_as_data(each: Action) -> dict[str, Any]:
    fields = [
        {
            "name": field.name,
            "kind": field.kind,
            "required": field.required,
            "secret": field.secret,
            "choices": list(field.choices),
            "help": gettext(field.help) if field.help else "",
        }
        for field in each.fields
    ]
    return {
        "verb": each.verb,
        "help": gettext(each.help),
        "permission": each.permission,
        "on": each.on,
        "fields": fields,
    }


def unknown_verb(given: str | None, known: Sequence[str]) -> str:
    if given is None:
        return gettext("Which verb? “run --list” shows them all.")
    near = get_close_matches(given, known, 3, 0.4)
    sentence = gettext("There is no verb “%(verb)s”.") % {"verb": _visible(given[:60])}
    return f"{sentence} {gettext('Near it:')} {', '.join(near)}" if near else sentence


def outcome(done: Outcome, waited: Iterable[Waited]) -> str:
    rows = [row for name, value in done.result.items() for row in _rows(name, value)]
    return table(rows) + table((_state(each), each.kind, each.key, each.words) for each in waited)


def _state(waited: Waited) -> str:
    names = {"live": gettext("in effect"), "failed": gettext("failed"), "drift": gettext("repaired")}
    return names.get(waited.state, gettext("waiting"))


def _rows(name: str, value: object) -> list[tuple[str, str]]:
    """A line for each of several things that have fields of their own."""
    if isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
        return [("" if place else name, _cell(item)) for place, item in enumerate(value)]
    return [(name, _cell(value, name))]


def _cell(value: object, name: str = "") -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, dict):
        return ", ".join(f"{inner}={_cell(item, inner)}" for inner, item in value.items()) or "–"
    if isinstance(value, list | tuple):
        between = "; " if any(isinstance(item, dict) for item in value) else ", "
        return between.join(_cell(item) for item in value) or "–"
    if value is None:
        return "–"
    return _states().get(str(value), str(value)) if name == "state" else str(value)


def _states() -> dict[str, str]:
    """What verbs answer in a field `state`, which stays English in JSON."""
    return {
        "active": gettext("active"),
        "suspended": gettext("suspended"),
        "deleted": gettext("deleted"),
        "pending": gettext("waiting"),
        "complete": gettext("complete"),
        "failed": gettext("failed"),
        "served": gettext("served"),
        "off": gettext("switched off"),
        "hidden": gettext("hidden by other records"),
    }


def errors(refused: Iterable[FieldError]) -> str:
    return table((error.field or "–", error.message) for error in refused)
