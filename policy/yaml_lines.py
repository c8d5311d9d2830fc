"""YAML that knows its lines, so that an error about a value can say where it stands.

A small dialect, without the surprises of YAML 1.1: only `true` and `false` are booleans (NO stays Norway),
dates and times stay text until a model reads them, and a key that stands twice is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import JsonValue, ValidationError

from domain.errors import BadInput, PolicyInvalid
from domain.value import Value

Place = tuple[str | int, ...]
"""Where a value stands: the keys and numbers that lead to it from the top."""

Model = TypeVar("Model", bound=Value)

_CODES = {"missing": "field-missing", "extra_forbidden": "field-unknown", "string_too_short": "field-empty"}
_MENDS = {
    "field-missing": "add it",
    "field-unknown": "take it out, or mend its spelling",
    "field-empty": "fill it in",
}
_MODEL_KEY = "[key]"  # how pydantic points at a mapping's key instead of its value


class _Loader(yaml.CSafeLoader):
    """The safe loader (in C: every command reads the policy) with the few implicit types of JSON."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - its base's shape


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+", "-0123456789"),
    ("null", r"null|~|", ["n", "~", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


class Document:
    """One YAML file: its data, and the line of every value in it."""

    def __init__(
        self, name: str, data: JsonValue, lines: Mapping[Place, int], invalid: type[BadInput]
    ) -> None:
        self.name = name
        self.data = data
        self._lines = lines
        self._invalid = invalid

    def line(self, place: Place) -> int:
        """The line of a value, or of the nearest thing around it that stands in the file."""
        while place not in self._lines:
            place = place[:-1]
        return self._lines[place]

    def error(self, code: str, mend: str, *place: str | int) -> BadInput:
        """The error about a value, which names file, line and field; for the caller to raise."""
        field = ".".join(str(part) for part in place) or "file"
        return self._invalid(code, mend, file=self.name, line=self.line(place), field=field)

    def read(self, model: type[Model]) -> Model:
        """The data as a value of the model.

        Strict as JSON is: a number in quotes is no number, `true` is no 1.

        Raises:
            BadInput: the first thing that does not fit, as the kind that the document was opened with.
        """
        try:
            return model.model_validate_json(json.dumps(self.data), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        code = _CODES.get(first["type"], first["type"] if "-" in first["type"] else "field-wrong")
        place = tuple(part for part in first["loc"] if part != _MODEL_KEY)
        raise self.error(code, _MENDS.get(code, first["msg"].lower()), *place)


def read_yaml(path: Path, invalid: type[BadInput] = PolicyInvalid) -> Document:
    """The YAML document of a file.

    Raises:
        BadInput: of the kind `invalid`; the file is missing, is not YAML, or has a key twice.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError:
        raise invalid("file-missing", "put it there", file=path.name, line=0, field="file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise invalid("not-yaml", "mend its syntax", file=path.name, line=line, field="file") from None
    lines: dict[Place, int] = {(): 1}
    document = Document(path.name, None, lines, invalid)
    if root is not None:
        document.data = _value(root, (), lines, document)
    return document


def _value(node: yaml.Node, place: Place, lines: dict[Place, int], document: Document) -> JsonValue:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return {
            key: _value(child, (*place, key), lines, document)
            for key, child in _pairs(node, place, lines, document)
        }
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*place, no), lines, document) for no, child in enumerate(node.value)]
    return _scalar(node, place, document)


def _pairs(
    node: yaml.MappingNode, place: Place, lines: dict[Place, int], document: Document
) -> Iterator[tuple[str, yaml.Node]]:
    for key_node, child in node.value:
        key = str(key_node.value)
        twice = (*place, key) in lines
        lines[*place, key] = key_node.start_mark.line + 1
        if twice:
            raise document.error("key-twice", "keep one of them", *place, key)
        yield key, child


def _scalar(node: yaml.Node, place: Place, document: Document) -> JsonValue:
    text = str(node.value)
    match node.tag.rpartition(":")[2]:
        case "str":
            return text
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "bool":
            return text == "true"
        case "null":
            return None
    raise document.error("tag-unknown", "write plain text, numbers, lists and mappings", *place)
