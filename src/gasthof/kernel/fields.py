"""A verb's fields, read off its function's signature: names, types, defaults, help."""

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from gasthof.kernel.permissions import Actor, Place
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import LONGEST_INPUT, Secret, plain_text


class Unchanged(Enum):
    """The default of a field that a verb leaves as it is when it was not given."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED
YES, NO = {"1", "yes", "true", "on", "ja"}, {"0", "no", "false", "off", "nein"}


@dataclass(frozen=True)
class Reference:
    """An object named by its reader: `find` knows numbers and names, and sees only what the actor may know."""

    noun: str
    find: Callable[[Actor, str], Any]  # -> the row, or None: there is none, or not for this actor
    place: Callable[[Any], Place | None]  # where it stands; None: it is nobody's
    help: str  # how it can be named


@dataclass(frozen=True)
class Between:
    """Limits of a whole number, both included."""

    lowest: int
    highest: int


Shape = Literal["text", "texts", "pairs", "number", "switch"]  # as a program gives it; "texts": one or several


@dataclass(frozen=True)
class Field:
    name: str
    kind: str  # "DomainName", "Subscription", "bool", ...
    parse: Callable[[object], Any]  # raises Refused
    required: bool
    help: str
    reference: Reference | None = None
    secret: bool = False
    choices: tuple[str, ...] = ()
    shape: Shape = "text"
    optional: bool = False  # may be empty: none
    between: Between | None = None
    longest: int | None = None  # characters


def fields_of(function: Callable[..., Any]) -> tuple[Field, ...]:
    """Every keyword of the function but its first argument, the call. TypeError for a type that cannot be parsed."""
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return tuple(_field(each, hints[each.name]) for each in parameters)


def _field(parameter: inspect.Parameter, hint: Any) -> Field:
    hint, notes, optional = _unwrap(hint)
    reference = next((note for note in notes if isinstance(note, Reference)), None)
    help_text = next((note for note in notes if isinstance(note, str)), reference.help if reference else "")
    between = next((note for note in notes if isinstance(note, Between)), None)
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    parse = _name_of_object if reference else _parser(hint, between, choices)
    return Field(
        name=parameter.name,
        kind=reference.noun if reference else "choice" if choices else hint.__name__,
        parse=(lambda raw: None if raw in (None, "") else parse(raw)) if optional else parse,
        required=parameter.default is inspect.Parameter.empty,
        help=help_text,
        reference=reference,
        secret=isinstance(hint, type) and issubclass(hint, Secret),
        choices=choices,
        shape=_shape(hint),
        optional=optional,
        between=between,
        longest=getattr(hint, "maximum", None),
    )


def _shape(hint: Any) -> Shape:
    if hint in (bool, int):
        return "switch" if hint is bool else "number"
    many: tuple[tuple[type, Shape], ...] = ((tuple, "texts"), (dict, "pairs"))
    return next((shape for kind, shape in many if isinstance(hint, type) and issubclass(hint, kind)), "text")


def _unwrap(hint: Any) -> tuple[Any, tuple[Any, ...], bool]:
    """The bare type, all annotations around it, and whether None is one of its values."""
    notes: tuple[Any, ...] = ()
    optional = False
    while True:
        if get_origin(hint) is Annotated:
            hint, *more = get_args(hint)
            notes = (*more, *notes)
        elif get_origin(hint) in (Union, types.UnionType):
            optional = type(None) in get_args(hint)
            hint = next(each for each in get_args(hint) if each not in (type(None), Unchanged))
        else:
            return hint, notes, optional


def _parser(hint: Any, between: Between | None, choices: tuple[str, ...]) -> Callable[[object], Any]:
    if choices:
        return lambda raw: _choice(raw, choices)
    if hint is bool:
        return switch
    if hint is int and between:
        return lambda raw: _number(raw, between)
    parse: Callable[[object], Any] | None = getattr(hint, "parse", None)
    if parse is None:
        raise TypeError(f"no way to parse {hint}")
    return parse


def _name_of_object(raw: object) -> str:
    text = plain_text(str(raw) if isinstance(raw, int) else raw).strip()
    if not text:
        raise Refused("This must not be empty.")
    if len(text) > LONGEST_INPUT:
        raise Refused("This is too long.")
    return text


def _choice(raw: object, choices: tuple[str, ...]) -> str:
    if not isinstance(raw, str) or raw not in choices:
        raise Refused("One of these is needed: %(choices)s.", choices=", ".join(choices))
    return raw


def switch(raw: object) -> bool:
    """Yes or no, as programs and people say it. Raises Refused."""
    if isinstance(raw, bool):
        return raw
    text = raw.strip().lower() if isinstance(raw, str) and len(raw) < 10 else ""
    if text not in YES | NO:
        raise Refused("“yes” or “no” is needed.")
    return text in YES


def _number(raw: object, between: Between) -> int:
    text = str(raw).strip() if isinstance(raw, int | str) and not isinstance(raw, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 10) or not between.lowest <= int(text) <= between.highest:
        raise Refused(
            "A number from %(lowest)d to %(highest)d is needed.", lowest=between.lowest, highest=between.highest
        )
    return int(text)
