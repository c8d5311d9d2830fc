"""A data map held against the live schema: what does not fit is refused before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import sqlalchemy as sa

from connectors.datamap import Change, ColumnMap, DataMap, Hop, Kind, TableMap, Value
from connectors.datamap_check_rights import check_rights
from connectors.datamap_columns import TOKEN
from connectors.sql_change import HASH_LENGTH, TOKEN_LENGTH
from connectors.sql_model import Model
from connectors.sql_paths import Whose
from connectors.sql_schema import Catalogue, python_type
from connectors.sql_values import Unfit, fitting, text_fits
from domain.errors import DataMapInvalid
from domain.item import Role


def check_map(model: Model, *, keyed: bool) -> None:
    """Hold a map against its database; `keyed` says whether there is a secret for hashes.

    Raises:
        DataMapInvalid: names file, line, table and column.
    """
    _tables_are_there(model.map, model.catalogue)
    for table in model.map.tables.values():
        _columns_fit(model, table)
        _names_exist(model, table)
        for column in table.columns.values():
            _rule_fits(model, table, column, keyed=keyed)
            _held_fits(model, table, column)
        _reaches_person(model, table)
        _tenant_is_told(model, table)
    _persons_are_led(model)
    check_rights(model)


def _tables_are_there(found: DataMap, catalogue: Catalogue) -> None:
    for table in found.tables.values():
        if table.name not in catalogue.tables:
            raise found.wrong("table-missing", "the database has no such table", table.line, table.name)
        if table.name in catalogue.hidden:
            mend = "row-level security hides rows from this role: give it one with BYPASSRLS"
            raise found.wrong("rows-hidden", mend, table.line, table.name)
    for name in sorted(catalogue.live):
        classified = name in found.tables or any(fnmatchcase(name, one) for one in found.not_personal)
        if not classified:
            raise found.wrong("table-unclassified", "describe it, or name it under not_personal", 1, name)


def _columns_fit(model: Model, table: TableMap) -> None:
    live = [column.name for column in model.catalogue.tables[table.name].columns]
    for column in table.columns.values():
        if column.name not in live:
            raise model.map.wrong(
                "column-missing", "the table has none", column.line, table.name, column.name
            )
    for name in live:
        if name not in table.columns:
            raise model.map.wrong("column-unclassified", "say what it holds", table.line, table.name, name)
    if not model.key_columns(table.name):
        raise model.map.wrong("key-missing", "name columns that tell rows apart", table.line, table.name)
    for name in table.key:
        _has(model, table, table.name, name, table.line)


def _names_exist(model: Model, table: TableMap) -> None:
    for lead in table.leads:
        _hops_exist(model, table, lead.hops, lead.line)
        for name in (*lead.where, *((lead.column,) if lead.column else ())):
            _has(model, table, table.name, name, lead.line)
    values: list[Value] = [value for several in table.dates.values() for value in several]
    values += [value for value in (table.tenant, table.role.when) if value]
    values += [table.contract.value] if table.contract else []
    values += [table.draft.value] if table.draft else []
    for value in values:
        _hops_exist(model, table, value.hops, value.line)
        _has(model, table, value.hops[-1].table if value.hops else table.name, value.column, value.line)


def _persons_are_led(model: Model) -> None:
    for person in model.map.persons.values():
        if person.same_by:
            _hops_exist(model, model.map.tables[person.table], person.same_by, person.line)
            last = person.same_by[-1]
            if (last.table, last.targets) != (person.table, model.key_columns(person.table)):
                mend = f"lead back to the key of {person.table}"
                raise model.map.wrong("path-ends-nowhere", mend, person.line, person.table)


def _hops_exist(model: Model, table: TableMap, hops: Sequence[Hop], line: int) -> None:
    here = table.name
    for hop in hops:
        for name in hop.columns:
            _has(model, table, here, name, line)
        if hop.table not in model.catalogue.tables:
            raise model.map.wrong("path-to-missing-table", f"there is no {hop.table}", line, table.name)
        for name in (*hop.targets, *(name for name, _ in hop.where)):
            _has(model, table, hop.table, name, line)
        here = hop.table


def _has(model: Model, table: TableMap, place: str, column: str, line: int) -> None:
    if column not in model.catalogue.tables[place].columns:
        raise model.map.wrong("column-missing", f"{place} has no {column}", line, table.name, column)


def _reaches_person(model: Model, table: TableMap) -> None:
    for lead in table.leads:
        last = lead.hops[-1].table if lead.hops else None
        if last and last not in model.map.tables:
            raise model.map.wrong(
                "path-ends-nowhere", f"map {last}, or go on to a person", lead.line, table.name
            )
    row = model.catalogue.tables[table.name].alias()
    if not model.paths.branches(table.name, row, Whose(frozenset(model.map.persons))):
        raise model.map.wrong("path-reaches-no-person", "give it a path to a person", table.line, table.name)


def _tenant_is_told(model: Model, table: TableMap) -> None:
    """Where a search begins, in a table of persons or at an identifier, nothing else tells whose a row is."""
    for_tenants = table.role.when is not None or table.role.fixed is Role.PROCESSOR
    begins = table.name in model.map.persons or any(lead.identifier for lead in table.leads)
    if for_tenants and begins and table.tenant is None:
        raise model.map.wrong("tenant-missing", "say which tenant's a row is", table.line, table.name)


def _rule_fits(model: Model, table: TableMap, column: ColumnMap, *, keyed: bool) -> None:
    rule, live = column.rule, model.catalogue.tables[table.name].c[column.name]
    if rule is None or rule.change is Change.KEEP:
        return

    def wrong(code: str, mend: str) -> DataMapInvalid:
        return model.map.wrong(code, mend, column.line, table.name, column.name)

    if column.name in model.key_columns(table.name) or column.kind is Kind.RESTRICTION:
        raise wrong("key-cannot-change", "keep it; rows are found by it")
    if column.name in model.catalogue.computed[table.name]:
        raise wrong("computed-column", "keep it; it follows the columns that it is made from")
    if rule.change is Change.CLEAR and not live.nullable:
        raise wrong("not-null-refuses", "give a fixed or a unique value")
    if rule.change is Change.FIXED and rule.value is None:
        raise wrong("fixed-without-value", "write clear for nothing")
    if rule.change is Change.FIXED and _must_differ(model.catalogue, table.name, column.name):
        raise wrong("unique-refuses", f'give {{unique: "x-{TOKEN}"}}')
    if rule.change is Change.HASH and not keyed:
        raise wrong("hash-without-secret", "give the system a secret, or another rule")
    _value_fits(wrong, live, rule.change, rule.value)


def _held_fits(model: Model, table: TableMap, column: ColumnMap) -> None:
    """What no law needs of a held row can be taken out of it."""
    if column.held_keeps:
        return

    def wrong(code: str, mend: str) -> DataMapInvalid:
        return model.map.wrong(code, mend, column.line, table.name, column.name)

    if column.kind not in {Kind.DATA, Kind.FREE_TEXT} or column.name in model.key_columns(table.name):
        raise wrong("held-column-must-stay", "rows are found, or restricted, by it: held: keep")
    if column.name in model.catalogue.computed[table.name]:
        raise wrong("computed-column", "keep it; it follows the columns that it is made from")
    change = column.rule.change if column.rule else Change.CLEAR
    if change not in {Change.CLEAR, Change.FIXED}:
        raise wrong("held-change-unclear", "anonymise it by clear or {fixed: ...}, or say held: keep")
    if change is Change.CLEAR and not model.catalogue.tables[table.name].c[column.name].nullable:
        raise wrong("not-null-refuses", "give it a fixed value: anonymise: {fixed: ...}")


def _must_differ(catalogue: Catalogue, table: str, column: str) -> bool:
    plain = any(column in unique for unique in catalogue.uniques[table])
    return plain or any(column in text for text in catalogue.expressions[table])


def _value_fits(
    wrong: Callable[[str, str], DataMapInvalid], live: sa.Column[Any], change: Change, value: Any
) -> None:
    kind = python_type(live)
    if change in {Change.UNIQUE, Change.HASH} and kind is not str:
        raise wrong("value-does-not-fit", f"it takes {kind.__name__}, not text")
    try:
        match change:
            case Change.FIXED:
                fitting(live, value)
            case Change.UNIQUE:
                text_fits(live, str(value).replace(TOKEN, "0" * TOKEN_LENGTH))
            case Change.HASH:
                text_fits(live, "0" * HASH_LENGTH)
    except Unfit as unfit:
        raise wrong(unfit.code, unfit.mend) from None
