"""How much of a live schema a data map classifies: every table and column of it, whatever the map says of them."""

from __future__ import annotations

from fnmatch import fnmatchcase

from connectors.datamap import DataMap
from connectors.sql_schema import Catalogue
from domain.connector import Coverage


def coverage(found: DataMap, catalogue: Catalogue) -> Coverage:
    """Of all live tables, parts of others left out: those that are described, or named as not personal, with their columns."""
    tables = columns = tables_mapped = columns_mapped = 0
    for name in catalogue.live & catalogue.tables.keys():
        live = [column.name for column in catalogue.tables[name].columns]
        tables, columns = tables + 1, columns + len(live)
        if name in found.tables:
            tables_mapped += 1
            columns_mapped += sum(one in found.tables[name].columns for one in live)
        elif any(fnmatchcase(name, pattern) for pattern in found.not_personal):
            tables_mapped, columns_mapped = tables_mapped + 1, columns_mapped + len(live)
    return Coverage(
        tables=tables, tables_mapped=tables_mapped, columns=columns, columns_mapped=columns_mapped
    )
