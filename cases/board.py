"""The board of the desk: cases in the order in which they press, page by page.

A page is read by key, never by counting what goes before: the thousandth costs what the first costs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, and_, exists, func, select, tuple_, union

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
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from domain.urgency import NEAR_DAYS, Urgency, urgency
from domain.value import Personal, Value

PAGE = 50
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
        over = asks.state is State.CLOSED
        by = cases.c.closed if over else cases.c.due
        key = (by, cases.c.id)
        found = select(cases.c.id).where(*self._narrowed(asks, reader, over=over), *_seen_by(reader))
        if start := _CURSOR.fullmatch(after):
            moment = datetime.fromisoformat(start[1])
            here = tuple_(moment.astimezone(UTC) if over else moment.date(), start[2])
            found = found.where(tuple_(*key) < here if over else tuple_(*key) > here)
        ordered = (by.desc(), cases.c.id.desc()) if over else key
        page = found.order_by(*ordered).limit(PAGE + 1).subquery()
        lines = self._lines(_joined().join(page, page.c.id == cases.c.id).order_by(*ordered))
        if len(lines) <= PAGE:
            return Shown(lines=lines, after="")
        last = lines[PAGE - 1]
        at = last.closed.astimezone(UTC) if last.closed else last.terms.strict
        return Shown(lines=lines[:PAGE], after=f"{at.isoformat()}_{last.id}")

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

    def _lines(self, wanted: Select[Any]) -> tuple[Line, ...]:
        today = day_in_bangkok(self._work.now())
        with self._work.read() as connection:
            rows = connection.execute(wanted).all()
        return tuple(self._line(row, today) for row in rows)

    def _line(self, row: Row[Any], today: date) -> Line:
        pinned = _TERMS.validate_python(row.terms)
        try:
            initials = initials_of(opened(self._sealing, row, "name")) if row.name else ""
        except KeyShredded:
            initials = ""
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
        )


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
    newest = and_(terms.c.case_id == cases.c.id, terms.c.version == cases.c.terms_version)
    return (
        select(
            *cases.c["id", "reference", "right", "state", "ending", "closed"],
            *requests.c["channel", "received"],
            terms.c.terms,
            *vault.c["case_id", "name"],
            hands.c.member,
            waits.label("parked"),
        )
        .join(requests, requests.c.id == cases.c.request_id)
        .join(terms, newest)
        .join(vault, vault.c.case_id == cases.c.id, isouter=True)
        .join(hands, hands.c.case_id == cases.c.id, isouter=True)
    )
