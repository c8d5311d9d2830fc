"""What the operations do: requests brought and asked after, through the counter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from domain.entering import controllers
from domain.errors import BadInput
from domain.identifiers import ADDRESSES, Identifier, identifier
from domain.ports import CaseView, Intake
from domain.states import State
from portal.api.operations import Answer, Asked
from portal.api.shapes import Listing, Opening, Page, together, told

PATH = "/api/requests"


class PortalCounter(Protocol):
    """Where requests are kept; see `workflows.programs.Counter`."""

    async def admit(self, secret: str, *scopes: str) -> str:
        """The id of a token that opens one of these. Raises `NotAllowed`, `Unavailable`."""
        ...

    def now(self) -> datetime:
        """The current instant."""
        ...

    async def open(self, intake: Intake) -> tuple[CaseView, ...]:
        """Keep a request. Raises `BadInput`, `Conflict`, `Unavailable`."""
        ...

    async def request(self, reference: str) -> tuple[CaseView, ...]:
        """The cases of a request. Raises `NotFound`, `Unavailable`."""
        ...

    async def case(self, reference: str) -> CaseView:
        """A case. Raises `NotFound`, `Unavailable`."""
        ...

    async def page(
        self, *, state: State | None, due_before: date | None, after: str, limit: int
    ) -> tuple[CaseView, ...]:
        """Cases in the order of their references. Raises `Unavailable`."""
        ...


@dataclass(frozen=True)
class Calls:
    """The calls by their operations."""

    counter: PortalCounter

    async def open(self, asked: Asked) -> Answer:
        """A request of a person, from the company's own front."""
        opening: Opening = asked.body
        views = await self.counter.open(_intake(opening, asked, opening.received or self.counter.now()))
        made = together(views)
        return Answer(made, location=f"{PATH}/{made.request}")

    async def request(self, asked: Asked) -> Answer:
        """Where a request stands."""
        return Answer(together(await self.counter.request(asked.named["reference"])))

    async def case(self, asked: Asked) -> Answer:
        """Where a case stands."""
        return Answer(told(await self.counter.case(asked.named["reference"])))

    async def cases(self, asked: Asked) -> Answer:
        """One page; one more than it holds is asked for, to know whether another follows."""
        which: Listing = asked.query
        views = await self.counter.page(
            state=which.state, due_before=which.due_before, after=which.cursor or "", limit=which.limit + 1
        )
        shown = views[: which.limit]
        more = len(views) > which.limit
        cursor = shown[-1].case.reference if more else None
        return Answer(Page(cases=[told(view) for view in shown], next=cursor))


def _intake(opening: Opening, asked: Asked, received: datetime) -> Intake:
    if len(set(opening.rights)) != len(opening.rights):
        raise BadInput("right-given-twice", "give each right once", field="rights")
    if bool(opening.agent.strip()) != bool(opening.authority.strip()):
        raise BadInput("authority-missing", "name who acts, and what shows that they may", field="authority")
    intake = Intake.model_validate(
        {
            "rights": tuple(opening.rights),
            "channel": opening.channel,
            "received": received,
            "language": opening.language,
            "identifiers": _known_by(opening),
            "name": opening.name.strip(),
            "message": opening.message.strip(),
            "controllers": controllers(opening.controllers, field="controllers"),
            "changes": dict(opening.changes),
            "agent": opening.agent.strip(),
            "authority": opening.authority.strip(),
            "program": asked.token,
        }
    )
    if not asked.key:
        return intake
    # A key is a program's own: another's may be the same word. All that was said goes with it, as a keyed hash.
    return intake.model_copy(
        update={"dedup": f"api:{asked.token}:{asked.key}", "said": opening.model_dump_json()}
    )


def _known_by(opening: Opening) -> Sequence[Identifier]:
    found = tuple(
        identifier(one.kind, one.value, field=f"identifiers.{number}.value")
        for number, one in enumerate(opening.identifiers)
    )
    if not any(one.kind in ADDRESSES for one in found):
        raise BadInput("identifier-missing", "give the e-mail address to answer to", field="identifiers")
    return tuple(dict.fromkeys(found))
