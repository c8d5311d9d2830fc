"""The clock of a case: reminders, the day on which it is at risk, the day on which it is late. Nothing pauses it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError

from domain.calendar import end_of_day
from domain.events import Event
from workflows.acting import Acting
from workflows.calls import bookkeeping

with workflow.unsafe.imports_passed_through():
    from activities.keep import Keep

DUE = SearchAttributeKey.for_datetime("SitthiDue")


class Clocked(Acting):
    """Keeps the terms that were pinned, and those that take their place."""

    async def keep_clock(self) -> None:
        """Tell when the deadline is near, at risk and missed; new terms move all three, also after it was missed."""
        told: set[tuple[datetime, Event]] = set()
        opened = workflow.now()
        while True:
            mark = self._next_mark(opened, told)
            left = max(mark[0] - workflow.now(), timedelta(0)) if mark else None
            if not await self._new_terms(self.retimed, left) and mark:
                told.add(mark)
                # The register shows every date: a reminder is not worth parking for.
                with suppress(ActivityError):
                    await self.take(Keep.remind, bookkeeping(), detail=mark[1])
            workflow.upsert_search_attributes([DUE.value_set(self.terms.due)])

    async def _new_terms(self, seen: int, most: timedelta | None) -> bool:
        try:
            await workflow.wait_condition(
                lambda: self.retimed != seen, timeout=most, timeout_summary="deadline"
            )
        except TimeoutError:
            return False
        return True

    def _next_mark(
        self, opened: datetime, told: Iterable[tuple[datetime, Event]]
    ) -> tuple[datetime, Event] | None:
        terms = self.terms
        marks = [(at, Event.DEADLINE_NEAR) for at in terms.reminders]
        # At risk when the working day begins that was planned for, and the answer has not gone.
        marks.append((end_of_day(terms.target - timedelta(days=1)), Event.DEADLINE_AT_RISK))
        # A request that arrived by post weeks ago opens with reminders in the past: those are not told.
        marks = [mark for mark in marks if mark[0] > opened]
        marks.append((terms.due, Event.DEADLINE_MISSED))
        return min((mark for mark in marks if mark not in told), default=None)
