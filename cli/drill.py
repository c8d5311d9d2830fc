"""`drill`: rehearse a case without one, and an inspection; how long each took. Nothing changes but the audit chain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.audit_export import Since, Until
from cli.given import Given, one_of, reason_code
from cli.options import AsJson, Credential, ReasonCode
from cli.voice import Speaking, out, tell_json, working
from domain.errors import BadInput

if TYPE_CHECKING:
    from activities.rehearse import Rehearsal
    from cli.office import Office
    from workflows.drill import Drills

app = typer.Typer(
    cls=Speaking, help="Drills: what would happen, and how long it takes.", no_args_is_help=True
)

Emails = Annotated[
    list[str] | None, typer.Option("--email", help="Of the person; @FILE and - are taken too.")
]
Phones = Annotated[
    list[str] | None, typer.Option("--phone", help="Of the person; @FILE and - are taken too.")
]


@app.command("case")
def case_(
    *,
    right: Annotated[str, typer.Option(help="access, portability or erasure.")],
    reason: ReasonCode,
    email: Emails = None,
    phone: Phones = None,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Search for a person and reckon the plan of today, without a case. Counts what is found; leaves an event."""
    from activities.rehearse import RIGHTS
    from cli.office import open_office
    from domain.rights import Right

    given = Given()
    wanted = Right(one_of(right, RIGHTS, "--right"))
    known = given.known_by(email=email or (), phone=phone or ())
    if not known:
        raise BadInput("identifier-missing", "give --email or --phone", field="--email")
    why = reason_code(given.reason(reason))
    with open_office(credential, given) as office, working("rehearsing", quiet=as_json):
        drills = _drills(office)
        found = drills.case(known, wanted, actor=office.actor, reason=why)
    if as_json:
        tell_json({**found.model_dump(mode="json"), "items": found.items, "millis": found.millis})
        return
    _show(found)


@app.command()
def pack(
    *,
    since: Since,
    until: Until,
    reason: ReasonCode,
    into: Annotated[Path, typer.Option("--out", help="The package, a new file: NAME.zip.", metavar="FILE")],
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Make the export for an inspection, and verify it with the program that goes with it. Exits with 8 where it fails."""
    from cli.office import open_office
    from domain.calendar import parse_day
    from domain.errors import Integrity
    from domain.inspection import Scope

    given = Given()
    why = reason_code(given.reason(reason))
    days = [parse_day(text, field=field) for text, field in ((since, "--from"), (until, "--to"))]
    if days[1] < days[0]:
        raise BadInput("days-the-wrong-way", "the last day is not before the first", field="--to")
    if into.exists():
        raise BadInput("file-exists", "name a new file", field="--out")
    with open_office(credential, given) as office, working("making the package", quiet=as_json):
        scope, drills = Scope(since=days[0], until=days[1]), _drills(office)
        try:
            found = drills.pack(scope, into, actor=office.actor, reason=why)
        except OSError as error:
            mend = "name a file in a directory with room that you may write to"
            raise BadInput("file-not-writable", mend, field="--out", errno=error.errno or 0) from None
    told: dict[str, Any] = {"file": str(into), **found.model_dump(mode="json")}
    if as_json:
        tell_json(told)
    else:
        took = f"made in {found.made_millis} ms, verified in {found.verified_millis} ms"
        out().print(f"{into}  {found.size} bytes, {took}", highlight=False)
        out().print(f"{found.held} checks hold, {found.broken} fail", highlight=False)
    if found.broken:
        raise Integrity(
            "export-does-not-verify", "keep the file, and look at the audit chain", file=str(into)
        )


def _drills(office: Office) -> Drills:
    from bootstrap import make_package
    from domain.staffing import Deed
    from workflows.drill import Drills

    office.must_do(Deed.REHEARSE)
    house = office.house
    return Drills(
        house.tools,
        house.room,
        lambda export, file, actor: make_package(house, export, file, actor=actor),
    )


def _show(found: Rehearsal) -> None:
    from rich.table import Table

    plan = Table("System", "Table", "Unit", "Outcome", "Records", "Until")
    for line in found.lines:
        until = line.until.isoformat() if line.until else ""
        plan.add_row(line.system, line.table, line.unit, line.outcome, str(line.items), until)
    out().print(f"{found.persons} person(s), {found.items} records, {found.millis} ms", highlight=False)
    if found.lines:
        out().print(plan)
    for code, system in found.blocks:
        out().print(f"blocks: {code} {system}".rstrip(), highlight=False)
    for system, written in found.changes.items():
        out().print(f"{system}: {written} written in {found.calls[system]} calls", highlight=False)
    steps = Table("Step", "System", "Records", "ms", "")
    for step in found.steps:
        steps.add_row(step.step, step.system, str(step.items), str(step.millis), step.code)
    out().print(steps)
