"""Incidents at the desk: of a wrong recipient everything that goes out is stopped, and the clock of s.37(4) runs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from domain import errors
from domain.case import Repair
from domain.incidents import FROZEN, Closing, IncidentKind, IncidentView
from workflows.editing import Editing
from workflows.front import run
from workflows.incident import Incident, incident_id


@dataclass(frozen=True)
class Incidents(Editing):
    """What officers do about an incident, beside what they write down of it."""

    async def wrong_recipient(
        self, reference: str, *, actor: str, reason: str, noticed: datetime | None = None
    ) -> IncidentView:
        """Somebody who must not may have what went out: every link of the case is void, it is frozen, the clock runs.

        The same again is the incident that is open, and voids what links were made since. Raises `BadInput` for a
        moment in time to come, `NotFound`.
        """
        case = (await self.view(reference, actor)).case
        opened = await run(
            lambda: self.incidents.open(
                case.id,
                IncidentKind.WRONG_RECIPIENT,
                actor=actor,
                reason=reason,
                noticed=noticed,
                freeze=True,
            )
        )
        await run(lambda: self.deliveries.revoke(case.id, actor=actor, reason=reason))
        return opened

    async def tell_of_incident(self, incident: str, *, actor: str) -> None:
        """Write to the data subject what happened and what is done (s.37(4)); once, however often it is said.

        Raises:
            Conflict: it was not assessed, or is closed.
            Unavailable: Temporal is away.
        """
        found = await run(lambda: self.incidents.view(incident))
        if found.closed is not None:
            raise errors.Conflict("incident-is-closed", incident=incident)
        if found.risk is None:
            raise errors.Conflict("incident-not-assessed", "assess it first", incident=incident)
        case = (await self.view(found.case)).case
        await run(lambda: self.incidents.telling(incident, actor=actor))
        await self._beside(Incident.run, incident_id(case.id, incident), case, incident)

    async def close_incident(
        self, incident: str, closing: Closing, *, actor: str, reason: str
    ) -> IncidentView:
        """Close an incident with its outcome; the case goes on where it stood, unless another one freezes it.

        Raises as `domain.incidents.must_end_so`.
        """
        closed = await run(lambda: self.incidents.close(incident, closing, actor=actor, reason=reason))
        if not await run(lambda: self.incidents.frozen(closed.case)):
            await self._go_on(closed.case, actor=actor, reason=reason)
        return closed

    async def _go_on(self, case: str, *, actor: str, reason: str) -> None:
        """What waited for that alone is tried again; what can't be told now, officers try again as any other."""
        for waits in (await self.view(case)).parked:
            if waits.code != FROZEN:
                continue
            with suppress(errors.Conflict, errors.Unavailable):
                await self.update(case, "repair", Repair(system=waits.system, retry=True, by=actor))
                await run(
                    lambda waits=waits: self.register.repaired(  # type: ignore[misc]
                        case, waits.system, actor=actor, ground="", reason=reason, seen=waits.since
                    )
                )
