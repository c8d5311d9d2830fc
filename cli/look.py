"""Looking at cases: where they stand, what is planned, which may be one. Shows nothing of a person."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.days import any_day
from cli.given import one_of
from cli.options import AnyReference, AsJson, Reference, Wait
from cli.voice import out, tell_json

_MOST = 100_000


def status(reference: Reference, *, as_json: AsJson = False, wait: Wait = False) -> None:
    """Where a case stands and what to do next. Shows nothing of the person."""
    from cli import shapes, show_case
    from cli.office import open_house
    from cli.standing import wait_for_people

    with open_house() as house:
        view = house.room.register.view(reference)
        if wait:
            view = wait_for_people(house.room, view.case.id, quiet=as_json)
        told = shapes.whole(house, view)
        tell_json(told) if as_json else out().print(show_case.case_facts(told))


def list_cases(
    *,
    only_open: Annotated[bool, typer.Option("--open", help="Only cases that are not closed.")] = False,
    right: Annotated[str, typer.Option(help="Only cases of that right.", metavar="RIGHT")] = "",
    step: Annotated[
        str, typer.Option(help="Only cases that stand there, as deciding; an unknown one lists all.")
    ] = "",
    due_before: Annotated[
        str,
        typer.Option("--due-before", help="Only those due before that day, in either era.", metavar="DATE"),
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="At most so many, the newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Cases, the newest first. Shows nothing of the persons."""
    from domain.rights import right_named
    from domain.states import State

    wanted = right_named(right) if right else None
    state = State(one_of(step, tuple(State), "--step")) if step else None
    day = any_day(due_before, "--due-before")
    from cli import shapes, show
    from cli.office import open_house

    narrowed = wanted or state or day
    with open_house() as house:
        found = house.room.register.views(open_only=only_open, limit=_MOST if narrowed else limit)
    views = [
        view
        for view in found
        if (wanted is None or view.case.right is wanted)
        and (state is None or view.state is state)
        and (day is None or view.case.terms.strict < day)
    ][:limit]
    tell_json(shapes.cases(views)) if as_json else out().print(show.case_table(views))


def duplicates(reference: AnyReference = "", *, as_json: AsJson = False) -> None:
    """Open cases beside earlier ones that share an address and the right: perhaps one person's. Nothing of them is shown."""
    from cli import shapes, show
    from cli.office import open_house

    with open_house() as house:
        register = house.room.register
        views = [register.view(reference)] if reference else register.views(open_only=True, limit=_MOST)
        found = [pair for view in views for pair in shapes.pairs(view, register.like(view.case.id))]
    told = list({(pair["reference"], pair["like"]["reference"]): pair for pair in found}.values())
    tell_json({"duplicates": told}) if as_json else out().print(show.duplicate_table(told))


def fields(*, as_json: AsJson = False) -> None:
    """Fields that a person may ask to correct: for `open --right rectification --set FIELD=VALUE`."""
    from bootstrap import fields_of
    from cli import show
    from cli.office import open_house

    with open_house() as house:
        found = fields_of(house)
    if as_json:
        tell_json({"fields": {field: sorted(roles) for field, roles in sorted(found.items())}})
    else:
        out().print(show.field_table(found))


def plan(
    reference: Reference,
    *,
    why: Annotated[
        bool, typer.Option("--why", help="Also what it costs, what blocks, and why each date is what it is.")
    ] = False,
    rows: Annotated[bool, typer.Option("--rows", help="Every row, a JSON object a line.")] = False,
    as_json: AsJson = False,
) -> None:
    """What will become of what was found. On which ground, until when; shows nothing of the person."""
    from cli import preflight, shapes, show
    from cli.office import open_house

    with open_house() as house:
        view = house.room.register.view(reference)
        newest = house.room.plans.summary(view.case.id)
        if rows:
            for row in house.room.plans.rows(view.case.id):
                typer.echo(row.model_dump_json())
            return
        told: dict[str, Any] = {
            "reference": view.case.reference,
            "state": view.state.value,
            "plan": shapes.summary(newest),
            "groups": shapes.groups(house.room.plans.rows(view.case.id)),
            "edits": shapes.edits(house.room.plan_edits.of(view.case.id)),
        }
        if why or as_json:
            told["preflight"] = before = preflight.told(house, view)
        if as_json:
            tell_json(told)
            return
        out().print(show.plan_table(told))
        out().print(show.legend(told, house.policy))
        if told["edits"]:
            out().print(show.edit_table(told["edits"]))
        for table in preflight.shown(before) if why else ():
            out().print(table)
        out().print(f"digest {newest.digest}", highlight=False)
