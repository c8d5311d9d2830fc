"""The live schema, read once: what the data map is held against and all SQL is built from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import TINYINT
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.engine.reflection import Inspector, ObjectKind


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: rows of `child` refer to rows of `parent`; `on_delete` as SQL writes it, or empty."""

    child: str
    columns: tuple[str, ...]
    parent: str
    targets: tuple[str, ...]
    on_delete: str

    @property
    def takes_along(self) -> bool:
        """Whether deleting the parent changes or deletes the child's row without being asked."""
        return self.on_delete in {"CASCADE", "SET NULL", "SET DEFAULT"}


@dataclass(frozen=True, slots=True)
class Index:
    """What an index is made of: its parts in order, a column's name or the text of an expression; its method, if told."""

    parts: tuple[str, ...]
    method: str = ""


@dataclass(slots=True)
class Catalogue:
    """Tables and views by name (with the schema before it where maps name one), and what binds them.

    `uniques` are sets of columns of which no two rows share the values; `expressions` are the texts of
    unique indexes over expressions. `filled` are columns that a new row need not bring. `live` are the names of all tables there;
    `hidden` those of which a policy on rows hides some from our role.
    """

    tables: dict[str, sa.Table] = field(default_factory=dict)
    computed: dict[str, frozenset[str]] = field(default_factory=dict)
    filled: dict[str, frozenset[str]] = field(default_factory=dict)
    uniques: dict[str, tuple[frozenset[str], ...]] = field(default_factory=dict)
    expressions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    indexed: dict[str, tuple[Index, ...]] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    live: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    dialect: str = ""

    @property
    def arrays(self) -> bool:
        """Whether a list can be one parameter."""
        return self.dialect == "postgresql"

    def is_unique(self, table: str, columns: Iterable[str]) -> bool:
        """Whether at most one row can have these values."""
        given = frozenset(columns)
        return any(unique <= given for unique in self.uniques.get(table, ()))

    def referring_to(self, table: str) -> tuple[Reference, ...]:
        """The foreign keys of other tables, mapped or not, that point here."""
        return tuple(found for found in self.references if found.parent == table)


def full_name(table: str, schema: str | None) -> str:
    """A table's name as maps write it."""
    return f"{schema}.{table}" if schema else table


def reflect(engine: sa.Engine, names: Iterable[str]) -> Catalogue:
    """Read the catalogue of every schema that the names mention, and of the default one."""
    schemas: set[str | None] = {name.rpartition(".")[0] or None for name in names}
    found = Catalogue(dialect=engine.dialect.name)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        for schema in sorted(schemas | {None}, key=lambda name: name or ""):
            _read_schema(inspector, schema, found)
            if found.arrays:
                found.live -= _partitions(connection, schema)
                found.hidden |= _hidden(connection, schema)
    return found


def _partitions(connection: sa.Connection, schema: str | None) -> frozenset[str]:
    """Tables that are parts of another, through which their rows are reached."""
    query = sa.text(
        "select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
        " where c.relispartition and n.nspname = coalesce(:schema, current_schema())"
    )
    names = connection.scalars(query, {"schema": schema})
    return frozenset(full_name(name, schema) for name in names)


def _hidden(connection: sa.Connection, schema: str | None) -> frozenset[str]:
    """Tables whose policies on rows bind our own role: it would see less than there is, and hear of no error."""
    query = sa.text(
        "select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and n.nspname = coalesce(:schema, current_schema())"
        " and c.relrowsecurity and row_security_active(c.oid)"
    )
    names = connection.scalars(query, {"schema": schema})
    return frozenset(full_name(name, schema) for name in names)


