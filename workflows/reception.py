"""Where requests come in: kept in the register whatever else is away, and started at once where that can be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from domain import errors
from domain.case import Case
from domain.connector import FieldRole
from domain.ports import Clock, Intake, Register
from domain.wishes import Wish, read_wish, share_out
from policy.model import Policy

Fields = Mapping[str, frozenset[FieldRole]]
"""What a person may ask to correct, with what a system is to each."""

START_WITHIN = 2.0
"""Seconds that whoever presses waits for Temporal; the sweep starts what was not started by then."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reception:
    """Keeps requests; `fields` are what may be corrected."""

    register: Register
    policy: Policy
    fields: Callable[[], Fields]

    def keep(self, intake: Intake) -> tuple[Case, ...]:
        """The cases of a request, kept before anything runs; of one that came before, by its `dedup`, the same.

        Raises:
            BadInput: nothing to answer to, a wish that the right does not know, or a correction of a field that no
                system keeps.
            Unavailable: the register is away.
        """
        for right, given in share_out(intake.rights, intake.changes).items():
            must_be_owned(read_wish(right, given), self.fields())
        terms = {right: self.policy.terms(right, intake.received) for right in intake.rights}
        return self.register.open_request(intake, terms)


@dataclass(frozen=True)
class FrontDoor:
    """How persons themselves ask: what they typed is kept first, and its case started if Temporal hears."""

    reception: Reception
    clock: Clock
    start: Callable[[Case], Awaitable[None]]

    async def receive(self, intake: Intake) -> tuple[Case, ...]:
        """As `Reception.keep`, received now, and started. Raises `BadInput`, `Unavailable`."""
        came = intake.model_copy(update={"received": self.clock.now()})
        cases = await asyncio.to_thread(self.reception.keep, came)
        await self.begin(cases)
        return cases

    async def begin(self, cases: tuple[Case, ...]) -> None:
        """Start what was kept, or leave it to the sweep."""
        try:
            async with asyncio.timeout(START_WITHIN):
                for case in cases:
                    await self.start(case)
        except (errors.Unavailable, TimeoutError):
            _log.warning("a request was kept, and is left to the sweep to start")

    def correctable(self) -> tuple[str, ...]:
        """The fields that some system keeps as their record (s.36), in the order of its map."""
        fields = self.reception.fields()
        return tuple(name for name, roles in fields.items() if FieldRole.RECORD in roles)


def must_be_owned(wish: Wish, fields: Fields) -> None:
    """Every field to be corrected has a system of record (s.36). Raises `BadInput`."""
    if not wish.corrections:
        return
    known = {name for name, roles in fields.items() if FieldRole.RECORD in roles}
    if unowned := wish.corrections.keys() - known:
        mend = f"use of {', '.join(sorted(known))}; what no system keeps is nobody's to correct"
        raise errors.BadInput("field-without-owner", mend, field="--set", count=len(unowned))
