"""Which paths of a map no index serves: each costs a reading of the whole table for every person who asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from connectors.datamap import ColumnMap, Lead, Stored, TableMap
from connectors.sql_identifiers import PHONE_PUNCTUATION
from connectors.sql_model import Model
from domain.identifiers import IdentifierKind

_ESTIMATES = {
    "postgresql": "select greatest(reltuples, 0)::bigint from pg_class where oid = to_regclass(:name)",
    "mysql": "select table_rows from information_schema.tables"
    " where table_schema = database() and table_name = :bare",
}
_ESTIMATES["mariadb"] = _ESTIMATES["mysql"]


@dataclass(frozen=True, slots=True)
class Advice:
    """A path without an index: the table that is read whole, about how many rows that is, and what would mend it."""

    table: str
    path: str
    rows: int
    create: str


def advise(model: Model, connection: sa.Connection) -> tuple[Advice, ...]:
    """One for each index that is missing, in the map's order."""
    found: dict[str, Advice] = {}
    for name, path, create in _missing(model):
        if create not in found:
            found[create] = Advice(name, path, _rows(model, connection, name), create)
    return tuple(found.values())


def _missing(model: Model) -> Iterator[tuple[str, str, str]]:
    for name, table in model.map.tables.items():
        for lead in table.leads:
            for place, path, create in _of_lead(model, table, lead):
                yield place, path, create
        known = name in model.map.persons or any(name in one.known_by for one in model.map.persons.values())
        for column in table.columns.values() if known else ():
            if column.identifier and not _finds(model, name, column.identifier, column.name, column.stored):
                create = _create(model, name, _form(model, column.identifier, column.name, column.stored))
                yield name, f"{column.identifier} in {column.name}", create


def _of_lead(model: Model, table: TableMap, lead: Lead) -> Iterator[tuple[str, str, str]]:
    if lead.mentions:
        if not _has_trigrams(model, table.name, lead.column):
            yield table.name, str(lead), _create_trigrams(model, table.name, table.columns[lead.column])
    elif lead.identifier:
        if not _finds(model, table.name, lead.identifier, lead.column, lead.stored):
            form = _form(model, lead.identifier, lead.column, lead.stored)
            yield table.name, str(lead), _create(model, table.name, form)
    else:
        here = table.name
        for hop in lead.hops:
            if not _begins(model, here, hop.columns):
                columns = ", ".join(_quoted(model, column) for column in hop.columns)
                yield here, str(lead), _create(model, here, columns)
            here = hop.table


def _begins(model: Model, table: str, columns: tuple[str, ...]) -> bool:
    """Whether an index begins with these columns, in whatever order."""
    indexes = model.catalogue.indexed.get(table, ())
    return any(set(one.parts[: len(columns)]) == set(columns) for one in indexes)


def _finds(model: Model, table: str, kind: IdentifierKind, column: str, stored: Stored) -> bool:
    if stored is Stored.NORMAL:
        return _begins(model, table, (column,))
    wanted = _told(_form(model, kind, column, stored))
    return any(_told(one.parts[0]) == wanted for one in model.catalogue.indexed.get(table, ()))


def _told(expression: str) -> str:
    """An expression without what a catalogue adds to it: casts, quotation marks, blanks, `BOTH FROM`."""
    text = expression.lower().replace("both from", "").replace("btrim", "trim")
    for cast in ("::text", "::character varying", '"', "`", " "):
        text = text.replace(cast, "")
    while "((" in text:  # PostgreSQL puts a cast column in parentheses of its own
        text = text.replace("((", "(").replace("))", ")")
    return text.strip("()")


def _form(model: Model, kind: IdentifierKind, column: str, stored: Stored) -> str:
    """The expression in which identifiers are looked for (`connectors.sql_identifiers.comparable`)."""
    bare = _quoted(model, column)
    if stored is Stored.NORMAL:
        return bare
    if kind is IdentifierKind.PHONE:
        for mark in PHONE_PUNCTUATION:
            bare = f"replace({bare}, '{mark}', '')"
        return bare
    trimmed = bare if stored is Stored.TRIMMED else f"trim({bare})"
    return f"lower({trimmed})" if kind in {IdentifierKind.EMAIL, IdentifierKind.NAME} else trimmed


def _has_trigrams(model: Model, table: str, column: str) -> bool:
    indexes = model.catalogue.indexed.get(table, ())
    return any(one.method in {"gin", "gist"} and column in one.parts[0] for one in indexes)


def _create(model: Model, table: str, what: str) -> str:
    return (
        f"CREATE INDEX ON {_table(model, table)} ({what})"
        if _is_postgres(model)
        else (f"CREATE INDEX {_quoted(model, _name(table, what))} ON {_table(model, table)} ({what})")
    )


def _create_trigrams(model: Model, table: str, column: ColumnMap) -> str:
    if not _is_postgres(model):
        return f"-- no index of {model.catalogue.dialect} finds a part of {table}.{column.name}"
    live = model.catalogue.tables[table].c[column.name]
    text = _quoted(model, column.name)
    text = text if isinstance(live.type, sa.String) else f"({text}::text)"
    return f"CREATE INDEX ON {_table(model, table)} USING gin ({text} gin_trgm_ops)"


def _name(table: str, what: str) -> str:
    words = "".join(char if char.isalnum() else "_" for char in f"{table}_{what}")
    return f"sitthi_{words}"[:60].rstrip("_")


def _is_postgres(model: Model) -> bool:
    return model.catalogue.dialect == "postgresql"


def _quoted(model: Model, name: str) -> str:
    mark = "`" if model.catalogue.dialect in {"mysql", "mariadb"} else '"'
    plain = name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit()
    return name if plain else f"{mark}{name}{mark}"


def _table(model: Model, table: str) -> str:
    return ".".join(_quoted(model, part) for part in table.split("."))


def _rows(model: Model, connection: sa.Connection, table: str) -> int:
    """About how many rows the table has: by the database's own estimate where it keeps one."""
    query = _ESTIMATES.get(model.catalogue.dialect)
    if query is None:
        count = sa.select(sa.func.count()).select_from(model.catalogue.tables[table])
        return int(connection.scalar(count) or 0)
    told = {"name": _table(model, table), "bare": table.rpartition(".")[2]}
    needed = {name: value for name, value in told.items() if f":{name}" in query}
    return int(connection.scalar(sa.text(query), needed) or 0)
