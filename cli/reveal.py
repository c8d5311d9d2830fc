"""What shows personal data to an officer: who may be meant, and what was written. Each look is told before it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.given import Given, reason_code
from cli.options import AsJson, Credential, ReasonCode, Reference
from cli.voice import out, tell_json

if TYPE_CHECKING:
    from cases.room import Room
    from domain.ports import CaseView


def candidates(
    reference: Reference, *, reason: ReasonCode, credential: Credential = "", as_json: AsJson = False
) -> None:
    """Who may be meant. Shows personal data, what tells them apart; leaves an event."""
    from cli import show

    with _looking("candidates", reference, reason, credential) as (room, view):
        persons = room.vault.candidates(view.case.id)
    if as_json:
        told = [
            [{"system": row.system, "shown": dict(row.shown)} for row in candidate_rows]
            for candidate_rows in persons
        ]
        tell_json({"reference": view.case.reference, "candidates": told})
    else:
        out().print(show.candidate_table(persons))


def wish(
    reference: Reference, *, reason: ReasonCode, credential: Credential = "", as_json: AsJson = False
) -> None:
    """What the person wrote and asks for, and who acts for them. Shows personal data; leaves an event."""
    from cli import show

    with _looking("wish", reference, reason, credential) as (room, view):
        case = view.case.id
        agent, authority = room.vault.agent(case)
        told = {
            "reference": view.case.reference,
            "message": room.vault.message(case),
            "asked": dict(room.vault.changes(case)),
            "agent": agent,
            "authority": authority,
        }
    tell_json(told) if as_json else out().print(show.wish_table(told))


@contextmanager
def _looking(command: str, reference: str, reason: str, credential: str) -> Iterator[tuple[Room, CaseView]]:
    from cli.office import open_office
    from domain.events import Event

    given = Given()
    why = reason_code(given.reason(reason))
    with open_office(credential, given) as office:
        room, view = office.house.room, office.view(reference)
        # Told first: what cannot be told is not shown.
        room.register.note(view.case.id, Event.STAFF_LOOKED, office.actor, command=command, reason_code=why)
        yield room, view
