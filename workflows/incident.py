"""Incident: marketing reached somebody who had objected; it stops again, and they hear of it (s.32 ¶2)."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.case import Case
from domain.states import State
from workflows.acting import LOOK_AGAIN, Acting
from workflows.calls import rendering
from workflows.failing import code_of

with workflow.unsafe.imports_passed_through():
    from activities.incident import Incidents


_SHREDDED = "key-shredded"
_SOON = timedelta(seconds=5)


def incident_id(case: str, day: str) -> str:
    """The id of the workflow that answers an incident of that Bangkok day (ISO); references only, the engine's key."""
    return f"engine:incident:{case}:{day}"


@workflow.defn
class Incident(Acting):
    """One step, until it is done; the case itself stays as it is.

    What is owed stays owed while a list or the mail is away, however long: nobody would start it again. The task of the
    incident asks people meanwhile. Only where the case's key is gone can nobody be written to any more.
    """

    @workflow.init
    def __init__(self, case: Case, day: str) -> None:
        super().__init__(case)
        self.day = day

    @workflow.run
    async def run(self, case: Case, day: str) -> None:  # noqa: ARG002 - noted by `init`, as the SDK wants it
        """Stopped again and told."""
        self.state, again = State.CLOSED, _SOON
        while True:
            try:
                return await self.take(Incidents.incident, rendering(), detail=self.day)
            except ActivityError as error:
                if code_of(error) == _SHREDDED:
                    raise
            await workflow.sleep(again)
            again = min(again * 2, LOOK_AGAIN)
