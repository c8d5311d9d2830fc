"""What the desk reports: how many requests came, how they ended, and how many days they took against their limit."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Date, Integer, cast, func, select
from sqlalchemy.sql.elements import ColumnElement

from cases.tables import cases, requests
from cases.unit_of_work import UnitOfWork
from domain.outcomes import Ending
from domain.rights import Right
from domain.value import Value


class OfRight(Value):
    """One right's cases. `received` in the span; the rest are of those closed in it. Days are calendar days.

    `median` and `longest` count from receipt to closing; `limit` is the longest promise among them.
    """

    right: Right
    received: int
    closed: int
    in_time: int
    median: int
    longest: int
    limit: int


class Report(Value):
    """A span of Bangkok days, both in it."""

    since: date
    until: date
    rights: tuple[OfRight, ...]
    endings: tuple[tuple[Ending, int], ...]


class Reports:
    """Counts in the register; names nobody."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def of(self, since: date, until: date) -> Report:
        """The report of a span of days. What a case went on as elsewhere counts with its own ending."""
        came, went = _day(requests.c.received), _day(cases.c.closed)
        took, limit = cast(went - came, Integer), cast(cases.c.due - came, Integer)
        joined = cases.join(requests, requests.c.id == cases.c.request_id)
        arrived = (
            select(cases.c.right, func.count().label("arrived"))
            .select_from(joined)
            .where(came.between(since, until))
            .group_by(cases.c.right)
        )
        done = (
            select(
                cases.c.right,
                func.count().label("closed"),
                func.count().filter(went <= cases.c.due).label("in_time"),
                func.percentile_disc(0.5).within_group(took).label("median"),
                func.max(took).label("longest"),
                func.max(limit).label("limit"),
            )
            .select_from(joined)
            .where(went.between(since, until))
            .group_by(cases.c.right)
        )
        ended = (
            select(cases.c.ending, func.count()).where(went.between(since, until)).group_by(cases.c.ending)
        )
        with self._work.read() as connection:
            received = {row.right: row.arrived for row in connection.execute(arrived)}
            closed = {row.right: row for row in connection.execute(done)}
            endings = {row[0]: row[1] for row in connection.execute(ended)}
        return Report(
            since=since,
            until=until,
            rights=tuple(_of(right, received.get(right, 0), closed.get(right)) for right in Right),
            endings=tuple((ending, endings[ending]) for ending in Ending if ending in endings),
        )


def _of(right: Right, received: int, row: Any) -> OfRight:
    fields = ("closed", "in_time", "median", "longest", "limit")
    counted = {name: int(getattr(row, name) or 0) if row is not None else 0 for name in fields}
    return OfRight(right=right, received=received, **counted)


def _day(at: ColumnElement[Any]) -> ColumnElement[date]:
    return cast(func.timezone("Asia/Bangkok", at), Date)
