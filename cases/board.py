"""The board of the desk: cases in the order in which they press, page by page.

A page is read by key, never by counting what goes before: the thousandth costs what the first costs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Row,
    Select,
    and_,
    cast,
    exists,
    func,
    select,
    tuple_,
    union,
)

from cases.desk_tables import hands
from cases.sealing import Sealing
from cases.tables import cases, identifier_hashes, parkings, requests, tasks, terms, vault
from cases.told import opened
from cases.unit_of_work import UnitOfWork
from domain.calendar import day_in_bangkok
from domain.deadlines import Terms
from domain.errors import KeyShredded
from domain.identifiers import Identifier
from domain.initials import initials_of
from domain.messages import ARRIVED
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from domain.urgency import NEAR_DAYS, Urgency, urgency
from domain.value import Personal, Value
from security.ports import KeyPurpose

PAGE = 50
_HOLIDAYS = timedelta(days=14)
"""No run of days off is as long, so that no working day to plan for is further from its promised day."""

_LISTED = 1000
"""Lines that are read at once where a whole board is listed."""

_CURSOR = re.compile(r"(\d{4}-\d{2}-\d{2}(?:T[0-9:.]{8,15}\+00:00)?)_(c-[0-9a-f]{24})")
_TERMS: TypeAdapter[Terms] = TypeAdapter(Terms)


class Asks(Value):
    """What a board shows: every field narrows it. `member` asks for what that one has in hand, "-" for what nobody leads."""

    state: State | None = None
    right: Right | None = None
    due: Urgency | None = None
    system: str = ""  # parked there; "*" for anywhere
    member: str = ""


class Reader(Value):
    """Who reads a board: what is `hidden` is closed to them; of those whom they stand in for, the work is theirs too."""

    member: str = ""
    hidden: frozenset[str] = frozenset()
    covers: tuple[str, ...] = ()


ANYBODY = Reader()


class Line(Personal):
    """A case as the board shows it."""

    id: str
    reference: str
    right: Right
    state: State
    ending: Ending | None
    channel: str
    received: datetime
    closed: datetime | None
    terms: Terms
    urgency: Urgency
    initials: str
    hand: str
    parked: tuple[str, ...]
    wrote: bool
    """Somebody wrote about it, and nobody has answered yet."""


class Shown(Personal):
    """A page of the board; `after` leads to the next, if there is one."""

    lines: tuple[Line, ...]
    after: str


class Tally(Value):
    """How much there is of what presses, over all open cases."""

    open: int
    late: int
    near: int
    parked: int


class Board:
    """Reads cases for the board."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def page(self, asks: Asks, after: str = "", reader: Reader = ANYBODY) -> Shown:
        """Open cases by their day, or closed ones the newest first; `after` as the page before gave it.

        An `after` that no page gave is none: the first page is shown.
        """
        lines = self._lines(self._wanted(asks, after, reader, PAGE))
        return Shown(lines=lines[:PAGE], after=_cursor(lines[PAGE - 1]) if len(lines) > PAGE else "")

    def every(self, asks: Asks, reader: Reader = ANYBODY) -> Iterator[Line]:
        """Every line of a board in the same order, without what is the person's: nothing is unsealed, nor held at once."""
        lines = self._lines(self._wanted(asks, "", reader, _LISTED), named=False)
        while lines:
            yield from lines[:_LISTED]
            if len(lines) <= _LISTED:
                return
            after = _cursor(lines[_LISTED - 1])
            lines = self._lines(self._wanted(asks, after, reader, _LISTED), named=False)

    def _wanted(self, asks: Asks, after: str, reader: Reader, most: int) -> Select[Any]:
        """So many lines, and one more where there are more."""
        over = asks.state is State.CLOSED
        by = cases.c.closed if over else cases.c.due
        key = (by, cases.c.id)
        found = select(cases.c.id).where(*self._narrowed(asks, reader, over=over), *_seen_by(reader))
        if start := _CURSOR.fullmatch(after):
            moment = datetime.fromisoformat(start[1])
            here = tuple_(moment.astimezone(UTC) if over else moment.date(), start[2])
            found = found.where(tuple_(*key) < here if over else tuple_(*key) > here)
        ordered = (by.desc(), cases.c.id.desc()) if over else key
        page = found.order_by(*ordered).limit(most + 1).subquery()
        return _joined().join(page, page.c.id == cases.c.id).order_by(*ordered)

    def named(self, references: Sequence[str], reader: Reader = ANYBODY) -> tuple[Line, ...]:
        """Cases of those references, whatever their state."""
        wanted = _joined().where(cases.c.reference.in_(references), *_seen_by(reader))
        return self._lines(wanted.order_by(cases.c.reference))

    def of_ids(self, ids: Collection[str]) -> tuple[Line, ...]:
        """Cases of those ids."""
        return self._lines(_joined().where(cases.c.id.in_(ids))) if ids else ()

    def of_person(self, given: Sequence[Identifier], reader: Reader = ANYBODY) -> tuple[Line, ...]:
        """Cases that know one of these identifiers, the newest first; found by keyed hash."""
        digests = [one.digest for one in self._sealing.hashes(given)]
        known = select(identifier_hashes.c.case_id).where(identifier_hashes.c.digest.in_(digests))
        wanted = _joined().where(cases.c.id.in_(known), *_seen_by(reader))
        return self._lines(wanted.order_by(cases.c.opened.desc(), cases.c.reference.desc()).limit(PAGE))

    def tally(self, reader: Reader = ANYBODY) -> Tally:
        """How much presses now."""
        today = day_in_bangkok(self._work.now())
        near = today + timedelta(days=NEAR_DAYS)
        counted = select(
            func.count(),
            func.count().filter(cases.c.due < today),
            func.count().filter(cases.c.due.between(today, near)),
        ).where(cases.c.state != State.CLOSED.value, *_seen_by(reader))
        waits = select(func.count(func.distinct(parkings.c.case_id))).where(parkings.c.repaired.is_(None))
        with self._work.read() as connection:
            row = connection.execute(counted).one()
            parked = connection.scalar(waits) or 0
        return Tally(open=row[0], late=row[1], near=row[2], parked=parked)

    def parked_systems(self) -> tuple[str, ...]:
        """Systems that wait for a person somewhere."""
        wanted = select(parkings.c.system).where(parkings.c.repaired.is_(None)).distinct()
        with self._work.read() as connection:
            return tuple(sorted(connection.scalars(wanted)))

    def _narrowed(self, asks: Asks, reader: Reader, *, over: bool) -> list[ColumnElement[bool]]:
        today = day_in_bangkok(self._work.now())
        closed = cases.c.state == State.CLOSED.value
        wanted = [closed if over else ~closed]
        if asks.state and not over:
            wanted.append(cases.c.state == asks.state.value)
        if asks.right:
            wanted.append(cases.c.right == asks.right.value)
        if asks.due is Urgency.LATE:
            wanted.append(cases.c.due < today)
        elif asks.due is Urgency.AT_RISK:
            wanted += [cases.c.due.between(today, today + _HOLIDAYS), _planned_by(today)]
        elif asks.due is Urgency.NEAR:
            wanted.append(cases.c.due.between(today, today + timedelta(days=NEAR_DAYS)))
        if asks.system:
            there = [] if asks.system == "*" else [parkings.c.system == asks.system]
            waits = and_(parkings.c.case_id == cases.c.id, parkings.c.repaired.is_(None), *there)
            wanted.append(exists().where(waits))
        if asks.member == "-":
            wanted.append(~exists().where(hands.c.case_id == cases.c.id))
        elif asks.member:
            whose = (asks.member, *(reader.covers if asks.member == reader.member else ()))
            wanted.append(cases.c.id.in_(_in_hand(whose)))
        return wanted

    def _lines(self, wanted: Select[Any], *, named: bool = True) -> tuple[Line, ...]:
        today = day_in_bangkok(self._work.now())
        with self._work.read() as connection:
            rows = connection.execute(wanted).all()
        if named:
            self._sealing.ring.warm(KeyPurpose.CASE, (row.id for row in rows if row.name))
        return tuple(self._line(row, today, self._initials(row) if named else "") for row in rows)

    def _initials(self, row: Row[Any]) -> str:
        try:
            return initials_of(opened(self._sealing, row, "name")) if row.name else ""
        except KeyShredded:
            return ""

    @staticmethod
    def _line(row: Row[Any], today: date, initials: str) -> Line:
        pinned = _TERMS.validate_python(row.terms)
        return Line(
            id=row.id,
            reference=row.reference,
            right=Right(row.right),
            state=State(row.state),
            ending=Ending(row.ending) if row.ending else None,
            channel=row.channel,
            received=row.received,
            closed=row.closed,
            terms=pinned,
            urgency=urgency(pinned, today, closed=row.closed is not None),
            initials=initials,
            hand=row.member or "",
            parked=tuple(row.parked or ()),
            wrote=row.wrote,
        )


