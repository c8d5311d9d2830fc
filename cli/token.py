"""`token`: programs that ask over the network. Each has a token for its scopes, shown once and kept only as a hash."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import AsJson, Credential
from cli.voice import Speaking, out, tell_json

app = typer.Typer(cls=Speaking, help="Tokens of programs that ask.", no_args_is_help=True)


@app.command()
def add(
    *,
    scope: Annotated[
        list[str],
        typer.Option(help="What it may do; again for more. An unknown one lists all.", metavar="SCOPE"),
    ],
    purpose: Annotated[str, typer.Option("--for", help="Which program, a lower-case word: crm-import.")],
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Make a token for a program, with the least that it needs; prints it once."""
    from cli.office import open_office

    with open_office(credential) as office:
        tokens = office.house.room.service_tokens
        token, secret = tokens.add(opens := " ".join(scope), purpose.strip(), actor=office.actor)
    if as_json:
        tell_json({"id": token, "scope": opens, "token": secret})
        return
    out().print(f"{token} ({opens})", highlight=False)
    typer.echo(secret)
    typer.echo("The token is shown this once: keep it where only that program may read it.", err=True)


@app.command("list")
def list_tokens(*, credential: Credential = "", as_json: AsJson = False) -> None:
    """Every token by id, scope and program; never itself."""
    from rich.table import Table

    from cli.office import open_office

    with open_office(credential) as office:
        found = office.house.room.service_tokens.all()
    if as_json:
        tell_json({"tokens": [one.model_dump(mode="json") for one in found]})
        return
    table = Table("Id", "Scope", "For", "Added", "Revoked")
    for one in found:
        table.add_row(one.id, one.scope, one.purpose, one.added.isoformat(), "yes" if one.revoked else "")
    out().print(table)


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help="As `token list` names it.")],
    *,
    credential: Credential = "",
) -> None:
    """Let a token open nothing more, from now on."""
    from cli.office import open_office

    with open_office(credential) as office:
        office.house.room.service_tokens.revoke(token.strip(), actor=office.actor)
    out().print(f"{token.strip()}: revoked", highlight=False)
