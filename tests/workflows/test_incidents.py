"""A wrong recipient, all the way: a frozen erasure waits, the right person hears, and it goes on once that is closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from typing import cast as cast_to

import pytest

from activities.copy import Copy
from activities.fulfil import Fulfil
from bootstrap import House
from domain.case import Task
from domain.errors import Conflict, Refused
from domain.incidents import FROZEN, Assessment, Closing, Heard, IncidentKind, IncidentRegister, Risk
from domain.outcomes import Ending
from domain.ports import CaseView
from domain.rights import Right, Verb
from domain.states import State
from tests.support.people import People
from tests.workflows.company import Cast
from tests.workflows.test_refusals import letter_text
from workflows.incident import incident_id

pytestmark = pytest.mark.slow

SAID = Assessment(
    risk=Risk.HIGH,
    units=("U06",),
    disclosed="สำเนาคำร้องของท่าน",
    to_whom="นายวิชัย ใจดี",
    effects="อาจมีผู้ติดต่อท่าน",
    done="เพิกถอนลิงก์แล้ว",
)


@dataclass
class FrozenMeanwhile:
    """Incidents of a case that is frozen after a step looked for the first time."""

    looked: int = 0

    def frozen(self, _case: str) -> bool:
        self.looked += 1
        return self.looked > 1


def goes_on_nowhere(house: House, view: CaseView) -> None:
    """Neither what is under way nor the package goes on once the case is frozen."""
    case, parked = view.case.id, next(one.system for one in view.parked if one.code == FROZEN)
    task = Task(case=case, step=State.FULFILLING, system=parked, verb=Verb.ERASE, version=1)
    tools = replace(house.tools, incidents=cast_to("IncidentRegister", FrozenMeanwhile()))
    with pytest.raises(Refused, match="case frozen"):
        Fulfil(tools).fulfil(task)
    with pytest.raises(Refused, match="case frozen"):
        Copy(house.tools).bundle(task)
    assert not house.room.effects.receipts(case)


async def test_a_frozen_erasure_waits_and_goes_on(people: People, house: House, cast: Cast) -> None:
    who = cast.user()
    cast.leaves(who)
    reference = await people.ask(Right.ERASURE, who.email, changes={"units": "U07"})
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.until(reference, State.COOLING)
    case = view.case.id
    await people.seen(reference, lambda _: "DECISION" in people.letters(view))
    officer: dict[str, Any] = {"actor": people.officer, "reason": "it went to somebody else"}
    opened = await people.desk.wrong_recipient(reference, **officer)
    assert await people.desk.wrong_recipient(reference, **officer) == opened
    assert all(link.revoked for link in house.room.traces.links(case).values())

    await people.desk.call_off(reference, proceed=True)
    view = await people.seen(reference, lambda view: any(one.code == FROZEN for one in view.parked))
    assert not house.room.effects.receipts(case)
    goes_on_nowhere(house, view)

    incident = opened.id
    with pytest.raises(Conflict, match="not assessed"):
        await people.desk.tell_of_incident(incident, actor=people.officer)
    house.room.incidents.assess(incident, SAID, actor=people.officer)
    await people.desk.tell_of_incident(incident, actor=people.officer)
    await people.client.get_workflow_handle(incident_id(case, incident)).result()
    told = letter_text(house, case, f"L-BREACH-{incident}")
    assert "สำเนาคำร้องของท่าน" in told.replace("\n", "")
    assert "วิชัย" not in told
    now = house.tools.clock.now()
    with pytest.raises(Conflict, match="not told"):
        await people.desk.close_incident(incident, Closing.NOTIFIED, **officer)
    for heard in Heard:
        house.room.incidents.notify(incident, heard, told=now, evidence="9", actor=people.officer)
    await people.desk.close_incident(incident, Closing.NOTIFIED, **officer)
    view = await people.closed(reference)
    assert view.ending in {Ending.FULFILLED, Ending.PARTIAL}
    [one] = house.room.incidents.of(case)
    assert (one.kind, one.outcome, one.frozen) == (IncidentKind.WRONG_RECIPIENT, Closing.NOTIFIED, False)
