"""One transaction a method: the change and the events that tell it, together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, bindparam, select

from cases import audit, closed, webhook_outbox
from cases.database import driver_of, speaking
from cases.tables import cases
from domain.errors import NotFound
from domain.events import Event
from domain.ports import ENGINE, Clock

T = TypeVar("T")
_remembered: ContextVar[dict[Hashable, Any] | None] = ContextVar("remembered", default=None)

# Built once: to build it anew costs more than the database takes to answer it.
_LOCKED_CASE = select(cases).where(cases.c.id == bindparam("case")).with_for_update(key_share=True)


@contextmanager
def remembering() -> Iterator[None]:
    """What is read `once` inside is not asked for again, until something is written or a lock is awaited.

    For the length of one step: many of its parts ask for the same case. Each goes on as if all had asked at the
    moment of the first, which the step could have been given anyway.
    """
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


def _forget() -> None:
    if (known := _remembered.get()) is not None:
        known.clear()


@dataclass
class Transaction:
    """An open transaction. `now` is when it began."""

    connection: Connection
    now: datetime
    tellings: list[audit.Telling] = field(default_factory=list)

    def tell(self, event: Event, case: str | None = None, actor: str = ENGINE, **facts: str | int) -> None:
        """Tell an event when the transaction commits; raises `BadInput` where it might be personal."""
        self.tellings.append(audit.telling(event, case, actor, facts))

    def lock_case(self, case: str) -> Row[Any]:
        """The case's row, locked until the end. Raises `NotFound`.

        The lock lets others still refer to the row (FOR NO KEY UPDATE), so that it waits only for its like.
        """
        row = self.connection.execute(_LOCKED_CASE, {"case": case}).one_or_none()
        if row is None:
            raise NotFound("case-unknown", "look it up in the list of cases")
        return row


class UnitOfWork:
    """Begins transactions and readings; `glancing` is an engine whose statements stand alone."""

    def __init__(self, engine: Engine, glancing: Engine, clock: Clock) -> None:
        self._engine = engine
        self._glancing = glancing
        self._clock = clock

    def now(self) -> datetime:
        """The current instant, by the register's clock."""
        return self._clock.now()

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction; whatever is raised inside undoes it, and its events are then never told.

        Raises:
            Unavailable: the database cannot be reached.
            NotAllowed: the case is closed to the member of staff who did what is told (`cases.closed`).
        """
        _forget()
        with speaking(), self._engine.begin() as connection:
            work = Transaction(connection, self._clock.now())
            yield work
            if work.tellings:
                closed.must_be_theirs_to_tell(connection, work.tellings)
                webhook_outbox.write(connection, work.tellings, work.now)
                driver = driver_of(connection)
                # COMMIT goes out with the last event; the engine's own then finds nothing left to commit.
                with driver.pipeline():
                    audit.append(driver, work.tellings, self._clock.now())
                    driver.commit()
        _forget()  # what was read meanwhile is of before the commit

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A reading without a transaction, each statement a single round trip.

        Every statement sees what is committed when it begins, as it would inside a transaction of PostgreSQL's
        own level. It must not stream nor lock: see `walk`.

        Raises:
            Unavailable: the database cannot be reached.
        """
        with speaking(), self._glancing.connect() as connection:
            yield connection

    def once(self, what: Hashable, read: Callable[[Connection], T]) -> T:
        """What `read` gives, from an earlier reading of the same step where there was one (see `remembering`).

        Only for frozen values, and never for what a step waits to see changed.

        Raises:
            Unavailable: the database cannot be reached.
        """
        known = _remembered.get()
        key = (id(self), what)
        if known is not None and key in known:
            found: T = known[key]
            return found
        with self.read() as connection:
            found = read(connection)
        if known is not None:
            known[key] = found
        return found

    @contextmanager
    def walk(self) -> Iterator[Connection]:
        """A reading inside a transaction: what is streamed from it must be read, and what it locks stays so, inside.

        Raises:
            Unavailable: the database cannot be reached.
        """
        _forget()  # it may wait for a lock, and who waited must see what happened meanwhile
        with speaking(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A reading in which every statement sees the same moment, and none can write.

        Raises:
            Unavailable: the database cannot be reached.
        """
        still = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with speaking(), still.connect() as connection:
            yield connection
