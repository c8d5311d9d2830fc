"""What a status tells beyond the case itself, as codes and counts: wish, identity, links, letters, what waits and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cases.standing import wish_of
from cases.traces import Links
from cli import text
from domain.wishes import assurance_for, in_codes
from exports import parked as parking
from exports import todo
from exports.words import LANGUAGES

if TYPE_CHECKING:
    from bootstrap import House
    from cases.room import Room
    from domain.case import Decision, Parked
    from domain.documents import Letter
    from domain.ports import CaseView

Shape = dict[str, Any]


def wish(house: House, view: CaseView) -> Shape | None:
    """What is asked for, in codes that the company knows and names of fields; never a value that a person gave.

    What is no code of the company's is counted only: whoever filled the form may have written anything there.
    """
    asked = wish_of(house.room, view)
    if asked is None:
        return None
    told = in_codes(
        asked,
        units=house.policy.units,
        fields={field for connector in house.tools.connectors.values() for field in connector.fields()},
        purpose=lambda code: bool(text.thai("purposes", code)),
        takes=house.tools.transfers.knows,
    )
    return {
        **told.model_dump(mode="json"),
        "transfer_to": told.transfer_to or None,
        "agent": any(house.room.vault.agent(view.case.id)),
    }


def identity(room: Room, view: CaseView) -> Shape | None:
    """The level of identity that was shown, and the one that is needed; None when the register no longer knows."""
    asked = wish_of(room, view)
    if asked is None:
        return None
    needed = assurance_for(view.case.right, asked, consent_only=view.case.consent_only)
    shown = room.identity.standing(view.case.id)
    return {
        "level": shown.level.name.lower(),
        "needed": needed.name.lower(),
        "address_proved": shown.address_proved,
    }


def links(room: Room, case: str) -> list[Shape]:
    """The other cases that this one belongs with; `backwards` reads the relation from the other to this."""
    return [link.model_dump(mode="json", exclude={"case"}) for link in room.register.links(case)]


def decision(room: Room, case: str, proposed: Decision | None) -> Shape | None:
    """Where the decision on the newest plan stands: proposed, and by whom, or complete."""
    if proposed is not None:
        return {**proposed.model_dump(mode="json", exclude={"id"}), "complete": False}
    made = room.plans.decision(case)
    return {**made.model_dump(mode="json", exclude={"id"}), "complete": True} if made else None


def letters(written: Sequence[Letter], traced: Mapping[str, Links]) -> list[Shape]:
    """Letters in the order of their writing, each with what became of its links."""
    return [
        {
            "code": letter.code,
            "state": "sent" if letter.sent else "queued",
            "sent": letter.sent.isoformat() if letter.sent else None,
            "opened": traced.get(letter.id, Links()).opened,
            "fetched": traced.get(letter.id, Links()).fetched,
            "revoked": traced.get(letter.id, Links()).revoked,
            "fate": traced.get(letter.id, Links()).fate,
            "posted": day.isoformat() if (day := traced.get(letter.id, Links()).posted) else None,
        }
        for letter in written
    ]


def death(room: Room, case: str) -> Shape | None:
    """Who said that the person died, having seen what; `complete` once a second member of staff did."""
    word = room.register.death_of(case)
    return word.model_dump(mode="json") if word else None


def parked(waiting: Parked) -> Shape:
    """A system that waits, with what its code means and what mends it, in Thai and English."""
    return {**waiting.model_dump(mode="json"), **_said(parking.explain, waiting.code)}


def tasks(room: Room, case: str = "", *, done: bool = False) -> list[Shape]:
    """What people must do by hand, the oldest first, with what it means and how it is done; `done` adds what was."""
    return [
        {**task.model_dump(mode="json", exclude={"case"}), **_said(todo.explain, task.code)}
        for task in room.tasks.of(case, open_only=not done)
    ]


def _said(explain: Callable[[str, str], tuple[str, str]], code: str) -> Shape:
    """What a code means and what mends it, in Thai and English."""
    said = {language: explain(code, language) for language in LANGUAGES}
    return {
        "meaning": {language: meaning for language, (meaning, _) in said.items()},
        "mend": {language: mend for language, (_, mend) in said.items()},
    }
