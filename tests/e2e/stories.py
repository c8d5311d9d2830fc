"""One request of every right, to be disturbed: who asks, what for, what people do, and what must be left of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from temporalio.service import RPCError

from demo import cast
from demo.scenarios import ACTIVE_CUSTOMER, FORMER_CUSTOMER, Becomes, Scenario
from domain.links import Relation
from domain.outcomes import Ending
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from tests.support.people import People, patiently
from workflows.front import temporal_away
from workflows.lift import lift_id

RECEIVER = "othercrm"
NAME = "ศิริพร บุญมาก"


@dataclass(frozen=True)
class Story:
    """A request and its lawful end. `who` tells what this request alone makes of the company's rows.

    `decided`: officers have their say. `opens`: the right of the case that it opens by itself, which is played until
    officers are to decide it. `lifted`: what was restricted is freed again at the end.
    """

    right: Right
    who: Scenario
    ending: Ending
    asked: Mapping[str, str] = field(default_factory=dict)
    decided: bool = True
    opens: Right | None = None
    lifted: bool = False


def _left_alone(who: Scenario, *becomes: Becomes) -> Scenario:
    return replace(who, fates=(), becomes=becomes)


STORIES: Mapping[str, Story] = {
    "erasure": Story(Right.ERASURE, FORMER_CUSTOMER, Ending.PARTIAL),
    "access": Story(Right.ACCESS, _left_alone(FORMER_CUSTOMER), Ending.FULFILLED),
    "portability": Story(
        Right.PORTABILITY,
        _left_alone(cast.SUBSCRIBER),
        Ending.PARTIAL,
        asked={"transfer-to": RECEIVER},
    ),
    "objection": Story(
        Right.OBJECTION,
        replace(cast.SUBSCRIBER, fates=()),
        Ending.PARTIAL,  # when he signed in is traffic data, which a provider keeps (Computer Crime Act s.26)
        asked={"against": "marketing,interest"},
    ),
    "restriction": Story(
        Right.RESTRICTION,
        _left_alone(
            cast.MISSPELT,
            Becomes("users", (109,), {"processing_restricted": True}),
            Becomes("tickets", (104,), {"processing_restricted": True}),
        ),
        Ending.FULFILLED,
        asked={"because": "accuracy"},
    ),
    "rectification": Story(
        Right.RECTIFICATION,
        _left_alone(
            cast.MISSPELT,
            Becomes("users", (109,), {"full_name_th": NAME}),
            Becomes("tickets", (104,), {"requester_name": NAME}),
        ),
        Ending.FULFILLED,
        asked={"name-th": NAME},
    ),
    "withdrawal": Story(
        Right.WITHDRAWAL,
        _left_alone(
            cast.WITHDRAWER,
            Becomes("consents", (104,), is_set=("withdrawn_at",)),
            *cast.WITHDRAWER.becomes,
        ),
        Ending.FULFILLED,
        decided=False,
        opens=Right.ERASURE,
    ),
    "restriction-lifted": Story(
        Right.RESTRICTION,
        _left_alone(ACTIVE_CUSTOMER),  # of whom no other story leaves anything restricted
        Ending.FULFILLED,
        asked={"because": "accuracy"},
        lifted=True,
    ),
}


async def play(people: People, story: Story) -> tuple[CaseView, ...]:
    """From the request to its end, however often a server is away meanwhile; the cases that came of it."""
    email = story.who.email
    reference = await people.ask(story.right, email, changes=story.asked)
    if story.decided:
        await people.identify(email, reference)
        await people.decide(reference)
    else:
        await people.prove(email, reference)
    view = await people.closed(reference)
    await _over(people, view.case.id)
    if story.lifted:
        await _lift(people, view)
    return (view, *[await _waiting(people, view) for _ in ([story.opens] if story.opens else [])])


async def _lift(people: People, view: CaseView) -> None:
    reference = view.case.reference
    await patiently(lambda: people.desk.lift(reference, actor=people.officer, reason="it was checked"))
    await _over(people, lift_id(view.case.id))


async def _over(people: People, workflow: str) -> None:
    """Wait until a workflow has taken its last step."""

    async def result() -> None:
        try:
            await people.client.get_workflow_handle(workflow).result()
        except RPCError as error:
            raise temporal_away(error) from None

    await patiently(result)


async def _waiting(people: People, view: CaseView) -> CaseView:
    """The case that this one opened, once officers are to decide it."""
    links = await patiently(lambda: asyncio.to_thread(people.house.room.register.links, view.case.id))
    [opened] = [link.reference for link in links if link.relation is Relation.FOLLOWS]
    return await people.until(opened, State.DECIDING)
