"""`docs/datamap.schema.json` takes every map of ours, and refuses what the reader refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "datamap.schema.json").read_text("utf-8"))
MAPS = sorted(
    [
        *ROOT.glob("demo/*.map.yaml"),
        *ROOT.glob("tests/connectors/*.map.yaml"),
        *ROOT.glob("tests/testbeds/maps/*.yaml"),
    ]
)


def mistakes(datamap: dict[str, Any]) -> list[str]:
    return [error.json_path for error in Draft202012Validator(SCHEMA).iter_errors(datamap)]


@pytest.mark.parametrize("file", MAPS, ids=lambda file: file.name)
def test_every_map_fits_the_schema(file: Path) -> None:
    assert mistakes(yaml.safe_load(file.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        ("on_erase", "burn"),
        ("unit", "accounts"),
        ("paths", [{"mentions": ["shoe"], "column": "x"}]),
        ("colour", "red"),
    ],
)
def test_a_mistake_is_found_where_it_stands(where: str, wrong: Any) -> None:
    datamap = yaml.safe_load((ROOT / "tests/connectors/club.map.yaml").read_text("utf-8"))
    datamap["tables"]["notes"][where] = wrong
    (found,) = mistakes(datamap)
    assert found.startswith("$.tables.notes")
