"""Reports: how many came, how they ended, how many days they took, and what falls due; as tables with bars, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from cases.reports import Forecast, Report
from domain.calendar import BUDDHIST_OFFSET, day_in_bangkok, parse_day
from domain.errors import BadInput
from domain.outcomes import Ending
from domain.rights import Right
from domain.staffing import Deed
from portal.desk.gate import Gate
from portal.desk.pages import DeskPages

REPORTS, AS_CSV = "/desk/reports", "/desk/reports.csv"


class _Writer(Protocol):
    """What `csv.writer` makes."""

    def writerow(self, row: Iterable[object], /) -> object: ...


_YEAR = timedelta(days=364)
_COLUMNS = ("right", "received", "closed", "in_time", "late", "median_days", "longest_days", "limit_days")


@dataclass(frozen=True)
class ReportPages:
    """The pages /desk/reports and /desk/reports.csv."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk/reports: the days that the address asks for, else the last year."""
        signed = await self.gate.enter(request, Deed.SEE_REPORTS)
        report, wrong = await self._report(request)
        ahead = await self._ahead()
        most = max((max(each.longest, each.limit) for each in report.rights if each.closed), default=0)
        return self.pages.page(
            request,
            signed,
            "reports.html",
            status=422 if wrong else 200,
            report=report,
            ahead=ahead,
            scale=100 / most if most else 0,
            ended=_by_right(report),
            busiest=max((max(each.received, each.closed) for each in report.months), default=0),
            fullest=max((ahead.pace, *(max(each.due, each.late) for each in ahead.weeks))),
            wrong=wrong,
            since=_written(report.since),
            until=_written(report.until),
        )

    async def csv(self, request: Request) -> Response:
        """GET /desk/reports.csv: the same for a spreadsheet; with a mark by which Excel knows UTF-8."""
        await self.gate.enter(request, Deed.SEE_REPORTS)
        report, wrong = await self._report(request)
        if wrong:
            raise BadInput("report-days", field="since")
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(("since", report.since.isoformat(), "until", report.until.isoformat()))
        writer.writerow(_COLUMNS)
        for each in report.rights:
            late = each.closed - each.in_time
            days = (each.median, each.longest, each.limit)
            writer.writerow((each.right.value, each.received, each.closed, each.in_time, late, *days))
        writer.writerow(("ending", "cases"))
        writer.writerows((ending.value, count) for ending, count in report.endings)
        writer.writerow(("right", "ending", "cases"))
        writer.writerows((right.value, ending.value, count) for right, ending, count in report.ended)
        writer.writerow(("month", "received", "closed"))
        writer.writerows((f"{each.month:%Y-%m}", each.received, each.closed) for each in report.months)
        _write_ahead(writer, await self._ahead())
        name = f"report-{report.since}-{report.until}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)

    async def _ahead(self) -> Forecast:
        parts = self.gate.parts
        today = day_in_bangkok(parts.clock.now())
        return await parts.read(lambda: parts.room.reports.ahead(today))

    async def _report(self, request: Request) -> tuple[Report, bool]:
        """The report, and whether the days that were asked for are none; then it is of the last year."""
        parts = self.gate.parts
        until = day_in_bangkok(parts.clock.now())
        since, wrong = until - _YEAR, False
        if given := {
            name: request.query_params[name] for name in ("since", "until") if request.query_params.get(name)
        }:
            try:
                days = {name: parse_day(text[:40], field=name) for name, text in given.items()}
                wrong = days.get("until", until) < days.get("since", since)
            except BadInput:
                days, wrong = {}, True
            if not wrong:
                since, until = days.get("since", since), days.get("until", until)
        return await parts.read(lambda: parts.room.reports.of(since, until)), wrong


def _by_right(report: Report) -> list[tuple[Right, int, list[tuple[Ending, int]]]]:
    """How those of each right ended, and how many they are, for those of which any did."""
    found: dict[Right, list[tuple[Ending, int]]] = {}
    for right, ending, count in report.ended:
        found.setdefault(right, []).append((ending, count))
    return [(right, sum(count for _, count in fates), fates) for right, fates in found.items()]


def _write_ahead(writer: _Writer, ahead: Forecast) -> None:
    writer.writerow(("forecast_of", "late_now", "closed_a_week", "due_later"))
    writer.writerow((ahead.day.isoformat(), ahead.late, f"{ahead.pace:.2f}", ahead.later))
    writer.writerow(("from", "to", "due", "late_by_then"))
    for week in ahead.weeks:
        writer.writerow((week.since.isoformat(), week.until.isoformat(), week.due, week.late))


def _written(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year + BUDDHIST_OFFSET}"
