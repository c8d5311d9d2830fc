"""The register read for an export: one moment of it, in one transaction, streamed by the server's own cursors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from cases import audit
from cases import inspection_sql as sql
from cases.database import driver_of, speaking
from cases.sealing import IDENTIFIERS, TEXT, Sealing
from cases.tables import identifier_hashes
from cases.unit_of_work import UnitOfWork
from domain.aftermath import Disclosure
from domain.assurance import Method, assurance_of
from domain.calendar import BANGKOK
from domain.errors import KeyShredded
from domain.identifiers import Identifier
from domain.inspected import ACCESS_EVENTS
from domain.inspection import Head, Scope, Section, Segment, Told
from domain.merkle import root_of
from security.seal import unseal_model

_PAGE = 1000
_ANY_DAY = date(2022, 6, 1)
_REASONS: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[str, ...])


class RegisterInspection:
    """Implements `domain.inspection.Inspection`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    @contextmanager
    def open(self, scope: Scope) -> Iterator[RegisterSnapshot]:
        """One moment of the register; nothing that is written meanwhile is in it.

        Raises:
            Unavailable: the database cannot be reached.
        """
        with self._work.snapshot() as connection:
            yield RegisterSnapshot(connection, self._sealing, scope)

    def head(self) -> Head:
        """The chain's end and the tree's root over all of it; walks every leaf."""
        with self._work.snapshot() as connection:
            nothing = Scope(
                since=_ANY_DAY, until=_ANY_DAY
            )  # the leaves are the whole chain's, whatever the days
            whole = RegisterSnapshot(connection, self._sealing, nothing)
            return Head(count=whole.count, chain=whole.chain.hex(), root=root_of(whole.leaves()).hex())

    def cases_of(self, identifiers: Sequence[Identifier]) -> tuple[str, ...]:
        """The cases that any of these identifiers stands in, by id."""
        hashed = [each.digest for each in self._sealing.hashes(identifiers)]
        wanted = select(identifier_hashes.c.case_id).where(identifier_hashes.c.digest.in_(hashed)).distinct()
        with self._work.read() as connection:
            return tuple(sorted(connection.scalars(wanted)))


class RegisterSnapshot:
    """Implements `domain.inspection.Snapshot`."""

    def __init__(self, connection: Connection, sealing: Sealing, scope: Scope) -> None:
        self._driver = driver_of(connection)
        connection.exec_driver_sql("SELECT 1")  # the transaction, and with it the moment, begins here
        self._sealing = sealing
        self._scope = scope
        self._numbers = count(1)
        self._asked = _parameters(scope)
        ends = self._driver.execute(sql.END).fetchone()
        self.count: int = ends[0] if ends else 0
        self.chain: bytes = bytes(ends[1]) if ends else audit.START

    def leaves(self) -> Iterator[bytes]:
        """Every leaf hash of the chain, in order."""
        return (bytes(row[0]) for row in self._streamed(sql.LEAVES, {}))

    def chains(self, counts: Sequence[int]) -> Mapping[int, bytes]:
        """The chain hash after so many events, for each of these counts that there are events for."""
        rows = self._driver.execute(sql.CHAINS, {"counts": list(counts)})
        return {row[0]: bytes(row[1]) for row in rows}

    def segment(self) -> Segment | None:
        """The run of events that covers the days; None where there is none, or where cases were chosen."""
        if self._scope.chosen:
            return None
        row = self._driver.execute(sql.SEGMENT, self._asked).fetchone()
        if row is None or row[0] is None:
            return None
        first, last = row
        before = self.chains([first - 1]).get(first - 1, audit.START)
        return Segment(first, last, before)

    def events(self) -> Iterator[Told]:
        """The events of the segment, or of the chosen cases, in order."""
        if self._scope.chosen:
            wanted = self._streamed(sql.EVENTS_OF_CASES, self._asked)
        elif (run := self.segment()) is not None:
            wanted = self._streamed(sql.EVENTS, {"first": run.first, "last": run.last})
        else:
            return
        for seq, canonical, chain in wanted:
            yield Told(seq, canonical, chain)

    def rows(self, section: Section) -> Iterator[tuple[Any, ...]]:
        """A table's rows in their order, a value a column."""
        found = self._streamed(sql.STATEMENTS[section.name], self._asked)
        if section.name == "identity":
            return (_with_level(row) for row in found)
        if section.personal:
            return self._opened(section.name, found)
        return found

    def letters(self) -> Iterator[tuple[str, str, str]]:
        """The letters of the scope: their case's reference and id, and where their text lies sealed."""
        return ((reference, case, ref) for reference, case, ref in self._streamed(sql.LETTERS, self._asked))

    def _opened(self, name: str, found: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        openers: dict[str, Callable[..., tuple[Any, ...]]] = {
            "persons": self._person,
            "refusal_reasons": self._reasons,
            "disclosed": self._disclosed,
            "orders": self._order,
        }
        open_row = openers[name]
        for row in found:
            try:
                yield open_row(*row)
            except KeyShredded:  # its time was over: nobody can say any more
                continue

    def _person(
        self, reference: str, case: str, name: bytes, message: bytes, given: bytes
    ) -> tuple[Any, ...]:
        take = self._sealing.take
        known = take(given, IDENTIFIERS, f"vault.given:{case}")
        called, wrote = take(name, TEXT, f"vault.name:{case}"), take(message, TEXT, f"vault.message:{case}")
        return reference, called, wrote, [f"{each.kind.value}:{each.value}" for each in known]

    def _reasons(self, refusal: str, reference: str, reasons: bytes) -> tuple[Any, ...]:
        said = self._sealing.take(reasons, _REASONS, f"refusals.reasons:{refusal}")
        return refusal, reference, list(said)

    def _disclosed(self, disclosure: str, sealed: bytes) -> tuple[Any, ...]:
        told = unseal_model(self._sealing.ring, sealed, f"disclosures.disclosure:{disclosure}", Disclosure)
        return disclosure, told.recipient, told.power, told.order, list(told.units), told.by, told.what

    def _order(self, order: str, reference: str | None, ref: bytes, reason: bytes) -> tuple[Any, ...]:
        take = self._sealing.take
        number = take(ref, TEXT, f"hold_orders.order_ref:{order}")
        return order, reference, number, take(reason, TEXT, f"hold_orders.reason:{order}")

    def _streamed(self, statement: str, asked: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
        # A server's cursor works only while it is asked: asked ahead, it reads on while the last page is written.
        with speaking(), self._cursor() as cursor, ThreadPoolExecutor(1) as ahead:
            cursor.execute(statement, asked, binary=True)
            page = cursor.fetchmany(_PAGE)
            while page:
                coming = ahead.submit(cursor.fetchmany, _PAGE)
                yield from page
                page = coming.result()

    def _cursor(self) -> psycopg.ServerCursor[tuple[Any, ...]]:
        return self._driver.cursor(f"inspection_{next(self._numbers)}")


def _parameters(scope: Scope) -> dict[str, Any]:
    def starts(day: Any) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=BANGKOK)

    return {
        "since": starts(scope.since),
        "until": starts(scope.until) + timedelta(days=1),
        "since_day": scope.since,
        "until_day": scope.until,
        "chosen": scope.chosen,
        "cases": list(scope.cases),
        "access": list(ACCESS_EVENTS),
    }


def _with_level(row: tuple[Any, ...]) -> tuple[Any, ...]:
    reference, method, result, by, asked, at = row
    level = int(assurance_of([Method(method)])) if result == "shown" else 0
    return reference, method, level, result, by, asked, at
