"""The whole dossier as one JSON file for programs, in the form of `schema/dossier.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from domain.item import Label, Record, Table
from domain.third_persons import CODE
from policy.model import Policy

FORMAT, VERSION = "sitthi-dossier", 1
SCHEMA = Path(__file__).parent / "schema" / "dossier.schema.json"


def opening(
    about: Mapping[str, str],
    tables: Sequence[Table],
    policy: Policy,
    holds: Sequence[Mapping[str, str]] = (),
) -> bytes:
    """Everything before the first record: who, what, why, on which basis, and which holds bind it."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        **about,
        "controller": {
            "name": policy.company.name.model_dump(),
            "address": policy.company.address.model_dump(),
            "officer": policy.company.officer.model_dump(),
        },
        "tables": [_table(table, policy) for table in tables],
        "holds": list(holds),
    }
    return json.dumps(head, ensure_ascii=False).encode()[:-1] + b',"records":[\n'


def record(one: Record) -> bytes:
    """One record; text is kept exactly, save halves of surrogates, which no JSON may hold."""
    entry: dict[str, Any] = {"system": one.system, "table": one.table, "no": one.no, "values": one.values}
    if one.withheld:
        entry["withheld"] = one.withheld
    if redacted := {file.path: blackened(file.redacted) for file in one.files if file.redacted}:
        entry["redacted"] = redacted
    try:
        return to_json(entry)
    except PydanticSerializationError:
        return to_json(_whole(entry))


def blackened(regions: int) -> dict[str, str | int]:
    """What is told of a file in which so many regions were blackened."""
    return {"code": CODE, "regions": regions}


def closing(counts: Mapping[tuple[str, str], int]) -> bytes:
    """Everything after the last record: how many there are of each table."""
    told = [{"system": system, "table": table, "records": count} for (system, table), count in counts.items()]
    return b'\n],"counts":' + json.dumps(told, ensure_ascii=False).encode() + b"}\n"


def _table(table: Table, policy: Policy) -> dict[str, Any]:
    unit = policy.units.get(table.unit)
    told: dict[str, Any] = {
        "system": table.system,
        "name": table.name,
        "label": _both(table.label),
        "unit": table.unit,
        "role": table.role,
        "basis": table.basis,
        "source": _both(table.source),
        "columns": [{"name": column.name, "label": _both(column.label)} for column in table.columns],
    }
    if unit is not None:
        told["purpose"], told["retention"] = _both(unit.purpose), _both(unit.retention)
        if unit.proposed:
            told["proposed"] = True
        told["recipients"] = [
            {"name": recipient.name, "countries": list(recipient.countries)}
            for recipient in (policy.recipients[code] for code in unit.recipients)
        ]
    return told


def _both(label: Label) -> dict[str, str]:
    return {"th": label.th, "en": label.en}


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {str(_whole(key)): _whole(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_whole(part) for part in value]
    return value
