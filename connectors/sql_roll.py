"""Everybody whom a database knows, a page of keys at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from connectors.sql_copy import Connect
from connectors.sql_keys import TABLE, Row
from connectors.sql_match import Matcher
from connectors.sql_model import Model
from connectors.sql_scope import in_scope
from domain.identifiers import Identifier, IdentifierKind
from domain.item import Candidate

_PAGE = 1_000
_ON_FILE = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})


class Roller:
    """Walks the tables of persons, by their keys; no connection is held while the caller works."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._matcher = Matcher(model)

    def everybody(self, connect: Connect) -> Iterator[Candidate]:
        """Persons of the company itself, with the addresses that stand in their row and beside it."""
        for name in self._model.map.persons:
            last: Row | None = None
            while True:
                with connect() as connection:
                    rows = connection.execute(self._query(name, last)).mappings().all()
                    found = list(self._candidates(connection, name, rows))
                yield from found
                if len(rows) < _PAGE:
                    break
                last = tuple(rows[-1][column] for column in self._model.keys[name].columns)

    def bearing(self, connect: Connect, identifiers: Sequence[Identifier]) -> Iterator[Candidate]:
        """Those of them who bear one of the identifiers."""
        for name in self._model.map.persons:
            with connect() as connection:
                rows = [row for row, _ in self._matcher.rows(connection, name, identifiers, "")]
                found = list(self._candidates(connection, name, rows))
            yield from found

    def _query(self, name: str, last: Row | None) -> sa.Select[Any]:
        keys = self._model.keys[name]
        scope = in_scope(self._model.paths, self._model.map.tables[name], keys.table, of_tenant=False)
        query = sa.select(keys.table).where(*scope).order_by(*keys.of(keys.table)).limit(_PAGE)
        return query if last is None else query.where(_after(keys.of(keys.table), last))

    def _candidates(
        self, connection: sa.Connection, name: str, rows: Sequence[sa.RowMapping]
    ) -> Iterator[Candidate]:
        keys = self._model.keys[name]
        for key, carried in self._matcher.carried(connection, name, rows).items():
            addresses = sorted(
                (one for one in carried if one.kind in _ON_FILE), key=lambda one: (one.kind, one.value)
            )
            if addresses:
                yield Candidate(
                    system=self._model.system,
                    locator={TABLE: name, **keys.locator(key)},
                    addresses=tuple(addresses),
                )


def _after(columns: Sequence[sa.ColumnElement[Any]], last: Row) -> sa.ColumnElement[bool]:
    """Keys greater than the last, written so that every database understands it."""
    first, *rest = columns
    beyond: sa.ColumnElement[bool] = first > last[0]
    return sa.or_(beyond, sa.and_(first == last[0], _after(rest, last[1:]))) if rest else beyond
