"""The retention sweep: what becomes of a record that nobody asks about when its time is over (s.37(3)).

The controller must have a system that erases when the retention period ends. A hold, an order, a restriction or an
account that runs on keeps the record all the same; what a person must look at goes to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial

from domain.connector import Ended
from domain.holds import CountsFrom, FiscalYear, Hold
from domain.item import Found, Role, Table
from domain.outcomes import Outcome
from domain.plan import PlanRow, line_of
from domain.retention import Limit, Retention, Since, last_event
from domain.value import Value

ENDED = "S37-3"
"""The ground on which a record goes: its retention period is over."""
RUNNING = "NG-33-1"
"""The ground of a record whose account expired by its date, though it is still in use."""
SEVERAL = "row-of-several"
BY_HAND = "by-hand"


class Over(Value):
    """Why a record's time is over: the event, the limit that counts from it, and its last day."""

    since: Since
    event: date
    period: str
    last_day: date


class Swept(Value):
    """One expired record: its line of the plan, and why its time is over."""

    row: PlanRow
    over: Over
    dates: Mapping[str, date]
    """The dates of the record: what its holds were counted from."""


def ended_by(units: Mapping[str, Retention], books: FiscalYear, today: date) -> Ended:
    """By unit and date of the record: how far back it must lie for the unit's retention to be over before today.

    A limit from the closing date becomes one on the document's date: the books say in which period it falls.
    """
    found: dict[str, dict[str, date]] = {}
    for unit, kept in units.items():
        for limit in kept.limits:
            if limit.since is Since.CONTRACT_ENDED_ON:
                continue  # a tenant's, of whom each is asked for by name (`domain.agreements`)
            closing = limit.since is Since.CLOSING_DATE
            event = CountsFrom.DOCUMENT_DATE.value if closing else limit.since.value
            by = last_event(partial(_is_over, limit, books, today), today)
            if by is not None:
                known = found.setdefault(unit, {})
                known[event] = max(by, known.get(event, by))
    return found


def _is_over(limit: Limit, books: FiscalYear, today: date, day: date) -> bool:
    event = books.closing_date(day) if limit.since is Since.CLOSING_DATE else day
    return limit.period.last_day(event) < today


def sweep_item(
    found: Found,
    kept: Retention,
    holds: Sequence[Hold],
    books: FiscalYear,
    today: date,
    *,
    kept_on: str = "",
    doubt: str = "",
) -> Swept | None:
    """What becomes of one record today; None where its time is not over, or is not ours to end.

    `holds` are those that the policy puts on it, the latest release first; `doubt` is the ground on which nobody can say
    that it is free all the same. `kept_on` is the ground on which an order or a restriction keeps it.
    """
    if found.role is not Role.CONTROLLER:
        return None
    dates = _dates(found, books)
    standing = kept
    if found.contract_open:
        # The date says that the account is over and the account says that it is not: of the two the account counts.
        limits = tuple(limit for limit in kept.limits if limit.since is not Since.ACCOUNT_EXPIRED_ON)
        standing = kept.model_copy(update={"limits": limits})
    over = _over(standing, dates, today)
    runs_on = over is None
    over = over or _over(kept, dates, today)
    if over is None:
        return None
    binding = tuple(hold for hold in holds if hold.binds(today))
    if runs_on:
        outcome, ground = Outcome.NO_GROUND, RUNNING
    else:
        outcome, ground = _fate(found, binding, kept_on, doubt)
    until = binding[0].release_on if outcome is Outcome.HOLD and binding and not kept_on else None
    row = line_of(found, outcome, ground).model_copy(update={"holds": binding, "until": until})
    return Swept(row=row, over=over, dates=dates)


def _dates(found: Found, books: FiscalYear) -> dict[str, date]:
    dates = {event: day for event, day in found.dates.items() if day is not None}
    if document := dates.get(CountsFrom.DOCUMENT_DATE):
        dates[Since.CLOSING_DATE] = books.closing_date(document)
    return dates


def _over(kept: Retention, dates: Mapping[str, date], today: date) -> Over | None:
    found = kept.ends(dates)
    if found is None or found[0] >= today:
        return None
    last_day, limit = found
    return Over(since=limit.since, event=dates[limit.since], period=str(limit.period), last_day=last_day)


def _fate(found: Found, binding: Sequence[Hold], kept_on: str, doubt: str) -> tuple[Outcome, str]:
    if kept_on or binding:
        return Outcome.HOLD, kept_on or binding[0].ground
    if doubt:
        return Outcome.REVIEW, doubt
    if found.obstacle or found.unsure:
        return Outcome.REVIEW, found.obstacle
    if found.shared or found.on_erase is Outcome.DETACH:
        return Outcome.REVIEW, SEVERAL  # whose link is to go, no date tells
    if found.on_erase is Outcome.REVIEW:
        return Outcome.REVIEW, BY_HAND
    return found.on_erase, ENDED


class Group(Value):
    """Records of one table with one fate: how many, between which days, and the dates of one to reckon by.

    `last_day` is the latest day on which any of them was to be kept; `until` the latest on which one is free again.
    `example` has the dates of that record: the arithmetic of the whole group ends with it.
    """

    system: str
    table: str
    unit: str
    planned: Outcome
    ground: str
    since: Since
    period: str
    rules: tuple[str, ...]
    items: int
    last_day: date
    until: date | None
    example: Mapping[str, date]


class Tally:
    """Counts records into groups as they pass, in the order in which they are found."""

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], Group] = {}

    @property
    def groups(self) -> tuple[Group, ...]:
        """What they have come to so far."""
        return tuple(self._found.values())

    def add(self, one: Swept) -> None:
        """Count one in; the record that is free last of its group stands for the group."""
        row, over = one.row, one.over
        rules = tuple(hold.rule for hold in row.holds) if row.planned is Outcome.HOLD else ()
        key = (row.system, row.table, row.unit, row.planned, row.ground, over.since, rules)
        known = self._found.get(key)
        latest = (row.until or over.last_day, over.last_day)
        if known is None or latest > (known.until or known.last_day, known.last_day):
            known = Group(
                system=row.system,
                table=row.table,
                unit=row.unit,
                planned=row.planned,
                ground=row.ground,
                since=over.since,
                period=over.period,
                rules=rules,
                items=known.items if known else 0,
                last_day=over.last_day,
                until=row.until,
                example=one.dates,
            )
        self._found[key] = known.model_copy(update={"items": known.items + 1})


class Unwatched(Value):
    """A table of which the policy counts from an event that the data map does not tell: there, no time ever ends.

    `events` are those that are missing; `ever` says that another limit ends its records all the same. A unit without
    any limit is told with no events.
    """

    system: str
    table: str
    unit: str
    events: tuple[str, ...]
    ever: bool


def unwatched(tables: Iterable[Table], units: Mapping[str, Retention]) -> Iterator[Unwatched]:
    """Where the retention periods of the policy cannot be counted: what the sweep never sees."""
    for table in tables:
        if table.role is not Role.CONTROLLER or table.unit not in units:
            continue
        closing = {Since.CLOSING_DATE: CountsFrom.DOCUMENT_DATE.value}
        wanted = [closing.get(limit.since, limit.since.value) for limit in units[table.unit].limits]
        missing = tuple(event for event in wanted if event not in table.events)
        if missing or not wanted:
            ever = len(missing) < len(wanted)
            yield Unwatched(system=table.system, table=table.name, unit=table.unit, events=missing, ever=ever)
