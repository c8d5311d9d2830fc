"""Fields, consents, suppressions and tenants of a map held against the live schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.datamap import ConsentRule, Kind, SuppressionMap, TableMap, TenantsMap
from connectors.sql_model import Model
from connectors.sql_schema import python_type
from connectors.sql_values import INSTANTS, Unfit, fitting


def check_rights(model: Model) -> None:
    """Hold them against the database.

    Raises:
        DataMapInvalid: names file, line, table and column.
    """
    for table in model.map.tables.values():
        _restriction_is_a_flag(model, table)
        if table.consent:
            _consent_fits(model, table, table.consent)
    for one in model.map.fields.values():
        for spot in one.editable:
            _writable(model, spot.table, spot.column, spot.line)
    for suppression in model.map.suppressions:
        _suppression_fits(model, suppression)
    if model.map.tenants:
        _tenants_fit(model, model.map.tenants)


def _restriction_is_a_flag(model: Model, table: TableMap) -> None:
    for name in table.of_kind(Kind.RESTRICTION):
        if python_type(model.catalogue.tables[table.name].c[name]) not in {bool, int}:
            line = table.columns[name].line
            raise model.map.wrong("restriction-no-flag", "it takes true or false", line, table.name, name)


def _writable(model: Model, table: str, column: str, line: int) -> None:
    if column in model.key_columns(table):
        raise model.map.wrong("key-cannot-change", "rows are found by it", line, table, column)
    if column in model.catalogue.computed[table]:
        mend = "name the columns that it is made from"
        raise model.map.wrong("computed-column", mend, line, table, column)


def _consent_fits(model: Model, table: TableMap, consent: ConsentRule) -> None:
    withdrawn = model.catalogue.tables[table.name].c[consent.withdrawn]
    for name in (consent.withdrawn, *consent.also):
        _writable(model, table.name, name, consent.line)
    if python_type(withdrawn) not in INSTANTS:
        mend = "it takes the instant or the day of the withdrawal"
        raise model.map.wrong("value-does-not-fit", mend, consent.line, table.name, consent.withdrawn)
    if consent.given:
        given = model.catalogue.tables[table.name].c[consent.given]
        if python_type(given) not in INSTANTS:
            mend = "it says at what instant or on which day the consent was given"
            raise model.map.wrong("value-does-not-fit", mend, consent.line, table.name, consent.given)
    if not withdrawn.nullable:
        mend = "a consent that stands has none: let it be NULL"
        raise model.map.wrong("not-null-refuses", mend, consent.line, table.name, consent.withdrawn)
    _values_fit(model, table.name, consent.also, consent.line)


def _tenants_fit(model: Model, tenants: TenantsMap) -> None:
    wrong, line = model.map.wrong, tenants.line
    if tenants.table not in model.catalogue.tables:
        raise wrong("table-missing", "the database has no such table", line, tenants.table)
    columns = model.catalogue.tables[tenants.table].c
    for name in tenants.columns:
        if name not in columns:
            raise wrong("column-missing", "the table has none", line, tenants.table, name)
    ended = columns[tenants.ended]
    if python_type(ended) not in INSTANTS or not ended.nullable:
        mend = "it takes the day on which the contract ended, and is NULL while it runs"
        raise wrong("value-does-not-fit", mend, line, tenants.table, tenants.ended)
    if frozenset((tenants.name,)) not in model.catalogue.uniques.get(tenants.table, ()):
        mend = "make it unique: it tells whose data are erased"
        raise wrong("tenant-not-unique", mend, line, tenants.table, tenants.name)
    if not any(table.tenant for table in model.map.tables.values()):
        mend = "give `tenant` to the tables whose rows are held for tenants"
        raise wrong("tenant-of-nothing", mend, line, tenants.table)


def _suppression_fits(model: Model, suppression: SuppressionMap) -> None:
    table, line = suppression.table, suppression.line
    columns = model.catalogue.tables[table].c
    _values_fit(model, table, {suppression.column: "", **suppression.constants}, line)
    if suppression.at and python_type(columns[suppression.at]) not in INSTANTS:
        mend = "it takes the instant or the day of the entry"
        raise model.map.wrong("value-does-not-fit", mend, line, table, suppression.at)
    if not model.suppression_key(suppression):
        mend = "make the address unique there, with `set` columns or without: two may enter it at once"
        raise model.map.wrong("suppression-not-unique", mend, line, table, suppression.column)
    brought = {suppression.column, suppression.at, *suppression.constants} | model.catalogue.filled[table]
    for column in columns:
        if column.name not in brought and not column.nullable:
            raise model.map.wrong("not-null-refuses", "give it a value by `set`", line, table, column.name)


def _values_fit(model: Model, table: str, values: Mapping[str, Any], line: int) -> None:
    for name, value in values.items():
        column = model.catalogue.tables[table].c[name]
        if value is None and not column.nullable:
            raise model.map.wrong("not-null-refuses", "give it a value", line, table, name)
        try:
            fitting(column, value)
        except Unfit as unfit:
            raise model.map.wrong(unfit.code, unfit.mend, line, table, name) from None
