"""Fields of verbs as JSON Schema (2020-12, as OpenAPI 3.1 has it)."""

from collections.abc import Iterable
from typing import Any

from gasthof.kernel.fields import Field

Schema = dict[str, Any]
ONE_LINE: Schema = {"type": "string"}
SHAPES: dict[str, Schema] = {
    "text": ONE_LINE,
    "texts": {"oneOf": [ONE_LINE, {"type": "array", "items": ONE_LINE}]},
    "pairs": {"oneOf": [ONE_LINE, {"type": "object", "additionalProperties": ONE_LINE}]},
    "number": {"type": "integer"},
    "switch": {"type": "boolean"},
}


def of_fields(fields: Iterable[Field]) -> Schema:
    listed = list(fields)
    found: Schema = {"type": "object", "additionalProperties": False}
    found["properties"] = {field.name: of_field(field) for field in listed}
    required = [field.name for field in listed if field.required]
    return {**found, "required": required} if required else found


def of_field(field: Field) -> Schema:
    found = {**SHAPES[field.shape], "description": field.help}
    if field.choices:
        found["enum"] = [*field.choices, *([None] if field.optional else [])]
    if field.reference:
        found["type"] = ["string", "integer"]
    if field.between:
        found |= {"minimum": field.between.lowest, "maximum": field.between.highest}
    if field.longest and field.shape == "text":
        found["maxLength"] = field.longest
    if field.secret:
        found |= {"writeOnly": True, "format": "password"}
    return _or_none(found) if field.optional else found


def _or_none(schema: Schema) -> Schema:
    if "oneOf" in schema:
        return {**schema, "oneOf": [*schema["oneOf"], {"type": "null"}]}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*kinds, "null"]}


TEXT_OR_NONE: Schema = {"type": ["string", "null"]}
CHANGE: Schema = {
    "type": "object",
    "description": "What a node was told about one object.",
    "required": ["node", "kind", "key", "revision"],
    "properties": {
        "node": {"type": "integer"},
        "kind": {"type": "string", "examples": ["web.site"]},
        "key": {"type": "string"},
        "revision": {"type": "integer"},
    },
}
FOLLOWED: Schema = {
    **CHANGE,
    "description": "How far a change is on its node.",
    "required": [*CHANGE["required"], "state", "words"],
    "properties": {
        **CHANGE["properties"],
        "state": {"type": "string", "enum": ["pending", "live", "failed"]},
        "words": {"type": "string", "description": "What the node or its daemon said."},
    },
}
OUTCOME: Schema = {
    "type": "object",
    "required": ["verb", "result", "told", "ticket"],
    "properties": {
        "verb": {"type": "string"},
        "result": {"type": "object", "description": "What the verb tells."},
        "told": {"type": "array", "items": {"$ref": "#/components/schemas/Change"}},
        "ticket": {
            **TEXT_OR_NONE,
            "description": "Asks /api/v1/changes how far the changes are; null: there are none.",
        },
    },
}
PROGRESS: Schema = {
    "type": "object",
    "required": ["state", "items"],
    "properties": {
        "state": {"type": "string", "enum": ["pending", "live", "failed"], "description": "The worst of all."},
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Followed"}},
    },
}
ROWS: Schema = {
    "type": "object",
    "required": ["items", "after"],
    "properties": {
        "items": {"type": "array", "items": {"type": "object"}},
        "after": {**TEXT_OR_NONE, "description": "Where the next page begins; null: there is none."},
    },
}
PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "In the language of Accept-Language, else of the token's person."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string", "description": "Empty: it is about the whole."},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
COMPONENTS: dict[str, Schema] = {
    "Outcome": OUTCOME, "Change": CHANGE, "Followed": FOLLOWED, "Progress": PROGRESS, "Rows": ROWS, "Problem": PROBLEM,
}  # fmt: skip
