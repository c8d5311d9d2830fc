"""`webhook`: programs that are told what happens. Each subscription has a secret, shown once, that signs its messages."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import AsJson, Credential
from cli.voice import Speaking, out, tell_json

app = typer.Typer(cls=Speaking, help="Programs that are told what happens.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="As `webhook list` names it.")]


@app.command()
def add(
    *,
    url: Annotated[str, typer.Option(help="Where it is told, https://host/path.")],
    event: Annotated[
        list[str] | None,
        typer.Option(help="What it is told; again for more, all unless said. An unknown one lists them."),
    ] = None,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Tell a program what happens, from now on; prints the secret once."""
    from cli.office import open_office
    from domain.webhooks import checked_url, events_of

    events = events_of(event or [])
    with open_office(credential) as office:
        house = office.house
        address = checked_url(url.strip(), loopback=house.settings.profile == "embedded")
        hook, secret = house.room.webhooks.add(address, events, actor=office.actor)
    if as_json:
        tell_json({"id": hook, "url": address, "events": list(events), "secret": secret})
        return
    out().print(f"{hook} ({', '.join(events)})", highlight=False)
    typer.echo(secret)
    typer.echo("The secret is shown this once: only that program may read it.", err=True)


@app.command("list")
def list_webhooks(*, credential: Credential = "", as_json: AsJson = False) -> None:
    """Every subscription, what waits to be told and what was given up; never its secret."""
    from rich.markup import escape
    from rich.table import Table

    from cli.office import open_office

    with open_office(credential) as office:
        found = office.house.room.webhooks.all()
    if as_json:
        tell_json({"webhooks": [one.model_dump(mode="json") for one in found]})
        return
    table = Table("Id", "Url", "Told", "Waiting", "Given up", "Last", "Revoked")
    for one in found:
        told, revoked = ", ".join(one.events), "yes" if one.revoked else ""
        table.add_row(
            one.id, escape(one.url), told, str(one.waiting), str(one.given_up), one.last_code, revoked
        )
    out().print(table)


@app.command()
def retry(webhook: Id, *, credential: Credential = "") -> None:
    """Tell again what was given up, once the receiver is mended."""
    from cli.office import open_office

    with open_office(credential) as office:
        count = office.house.room.webhooks.retry(webhook.strip(), actor=office.actor)
    out().print(f"{webhook.strip()}: {count} to be told again", highlight=False)


@app.command()
def revoke(webhook: Id, *, credential: Credential = "") -> None:
    """Tell it nothing more, nor what waited."""
    from cli.office import open_office

    with open_office(credential) as office:
        office.house.room.webhooks.revoke(webhook.strip(), actor=office.actor)
    out().print(f"{webhook.strip()}: revoked", highlight=False)
