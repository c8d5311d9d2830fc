"""Columns that no law needs where a row must be kept (`held: erase`), and what becomes of them."""

from __future__ import annotations

from typing import Any

from connectors.datamap import Change, TableMap
from connectors.sql_model import Model
from connectors.sql_values import fitting


def unneeded(model: Model, table: TableMap) -> dict[str, Any]:
    """By column the value that it takes: nothing, or what the map fixes where it may not be empty.

    Raises:
        Unfit: the column does not take the fixed value; the map is refused for it before anything is read.
    """
    live = model.catalogue.tables[table.name].c
    return {
        column.name: fitting(live[column.name], column.rule.value)
        if column.rule and column.rule.change is Change.FIXED
        else None
        for column in table.columns.values()
        if not column.held_keeps
    }
