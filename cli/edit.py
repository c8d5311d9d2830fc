"""Editing a plan before it is decided: what becomes of records, within what the law leaves to the company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.days import any_day
from cli.given import Given, one_of
from cli.options import AsJson, Credential, Reason, Reference
from cli.voice import out, tell_json
from domain.errors import BadInput

if TYPE_CHECKING:
    from cli.office import Office


def edit(  # noqa: PLR0913 - a change names its line, its ground and its day
    reference: Reference,
    *,
    reason: Reason,
    system: Annotated[str, typer.Option(help="The system of the records, as `plan` lists it.")] = "",
    table: Annotated[str, typer.Option(help="Their table.")] = "",
    unit: Annotated[str, typer.Option(help="Their data unit, where the table has several.")] = "",
    was: Annotated[str, typer.Option(help="What the plan makes of them now.", metavar="OUTCOME")] = "",
    becomes: Annotated[str, typer.Option(help="What becomes of them instead.", metavar="OUTCOME")] = "",
    number: Annotated[
        list[int] | None,
        typer.Option(help="Single records, by `plan --rows`; else the whole line.", metavar="N"),
    ] = None,
    ground: Annotated[str, typer.Option(help="Code of the ground that it rests on.", metavar="CODE")] = "",
    until: Annotated[str, typer.Option(help="Kept until that day, in either era.", metavar="DATE")] = "",
    harm: Annotated[
        str, typer.Option(help="Access only: how it would harm the rights and freedoms of others (s.30).")
    ] = "",
    undo: Annotated[str, typer.Option(help="Take that edit back instead.", metavar="EDIT")] = "",
    digest: Annotated[
        str, typer.Option(help="Of the plan that was read; a newer plan is then refused.", metavar="SHA256")
    ] = "",
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Edit the plan before it is decided, or take an edit back. A new plan follows, under a digest of its own."""
    from cli.office import open_office
    from domain.outcomes import Outcome
    from domain.plan_edits import Change

    given = Given()
    why, read = given.reason(reason), digest.strip()
    if bool(undo) == bool(becomes):
        raise BadInput("edit-or-undo", "give --becomes, or --undo", field="--becomes")
    with open_office(credential, given) as office:
        if undo:
            made = office.act(
                lambda desk: desk.undo_edit(reference, undo, actor=office.actor, reason=why, digest=read)
            )
        else:
            change = Change(
                system=system,
                table=table,
                unit=unit or _unit(office, reference, (system, table, was)),
                was=Outcome(one_of(was, tuple(Outcome), "--was")),
                becomes=Outcome(one_of(becomes, tuple(Outcome), "--becomes")),
                ground=ground.strip(),
                until=any_day(until, "--until"),
                numbers=tuple(number or ()),
            )
            made = office.act(
                lambda desk: desk.edit_plan(
                    reference, change, actor=office.actor, reason=why, digest=read, harm=harm.strip()
                )
            )
    if as_json:
        tell_json({"reference": reference, "edit": made.id, "items": made.items, "undoes": made.undoes})
    else:
        what = f"edit {made.undoes} taken back" if made.undoes else f"edit {made.id} of {made.items} records"
        out().print(f"{reference}: {what}; a new plan follows", highlight=False)


def _unit(office: Office, reference: str, line: tuple[str, str, str]) -> str:
    """The data unit of a line of the plan, where the table has one alone. Raises `BadInput`."""
    rows = office.house.room.plans.rows(office.view(reference).case.id)
    units = {row.unit for row in rows if (row.system, row.table, row.planned) == line}
    if len(units) != 1:
        mend = "name one line as `plan` lists it"
        raise BadInput("edit-of-nothing", mend, field="--unit", count=len(units))
    return units.pop()
