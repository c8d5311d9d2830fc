"""What the desk reports: how many requests came, how they ended, in how many days, and what falls due in the weeks to come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Date, Integer, Select, cast, func, select
from sqlalchemy.sql.elements import ColumnElement

from cases.tables import cases, requests
from cases.unit_of_work import UnitOfWork
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
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


class Month(Value):
    """A month of the span by its first day: how many came in it, and how many were closed in it."""

    month: date
    received: int
    closed: int


class Report(Value):
    """A span of Bangkok days, both in it."""

    since: date
    until: date
    rights: tuple[OfRight, ...]
    endings: tuple[tuple[Ending, int], ...]
    ended: tuple[tuple[Right, Ending, int], ...]
    """How those of each right ended."""
    months: tuple[Month, ...]
    """Every month of the span, the last 24 of a longer one."""


class Ahead(Value):
    """Seven days to come: how many open cases are due in them, and how many will be late by their end at the pace of late."""

    since: date
    until: date
    due: int
    late: int


class Forecast(Value):
    """What falls due against what the desk closes. `pace` is how many it closed a week, over `WEEKS` weeks until yesterday.

    Whoever reads it may say when the desk falls behind: cases are answered in the order of their days, at that pace, and
    what is late already comes first. `later` are open cases due after those weeks.
    """

    day: date
    pace: float
    late: int
    weeks: tuple[Ahead, ...]
    later: int

    @property
    def behind(self) -> Ahead | None:
        """The first week at whose end cases would be late; none where the desk keeps up."""
        return next((week for week in self.weeks if week.late), None)


WEEKS = 8
_WEEK, _MONTHS = timedelta(days=7), 24


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
            select(cases.c.right, cases.c.ending, func.count())
            .where(went.between(since, until))
            .group_by(cases.c.right, cases.c.ending)
        )
        first = max(since, _months_before(until, _MONTHS - 1))
        came_in = _by_month(came, select().select_from(joined).where(came.between(first, until)))
        went_in = _by_month(went, select().select_from(cases).where(went.between(first, until)))
        with self._work.read() as connection:
            received = {row.right: row.arrived for row in connection.execute(arrived)}
            closed = {row.right: row for row in connection.execute(done)}
            endings = {(row[0], row[1]): row[2] for row in connection.execute(ended)}
            months = [{row[0]: row[1] for row in connection.execute(each)} for each in (came_in, went_in)]
        fates = tuple(
            (right, ending, endings[right, ending])
            for right in Right
            for ending in Ending
            if (right, ending) in endings
        )
        return Report(
            since=since,
            until=until,
            rights=tuple(_of(right, received.get(right, 0), closed.get(right)) for right in Right),
            endings=_together(fates),
            ended=fates,
            months=tuple(_month(month, *months) for month in _months(first, until)),
        )

    def ahead(self, today: date) -> Forecast:
        """What falls due from that Bangkok day on, week by week, against the pace of the weeks before it."""
        still = cases.c.state != State.CLOSED.value
        went, week = _day(cases.c.closed), cast(func.div(cases.c.due - today, 7), Integer)
        counted = select(week, func.count()).where(still, cases.c.due >= today).group_by(week)
        over = select(func.count()).where(still, cases.c.due < today)
        closed = select(func.count()).where(went.between(today - WEEKS * _WEEK, today - timedelta(days=1)))
        with self._work.read() as connection:
            due = {row[0]: row[1] for row in connection.execute(counted)}
            late, done = connection.scalar(over) or 0, connection.scalar(closed) or 0
        pace = done / WEEKS
        return Forecast(
            day=today,
            pace=pace,
            late=late,
            weeks=_ahead(today, due, late, pace),
            later=sum(count for number, count in due.items() if number >= WEEKS),
        )


def _of(right: Right, received: int, row: Any) -> OfRight:
    fields = ("closed", "in_time", "median", "longest", "limit")
    counted = {name: int(getattr(row, name) or 0) if row is not None else 0 for name in fields}
    return OfRight(right=right, received=received, **counted)


def _ahead(today: date, due: Mapping[int, int], late: int, pace: float) -> tuple[Ahead, ...]:
    weeks, owed = [], float(late)
    for number in range(WEEKS):
        since = today + number * _WEEK
        # What the desk has room for beyond what is due goes to cases of later weeks: they count with those.
        owed += due.get(number, 0) - pace
        behind = max(round(owed), 0)
        until = since + _WEEK - timedelta(days=1)
        weeks.append(Ahead(since=since, until=until, due=due.get(number, 0), late=behind))
    return tuple(weeks)


def _by_month(day: ColumnElement[date], among: Select[Any]) -> Select[Any]:
    month = cast(func.date_trunc("month", day), Date)
    return among.add_columns(month, func.count()).group_by(month)


def _months_before(day: date, count: int) -> date:
    """The first day of the month so many before that of the day."""
    years, months = divmod(day.year * 12 + day.month - 1 - count, 12)
    return date(years, months + 1, 1)


def _months(since: date, until: date) -> list[date]:
    count = (until.year - since.year) * 12 + until.month - since.month
    return [_months_before(until, back) for back in range(count, -1, -1)]


def _month(month: date, received: Mapping[date, int], closed: Mapping[date, int]) -> Month:
    return Month(month=month, received=received.get(month, 0), closed=closed.get(month, 0))


def _together(fates: tuple[tuple[Right, Ending, int], ...]) -> tuple[tuple[Ending, int], ...]:
    found = ((one, sum(count for _, ending, count in fates if ending is one)) for one in Ending)
    return tuple((ending, count) for ending, count in found if count)


def _day(at: ColumnElement[Any]) -> ColumnElement[date]:
    return cast(func.timezone("Asia/Bangkok", at), Date)
