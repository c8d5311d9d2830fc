"""What a map says for the rights beside copy and erasure: fields to correct, consents, lists of suppressions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from connectors.datamap import ConsentRule, DataMap, FieldMap, Kind, Scalar, Spot, SuppressionMap, TableMap
from connectors.datamap_yaml import Node
from domain.identifiers import IdentifierKind
from domain.wishes import UNITS

_FIELD = re.compile(r"[a-z][a-z0-9-]{0,63}")
_CORRECTABLE = (Kind.DATA, Kind.FREE_TEXT)


def read_fields(node: Node) -> dict[str, FieldMap]:
    """`{phone: {record: users.phone, copies: [contacts.phone], issued: [invoices.phone]}}`."""
    return {name: _field(name, part) for name, part in node.pairs()}


def _field(name: str, node: Node) -> FieldMap:
    if not _FIELD.fullmatch(name) or name == UNITS:
        raise node.wrong("malformed-field", f"name it as name-th, in small letters, and not {UNITS}")
    given = node.fields(may=("record", "copies", "issued"))
    if not given:
        raise node.wrong("field-stands-nowhere", "give `record`, `copies` or `issued`")
    return FieldMap(
        name=name,
        line=node.line,
        record=_spot(given["record"]) if "record" in given else None,
        copies=_spots(given["copies"]) if "copies" in given else (),
        issued=_spots(given["issued"]) if "issued" in given else (),
    )


def _spots(node: Node) -> tuple[Spot, ...]:
    return tuple(_spot(part) for part in (node.parts() if node.is_list else (node,)))


def _spot(node: Node) -> Spot:
    table, dot, column = node.text().rpartition(".")
    if not (table and dot and column):
        raise node.wrong("field-place-malformed", "write table.column")
    return Spot(table, column, node.line)


def read_consent(node: Node) -> ConsentRule:
    """`{purpose: COLUMN or {fixed: CODE}, withdrawn: COLUMN, given: COLUMN, marketing: [CODE], also: {COLUMN: VALUE}}`."""
    given = node.fields(needs=("purpose", "withdrawn"), may=("given", "marketing", "also"))
    purpose = given["purpose"]
    fixed = purpose.fields(needs=("fixed",))["fixed"].text() if purpose.is_mapping else ""
    return ConsentRule(
        withdrawn=given["withdrawn"].text(),
        line=node.line,
        purpose="" if fixed else purpose.text(),
        fixed=fixed,
        given=given["given"].text() if "given" in given else "",
        marketing=given["marketing"].texts() if "marketing" in given else (),
        also=_constants(given.get("also")),
    )


def read_suppressions(node: Node) -> tuple[SuppressionMap, ...]:
    """`{TABLE: {identifier: email, column: COLUMN, set: {COLUMN: VALUE}, at: COLUMN}}`."""
    return tuple(_suppression(name, part.named("table", name)) for name, part in node.pairs())


def _suppression(table: str, node: Node) -> SuppressionMap:
    given = node.fields(needs=("identifier", "column"), may=("set", "at"))
    return SuppressionMap(
        table=table,
        identifier=IdentifierKind(given["identifier"].choice(tuple(IdentifierKind))),
        column=given["column"].text(),
        line=node.line,
        constants=_constants(given.get("set")),
        at=given["at"].text() if "at" in given else "",
    )


def _constants(node: Node | None) -> dict[str, Scalar]:
    return {} if node is None else {name: part.scalar() for name, part in node.pairs()}


def rights_fit(found: DataMap) -> None:
    """Hold these parts of a map against its tables.

    Raises:
        DataMapInvalid: names file, line, table and column.
    """
    _fields_fit(found)
    for table in found.tables.values():
        if table.consent:
            _consent_fits(found, table, table.consent)
    for suppression in found.suppressions:
        _suppression_fits(found, suppression)


def _fields_fit(found: DataMap) -> None:
    editable = {spot.table for one in found.fields.values() for spot in one.editable}
    taken: set[tuple[str, str]] = set()
    for one in found.fields.values():
        for spot in (*one.editable, *one.issued):
            table = _mapped(found, spot.table, spot.line)
            _known(found, table, (spot.column,), spot.line)
            if table.columns[spot.column].kind not in _CORRECTABLE:
                raise found.wrong(
                    "field-not-data", "only data can be corrected", spot.line, spot.table, spot.column
                )
            if (spot.table, spot.column) in taken:
                mend = "a column stands for one field, once"
                raise found.wrong("field-column-twice", mend, spot.line, spot.table, spot.column)
            taken.add((spot.table, spot.column))
        for spot in one.issued:
            if spot.table in editable:
                mend = "a table holds issued documents, which nobody edits, or it does not"
                raise found.wrong("issued-and-editable", mend, spot.line, spot.table, spot.column)


def _consent_fits(found: DataMap, table: TableMap, consent: ConsentRule) -> None:
    written = (consent.withdrawn, *consent.also)
    read = tuple(column for column in (consent.purpose, consent.given) if column)
    _known(found, table, (*written, *read), consent.line)
    for column in written:
        if table.columns[column].kind is not Kind.DATA:
            raise found.wrong(
                "consent-not-data", "what a withdrawal writes is data", consent.line, table.name, column
            )
    if consent.withdrawn in consent.also:
        mend = "it is given the instant of the withdrawal"
        raise found.wrong("consent-column-twice", mend, consent.line, table.name, consent.withdrawn)
    if consent.given in written:
        mend = "it says when the consent was given, and a withdrawal leaves it"
        raise found.wrong("consent-column-twice", mend, consent.line, table.name, consent.given)


def _suppression_fits(found: DataMap, suppression: SuppressionMap) -> None:
    table = _mapped(found, suppression.table, suppression.line)
    own = (suppression.column, *((suppression.at,) if suppression.at else ()))
    _known(found, table, (*own, *suppression.constants), suppression.line)
    for column in own:
        if column in suppression.constants or own.count(column) > 1:
            mend = "each column once: the address, a constant, or the instant"
            raise found.wrong("suppression-column-twice", mend, suppression.line, table.name, column)


def _mapped(found: DataMap, table: str, line: int) -> TableMap:
    if table not in found.tables:
        raise found.wrong("table-not-mapped", "describe it under tables", line, table)
    return found.tables[table]


def _known(found: DataMap, table: TableMap, columns: Iterable[str], line: int) -> None:
    for column in columns:
        if column not in table.columns:
            raise found.wrong("unknown-column", "name a column of it", line, table.name, column)
