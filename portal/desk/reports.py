"""Reports: how many came, how they ended, and how many days they took against their limit; as a table, chart and CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from cases.reports import Report
from domain.calendar import BUDDHIST_OFFSET, day_in_bangkok, parse_day
from domain.errors import BadInput
from domain.staffing import Deed
from portal.desk.gate import Gate
from portal.desk.pages import DeskPages

REPORTS, AS_CSV = "/desk/reports", "/desk/reports.csv"

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
        most = max((max(each.longest, each.limit) for each in report.rights if each.closed), default=0)
        return self.pages.page(
            request,
            signed,
            "reports.html",
            status=422 if wrong else 200,
            report=report,
            scale=100 / most if most else 0,
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
        name = f"report-{report.since}-{report.until}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)

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


def _written(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year + BUDDHIST_OFFSET}"
