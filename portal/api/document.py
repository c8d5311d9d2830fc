"""The document: OpenAPI 3.1, made of the table of operations and of the values that they read and write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic.json_schema import models_json_schema

from portal.api.operations import ALWAYS, AWAY, MEANS, NO_TOKEN, TOO_OFTEN, UNKNOWN, Named, Operation
from portal.api.shapes import KEY, Failure, Shape

VERSION = "1"

Json = dict[str, Any]

_ABOUT = """\
For programs of the company's own. Nothing that is answered is personal data, and nothing here decides a case: that is the
word of two members of staff, who sign in for it. Every refusal has one shape; codes keep their meaning."""


def document(operations: Sequence[Operation]) -> Json:
    """The whole of it, for whoever reads it at that address."""
    paths: dict[str, Json] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sitthi", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(operations),
            "headers": {
                "RetryAfter": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
                "Challenge": {"description": "What to bring.", "schema": {"type": "string"}},
            },
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A service token: `token add` makes one, for the scopes that it needs.",
                }
            },
        },
    }


def _schemas(operations: Iterable[Operation]) -> Json:
    wanted: list[tuple[type[Shape], Literal["validation", "serialization"]]] = [(Failure, "serialization")]
    for one in operations:
        wanted += [(one.body, "validation")] if one.body else []
        wanted += [(one.answers, "serialization")] if one.answers else []
    _, made = models_json_schema(list(dict.fromkeys(wanted)), ref_template="#/components/schemas/{model}")
    found: Json = made["$defs"]
    return found


def _operation(one: Operation) -> Json:
    told: Json = {
        "operationId": one.id,
        "summary": one.summary,
        "description": f"{one.about}\n\nScope: {' or '.join(f'`{scope}`' for scope in one.scopes)}.",
        "security": [{"token": []}],
        "responses": {str(one.status): _answer(one), **{str(s): _refusal(s) for s in _refuses(one)}},
    }
    if parameters := [*map(_named, one.named), *_query(one), *([_KEYED] if one.keyed else [])]:
        told["parameters"] = parameters
    if one.body:
        told["requestBody"] = {"required": True, "content": _json(_ref(one.body))}
    return told


def _refuses(one: Operation) -> list[int]:
    return sorted({*ALWAYS, *one.refuses, *([UNKNOWN] if one.named else [])})


def _answer(one: Operation) -> Json:
    if one.answers is None:
        return {"description": "Done."}
    told: Json = {"description": _first(one.answers), "content": _json(_ref(one.answers))}
    if one.keyed:
        told["headers"] = {"Location": {"description": "Where it stands.", "schema": {"type": "string"}}}
    return told


def _refusal(status: int) -> Json:
    told: Json = {"description": MEANS[status], "content": _json(_ref(Failure))}
    if status in {TOO_OFTEN, AWAY}:
        told["headers"] = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    if status == NO_TOKEN:
        told["headers"] = {"WWW-Authenticate": {"$ref": "#/components/headers/Challenge"}}
    return told


def _named(part: Named) -> Json:
    schema = {"type": "string", "pattern": part.pattern, "examples": [part.example]}
    return {"name": part.name, "in": "path", "required": True, "description": part.about, "schema": schema}


def _query(one: Operation) -> list[Json]:
    if one.query is None:
        return []
    schema = one.query.model_json_schema()
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": field.pop("description", "") or "As the answer tells it.",
            "schema": _present(_inlined(field, schema.get("$defs", {}))),
        }
        for name, field in schema["properties"].items()
    ]


def _inlined(field: Json, defined: Json) -> Json:
    """Schemas of parameters stand by themselves: only bodies are among the components."""
    if "$ref" in field:
        return {k: v for k, v in defined[field["$ref"].rpartition("/")[2]].items() if k != "title"}
    return {
        key: [_inlined(each, defined) for each in value] if key == "anyOf" else value
        for key, value in field.items()
    }


def _present(schema: Json) -> Json:
    """A parameter that is left out is left out: it is never null."""
    if "anyOf" not in schema:
        return schema
    [kind] = [each for each in schema["anyOf"] if each.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    return {**kind, **rest}


_KEYED: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body again is the same request, for good; with another body it is refused.",
    "schema": {"type": "string", "pattern": KEY, "examples": ["7a0f8c1e-front-4711"]},
}


def _ref(shape: type[Shape]) -> Json:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _first(shape: type[Shape]) -> str:
    return re.split(r"(?<=\.)\s", shape.__doc__ or "")[0]
