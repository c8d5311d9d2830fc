"""Any SQLAlchemy database that a data map describes (`docs/datamap.md`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.base import require
from connectors.datamap import DataMap, Kind
from connectors.datamap_check import check_map
from connectors.datamap_read import load_map
from connectors.sql_advice import Advice, advise
from connectors.sql_apply import Fulfiller
from connectors.sql_change import Changes
from connectors.sql_copy import Copier, describe
from connectors.sql_coverage import coverage
from connectors.sql_engine import open_engine, writing
from connectors.sql_errors import translated
from connectors.sql_expired import Sweeper
from connectors.sql_locate import PAGE, Locator
from connectors.sql_model import Model
from connectors.sql_roll import Roller
from connectors.sql_schema import reflect
from connectors.sql_search import Searcher
from connectors.sql_suppress import Suppressor
from domain.calendar import day_in_bangkok
from domain.connector import Batch, Capability, Coverage, Effect, Ended, FieldRole, Foreseen, Page
from domain.errors import CapabilityMissing, Refused
from domain.identifiers import Identifier, IdentifierKind
from domain.item import Candidate, Item, Record, Subject, Table
from domain.outcomes import DESTROYING, SUSPENDING, Outcome
from domain.rights import Verb

_ALWAYS = frozenset(
    {
        Capability.RESOLVE,
        Capability.LOCATE,
        Capability.SCAN,
        Capability.COPY,
        Capability.CORRECT,
        Capability.ERASE,
        Capability.EXPIRE,
    }
)
_OUTCOMES = {
    Verb.ERASE: DESTROYING,
    Verb.CORRECT: frozenset({Outcome.CORRECT}),
    Verb.RESTRICT: SUSPENDING,
    Verb.RESUME: SUSPENDING,
    Verb.STOP: frozenset({Outcome.STOP}),
}


def _today() -> date:
    return day_in_bangkok(datetime.now(UTC))


class SqlConnector:
    """A connected database (`domain.connector.Connector`).

    The schema is read once, at the first call that needs it. `secret` keys the hashes that a map may ask
    for and must stay the same; `today` decides whether a contract runs; `page` is how many items a page has.
    """

    def __init__(
        self,
        name: str,
        url: str,
        datamap: DataMap,
        *,
        secret: bytes = b"",
        today: Callable[[], date] = _today,
        page: int = PAGE,
    ) -> None:
        self._name = name
        self._map = datamap
        self._secret = secret
        self._today = today
        self._page = page
        self._reading = threading.Lock()
        with translated(name):
            self._engine = open_engine(url)

    @classmethod
    def open(cls, name: str, url: str, map_file: Path, *, secret: bytes = b"") -> SqlConnector:
        """A connector from its settings.

        Raises:
            DataMapInvalid: the map breaks its own rules.
        """
        return cls(name, url, load_map(map_file), secret=secret)

    @property
    def name(self) -> str:
        """The system's name."""
        return self._name

    @property
    def datamap(self) -> DataMap:
        """The map that says what the database holds."""
        return self._map

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Restriction only where the map names a column for it, a stop only where consents or suppressions."""
        tables = self._map.tables.values()
        restricts = any(table.of_kind(Kind.RESTRICTION) for table in tables)
        stops = self._map.suppressions or any(table.consent for table in tables)
        found = _ALWAYS | ({Capability.RESTRICT, Capability.RESUME} if restricts else frozenset())
        return found | ({Capability.STOP} if stops else frozenset())

    @property
    def settles_within(self) -> timedelta:
        """A committed transaction is seen at once."""
        return timedelta(0)

    @cached_property
    def _model(self) -> Model:
        with self._reading, translated(self._name):
            model = Model(self._name, self._map, reflect(self._engine, self._map.tables))
        check_map(model, keyed=bool(self._secret))
        return model

    @cached_property
    def _described(self) -> tuple[Table, ...]:
        return describe(self._model)

    @cached_property
    def _searcher(self) -> Searcher:
        return Searcher(self._model)

    @cached_property
    def _locator(self) -> Locator:
        return Locator(self._model, self._page)

    @cached_property
    def _sweeper(self) -> Sweeper:
        return Sweeper(self._model, self._page)

    @cached_property
    def _copier(self) -> Copier:
        return Copier(self._model)

    @cached_property
    def _fulfiller(self) -> Fulfiller:
        return Fulfiller(self._model, Changes(self._model, self._secret))

    @cached_property
    def _suppressor(self) -> Suppressor:
        return Suppressor(self._model)

    def check(self) -> None:
        """Reach the database, and hold the map against its schema as it is now.

        Raises:
            DataMapInvalid: names file, line, table and column.
        """
        with translated(self._name):
            now = Model(self._name, self._map, reflect(self._engine, self._map.tables))
        check_map(now, keyed=bool(self._secret))

    def coverage(self) -> Coverage:
        """How much of the schema as it is now the map classifies; also where it does not fit."""
        with translated(self._name):
            return coverage(self._map, reflect(self._engine, self._map.tables))

    def advise(self) -> tuple[Advice, ...]:
        """The paths that no index serves, each with what would mend it (`connectors.sql_advice`)."""
        with self._reader() as connection:
            return advise(self._model, connection)

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """While it lasts, the statements that run here, with places where values go."""
        heard: list[str] = []

        def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            heard.append(statement)

        sa.event.listen(self._engine, "before_cursor_execute", hear)
        try:
            yield heard
        finally:
            sa.event.remove(self._engine, "before_cursor_execute", hear)

    def describe(self) -> tuple[Table, ...]:
        """The mapped tables, in the map's order."""
        return self._described

    def fields(self) -> Mapping[str, FieldRole]:
        """What may be corrected here, and whether this database says what is true."""
        return {
            name: FieldRole.RECORD if one.record else FieldRole.COPY for name, one in self._map.fields.items()
        }

    def suppresses(self) -> frozenset[IdentifierKind]:
        """The kinds of identifiers that the map's lists hold."""
        return frozenset(one.identifier for one in self._map.suppressions)

    def marketing(self) -> frozenset[str]:
        """The purposes that the map calls marketing, over all its tables of consents."""
        consents = (table.consent for table in self._map.tables.values() if table.consent)
        return frozenset(purpose for consent in consents for purpose in consent.marketing)

    def stop(self, identifiers: Sequence[Identifier], at: datetime) -> int:
        """Enter addresses in the lists that the map names.

        Raises:
            CapabilityMissing: it names none.
        """
        if not self._map.suppressions:
            raise CapabilityMissing("capability-missing", "keep the list elsewhere", system=self._name)
        suppressor = self._suppressor
        with translated(self._name), writing(self._engine) as connection, connection.begin():
            return suppressor.stop(connection, identifiers, at)

    def resolve(self, identifiers: Sequence[Identifier], tenant: str) -> tuple[Candidate, ...]:
        """Persons in scope: without a tenant those of the company itself, else that tenant's."""
        with self._reader() as connection:
            return self._searcher.resolve(connection, identifiers, tenant)

    def everybody(self, bearing: Sequence[Identifier] | None = None) -> Iterator[Candidate]:
        """Every person of the company itself, a page at a time (`connectors.sql_roll`)."""
        roller = Roller(self._model)
        return roller.everybody(self._reader) if bearing is None else roller.bearing(self._reader, bearing)

    def locate(self, subject: Subject, cursor: str = "") -> Page:
        """The next page of the person's rows (`connectors.sql_locate`)."""
        with self._reader() as connection:
            search = self._searcher.search(connection, subject)
            return self._locator.page(connection, search, cursor, self._today())

    def expired(self, ended: Ended, as_of: date, cursor: str = "") -> Page:
        """The next page of rows whose retention is over (`connectors.sql_expired`)."""
        with self._reader() as connection:
            return self._sweeper.page(connection, ended, as_of, cursor)

    def scan(self, subject: Subject) -> tuple[Identifier, ...]:
        """Identifiers in the person's rows that were not given."""
        with self._reader() as connection:
            search = self._searcher.search(connection, subject)
            found: set[Identifier] = set()
            for selection in self._locator.selections(search):
                found |= selection.identifiers(connection, search, self._today())
        fresh = found.difference(subject.identifiers)
        return tuple(sorted(fresh, key=lambda one: (one.kind, one.value)))

    def copy(self, items: Iterator[Item]) -> Iterator[Record]:
        """Content, a thousand rows at a time; no connection is held while the caller works."""
        return self._copier.copy(items, self._reader)

    def foresee(self, batch: Batch) -> tuple[Foreseen, ...]:
        """Carry the batch out, read what would stand, and roll back."""
        self._require(batch)
        fulfiller = self._fulfiller
        with translated(self._name), writing(self._engine) as connection, connection.begin() as transaction:
            foreseen = fulfiller.foresee(connection, batch)
            transaction.rollback()
        return foreseen

    def observe(self, batch: Batch) -> tuple[Foreseen, ...]:
        """The hash of every order's row as it stands now, a thousand rows at a time; locks nothing."""
        require(Capability.LOCATE, self.capabilities, self._name)
        fulfiller = self._fulfiller
        with self._reader() as connection:
            return fulfiller.observe(connection, batch)

    def apply(self, batch: Batch, foreseen: Sequence[Foreseen]) -> tuple[Effect, ...]:
        """Carry the batch out in one transaction: all of it, or nothing."""
        self._require(batch)
        fulfiller = self._fulfiller
        with translated(self._name), writing(self._engine) as connection, connection.begin():
            return fulfiller.apply(connection, batch, foreseen)

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    def _require(self, batch: Batch) -> None:
        capabilities = self.capabilities
        restricts = Capability.RESTRICT in capabilities
        # What is no consent is stopped by restricting it.
        by_restricting = batch.verb is Verb.STOP and restricts
        require(Capability.RESTRICT if by_restricting else Capability(batch.verb), capabilities, self._name)
        allowed = _OUTCOMES.get(batch.verb, frozenset())
        if batch.verb is Verb.COPY or any(one.outcome not in allowed for one in batch.orders):
            raise Refused("order-does-not-fit-verb", "plan again", system=self._name, verb=batch.verb)

    @contextmanager
    def _reader(self) -> Iterator[sa.Connection]:
        """A connection for the statements of one call; the schema is read before it is taken."""
        _ = self._model
        with translated(self._name), self._engine.connect() as connection:
            yield connection
