"""A data map held against the policy: no table may stand on another lawful basis than its data unit (s.23(1), s.39)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from connectors.datamap import DataMap, TableMap
from domain.item import Basis, Role


def check_bases(found: DataMap, bases: Mapping[str, Collection[Basis]]) -> None:
    """Hold every table against its unit, unless `basis_because` says why it stands on another basis.

    `bases` are those of the policy, by unit; a unit without any is a tenant's, whose bases are not ours to state.

    Raises:
        DataMapInvalid: names file, line and table.
    """
    for table in found.tables.values():
        for unit, basis in _stands(table):
            if unit not in bases:
                mend = f"use one of {', '.join(bases)}"
                raise found.wrong("unit-unknown", mend, table.line, table.name)
            stated = bases[unit]
            if stated and basis not in stated and not table.basis_because:
                mend = f"{unit} rests on {', '.join(stated)}; or give `basis_because`"
                raise found.wrong("basis-not-its-unit-s", mend, table.line, table.name)


def _stands(table: TableMap) -> Iterator[tuple[str, Basis]]:
    """Each unit that rows or columns of a table belong to, with the basis on which they stand."""
    yield table.own_unit, table.own_basis
    if table.role.fixed is Role.PROCESSOR:
        yield table.unit, table.basis
    for column in table.columns.values():
        if column.unit:
            yield column.unit, column.basis or table.basis
