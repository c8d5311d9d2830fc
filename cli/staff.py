"""`staff`: who may act. Known by opaque ids; a credential is shown once and kept only as a hash."""

from __future__ import annotations

import os
from pathlib import Path
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
    to: Annotated[
        str,
        typer.Option(
            "--to", help="A colleague of the same role who goes on with their work.", metavar="S-..."
        ),
    ] = "",
    credential: Credential = "",
) -> None:
    """Let somebody act no more, from now on: sessions end, and open cases, systems and tasks change hands, all at once."""
    from cli.office import open_office

    with open_office(credential) as office:
        moved = office.house.room.staff.leave(member.strip(), actor=office.actor, to=to.strip())
    out().print(f"{member.strip()}: disabled; {moved} changed hands", highlight=False)


@app.command()
def reset(
    member: Annotated[str, typer.Argument(metavar="ID", help="As `staff list` names them.")],
    *,
    number: Annotated[
        str, typer.Option(help="The number that `staff lost`, or the sign-in page, showed them.")
    ],
    reason: Reason = "",
    credential: Credential = "",
) -> None:
    """A colleague lost phone or password. The first of two others gives a reason; the second confirms, without one.

    Both name the number that the colleague tells them. Their password, phone and sessions then end; what is new opens
    only where that number was begun, and is shown to nobody else.
    """
    from cases.comebacks import plain
    from cli.office import open_office

    given, who, told = Given(), member.strip(), plain(number)
    why = given.text(reason, "--reason") if reason else ""
    with open_office(credential, given) as office:
        doors = office.house.room.doors
        if why:
            doors.ask_reset(who, actor=office.actor, reason=why, number=told)
            out().print(f"{who}: another member of staff confirms", highlight=False)
            return
        doors.reset(who, actor=office.actor, number=told)
    out().print(f"{who}: reset; they go on where they began", highlight=False)


@app.command()
def lost(
    *,
    into: Annotated[
        Path, typer.Option("--into", help="A file of one's own, for the way back and then the credential.")
    ],
) -> None:
    """You lost your phone or password: begin, and say it again once two colleagues confirmed the number. Needs no credential.

    The first time a file is written, and a number is shown that two colleagues name in `staff reset`. After that the
    file holds your fresh credential, which nobody else has seen.
    """
    from cli.office import open_house
    from domain.errors import Conflict

    with open_house() as house:
        comebacks = house.room.comebacks
        if not into.exists():
            token = comebacks.begin()
            _write_own(into, token, fresh=True)
            out().print(
                f"{token.partition('.')[0]}: tell two colleagues, and say this again", highlight=False
            )
            return
        token = Given().text(f"@{into}", "--into")
        standing = comebacks.standing(token)
        if not standing.granted:
            raise Conflict("comeback-waits", f"two colleagues name {standing.number} in `staff reset`")
        member, credential = comebacks.use(token)
        _write_own(into, credential, fresh=False)
    out().print(f"{member}: your credential is in {into}", highlight=False)


def _write_own(file: Path, secret: str, *, fresh: bool) -> None:
    """Into a file that only its owner may read. Raises `BadInput`."""
    flags = os.O_WRONLY | os.O_CLOEXEC | (os.O_CREAT | os.O_EXCL if fresh else os.O_TRUNC)
    try:
        with os.fdopen(os.open(file, flags, 0o600), "w", encoding="ascii") as target:
            target.write(f"{secret}\n")
    except OSError:
        raise BadInput("file-not-written", "name a file that you may write", field="--into") from None


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
