"""All of a person's rows: through the connector, and by SQL written by hand for this very schema.

Apart from what only the bench itself needs: the process that `crowd` measures holds this.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from demo.oracle import OF_USER
from demo.scenarios import ACTIVE_CUSTOMER
from demo.schema import metadata
from domain.connector import Connector
from domain.identifiers import IdentifierKind, identifier
from domain.item import Record, Subject

SYSTEM = "siamcrm"

ACTIVE = ACTIVE_CUSTOMER.user_ids[0]


def subject_of(user_id: int, email: str) -> Subject:
    """The person as a resolved case knows them."""
    return Subject(
        identifiers=(identifier(IdentifierKind.EMAIL, email),),
        anchors={SYSTEM: ({"$table": "users", "id": user_id},)},
    )


def active_customer() -> Subject:
    return subject_of(ACTIVE, ACTIVE_CUSTOMER.email)


class ByHand:
    """One statement a table, each over an index: first the keys, then the rows behind them."""

    def __init__(self, crm: sa.Engine) -> None:
        self._crm = crm
        self._keys = {table: sa.text(statement) for table, statement in OF_USER.items()}
        self._rows = {table: sa.text(_rows_behind(table)) for table in OF_USER}

    def copy(self, user_id: int) -> Iterator[dict[str, object]]:
        with self._crm.connect() as connection:
            found = {
                table: connection.execute(statement, {"id": user_id}).all()
                for table, statement in self._keys.items()
            }
            for table, keys in found.items():
                if keys:
                    wanted = {f"k{at}": list(column) for at, column in enumerate(zip(*keys, strict=True))}
                    for row in connection.execute(self._rows[table], wanted):
                        yield dict(row._mapping)  # noqa: SLF001


def _rows_behind(table: str) -> str:
    columns = [column.name for column in metadata.tables[table].primary_key]
    given = ", ".join(f":k{at}" for at in range(len(columns)))
    names = ", ".join(f"k{at}" for at in range(len(columns)))
    types = [_array_of(metadata.tables[table].c[name]) for name in columns]
    unnested = ", ".join(f"cast({one} as {kind})" for one, kind in zip(given.split(", "), types, strict=True))
    join = " and ".join(f"t.{name} = k.k{at}" for at, name in enumerate(columns))
    return f"select t.* from {table} t join unnest({unnested}) as k({names}) on {join}"


def _array_of(column: sa.Column[object]) -> str:
    return "bigint[]" if isinstance(column.type, sa.Integer) else "text[]"


def records_of(connector: Connector, subject: Subject) -> Iterator[Record]:
    """All that a system discloses of a person, located and copied page by page."""
    cursor = ""
    while True:
        page = connector.locate(subject, cursor)
        yield from connector.copy(iter(page.items))
        cursor = page.cursor
        if not cursor:
            return
