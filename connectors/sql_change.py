"""What a row's columns become: anonymised, detached, corrected, restricted, a consent withdrawn."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connectors.content import plain
from connectors.datamap import Change, ColumnMap, ConsentRule, Kind, TableMap
from connectors.datamap_columns import TOKEN
from connectors.mentions import Redactor
from connectors.sql_keys import TERMS, VIA
from connectors.sql_model import Model
from connectors.sql_unneeded import unneeded
from connectors.sql_values import Unfit, fitting, instant
from domain.connector import Batch, Order
from domain.errors import CapabilityMissing, Refused
from domain.identifiers import IdentifierKind
from domain.outcomes import Outcome
from domain.rights import Verb

TOKEN_LENGTH = 20  # hexadecimal digits: 80 bits, so that no two rows ever meet
HASH_LENGTH = 64  # hexadecimal digits of a SHA-256

Values = dict[str, Any]


class Changes:
    """Computes new values; deterministic, so that a retry comes to the same.

    `secret` keys the hashes that a map asks for: an e-mail hashed without a key is an e-mail still.
    """

    def __init__(self, model: Model, secret: bytes) -> None:
        self._model = model
        self._secret = secret

    def of(self, batch: Batch, order: Order, row: Mapping[str, Any]) -> Values | None:
        """New values by column, or None where the row goes altogether.

        What would not change is left out but for an erasure: a row that is right already is not written.

        Raises:
            Refused: the order is none that this database can carry out.
        """
        table = self._model.map.tables[order.table]
        if batch.verb is Verb.ERASE:
            return self._erased(table, order, row)
        news = self._used(table, batch, order, row)
        return {name: new for name, new in news.items() if new != row[name]}

    def _used(self, table: TableMap, batch: Batch, order: Order, row: Mapping[str, Any]) -> Values:
        """New values for a row that stays in use, or is kept from it."""
        match batch.verb:
            case Verb.CORRECT:
                return self._corrected(table, order)
            case Verb.STOP if table.consent:
                return self._withdrawn(table, table.consent, batch.at, row)
            case Verb.RESTRICT | Verb.STOP | Verb.RESUME:
                return self._restricted(table, batch.verb)
            case _:
                raise self._missing(order.table, batch.verb)

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
                return {**self._redacted(table, order, row), **self._detached(table, order, row)}
            case Outcome.CLEAR:
                cleared = unneeded(self._model, table)
                return {name: value for name, value in cleared.items() if row[name] is not None}
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

    def _redacted(self, table: TableMap, order: Order, row: Mapping[str, Any]) -> Values:
        """The person goes out of what is said there; what is said of others stays, letter by letter."""
        told = order.locator.get(TERMS)
        if not isinstance(told, dict) or not table.redactable:
            return {}
        kinds = [kind for kind in IdentifierKind if kind.value in told]
        redactor = Redactor({kind: [str(one) for one in _listed(told[kind.value])] for kind in kinds})
        news = {name: redactor.of(row[name]) for name in table.redactable}
        return {name: new for name, new in news.items() if new != row[name]}

    def _corrected(self, table: TableMap, order: Order) -> Values:
        """By column what was told by field; a field that does not stand here is no matter of this table's."""
        if table.name in self._model.issued:
            raise self._refused("issued-document", table.name, mend="issue a new one, with the right data")
        here = self._model.fields.get(table.name, {})
        return {
            column: self._typed(table.name, column, value)
            for field, value in order.values.items()
            for column in here.get(field, ())
        }

    def _withdrawn(
        self, table: TableMap, rule: ConsentRule, at: datetime | None, row: Mapping[str, Any]
    ) -> Values:
        """A consent ends once: the first withdrawal stands."""
        if at is None:
            mend = "give the batch the instant of the withdrawal"
            raise self._refused("stop-without-instant", table.name, mend=mend)
        if row[rule.withdrawn] is not None:
            return {}
        also = {name: self._typed(table.name, name, value) for name, value in rule.also.items()}
        return {rule.withdrawn: instant(self._live(table.name, rule.withdrawn), at), **also}

    def _restricted(self, table: TableMap, verb: Verb) -> Values:
        columns = table.of_kind(Kind.RESTRICTION)
        if not columns:
            raise self._missing(table.name, verb)
        return dict.fromkeys(columns, verb is not Verb.RESUME)

    def _typed(self, table: str, column: str, value: Any) -> Any:
        try:
            return fitting(self._live(table, column), value)
        except Unfit as unfit:
            raise self._refused("value-does-not-fit", table, column, mend=unfit.mend) from None

    def _live(self, table: str, column: str) -> sa.Column[Any]:
        return self._model.catalogue.tables[table].c[column]

    def _refused(self, code: str, table: str, column: str = "", mend: str = "mend the data map") -> Refused:
        facts = {"column": column} if column else {}
        return Refused(code, mend, system=self._model.system, table=table, **facts)

    def _missing(self, table: str, asked: str) -> CapabilityMissing:
        return CapabilityMissing(
            "capability-missing", "do it by hand", system=self._model.system, table=table, asked=asked
        )


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


class _Same:
    """The column stays as it is."""


_SAME = _Same()
