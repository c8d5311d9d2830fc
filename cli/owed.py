"""What outlives its case: listed by day, and done when it is due."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.days import any_day
from cli.given import Given
from cli.options import AnyReference, AsJson, Credential, Reason
from cli.voice import out, tell_json, working

if TYPE_CHECKING:
    from cases.room import Room
    from workflows.desk import Desk


def obligations(
    reference: AnyReference = "",
    *,
    due: Annotated[
        str, typer.Option(help="Those due by that day, in either era; met ones are left out.", metavar="DATE")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """What is still owed: records under holds, backups, letters, follow-ups. Of one case, met ones too."""
    from cli import show
    from cli.office import open_house

    by = any_day(due, "--due")
    with open_house() as house:
        told = _owed(house.room, reference, by)
    tell_json({"obligations": told}) if as_json else out().print(show.obligation_table(told))


def release(*, credential: Credential = "", as_json: AsJson = False) -> None:
    """Do now what is due today, as the schedule does every night. What is still bound is moved to a later day."""
    from cli.office import open_office
    from domain.calendar import day_in_bangkok

    today = day_in_bangkok(datetime.now(UTC))
    with open_office(credential) as office, working("releasing what is due", quiet=as_json):
        owed = office.house.room.obligations
        before = owed.due(today)
        office.act(_pass)
        after = [owed.view(one.id) for one in before]
    met = sum(one.met for one in after)
    moved = sum(not one.met and one.due_on > today for one in after)
    told = {"due": len(before), "met": met, "moved": moved, "still_due": len(before) - met - moved}
    if as_json:
        tell_json(told)
        return
    line = f"{told['met']} of {told['due']} met, {told['moved']} moved, {told['still_due']} still due"
    out().print(line, highlight=False)


def settle(
    obligation: Annotated[str, typer.Argument(metavar="OBLIGATION", help="As `obligations` names it.")],
    *,
    reason: Reason,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Say that what is lost of an obligation is owed no more. It stays as it is; a second member of staff says the same."""
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        settled = office.house.room.obligations.settle(obligation.strip(), actor=office.actor, reason=why)
    if as_json:
        tell_json(settled.model_dump(mode="json"))
        return
    done = "settled" if settled.confirmer else "proposed; a second member of staff says the same"
    out().print(f"{settled.obligation}: {settled.items} records {done}", highlight=False)


def _owed(room: Room, reference: str, by: date | None) -> list[dict[str, Any]]:
    if reference:
        found = room.obligations.of(room.register.view(reference).case.id)
        if by is not None:
            found = tuple(one for one in found if one.due_on <= by and not one.met)
    else:
        found = room.obligations.due(by or date.max)
    named = {case: room.register.view(case).case.reference for case in {one.case for one in found}}
    lost = {one.id: len(room.obligations.lost(one.id)) for one in found if one.items and not one.met}
    return [
        {
            **one.model_dump(mode="json", exclude={"case", "plan"}),
            "reference": named[one.case],
            "lost": lost.get(one.id, 0),
        }
        for one in found
    ]


async def _pass(desk: Desk) -> None:
    """One pass of the release workflow, from its first obligation to its last."""
    from cli.passes import make_pass
    from workflows.release import RELEASE_ID, Release

    await make_pass(desk, Release.run, RELEASE_ID, [""])
