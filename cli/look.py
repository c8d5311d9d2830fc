"""Looking: at cases, which shows nothing of a person, and at candidates, which does and is told."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.given import Given, reason_code
from cli.options import AsJson, Credential, ReasonCode, Reference, Wait
from cli.voice import out, tell_json


def status(reference: Reference, *, as_json: AsJson = False, wait: Wait = False) -> None:
    """Where a case stands and what to do next. Shows nothing of the person."""
    from cli import shapes, show
    from cli.office import open_house
    from cli.standing import wait_for_people

    with open_house() as house:
        view = house.room.register.view(reference.strip())
        if wait:
            view = wait_for_people(house.room, view.case.id, quiet=as_json)
        told = shapes.whole(house.room, view)
        tell_json(told) if as_json else out().print(show.case_facts(told))


def list_cases(
    *,
    only_open: Annotated[bool, typer.Option("--open", help="Only cases that are not closed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Cases, the newest first. Shows nothing of the persons."""
    from cli import shapes, show
    from cli.office import open_house

    with open_house() as house:
        views = house.room.register.views(open_only=only_open, limit=limit)
    tell_json(shapes.cases(views)) if as_json else out().print(show.case_table(views))


def plan(
    reference: Reference,
    *,
    rows: Annotated[bool, typer.Option("--rows", help="Every row, a JSON object a line.")] = False,
    as_json: AsJson = False,
) -> None:
    """What will become of what was found. On which ground, until when; shows nothing of the person."""
    from cli import shapes, show
    from cli.office import open_house

    with open_house() as house:
        view = house.room.register.view(reference.strip())
        newest = house.room.plans.summary(view.case.id)
        if rows:
            for row in house.room.plans.rows(view.case.id):
                typer.echo(row.model_dump_json())
            return
        told = {
            "reference": view.case.reference,
            "state": view.state.value,
            "plan": shapes.summary(newest),
            "groups": shapes.groups(house.room.plans.rows(view.case.id)),
        }
        if as_json:
            tell_json(told)
            return
        out().print(show.plan_table(told))
        out().print(show.legend(told, house.policy))
        out().print(f"digest {newest.digest}", highlight=False)


def candidates(
    reference: Reference, *, reason: ReasonCode, credential: Credential = "", as_json: AsJson = False
) -> None:
    """Who may be meant. Shows personal data, what tells them apart; leaves an event."""
    from cli import show
    from cli.office import open_office
    from domain.events import Event

    given = Given()
    why = reason_code(given.reason(reason))
    with open_office(credential, given) as office:
        view = office.view(reference)
        case = view.case.id
        # Told first: what cannot be told is not shown.
        office.house.room.register.note(
            case, Event.STAFF_LOOKED, office.actor, command="candidates", reason_code=why
        )
        persons = office.house.room.vault.candidates(case)
    if as_json:
        told = [
            [{"system": row.system, "shown": dict(row.shown)} for row in candidate_rows]
            for candidate_rows in persons
        ]
        tell_json({"reference": view.case.reference, "candidates": told})
    else:
        out().print(show.candidate_table(persons))
