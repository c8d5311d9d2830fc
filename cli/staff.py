"""`staff`: who may act. Known by opaque ids; a credential is shown once and kept only as a hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Given, missing_credential
from cli.options import AsJson, Credential, Reason
from cli.voice import Speaking, out, tell_json
from domain.errors import BadInput, NotAllowed

if TYPE_CHECKING:
    from bootstrap import House

app = typer.Typer(cls=Speaking, help="Members of staff.", no_args_is_help=True)


@app.command()
def add(
    *,
    name: Annotated[str, typer.Option(help="Kept sealed; @FILE and - are taken too.")],
    role: Annotated[str, typer.Option(help="intake, officer, approver, finance, auditor or administrator.")],
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Take on a member of staff; prints their credential once.

    While there is nobody, the first needs no credential; the audit chain then names the engine as who added them.
    """
    from cli.office import open_house
    from domain.ports import ENGINE

    given = Given()
    called = given.text(name, "--name")
    if not called:
        raise BadInput("name-missing", "give their name", field="--name")
    secret = given.secret(credential, "--credential") if credential else ""
    # Of two who both would be the first, one waits, and then is the second.
    with open_house() as house, house.room.staff.alone():
        first = not house.room.staff.members()
        actor = ENGINE if first else _who(house, secret)
        member, made = house.room.staff.add(called, role, actor=actor)
    if as_json:
        tell_json({"id": member, "role": role, "credential": made, "first": first})
        return
    out().print(f"{member} ({role})", highlight=False)
    typer.echo(made)
    typer.echo("The credential is shown this once: keep it in a file that only its owner may read.", err=True)


@app.command()
def disable(
    member: Annotated[str, typer.Argument(metavar="ID", help="As `staff list` names them.")],
    *,
    credential: Credential = "",
) -> None:
    """Let somebody act no more, from now on."""
    from cli.office import open_office

    with open_office(credential) as office:
        office.house.room.staff.leave(member.strip(), actor=office.actor)
    out().print(f"{member.strip()}: disabled", highlight=False)


@app.command()
def reset(
    member: Annotated[str, typer.Argument(metavar="ID", help="As `staff list` names them.")],
    *,
    reason: Reason = "",
    credential: Credential = "",
) -> None:
    """A colleague lost phone or password. The first of two others gives a reason; the second confirms, without one.

    Their password, phone and sessions then end, and a fresh credential is printed, once.
    """
    from cli.office import open_office

    given, who = Given(), member.strip()
    why = given.text(reason, "--reason") if reason else ""
    with open_office(credential, given) as office:
        doors = office.house.room.doors
        if why:
            doors.ask_reset(who, actor=office.actor, reason=why)
            out().print(f"{who}: another member of staff confirms", highlight=False)
            return
        fresh = doors.reset(who, actor=office.actor)
    typer.echo(fresh)
    typer.echo("The credential is shown this once: hand it over in person.", err=True)


@app.command("list")
def list_staff(*, credential: Credential = "", as_json: AsJson = False) -> None:
    """Everybody by id, role and since when; never by name."""
    from rich.table import Table

    from cli.office import open_office

    with open_office(credential) as office:
        members = office.house.room.staff.members()
    if as_json:
        tell_json({"staff": [member.model_dump(mode="json") for member in members]})
        return
    table = Table("Id", "Role", "Added", "Disabled")
    for member in members:
        table.add_row(member.id, member.role, member.added.isoformat(), "yes" if member.disabled else "")
    out().print(table)


def _who(house: House, secret: str) -> str:
    from cli.office import who_acts

    try:
        return who_acts(house, secret)
    except NotAllowed as refused:
        if refused.code == missing_credential().code:
            mend = "only the very first is added without; give --credential @FILE of a member of staff"
            raise NotAllowed(refused.code, mend) from None
        raise
