"""What is done with links handed to known customers: made by programs, opened by persons; needs no Temporal."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from domain.assurance import Method
from domain.case import Case
from domain.errors import NotAllowed
from domain.ports import ENGINE, Clock, Intake
from domain.self_links import Draft, Minted, Offered, SelfLinks, Wanted
from workflows.programs import Gate
from workflows.reception import FrontDoor


@dataclass(frozen=True)
class SelfService:
    """Links to a request that is prefilled, for who holds one and for who may make them."""

    links: SelfLinks
    gate: Gate
    door: FrontDoor
    clock: Clock
    portal_url: str

    async def admit(self, secret: str, *scopes: str) -> str:
        """See `Gate.admit`."""
        return await self.gate.admit(secret, *scopes)

    async def mint(self, token: str, wanted: Wanted) -> Minted:
        """A link, made by the program of that token. Raises `BadInput`, `Unavailable`."""
        return await asyncio.to_thread(lambda: self.links.mint(wanted, actor=ENGINE, token=token))

    async def revoke(self, token: str, link: str) -> None:
        """A program takes back a link that it made. Raises `NotFound`, `Unavailable`."""
        await asyncio.to_thread(lambda: self.links.revoke(link, actor=ENGINE, token=token))

    async def offered(self, token: str) -> Offered:
        """What a link opens; looking changes nothing. Raises `NotAllowed`, `Unavailable`."""
        return await asyncio.to_thread(self.links.offered, token)

    async def keep(self, token: str, typed: Draft) -> None:
        """Keep what was typed. Raises `NotAllowed`, `Unavailable`."""
        await asyncio.to_thread(self.links.keep, token, typed)

    async def ask(self, token: str, intake: Intake) -> tuple[Case, ...]:
        """The press: the request of a link, once, about whom the link names and nobody else.

        That the customer was signed in counts where the press comes while the second factor is fresh.

        Raises:
            NotAllowed: the link is not good, or is for other rights.
            BadInput, Unavailable: as `FrontDoor.receive`.
        """
        offered = await self.offered(token)
        if not set(intake.rights) <= set(offered.rights):
            raise NotAllowed("right-not-offered", "ask on the public page")
        fresh = _is_fresh(offered, self.clock.now())
        about = {
            "identifiers": offered.about.identifiers,
            "name": offered.about.name,
            "proved": (Method.CRM_SESSION,) if fresh else (),
            "dedup": f"link:{offered.id}",
        }
        cases = await self.door.receive(intake.model_copy(update=about))
        await asyncio.to_thread(self.links.use, token, cases[0].id)
        return cases

    def correctable(self) -> tuple[str, ...]:
        """The fields that may be corrected."""
        return self.door.correctable()


def _is_fresh(offered: Offered, now: datetime) -> bool:
    return offered.fresh_until is not None and now < offered.fresh_until