def _read_schema(inspector: Inspector, schema: str | None, into: Catalogue) -> None:
    keys = inspector.get_multi_pk_constraint(schema)
    constraints = inspector.get_multi_unique_constraints(schema)
    indexes = inspector.get_multi_indexes(schema)
    into.live |= {full_name(name, schema) for name in inspector.get_table_names(schema)}
    into.references += _references(inspector, schema)
    metadata = sa.MetaData()
    columns = inspector.get_multi_columns(schema, kind=ObjectKind.ANY)
    for (_, table), described in columns.items():
        name, place = full_name(table, schema), (schema, table)
        primary = tuple(keys[place]["constrained_columns"]) if place in keys else ()
        into.tables[name] = _table(metadata, place, described, primary, inspector.dialect.name)
        into.computed[name] = frozenset(one["name"] for one in described if _is_computed(one))
        into.filled[name] = frozenset(one["name"] for one in described if _is_filled(one, primary))
        into.indexed[name] = tuple(_indexes(primary, constraints.get(place, ()), indexes.get(place, ())))
        unique_indexes = [one for one in indexes.get(place, ()) if one["unique"]]
        sets = [primary, *(tuple(one["column_names"]) for one in constraints.get(place, ()))]
        # A partial index says nothing of the rows outside it.
        sets += [_plain_columns(one["column_names"]) for one in unique_indexes if not _is_partial(one)]
        into.uniques[name] = tuple(frozenset(one) for one in sets if one)
        into.expressions[name] = tuple(
            text
            for one in unique_indexes
            for text in (*one.get("expressions", ()), *map(str, one["column_names"]))
        )


def _indexes(primary: tuple[str, ...], constraints: Iterable[Any], indexes: Iterable[Any]) -> Iterator[Index]:
    yield from (
        Index(parts) for parts in (primary, *(tuple(one["column_names"]) for one in constraints)) if parts
    )
    for one in indexes:
        if _is_partial(one):
            continue
        told = one.get("expressions") or one["column_names"]
        method = str(one.get("dialect_options", {}).get("postgresql_using") or "")
        yield Index(tuple(str(part) for part in told), method)


def _plain_columns(names: Sequence[str | None]) -> tuple[str, ...]:
    """The columns of an index, or none where a part of it is an expression."""
    plain = tuple(name for name in names if name is not None)
    return plain if len(plain) == len(names) else ()


def _is_partial(index: Any) -> bool:
    return any(option.endswith("_where") for option in index.get("dialect_options", {}))


def _is_computed(column: ReflectedColumn) -> bool:
    identity = column.get("identity")
    return "computed" in column or bool(identity and identity.get("always"))


def _is_filled(column: ReflectedColumn, primary: Sequence[str]) -> bool:
    """Whether the database gives a new row a value by itself; SQLite's one number as a key says so nowhere."""
    says_so = column.get("default") is not None or column.get("autoincrement") is True
    row_number = (column["name"],) == primary and isinstance(column["type"], sa.Integer)
    return says_so or "identity" in column or "computed" in column or row_number


def _references(inspector: Inspector, schema: str | None) -> tuple[Reference, ...]:
    return tuple(
        Reference(
            child=full_name(table, schema),
            columns=tuple(key["constrained_columns"]),
            parent=full_name(key["referred_table"], key["referred_schema"]),
            targets=tuple(key["referred_columns"]),
            on_delete=str(key.get("options", {}).get("ondelete", "")).upper(),
        )
        for (_, table), keys in inspector.get_multi_foreign_keys(schema).items()
        for key in keys
    )


def _table(
    metadata: sa.MetaData,
    place: tuple[str | None, str],
    described: Sequence[ReflectedColumn],
    primary: tuple[str, ...],
    dialect: str,
) -> sa.Table:
    columns: list[sa.Column[Any]] = [
        sa.Column(
            one["name"],
            _column_type(one["type"], dialect),
            nullable=bool(one["nullable"]),
            autoincrement=False,
        )
        for one in described
    ]
    key = [sa.PrimaryKeyConstraint(*primary)] if primary else []  # in the order of the key, not of the table
    return sa.Table(place[1], metadata, *columns, *key, schema=place[0])


def _column_type(kind: sa.types.TypeEngine[Any], dialect: str) -> sa.types.TypeEngine[Any]:
    if isinstance(kind, DOMAIN):
        return kind.data_type  # its own checks speak when a change is foreseen
    if isinstance(kind, TINYINT) and getattr(kind, "display_width", None) == 1:
        return sa.Boolean()  # as MariaDB writes BOOLEAN down
    if dialect == "sqlite" and isinstance(kind, sa.Numeric) and kind.asdecimal:
        return sa.Float()  # SQLite stores floats; making decimals of them would only pretend
    return kind


def python_type(column: sa.Column[Any]) -> type:
    """What values of the column are in Python; text where the driver does not say."""
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return str
    return str if kind is object else kind
