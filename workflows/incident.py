"""Incident: marketing reached somebody who had objected; it stops again, and they hear of it (s.32 ¶2)."""

from __future__ import annotations

from temporalio import workflow

from domain.case import Case
from domain.states import State
from workflows.acting import Acting
from workflows.calls import rendering

with workflow.unsafe.imports_passed_through():
    from activities.incident import Incidents


def incident_id(case: str, day: str) -> str:
    """The id of the workflow that answers an incident of that Bangkok day (ISO); references only, the engine's key."""
    return f"engine:incident:{case}:{day}"


@workflow.defn
class Incident(Acting):
    """One step; the case itself stays as it is."""

    @workflow.init
    def __init__(self, case: Case, day: str) -> None:
        super().__init__(case)
        self.day = day

    @workflow.run
    async def run(self, case: Case, day: str) -> None:  # noqa: ARG002 - noted by `init`, as the SDK wants it
        """Stopped again and told."""
        self.state = State.CLOSED
        await self.take(Incidents.incident, rendering(), detail=self.day)
