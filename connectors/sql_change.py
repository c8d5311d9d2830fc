"""What a row's columns become: anonymised, detached, corrected, restricted."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from connectors.content import plain, typed
from connectors.datamap import Change, ColumnMap, Kind, TableMap
from connectors.datamap_columns import TOKEN
from connectors.sql_keys import VIA
from connectors.sql_model import Model
from connectors.sql_schema import python_type
from domain.connector import Order
from domain.errors import CapabilityMissing, Refused
from domain.outcomes import Outcome
from domain.rights import Verb

TOKEN_LENGTH = 20  # hexadecimal digits: 80 bits, so that no two rows ever meet

Values = dict[str, Any]


class Changes:
    """Computes new values; deterministic, so that a retry comes to the same.

    `secret` keys the hashes that a map asks for: an e-mail hashed without a key is an e-mail still.
    """

    def __init__(self, model: Model, secret: bytes) -> None:
        self._model = model
        self._secret = secret

    def of(self, verb: Verb, order: Order, row: Mapping[str, Any]) -> Values | None:
        """New values by column, or None where the row goes altogether.

        Raises:
            Refused: the order is none that this database can carry out.
        """
        table = self._model.map.tables[order.table]
        match verb:
            case Verb.ERASE:
                return self._erased(table, order, row)
            case Verb.CORRECT:
                return self._corrected(table, order)
            case Verb.RESTRICT | Verb.RESUME:
                return self._restricted(table, verb)
            case _:
                raise self._missing(order.table, verb)

    def _erased(self, table: TableMap, order: Order, row: Mapping[str, Any]) -> Values | None:
        match order.outcome:
            case Outcome.ERASE | Outcome.DESTROY:
                return None
            case Outcome.ANONYMISE:
                ruled = [column for column in table.columns.values() if column.rule]
                if not any(column.rule and column.rule.change is not Change.KEEP for column in ruled):
                    raise self._refused("anonymise-rule-missing", table.name)
                changed = ((column.name, self._anonymised(table, column, row)) for column in ruled)
                return {name: value for name, value in changed if value is not _SAME}
            case Outcome.DETACH:
                return self._detached(table, order, row)
            case _:
                raise self._missing(table.name, order.outcome)

    def _anonymised(self, table: TableMap, column: ColumnMap, row: Mapping[str, Any]) -> Any:
        rule, value = column.rule, row[column.name]
        if rule is None or rule.change is Change.KEEP or value is None:
            return _SAME  # where nothing stands, nothing is to be hidden
        match rule.change:
            case Change.FIXED:
                return self._typed(table.name, column.name, rule.value)
            case Change.UNIQUE:
                return str(rule.value).replace(TOKEN, self._token(table.name, column.name, row))
            case Change.HASH:
                content = str(plain(value)).encode()
                return hmac.new(self._secret, content, hashlib.sha256).hexdigest()
            case _:
                return None

    def _token(self, table: str, column: str, row: Mapping[str, Any]) -> str:
        """Made from the row's place alone, never from what stands in it."""
        key = [str(plain(row[name])) for name in self._model.keys[table].columns]
        place = "\x1f".join([self._model.system, table, *key, column])
        return hashlib.sha256(place.encode()).hexdigest()[:TOKEN_LENGTH]

    def _detached(self, table: TableMap, order: Order, row: Mapping[str, Any]) -> Values:
        """The links that point at this person go; a row that others point at needs no change itself."""
        via = order.locator.get(VIA, ())
        changed: Values = {}
        for name in via if isinstance(via, list | tuple) else ():
            column = table.columns.get(str(name))
            if column is None or name in self._model.keys[table.name].columns:
                continue
            if column.rule and column.rule.change is not Change.KEEP:
                value = self._anonymised(table, column, row)
                if value is not _SAME:
                    changed[column.name] = value
            elif self._model.catalogue.tables[table.name].c[column.name].nullable:
                changed[column.name] = None
            else:
                raise self._refused("link-not-nullable", table.name, column.name)
        return changed

    def _corrected(self, table: TableMap, order: Order) -> Values:
        open_to = frozenset(table.of_kind(Kind.DATA, Kind.FREE_TEXT))
        for name in order.values:
            if name not in open_to:
                raise self._refused("column-not-correctable", table.name, str(name))
        return {name: self._typed(table.name, name, value) for name, value in order.values.items()}

    def _restricted(self, table: TableMap, verb: Verb) -> Values:
        columns = table.of_kind(Kind.RESTRICTION)
        if not columns:
            raise self._missing(table.name, verb)
        return dict.fromkeys(columns, verb is Verb.RESTRICT)

    def _typed(self, table: str, column: str, value: Any) -> Any:
        try:
            return typed(value, python_type(self._model.catalogue.tables[table].c[column]))
        except ValueError:
            raise self._refused("value-does-not-fit", table, column) from None

    def _refused(self, code: str, table: str, column: str = "") -> Refused:
        facts = {"column": column} if column else {}
        return Refused(code, "mend the data map", system=self._model.system, table=table, **facts)

    def _missing(self, table: str, asked: str) -> CapabilityMissing:
        return CapabilityMissing(
            "capability-missing", "do it by hand", system=self._model.system, table=table, asked=asked
        )


class _Same:
    """The column stays as it is."""


_SAME = _Same()
