"""What is held of a person in the fields that they may ask to correct, read from the systems of record (ss.35-36)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from activities.tools import Tools
from domain.connector import Capability, Connector, RecordKeeper
from domain.errors import Refused, Unavailable
from domain.item import Item, Role

MOST = 10
"""Values of one field that are shown: somebody may have several addresses, nobody hundreds."""


def recorded_fields(tools: Tools) -> tuple[str, ...]:
    """The fields that some system of record keeps, by name."""
    found = {field for one in tools.connectors.values() for field in _recorded(one)}
    return tuple(sorted(found))


def held_in_record(tools: Tools, case: str) -> tuple[dict[str, tuple[str, ...]], bool]:
    """What stands now in each such field of the person's located records, and whether every system could be read.

    Nothing of a record that may be another's. Raises `KeyShredded`.
    """
    held: dict[str, list[str]] = {}
    whole = True
    for manifest in tools.findings.manifests(case):
        connector = tools.connectors.get(manifest.system)
        if connector is None or Capability.COPY not in connector.capabilities:
            continue
        places = _recorded(connector)
        tables = {table for table, _ in places.values()}
        if not tables:
            continue
        try:
            for field, value in _values(tools, case, manifest.manifest, connector, places):
                known = held.setdefault(field, [])
                if value not in known and len(known) < MOST:
                    known.append(value)
        except (Unavailable, Refused):
            whole = False
    return {field: tuple(values) for field, values in held.items()}, whole


def _values(
    tools: Tools, case: str, manifest: str, connector: Connector, places: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    tables = {table for table, _ in places.values()}
    with tools.files.read(case, manifest) as lines:
        items = _theirs((Item.model_validate_json(line) for line in lines), tables)
        for record in connector.copy(items):
            for field, (table, column) in places.items():
                value = record.values.get(column)
                if record.table == table and value is not None and str(value).strip():
                    yield field, str(value)


def _theirs(items: Iterable[Item], tables: set[str]) -> Iterator[Item]:
    for item in items:
        found = item.found
        surely = found.role is Role.CONTROLLER and not found.unsure
        if found.table in tables and surely:
            yield item


def _recorded(connector: Connector) -> Mapping[str, tuple[str, str]]:
    return connector.recorded() if isinstance(connector, RecordKeeper) else {}
