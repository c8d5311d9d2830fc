"""What outlives its case: listed by day, and done when it is due."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.days import any_day
from cli.options import AnyReference, AsJson, Credential
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


def _owed(room: Room, reference: str, by: date | None) -> list[dict[str, Any]]:
    if reference:
        found = room.obligations.of(room.register.view(reference).case.id)
        if by is not None:
            found = tuple(one for one in found if one.due_on <= by and not one.met)
    else:
        found = room.obligations.due(by or date.max)
    named = {case: room.register.view(case).case.reference for case in {one.case for one in found}}
    return [{**one.model_dump(mode="json", exclude={"case"}), "reference": named[one.case]} for one in found]


async def _pass(desk: Desk) -> None:
    """One pass of the release workflow, from its first obligation to its last."""
    from cli.passes import make_pass
    from workflows.release import RELEASE_ID, Release

    await make_pass(desk, Release.run, RELEASE_ID, [""])
