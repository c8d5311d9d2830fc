"""`recipients`: who holds data for the company and was told what to do with it (L11), and what they answered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.by_link import link_recipient, revoke_recipient
from cli.evidence import Files, drawn, kept
from cli.given import Given, one_of
from cli.options import AnyReference, AsJson, Credential, Reason, Reference
from cli.voice import Speaking, out, tell_json

app = typer.Typer(cls=Speaking, help="Recipients who were told what to do with data.", no_args_is_help=True)


@app.command("list")
def list_recipients(
    reference: AnyReference = "",
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that answered.")] = False,
    as_json: AsJson = False,
) -> None:
    """Who was told what by when, those due first, and what they answered. Shows nothing of the persons."""
    from rich.table import Table

    from cli.office import open_house

    with open_house() as house:
        case = house.room.register.view(reference).case.id if reference else ""
        found = house.room.recipients.of(case, open_only=not every)
    if as_json:
        tell_json({"recipients": [one.model_dump(mode="json") for one in found]})
        return
    table = Table("Case", "Recipient", "Answer by", "Said", "Files")
    for one in found:
        said = one.said.value if one.said else ""
        table.add_row(one.reference, one.recipient, one.by.isoformat(), said, str(one.evidence or ""))
    out().print(table)


@app.command()
def answered(
    reference: Reference,
    recipient: Annotated[str, typer.Argument(metavar="CODE", help="As `recipients list` names it.")],
    *,
    said: Annotated[str, typer.Option(help="done, kept (by a law of theirs), nothing (held), refused.")],
    reason: Reason,
    evidence: Files = None,
    credential: Credential = "",
) -> None:
    """Enter what a recipient answered; done needs a file that shows it. Closes the tasks that wait for it."""
    from cli.office import open_office
    from domain.recipients import Said

    given = Given()
    why, word = given.reason(reason), Said(one_of(said, tuple(Said), "--said"))
    files: list[Path] = evidence or []
    for file in files:
        drawn("", file)
    with open_office(credential, given) as office:
        case, code = office.view(reference).case.id, recipient.strip()
        shown = [
            kept(office, case, f"recipients/{code}/{place}", "", file) for place, file in enumerate(files, 1)
        ]
        office.house.room.recipients.answer(case, code, word, shown, actor=office.actor, reason=why)
    out().print(f"{reference}: {code} {word}", highlight=False)


app.command("link")(link_recipient)
app.command("revoke")(revoke_recipient)
