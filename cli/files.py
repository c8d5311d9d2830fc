"""`files`: what a package would hand over as files; an officer looks at them for data of others first (s.30 ¶2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer
from pydantic import JsonValue

from cli.given import Given, reason_code
from cli.options import AsJson, Credential, Reason, ReasonCode, Reference
from cli.voice import Speaking, out, tell_json

app = typer.Typer(
    cls=Speaking, help="Files of a plan, reviewed before they are handed over.", no_args_is_help=True
)


@app.command("list")
def list_files(
    reference: Reference, *, reason: ReasonCode, credential: Credential = "", as_json: AsJson = False
) -> None:
    """The files that the newest plan hands over, by line, and where each is. Shows personal data; leaves an event."""
    from cli.office import open_office
    from domain.events import Event
    from domain.outcomes import DISCLOSING

    given = Given()
    why = reason_code(given.reason(reason))
    with open_office(credential, given) as office:
        case, room = office.view(reference).case.id, office.house.room
        numbers = frozenset(office.act(lambda desk: desk.files_to_review(reference)))
        looked = {"actor": office.actor, "command": "files-list", "reason_code": why, "case": case}
        # Told first: what cannot be told is not shown.
        room.audit.note(Event.STAFF_LOOKED, looked)
        systems = dict.fromkeys(row.system for row in room.plans.rows(case) if row.no in numbers)
        found = [
            (one.row.no, system, one.row.table, _place(one.item.locator))
            for system in systems
            for one in room.plans.items(case, system, DISCLOSING)
            if one.row.no in numbers
        ]
    if as_json:
        names = ("no", "system", "table", "at")
        tell_json({"files": [dict(zip(names, each, strict=True)) for each in found]})
        return
    for no, system, table, at in found:
        told = ", ".join(str(value) for value in at.values())
        out().print(f"{no}: {system} {table} {told}", highlight=False, markup=False)


@app.command()
def review(
    reference: Reference,
    *,
    without: Annotated[
        list[int] | None,
        typer.Option("--without", help="A line whose file is left out; the package says so.", metavar="NO"),
    ] = None,
    reason: Reason,
    credential: Credential = "",
) -> None:
    """Say that you looked at them in their system, and which are left out. Without it no such plan is approved."""
    from cli.office import open_office

    given = Given()
    why, left_out = given.reason(reason), tuple(without or ())
    with open_office(credential, given) as office:
        count = office.act(
            lambda desk: desk.review_files(reference, without=left_out, actor=office.actor, reason=why)
        )
    out().print(f"{reference}: {count} reviewed, {len(set(left_out))} left out", highlight=False)


def _place(locator: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in locator.items() if not name.startswith("$")}
