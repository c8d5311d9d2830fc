"""Lists of addresses that get no direct marketing (s.32 ¶1(2)): entered once, whoever else enters them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from connectors.datamap import SuppressionMap
from connectors.sql_engine import prepare_to_write, settle
from connectors.sql_errors import translate
from connectors.sql_keys import chunks
from connectors.sql_model import Model
from connectors.sql_values import Unfit, fitting, instant
from connectors.sql_write import BATCH
from domain.errors import Refused
from domain.identifiers import Identifier


class Suppressor:
    """Enters addresses on a connection whose transaction the caller commits."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def stop(self, connection: sa.Connection, identifiers: Sequence[Identifier], at: datetime) -> int:
        """How many of the identifiers stand in a list now.

        Raises:
            Refused: a constraint of the list; what it says names no address.
        """
        prepare_to_write(connection)
        settle(connection)  # another's entry is to be met where we can tell it from ours
        entered: set[Identifier] = set()
        for one in self._model.map.suppressions:
            ours = {each for each in identifiers if each.kind is one.identifier}
            self._enter(connection, one, sorted(each.value for each in ours), at)
            entered |= ours
        return len(entered)

    def _enter(
        self, connection: sa.Connection, one: SuppressionMap, values: Sequence[str], at: datetime
    ) -> None:
        there = self._standing(connection, one, values)
        missing = [value for value in values if value not in there]
        for value in missing:
            self._insert(connection, one, value, at)
        if not self._standing(connection, one, missing).issuperset(missing):
            raise Refused(
                "suppression-not-entered",
                "something else in that table must be unique",
                system=self._model.system,
                table=one.table,
            )

    def _standing(
        self, connection: sa.Connection, one: SuppressionMap, values: Sequence[str]
    ) -> frozenset[str]:
        """Which of these addresses are in the list."""
        table = self._model.catalogue.tables[one.table]
        constants = self._constants(one)
        key = self._model.suppression_key(one)
        same = [table.c[name] == constants[name] for name in key if name != one.column]
        address = table.c[one.column]
        query = sa.select(address).where(address.in_(sa.bindparam("wanted", expanding=True)), *same)
        found: set[str] = set()
        for some in chunks(values, BATCH):
            found.update(connection.scalars(query, {"wanted": list(some)}))
        return frozenset(found)

    def _insert(self, connection: sa.Connection, one: SuppressionMap, value: str, at: datetime) -> None:
        known = self._model.catalogue.tables[one.table]
        row = {one.column: self._fitting(one, value), **self._constants(one)}
        if one.at:
            row[one.at] = instant(known.c[one.at], at)
        # Only the columns that are written: what numbers the rows is the database's own affair.
        columns = [sa.column(name, known.c[name].type) for name in row]
        insert = sa.insert(sa.table(known.name, *columns, schema=known.schema)).values(row)
        try:
            with connection.begin_nested():
                connection.execute(insert)
        except exc.IntegrityError as error:
            refused = translate(error, self._model.system)
            if refused.code != "unique-refuses":  # that one says: somebody entered it meanwhile
                raise refused from None

    def _fitting(self, one: SuppressionMap, value: str) -> Any:
        column = self._model.catalogue.tables[one.table].c[one.column]
        try:
            return fitting(column, value)
        except Unfit as unfit:
            raise Refused(
                "value-does-not-fit",
                unfit.mend,
                system=self._model.system,
                table=one.table,
                column=one.column,
            ) from None

    def _constants(self, one: SuppressionMap) -> dict[str, Any]:
        columns = self._model.catalogue.tables[one.table].c
        return {name: fitting(columns[name], value) for name, value in one.constants.items()}