def _cursor(last: Line) -> str:
    at = last.closed.astimezone(UTC) if last.closed else last.terms.strict
    return f"{at.isoformat()}_{last.id}"


def _planned_by(today: date) -> ColumnElement[bool]:
    """Whether the working day that was planned for is here."""
    newest = and_(terms.c.case_id == cases.c.id, terms.c.version == cases.c.terms_version)
    return exists().where(newest, cast(terms.c.terms["target"].astext, Date) <= today)


def _in_hand(members: Sequence[str]) -> CompoundSelect[Any]:
    """Cases that one of these leads, or in which a system or a task waits for one of them."""
    return union(
        select(hands.c.case_id).where(hands.c.member.in_(members)),
        select(parkings.c.case_id).where(parkings.c.hand.in_(members), parkings.c.repaired.is_(None)),
        select(tasks.c.case_id).where(tasks.c.hand.in_(members), tasks.c.closed.is_(None)),
    )


def _seen_by(reader: Reader) -> list[ColumnElement[bool]]:
    # Few are closed to anybody: named one by one, they cost the plan of the board nothing.
    return [cases.c.id.not_in(sorted(reader.hidden))] if reader.hidden else []


def _joined() -> Select[Any]:
    waits = (
        select(func.array_agg(parkings.c.system))
        .where(parkings.c.case_id == cases.c.id, parkings.c.repaired.is_(None))
        .correlate(cases)
        .scalar_subquery()
    )
    waiting = tasks.c.case_id == cases.c.id, tasks.c.code == ARRIVED, tasks.c.closed.is_(None)
    wrote = exists().where(*waiting).correlate(cases)
    newest = and_(terms.c.case_id == cases.c.id, terms.c.version == cases.c.terms_version)
    return (
        select(
            *cases.c["id", "reference", "right", "state", "ending", "closed"],
            *requests.c["channel", "received"],
            terms.c.terms,
            *vault.c["case_id", "name"],
            hands.c.member,
            waits.label("parked"),
            wrote.label("wrote"),
        )
        .join(requests, requests.c.id == cases.c.request_id)
        .join(terms, newest)
        .join(vault, vault.c.case_id == cases.c.id, isouter=True)
        .join(hands, hands.c.case_id == cases.c.id, isouter=True)
    )
