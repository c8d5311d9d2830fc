"""From YAML to the map's values; each rule of the format once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.datamap import (
    UNRULED,
    ColumnMap,
    ContractRule,
    DataMap,
    DraftRule,
    OriginRule,
    PersonMap,
    RoleRule,
    Scalar,
    TableMap,
    TenantsMap,
    Value,
)
from connectors.datamap_columns import read_column, read_label, read_source
from connectors.datamap_paths import KEEP_SHARED, ON_ERASE, UNLINK, read_hops, read_leads, read_value
from connectors.datamap_rights import read_consent, read_fields, read_suppressions, rights_fit
from connectors.datamap_yaml import Node, read_yaml
from connectors.mentions import name_columns
from domain.holds import CountsFrom
from domain.item import Basis, Label, Role
from domain.outcomes import Outcome
from domain.retention import Since

_TABLE_NEEDS = ("label", "unit", "basis", "source", "columns", "on_erase")
_TABLE_MAY = (
    *("role", "key", "paths", "tenant", "dates", "contract_open", "holds", "consent"),
    *("basis_because", "origin", "draft", "append_only"),
)
_UNIT = re.compile(r"U\d{2,}")
_FOUND_OTHERWISE = {CountsFrom.CLOSING_DATE.value, Since.CONTRACT_ENDED_ON.value}
DATES = tuple(
    event
    for event in dict.fromkeys(one.value for one in (*CountsFrom, *Since))
    if event not in _FOUND_OTHERWISE
)
"""The events that holds and retention count from; the closing date is found from the document's, a contract's end from `tenants`."""


@dataclass(frozen=True, slots=True)
class _Reader:
    sources: Mapping[str, Label]

    def table(self, name: str, node: Node) -> TableMap:
        given = node.fields(needs=_TABLE_NEEDS, may=_TABLE_MAY)
        on_erase = given["on_erase"].choice(tuple(ON_ERASE))
        columns = {
            column: read_column(column, part.named("column", column), self.sources)
            for column, part in given["columns"].pairs()
        }
        _labels_differ(node, columns)
        return TableMap(
            name=name,
            label=read_label(given["label"]),
            unit=read_unit(given["unit"]),
            basis=Basis(given["basis"].choice(tuple(Basis))),
            source=read_source(given["source"], self.sources),
            role=_role(given.get("role"), self.sources),
            columns=columns,
            on_erase=ON_ERASE[on_erase],
            line=node.line,
            key=given["key"].texts() if "key" in given else (),
            leads=read_leads(given["paths"]) if "paths" in given else (),
            tenant=read_value(given["tenant"]) if "tenant" in given else None,
            dates=_dates(given.get("dates")),
            contract=_contract(given.get("contract_open")),
            holds=given["holds"].texts() if "holds" in given else (),
            kept_shared=on_erase == KEEP_SHARED,
            is_link=on_erase == UNLINK,
            consent=read_consent(given["consent"]) if "consent" in given else None,
            basis_because=given["basis_because"].text() if "basis_because" in given else "",
            origin=_origin(given["origin"], columns) if "origin" in given else None,
            draft=_draft(given.get("draft")),
            append_only=given["append_only"].truth() if "append_only" in given else False,
        )


def read_unit(node: Node) -> str:
    """A data unit of the policy, as U01."""
    unit = node.text()
    if not _UNIT.fullmatch(unit):
        raise node.wrong("malformed-unit", "write a data unit of the policy, as U01")
    return unit


def _role(node: Node | None, sources: Mapping[str, Label]) -> RoleRule:
    if node is None:
        return RoleRule()
    if not node.is_mapping:
        return RoleRule(fixed=Role(node.choice(tuple(Role))))
    given = node.fields(needs=("controller_when", "is"), may=("unit", "basis", "source"))
    return RoleRule(
        fixed=Role.PROCESSOR,
        when=read_value(given["controller_when"]),
        equals=given["is"].scalar(),
        unit=read_unit(given["unit"]) if "unit" in given else "",
        basis=Basis(given["basis"].choice(tuple(Basis))) if "basis" in given else None,
        source=read_source(given["source"], sources) if "source" in given else None,
    )


def _origin(node: Node, columns: Mapping[str, ColumnMap]) -> OriginRule:
    given = node.fields(needs=("column",), may=("at", "person", "named"))
    for part in (given[key] for key in ("column", "at") if key in given):
        named = columns.get(part.text())
        if named is None:
            raise part.wrong("unknown-column", "name a column of the table")
        if named.label is None:
            raise part.wrong("label-missing", "the person reads it: give it a label")
    return OriginRule(
        column=given["column"].text(),
        line=node.line,
        at=given["at"].text() if "at" in given else "",
        person=given["person"].texts() if "person" in given else (),
        named={value: read_label(part) for value, part in given["named"].pairs()} if "named" in given else {},
    )


def _dates(node: Node | None) -> dict[str, tuple[Value, ...]]:
    if node is None:
        return {}
    return {event: _latest_of(part) for event, part in node.fields(may=DATES).items()}


def _latest_of(node: Node) -> tuple[Value, ...]:
    if not node.is_mapping:
        return (read_value(node),)
    return tuple(read_value(part) for part in node.fields(needs=("latest_of",))["latest_of"].parts())


def _contract(node: Node | None) -> ContractRule | None:
    if node is None:
        return None
    given = node.fields(may=("ended", "status", "open"))
    if "ended" in given and len(given) == 1:
        return ContractRule(read_value(given["ended"]))
    if given.keys() == {"status", "open"}:
        states: tuple[Scalar, ...] = tuple(part.scalar() for part in given["open"].parts())
        return ContractRule(read_value(given["status"]), states)
    raise node.wrong("contract-rule-unclear", "give `ended`, or `status` with the values that are `open`")


def _tenants(node: Node | None) -> TenantsMap | None:
    if node is None:
        return None
    given = node.fields(needs=("table", "name", "ended"), may=("called", "contact"))
    return TenantsMap(
        table=given["table"].text(),
        name=given["name"].text(),
        ended=given["ended"].text(),
        line=node.line,
        called=given["called"].text() if "called" in given else "",
        contact=given["contact"].text() if "contact" in given else "",
    )


def _draft(node: Node | None) -> DraftRule | None:
    if node is None:
        return None
    given = node.fields(needs=("status", "is", "unit"), may=("on_erase",))
    states: tuple[Scalar, ...] = tuple(part.scalar() for part in given["is"].parts())
    on_erase = ON_ERASE[given["on_erase"].choice(tuple(ON_ERASE))] if "on_erase" in given else None
    return DraftRule(read_value(given["status"]), states, read_unit(given["unit"]), on_erase)


def _labels_differ(node: Node, columns: Mapping[str, ColumnMap]) -> None:
    seen: dict[str, str] = {}
    for column in columns.values():
        for label in (column.label.th, column.label.en) if column.label else ():
            if seen.setdefault(label.casefold(), column.name) != column.name:
                raise node.named("column", column.name).wrong(
                    "label-twice", f"column {seen[label.casefold()]} has that label: tell them apart"
                )


def _person(table: str, node: Node) -> PersonMap:
    given = node.fields(
        needs=("shown",), may=("same_as", "merged_into", "one_by", "names", "known_by", "same_by")
    )
    return PersonMap(
        table=table,
        shown=given["shown"].texts(),
        line=node.line,
        same_as=given["same_as"].text() if "same_as" in given else "",
        merged_into=given["merged_into"].text() if "merged_into" in given else "",
        one_by=given["one_by"].text() if "one_by" in given else "",
        names=given["names"].texts() if "names" in given else (),
        known_by=given["known_by"].texts() if "known_by" in given else (),
        same_by=read_hops(given["same_by"]) if "same_by" in given else (),
    )


def load_map(path: Path) -> DataMap:
    """A map, consistent in itself.

    Raises:
        DataMapInvalid: names file, line, and table and column where it has come so far.
    """
    top = read_yaml(path)
    given = top.fields(
        needs=("persons", "tables"), may=("sources", "not_personal", "fields", "suppressions", "tenants")
    )
    sources = (
        {name: read_label(part) for name, part in given["sources"].pairs()} if "sources" in given else {}
    )
    reader = _Reader(sources)
    found = DataMap(
        file=str(path),
        persons={name: _person(name, part.named("table", name)) for name, part in given["persons"].pairs()},
        tables={
            name: reader.table(name, part.named("table", name)) for name, part in given["tables"].pairs()
        },
        not_personal=given["not_personal"].texts() if "not_personal" in given else (),
        fields=read_fields(given["fields"]) if "fields" in given else {},
        suppressions=read_suppressions(given["suppressions"]) if "suppressions" in given else (),
        tenants=_tenants(given.get("tenants")),
    )
    _fits_itself(found)
    rights_fit(found)
    return found


def _fits_itself(found: DataMap) -> None:
    names: dict[str, str] = {}
    for table in found.tables.values():
        for label in (table.label.th, table.label.en):
            if names.setdefault(label.casefold(), table.name) != table.name:
                raise found.wrong(
                    "label-twice", f"table {names[label.casefold()]} has it", table.line, table.name
                )
        if table.on_erase is Outcome.ANONYMISE:
            _says_how(found, table)
    for person in found.persons.values():
        _person_fits(found, person)


def _person_fits(found: DataMap, person: PersonMap) -> None:
    table_of = found.tables.get(person.table)
    if table_of is None:
        raise found.wrong("person-table-not-mapped", "describe it under tables", person.line, person.table)
    named = (
        *person.shown,
        person.same_as,
        person.merged_into,
        person.one_by,
        *name_columns(person.names),
    )
    for column in named:
        if column and column not in table_of.columns:
            raise found.wrong("unknown-column", "name a column of it", person.line, person.table, column)
    for name in person.known_by:
        leads = found.tables[name].leads if name in found.tables else ()
        if not any(len(lead.hops) == 1 and lead.hops[0].table == person.table for lead in leads):
            mend = "name a table under tables that has a path of one hop here"
            raise found.wrong("known-by-leads-elsewhere", mend, person.line, person.table)
    if person.one_by and table_of.columns[person.one_by].identifier is None:
        mend = "flag it as an identifier: its normal form is compared"
        raise found.wrong("one-by-no-identifier", mend, person.line, person.table, person.one_by)


def _says_how(found: DataMap, table: TableMap) -> None:
    """Anonymising leaves no column to chance: keys and flags stay, everything else says what it becomes."""
    for column in table.columns.values():
        if column.rule is None and column.kind not in UNRULED:
            raise found.wrong(
                "anonymise-missing", "say what becomes of it", column.line, table.name, column.name
            )
