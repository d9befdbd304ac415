"""From fields as they came to typed arguments, with every error at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext

from gasthof.kernel.fields import Field
from gasthof.kernel.permissions import Actor, reaches
from gasthof.kernel.refusal import ActionRefused, FieldError, Refused


def tell(refusal: Refused, field: str = "") -> FieldError:
    """In the language that is active."""
    name = refusal.field or field
    return FieldError(f"{name}.{refusal.part}" if refusal.part else name, in_words(refusal))


def in_words(refusal: Refused) -> str:
    """In the language that is active. A value may be a refusal itself: what is wrong in a place that the outer one names."""
    values = {name: in_words(each) if isinstance(each, Refused) else each for name, each in refusal.values.items()}
    sentence = gettext(refusal.sentence)
    return sentence % values if values else sentence


def parse(fields: Iterable[Field], actor: Actor, given: Mapping[str, object]) -> dict[str, Any]:
    """Arguments by name, objects looked up; fields that were not given are left out. Raises ActionRefused."""
    known = {field.name: field for field in fields}
    arguments, errors = _typed(known, given)
    if errors:
        raise ActionRefused(tuple(errors))
    return arguments | _objects(known, actor, arguments)


def faults(fields: Iterable[Field], given: Mapping[str, object]) -> list[FieldError]:
    """What the fields' grammars alone find wrong; no object is looked up."""
    return _typed({field.name: field for field in fields}, given)[1]


def _typed(known: Mapping[str, Field], given: Mapping[str, object]) -> tuple[dict[str, Any], list[FieldError]]:
    errors = [tell(Refused("There is no such field.").at(name[:80])) for name in given if name not in known]
    arguments: dict[str, Any] = {}
    for name, field in known.items():
        if name not in given:
            errors += [tell(Refused("This field is needed."), name)] if field.required else []
            continue
        try:
            arguments[name] = field.parse(given[name])
        except Refused as refusal:
            errors.append(tell(refusal, name))
    return arguments, errors


def _objects(known: Mapping[str, Field], actor: Actor, arguments: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, text in arguments.items():
        reference = known[name].reference
        if reference is None or text is None:
            continue
        row = reference.find(actor, text)
        if row is None or not reaches(actor, reference.place(row)):
            errors.append(tell(Refused("There is no such object."), name))
        found[name] = row
    if errors:
        raise ActionRefused(tuple(errors))
    return found
